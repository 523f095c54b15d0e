/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands that write to drives have in common. */
#pragma once

#include "confirm.h"
#include "options.h"
#include "progress.h"
#include "result.h"
#include "wtg/inspect.h"
#include "wtg/plan.h"
#include "wtg/run.h"
#include "wtg/target.h"

struct cli_progress_setup cli_create_progress(const struct cli_options *options);

/* The result of a dry run is the plan; that of a real run is the drive. */
void cli_create_show_plan(const struct cli_options *options, enum cli_stake stake,
			  const struct wtg_plan *plan);

/* Do the safety rules allow it?  A drive that a run of ours left unfinished has nothing on it to
 * lose: the same command, given again, must do. */
int cli_create_judge(const struct wtg_request *request, const struct wtg_target *target,
		     enum cli_stake stake, enum wtg_state *ret_state, struct wtg_error *err);

/* What is to be said of a drive that is made, for programs in a word, for people in a sentence,
 * which the caller frees. */
const char *cli_create_verified(enum wtg_verify verify);
char *cli_create_success(const struct wtg_target *target, enum wtg_verify verify,
			 const struct wtg_account *account);

/* What is to be done to one drive. */
struct cli_intent {
	enum cli_stake stake;
	struct wtg_target *target;
	struct wtg_plan *plan;
	enum wtg_state state;
};
void cli_intent_done(struct cli_intent *intent);

/* Of one target, one --confirm. */
int cli_create_check_alone(const struct cli_options *options, struct wtg_error *err);

/* Open the target, judge it, and see whether --confirm names it. */
int cli_create_open(const struct cli_options *options, struct cli_intent *intent,
		    struct cli_outcome *outcome, struct wtg_error *err);

/* Show the plan; check it, if that is all; else confirm it and walk it. */
int cli_create_carry_out(const struct cli_options *options, const struct cli_intent *intent,
			 struct cli_outcome *outcome, struct wtg_error *err);

/* More than one target. */
int cli_create_several(struct cli_options *options, struct cli_outcome *outcome,
		       struct wtg_error *err);
