/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What works for several drives of one run at once, so that it is done once: a worker that each
 * drive's own process serves.  wtg_plan_unite() starts it, before those processes are forked.
 */
#pragma once

#include "wtg/cleanup.h"

struct wtg_crew;

/* In a drive's process, first of all: this is the number of its drive. */
void wtg_crew_join(struct wtg_crew *crew, unsigned number);

/* In the parent, as soon as it has started all of them; and now and then afterwards, for them to
 * hear how the worker ended. */
void wtg_crew_leave(struct wtg_crew *crew);
void wtg_crew_watch(struct wtg_crew *crew);

/* The parent's; ends the worker. */
void wtg_crew_free(struct wtg_crew *crew);
WTG_DEFINE_FREEP(struct wtg_crew, wtg_crew_free)
