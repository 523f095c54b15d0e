/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wimlib's compressors; unpack.h has the way back, and the codecs. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wtg/cleanup.h"
#include "wtg/error.h"

/* Of chunks of at most chunk_bytes; one to a thread. */
struct wtg_packer;
int wtg_packer_new(int codec, uint32_t chunk_bytes, struct wtg_packer **ret,
		   struct wtg_error *err);
void wtg_packer_free(struct wtg_packer *packer);
WTG_DEFINE_FREEP(struct wtg_packer, wtg_packer_free)

/* How many bytes of buffer it took; 0: it did not become smaller than size. */
size_t wtg_pack(struct wtg_packer *packer, const void *data, size_t size, void *buffer);
