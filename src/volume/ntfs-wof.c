/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading what CompactOS compressed: see volume/wof.h. */
#include "volume/ntfs.h"
#include "volume/ntfs-internal.h"

#include <inttypes.h>
#include <string.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/inode.h>

#include "base/alloc.h"
#include "base/unpack.h"
#include "volume/wof.h"

#define HEAD_BYTES 8 /* of a reparse point: tag, length, nothing */

const uint8_t wtg_wof_lzx[WTG_WOF_DATA_BYTES] = { 1, 0, 0, 0, 2, 0, 0, 0,
						  1, 0, 0, 0, 1, 0, 0, 0 };

/* FILE_PROVIDER_COMPRESSION_x of wofapi.h. */
static const struct {
	int codec;
	uint32_t chunk_bytes;
	const char *name;
} algorithms[] = {
	{ WTG_CODEC_XPRESS, 4096, "xpress4k" },
	{ WTG_CODEC_LZX, 32768, "lzx" },
	{ WTG_CODEC_XPRESS, 8192, "xpress8k" },
	{ WTG_CODEC_XPRESS, 16384, "xpress16k" },
};
#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

/* An index of algorithms; -1 if the file is something else. */
static int algorithm_of(ntfs_inode *inode)
{
	uint8_t point[HEAD_BYTES + WTG_WOF_DATA_BYTES];
	uint32_t algorithm = N_ALGORITHMS;
	ntfs_attr *attribute;

	if (!(inode->flags & FILE_ATTR_REPARSE_POINT))
		return -1;
	attribute = ntfs_attr_open(inode, AT_REPARSE_POINT, AT_UNNAMED, 0);
	if (!attribute)
		return -1;
	if (attribute->data_size == sizeof(point) &&
	    ntfs_attr_pread(attribute, 0, sizeof(point), point) == sizeof(point) &&
	    wtg_le32(point) == WTG_WOF_TAG && wtg_le16(point + 4) == WTG_WOF_DATA_BYTES &&
	    memcmp(point + HEAD_BYTES, wtg_wof_lzx, 12) == 0)
		algorithm = wtg_le32(point + 20);
	ntfs_attr_close(attribute);
	return algorithm < N_ALGORITHMS ? (int)algorithm : -1;
}

const char *wtg_ntfs_algorithm(ntfs_inode *inode)
{
	int algorithm = algorithm_of(inode);

	return algorithm < 0 ? NULL : algorithms[algorithm].name;
}

/* ------------------------------------------------------------------ reading one */

struct packed {
	struct wtg_bytes stream;
	uint64_t size;      /* unpacked */
	uint64_t n_chunks;
	unsigned entry_bytes; /* of the table; files beyond 4 GiB have wide ones */
	uint32_t chunk_bytes;
};

static uint64_t table_bytes(const struct packed *p)
{
	return p->n_chunks ? (p->n_chunks - 1) * p->entry_bytes : 0;
}

/* Where chunk i begins, or the last one ends; past the stream's end if the table says so. */
static uint64_t chunk_start(const struct packed *p, uint64_t i)
{
	const uint8_t *entry = p->stream.data + (i - 1) * p->entry_bytes;
	uint64_t start;

	if (i == 0)
		return table_bytes(p);
	if (i == p->n_chunks)
		return p->stream.size;
	start = p->entry_bytes == 8 ? wtg_le64(entry) : wtg_le32(entry);
	return start > p->stream.size ? UINT64_MAX : table_bytes(p) + start;
}

static bool unpack_chunk(const struct packed *p, uint64_t i, struct wtg_unpacker *unpacker,
			 uint8_t *to)
{
	uint64_t start = chunk_start(p, i), end = chunk_start(p, i + 1);
	uint64_t left = p->size - i * p->chunk_bytes;
	size_t size = left < p->chunk_bytes ? (size_t)left : p->chunk_bytes;

	if (end > p->stream.size || start >= end || end - start > size)
		return false;
	if (end - start < size)
		return wtg_unpack(unpacker, p->stream.data + start, end - start, to, size);
	memcpy(to, p->stream.data + start, size);
	return true;
}

static int unpack(const struct packed *p, int codec, const char *path,
		  struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_unpacker_freep) struct wtg_unpacker *unpacker = NULL;
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { .size = (size_t)p->size };

	if (wtg_unpacker_new(codec, p->chunk_bytes, &unpacker, err) < 0)
		return -1;
	bytes.data = wtg_try_alloc(bytes.size, path, err);
	if (!bytes.data)
		return -1;
	for (uint64_t i = 0; i < p->n_chunks; i++)
		if (!unpack_chunk(p, i, unpacker, bytes.data + i * p->chunk_bytes))
			return wtg_fail(err, WTG_INPUT, 0,
					"%s on the volume is compressed (CompactOS), and damaged",
					path);
	*ret = bytes;
	bytes = (struct wtg_bytes){ 0 };
	return 0;
}

int wtg_ntfs_read_compact(ntfs_inode *inode, size_t max, const char *path,
			  struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes stream = { 0 };
	int algorithm = algorithm_of(inode);
	struct packed p = { .chunk_bytes = algorithms[algorithm].chunk_bytes };

	p.size = (uint64_t)inode->data_size;
	if (inode->data_size < 0 || p.size > max)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s on the volume has %" PRId64
				" bytes, at most %zu make sense",
				path, (int64_t)inode->data_size, max);
	p.n_chunks = (p.size + p.chunk_bytes - 1) / p.chunk_bytes;
	p.entry_bytes = p.size > UINT32_MAX ? 8 : 4;
	/* A chunk that does not get smaller is kept as it is. */
	if (wtg_ntfs_read_stream(inode, WTG_WOF_STREAM, p.size + table_bytes(&p), path,
				 &stream, err) < 0)
		return -1;
	p.stream = stream;
	if (p.stream.size < table_bytes(&p))
		return wtg_fail(err, WTG_INPUT, 0,
				"%s on the volume is compressed (CompactOS), and cut short",
				path);
	return unpack(&p, algorithms[algorithm].codec, path, ret, err);
}
