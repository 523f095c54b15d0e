/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces in ascending order become few large writes: neighbours are put together. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/window.h"

#define WTG_GATHER_BYTES (4u << 20)

struct wtg_gather {
	struct wtg_window window;
	uint8_t *buffer; /* owned */
	uint64_t at;
	size_t size;
};

void wtg_gather_init(struct wtg_gather *g, const struct wtg_window *window);
void wtg_gather_done(struct wtg_gather *g);

/* A piece of at most WTG_GATHER_BYTES. */
int wtg_gather_add(struct wtg_gather *g, const void *data, size_t size, uint64_t at,
		   struct wtg_error *err);

/* Write what is left; after a failure nothing is. */
int wtg_gather_end(struct wtg_gather *g, struct wtg_error *err);
