/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a process that was just forked becomes a worker: for worker.c and crew.c. */
#pragma once

#include <sys/types.h>

#include "base/line.h"
#include "base/worker.h"

/* Leave signals, descriptors (but for the errand's and the line's), conversions' files and power,
 * do the work and end; scratch is where the errand's scratch directory is, or NULL. */
void __attribute__((noreturn)) wtg_worker_be(const struct wtg_errand *errand,
					     struct wtg_line *line, const char *scratch,
					     pid_t starter);

/* A directory that is the worker's, in one that is ours: no other process of its user can walk
 * there. */
int wtg_worker_make_scratch(char **ret_ours, char **ret_scratch, struct wtg_error *err);
