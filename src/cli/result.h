/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How it ended: the one place that turns a failure into a sentence, an exit status and
 * the JSON object "result".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "confirm.h"
#include "member.h"
#include "wtg/error.h"
#include "wtg/run.h"

/* What a command tells about its end, besides the error. */
struct cli_outcome {
	bool json;
	bool writes; /* the command meant to write: then the user learns whether it did */
	bool file;   /* the target is a plain file */
	enum cli_stake stake; /* what of it was to be written */
	struct wtg_account account; /* as wtg_run() tells */
	const char *verified; /* of a drive that was made: "full", "quick" or "none" */
	char *message; /* of a success, or NULL; owned */

	/* Of several drives, each has its own account instead; 0: there is one. */
	struct cli_member *members;
	size_t n_members;
};

/* 0, 2 to 7, 10 to 12, or 128 and the number of the signal that came. */
int cli_result_status(enum wtg_kind kind, bool touched);

/* "usage", "refused", …; "ok". */
const char *cli_result_kind_name(enum wtg_kind kind);

/* The kind that decides the status of a run of several drives: that of the one whose own
 * status is the highest; WTG_OK if all of those that ended did well. */
enum wtg_kind cli_result_worst(const struct cli_outcome *outcome);

/* Was any drive touched? */
bool cli_result_touched(const struct cli_outcome *outcome);

/* What the target is like now, as a sentence or two; NULL where nobody asks. */
const char *cli_result_state(const struct cli_outcome *outcome, enum wtg_kind kind);

/* Say how one of several drives ended, which it did. */
void cli_result_tell(const struct cli_outcome *outcome, struct cli_member *member);

/* Say it, on stderr and, as JSON, on stdout, after what was not told yet of each of several
 * drives; gives the exit status.  Frees the message. */
int cli_result_report(struct cli_outcome *outcome, const struct wtg_error *err);
