/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ring of slots between who makes data and a window: while one slot is filled, others are on
 * their way to the drive.  In a worker the slots are what it shares with its starter, so that
 * nothing is copied twice; elsewhere posting writes at once.
 */
#pragma once

#include "base/line.h"
#include "base/window.h"
#include "wtg/cleanup.h"

#define WTG_OUTFLOW_BYTES WTG_LINE_BYTES /* of a slot */
#define WTG_OUTFLOW_SLOTS WTG_LINE_SLOTS /* at most */

struct wtg_outflow;

/* While it lives, the window is used through it alone. */
struct wtg_outflow *wtg_outflow_new(const struct wtg_window *window, unsigned n_slots);
void wtg_outflow_free(struct wtg_outflow *outflow);
WTG_DEFINE_FREEP(struct wtg_outflow, wtg_outflow_free)

uint8_t *wtg_outflow_slot(const struct wtg_outflow *outflow, unsigned slot);

/* Send size bytes of a slot to `at` of the window.  The slot is free again when it is settled,
 * which slots are in the order in which they were posted. */
int wtg_outflow_post(struct wtg_outflow *outflow, unsigned slot, size_t size, uint64_t at,
		     struct wtg_error *err);

/* Wait until at most n_posted are not settled; tells what failed of those that are. */
int wtg_outflow_settle(struct wtg_outflow *outflow, unsigned n_posted, struct wtg_error *err);
