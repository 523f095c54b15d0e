/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One worker (base/worker.h) that works for several processes, each with a drive of its own: what
 * it writes is written to all of their windows, what it reads comes from the first that is left.
 * It is started by their common parent, before they are; it begins when each of them serves it or
 * is gone; one whose window fails leaves, and the others go on.  Of each, it reaches no more than
 * the window that that one serves.
 */
#pragma once

#include "base/worker.h"
#include "wtg/crew.h"

/* In the parent.  errand->window says how large the windows are, for all of them begin at the
 * same place of their drives; n is at most WTG_LINE_SIDES. */
int wtg_crew_start(const struct wtg_errand *errand, unsigned n, struct wtg_crew **ret,
		   struct wtg_error *err);

/* In one of them: as wtg_worker_run(), but for a worker that works already.  Once. */
int wtg_crew_serve(struct wtg_crew *crew, struct wtg_window *window,
		   struct wtg_progress *progress, struct wtg_packet *reply,
		   struct wtg_error *err);
