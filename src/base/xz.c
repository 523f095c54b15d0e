/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/xz.h"

#include <lzma.h>

#include "base/alloc.h"

/* What `xz -9` needs to unpack, 65 MiB, and some. */
#define MAX_MEMORY (80u << 20)

/* What liblzma says that is not explained by how much is left of input and output. */
static const struct {
	lzma_ret said;
	const char *means;
} sayings[] = {
	{ LZMA_FORMAT_ERROR, "is no .xz file" },
	{ LZMA_OPTIONS_ERROR, "is packed in a way that this liblzma does not know" },
	{ LZMA_MEMLIMIT_ERROR, "would need more than 80 MiB of memory to be unpacked" },
};

static int explain(lzma_ret said, const char *name, struct wtg_error *err)
{
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		if (sayings[i].said == said)
			return wtg_fail(err, WTG_INPUT, 0, "%s %s", name, sayings[i].means);
	return wtg_fail(err, WTG_INPUT, 0, "%s is damaged: it does not unpack", name);
}

static int unpack(lzma_stream *stream, size_t size, const char *name, struct wtg_error *err)
{
	lzma_ret r;

	do
		r = lzma_code(stream, LZMA_FINISH);
	while (r == LZMA_OK);
	if (r == LZMA_MEM_ERROR) {
		wtg_memory_note_short();
		return wtg_fail(err, WTG_SYSTEM, 0, "no memory to unpack %s", name);
	}
	if (r == LZMA_BUF_ERROR && stream->avail_out == 0)
		return wtg_fail(err, WTG_INPUT, 0, "%s unpacks to more than %zu bytes", name, size);
	if (r == LZMA_BUF_ERROR)
		return wtg_fail(err, WTG_INPUT, 0, "%s is truncated", name);
	if (r != LZMA_STREAM_END)
		return explain(r, name, err);
	if (stream->avail_out > 0)
		return wtg_fail(err, WTG_INPUT, 0, "%s unpacks to %zu bytes, not to %zu", name,
				size - stream->avail_out, size);
	if (stream->avail_in > 0)
		return wtg_fail(err, WTG_INPUT, 0, "%s goes on behind its end", name);
	return 0;
}

int wtg_xz_unpack(const struct wtg_bytes *packed, size_t size, const char *name,
		  struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = {
		.data = wtg_try_alloc(size, name, err),
		.size = size,
	};
	_cleanup_(lzma_end) lzma_stream stream = LZMA_STREAM_INIT;

	if (!bytes.data)
		return -1;
	if (lzma_stream_decoder(&stream, MAX_MEMORY, 0) != LZMA_OK) {
		wtg_memory_note_short();
		return wtg_fail(err, WTG_SYSTEM, 0, "no memory to unpack %s", name);
	}
	stream.next_in = packed->data;
	stream.avail_in = packed->size;
	stream.next_out = bytes.data;
	stream.avail_out = bytes.size;
	if (unpack(&stream, size, name, err) < 0)
		return -1;
	*ret = bytes;
	bytes = (struct wtg_bytes){ 0 };
	return 0;
}
