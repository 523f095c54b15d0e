/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stretch of a source in memory, so that what lies together is read with one call. */
#pragma once

#include "image/source.h"

struct wtg_ahead {
	const struct wtg_source *source; /* NULL: nothing is there */
	uint64_t at;
	size_t size;
	uint8_t *data;
	size_t capacity;
};

void wtg_ahead_done(struct wtg_ahead *ahead);

/*
 * Bytes [at, at + size) of source; NULL with err set if they cannot be read.  Where they have to
 * be, what follows is read with them, up to byte end, if that is not too much.  Valid until the
 * next call.
 */
const uint8_t *wtg_ahead_get(struct wtg_ahead *ahead, const struct wtg_source *source,
			     uint64_t at, size_t size, uint64_t end, struct wtg_error *err);
