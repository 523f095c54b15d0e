/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/outflow.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

struct wtg_outflow {
	struct wtg_window window;
	uint8_t *slots; /* owned; NULL: the line's */
};

struct wtg_outflow *wtg_outflow_new(const struct wtg_window *window, unsigned n_slots)
{
	struct wtg_outflow *outflow = wtg_alloc(sizeof(*outflow));

	if (n_slots > WTG_OUTFLOW_SLOTS)
		abort();
	outflow->window = *window;
	if (!window->line)
		outflow->slots = wtg_alloc_aligned((size_t)sysconf(_SC_PAGESIZE),
						   (size_t)n_slots * WTG_OUTFLOW_BYTES);
	return outflow;
}

void wtg_outflow_free(struct wtg_outflow *outflow)
{
	if (!outflow)
		return;
	free(outflow->slots);
	free(outflow);
}

uint8_t *wtg_outflow_slot(const struct wtg_outflow *outflow, unsigned slot)
{
	if (!outflow->slots)
		return wtg_line_slot(outflow->window.line, slot);
	return outflow->slots + (size_t)slot * WTG_OUTFLOW_BYTES;
}

int wtg_outflow_post(struct wtg_outflow *outflow, unsigned slot, size_t size, uint64_t at,
		     struct wtg_error *err)
{
	const struct wtg_window *w = &outflow->window;

	if (outflow->slots)
		return wtg_window_pwrite(w, wtg_outflow_slot(outflow, slot), size, at, err);
	if (wtg_window_check(w, size, at, err) < 0)
		return -1;
	wtg_line_post(w->line, slot, size, w->offset + at);
	return 0;
}

int wtg_outflow_settle(struct wtg_outflow *outflow, unsigned n_posted, struct wtg_error *err)
{
	return outflow->slots ? 0 : wtg_line_settle(outflow->window.line, n_posted, err);
}
