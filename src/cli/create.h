/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What making one drive and making several have in common. */
#pragma once

#include "options.h"
#include "progress.h"
#include "result.h"
#include "wtg/inspect.h"
#include "wtg/plan.h"
#include "wtg/run.h"
#include "wtg/target.h"

struct cli_progress_setup cli_create_progress(const struct cli_options *options);

/* The result of a dry run is the plan; that of a real run is the drive. */
void cli_create_show_plan(const struct cli_options *options, const struct wtg_plan *plan);

/* Do the safety rules allow it?  A drive that a run of ours left unfinished has nothing on it to
 * lose: the same command, given again, must do. */
int cli_create_judge(const struct wtg_request *request, const struct wtg_target *target,
		     enum wtg_state *ret_state, struct wtg_error *err);

/* What is to be said of a drive that is made, for programs in a word, for people in a sentence,
 * which the caller frees. */
const char *cli_create_verified(enum wtg_verify verify);
char *cli_create_success(const struct wtg_target *target, enum wtg_verify verify,
			 const struct wtg_account *account);

/* More than one target. */
int cli_create_several(struct cli_options *options, struct cli_outcome *outcome,
		       struct wtg_error *err);
