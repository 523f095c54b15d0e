/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a process that was just forked becomes a worker: for worker.c. */
#pragma once

#include <sys/types.h>

#include "base/worker.h"

/* Leave signals, descriptors (but for the errand's and line), conversions' files and power;
 * scratch is where the errand's scratch directory is now, or NULL. */
int wtg_worker_enter(const struct wtg_errand *errand, int line, const char *scratch,
		     pid_t starter, struct wtg_error *err);
