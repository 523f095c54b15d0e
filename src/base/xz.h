/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unpacking .xz files, in memory.  xz.c is the only file that knows liblzma. */
#pragma once

#include "base/bytes.h"
#include "wtg/error.h"

/*
 * Unpack a whole .xz file of one stream that becomes exactly size bytes, which somebody bounded:
 * no more are ever unpacked, and no dictionary of more than 64 MiB is made.  Anything else:
 * kind WTG_INPUT, with name and what is wrong.
 */
int wtg_xz_unpack(const struct wtg_bytes *packed, size_t size, const char *name,
		  struct wtg_bytes *ret, struct wtg_error *err);
