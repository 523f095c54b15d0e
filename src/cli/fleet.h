/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several drives in one run, after all of them were looked at, planned and confirmed: a
 * process for each walks its plan, so that one that fails, or does not answer, ends alone.
 * This process, which leads, touches none of them: it hears from all, and speaks for all.
 */
#pragma once

#include "options.h"
#include "result.h"
#include "wtg/inspect.h"
#include "wtg/plan.h"
#include "wtg/target.h"

/* What the leader knows of a drive; what all know of it is the member of the same number. */
struct cli_job {
	struct wtg_request request; /* for this target */
	struct wtg_target *target;
	struct wtg_plan *plan;
	enum wtg_state state;
	bool confirmed;
};

struct cli_fleet {
	const struct cli_options *options;
	struct cli_outcome *outcome;
	struct cli_job *jobs;
	size_t n_jobs;
};

/* Make them all, telling of each how it ended; fails if one did not end well, with the kind that
 * cli_result_worst() gives. */
int cli_fleet_make(struct cli_fleet *fleet, struct wtg_error *err);
