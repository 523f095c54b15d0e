/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Work that touches what a stranger made, done by a process without power: a copy of this one
 * (fork) that keeps a few descriptors, enters the sandbox and gives back flat values.  If a
 * hostile image takes it over, it can lie about that image, and that is all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/packet.h"
#include "base/window.h"
#include "wtg/progress.h"

struct wtg_errand {
	const char *who; /* "the process that reads the image" */
	enum wtg_kind blame; /* the kind of error that it is when that process crashes */
	enum wtg_kind finds; /* in which it may fail, beside WTG_INPUT and WTG_SYSTEM; 0: none */

	/* In the worker.  Sees all that its starter saw; what it changes there is lost but
	 * for reply.  progress hears no cancellation: the worker is ended. */
	int (*work)(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		    struct wtg_error *err);
	void *context;

	const int *descriptors; /* that it keeps; the others are closed */
	size_t n_descriptors;

	/* Part of the context: in the worker, what is read and written through it comes from
	 * and goes to its starter, within these bounds; NULL: none. */
	struct wtg_window *window;

	bool scratch; /* it needs a directory for scratch files (wtg_scratch_make()) */
};

/*
 * Start it, serve it, wait for its end.  *reply, if not NULL, takes what it gave back, and
 * was empty before: to be read as what it is, the word of somebody who may have been taken
 * over.  Interrupted, it is ended at once: kind WTG_CANCELLED.
 */
int wtg_worker_run(const struct wtg_errand *errand, struct wtg_progress *progress,
		   struct wtg_packet *reply, struct wtg_error *err);
