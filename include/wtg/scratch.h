/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a process keeps its scratch directory, for another to clean up after it. */
#pragma once

#include <limits.h>

/* In memory that both share; empty: there is none. */
struct wtg_scratch_note {
	char path[PATH_MAX];
};

/* From here on, keep note of the directory that this process has; NULL: no longer. */
void wtg_scratch_share(struct wtg_scratch_note *note);

/* Remove the directory that is noted, if any.  The process that noted it is gone. */
void wtg_scratch_clean(struct wtg_scratch_note *note);
