/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack.h"

#include <wimlib.h>

/* The format's numbers are wimlib's. */
_Static_assert((int)WTG_CODEC_NONE == (int)WIMLIB_COMPRESSION_TYPE_NONE, "none");
_Static_assert((int)WTG_CODEC_XPRESS == (int)WIMLIB_COMPRESSION_TYPE_XPRESS, "XPRESS");
_Static_assert((int)WTG_CODEC_LZX == (int)WIMLIB_COMPRESSION_TYPE_LZX, "LZX");
_Static_assert((int)WTG_CODEC_LZMS == (int)WIMLIB_COMPRESSION_TYPE_LZMS, "LZMS");

/* An opaque name for wimlib's own. */
static struct wimlib_decompressor *ours(struct wtg_unpacker *unpacker)
{
	return (struct wimlib_decompressor *)unpacker;
}

int wtg_unpacker_new(int codec, uint32_t chunk_bytes, struct wtg_unpacker **ret,
		     struct wtg_error *err)
{
	struct wimlib_decompressor *decompressor;
	int code = wimlib_create_decompressor((enum wimlib_compression_type)codec,
					      chunk_bytes, &decompressor);

	if (code == WIMLIB_ERR_NOMEM)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"no memory to decompress chunks of %u bytes",
				chunk_bytes);
	if (code)
		return wtg_fail(err, WTG_INPUT, 0,
				"compression %d with chunks of %u bytes is unknown",
				codec, chunk_bytes);
	*ret = (struct wtg_unpacker *)decompressor;
	return 0;
}

void wtg_unpacker_free(struct wtg_unpacker *unpacker)
{
	wimlib_free_decompressor(ours(unpacker));
}

bool wtg_unpack(struct wtg_unpacker *unpacker, const void *packed, size_t packed_size,
		void *buffer, size_t size)
{
	return wimlib_decompress(packed, packed_size, buffer, size, ours(unpacker)) == 0;
}
