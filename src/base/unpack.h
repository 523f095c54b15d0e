/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Windows packs by the chunk, in its images and on its volumes.  The decompressors are
 * wimlib's; this is the only file that knows them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wtg/cleanup.h"
#include "wtg/error.h"

/* As the WIM format numbers them. */
enum { WTG_CODEC_NONE, WTG_CODEC_XPRESS, WTG_CODEC_LZX, WTG_CODEC_LZMS };

/* A decompressor of chunks of at most chunk_bytes. */
struct wtg_unpacker;
int wtg_unpacker_new(int codec, uint32_t chunk_bytes, struct wtg_unpacker **ret,
		     struct wtg_error *err);
void wtg_unpacker_free(struct wtg_unpacker *unpacker);
WTG_DEFINE_FREEP(struct wtg_unpacker, wtg_unpacker_free)

/* False if packed is not what size bytes become when they are packed. */
bool wtg_unpack(struct wtg_unpacker *unpacker, const void *packed, size_t packed_size,
		void *buffer, size_t size);
