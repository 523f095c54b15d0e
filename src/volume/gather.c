/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void wtg_gather_init(struct wtg_gather *g, const struct wtg_window *window)
{
	*g = (struct wtg_gather){ .window = *window,
				  .buffer = wtg_alloc(WTG_GATHER_BYTES) };
}

void wtg_gather_done(struct wtg_gather *g)
{
	free(g->buffer);
	g->buffer = NULL;
}

int wtg_gather_end(struct wtg_gather *g, struct wtg_error *err)
{
	size_t size = g->size;

	g->size = 0;
	return size ? wtg_window_pwrite(&g->window, g->buffer, size, g->at, err) : 0;
}

int wtg_gather_add(struct wtg_gather *g, const void *data, size_t size, uint64_t at,
		   struct wtg_error *err)
{
	if ((at != g->at + g->size || size > WTG_GATHER_BYTES - g->size) &&
	    wtg_gather_end(g, err) < 0)
		return -1;
	if (g->size == 0)
		g->at = at;
	memcpy(g->buffer + g->size, data, size);
	g->size += size;
	return 0;
}
