/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "create.h"

#include <stdio.h>
#include <stdlib.h>

#include "confirm.h"
#include "output.h"
#include "wtg/cleanup.h"
#include "wtg/inspect.h"
#include "wtg/text.h"

struct cli_progress_setup cli_create_progress(const struct cli_options *options)
{
	return (struct cli_progress_setup){
		.mode = options->progress,
		.json = options->json,
		.quiet = options->quiet,
		.verbose = options->verbose,
	};
}

/* What goes wrong is said in any case, even where all the rest goes well. */
static void show_omissions(const struct wtg_plan *plan)
{
	const char *sentence;

	for (size_t n = 0; (sentence = wtg_plan_omission(plan, n)); n++) {
		_cleanup_free_ char *harmless = wtg_text_printable(sentence);

		fprintf(stderr, "wtgctl: %s.\n", harmless);
	}
}

/* Where the drive stays what it is, what changes on it is what one must know before; of a drive
 * that is made, where everything goes. */
static enum cli_text_extent extent_of(const struct cli_options *options, enum cli_stake stake)
{
	if (options->verbose)
		return CLI_TEXT_ALL;
	return stake == CLI_STAKE_REPAIR || stake == CLI_STAKE_ENTRY ? CLI_TEXT_USUAL
								     : CLI_TEXT_BRIEF;
}

void cli_create_show_plan(const struct cli_options *options, enum cli_stake stake,
			  const struct wtg_plan *plan)
{
	_cleanup_(cli_output_done) struct cli_output output = { .verbose = options->verbose };
	struct cli_text text;

	if (options->json || options->request.dry_run) {
		wtg_plan_describe(plan, cli_output_begin(&output, "plan", options->json));
		cli_output_end(&output);
	} else if (!options->quiet) {
		wtg_plan_describe(plan,
				  cli_text_start(&text, stderr, extent_of(options, stake)));
	} else {
		show_omissions(plan);
	}
}

static int check_only(const struct cli_options *options, const struct cli_intent *intent,
		      struct cli_outcome *outcome, struct wtg_error *err)
{
	struct cli_progress_setup setup = cli_create_progress(options);
	_cleanup_(cli_progress_done) struct cli_progress progress = { 0 };

	cli_progress_start_work(&progress, &setup, "check", wtg_plan_check_bytes(intent->plan));
	if (wtg_plan_check(intent->plan, intent->target, &progress.bytes, err) < 0) {
		cli_progress_leave(&progress);
		return -1;
	}
	if (!options->quiet)
		outcome->message =
			wtg_text("The run would proceed. Nothing was written.");
	return 0;
}

/* What was looked at again of a drive that is complete: a word for programs, and the rest of
 * a sentence. */
static const struct {
	const char *word, *sentence;
} verified[] = {
	[WTG_VERIFY_AUTO] = { "full", "complete and verified" },
	[WTG_VERIFY_FULL] = { "full", "complete and verified" },
	[WTG_VERIFY_QUICK] = { "quick", "complete; what makes it start was verified, but not "
					"every byte read back" },
	[WTG_VERIFY_NONE] = { "none", "complete; it was not verified" },
};

/* What that is worth less for, where every byte was read back. */
static const char *reservation(enum wtg_past past)
{
	switch (past) {
	case WTG_PAST_CACHED:
		return "; but the memory that holds the file behind the loop device may have "
		       "answered for it ('losetup --direct-io=on' proves more)";
	case WTG_PAST_DROPPED:
		return "; not past the kernel's cache, which cannot be done here, but after that "
		       "was dropped";
	case WTG_PAST_NOTHING:
	case WTG_PAST_DIRECT:
		return "";
	}
	abort();
}

const char *cli_create_verified(enum wtg_verify verify)
{
	return verified[verify].word;
}

/* Said only where it was the drive that everything waited for. */
static char *speed_of(const struct wtg_account *account)
{
	uint64_t speed = wtg_account_drive_speed(account);

	if (speed == 0)
		return wtg_text("%s", "");
	return wtg_text(" It writes at %.*f MB/s, which is what took the time.",
			speed < 10000000, (double)speed / 1e6);
}

char *cli_create_success(const struct wtg_target *target, enum wtg_verify verify,
			 const struct wtg_account *account)
{
	_cleanup_free_ char *path = wtg_text_printable(wtg_target_disk(target)->path);
	_cleanup_free_ char *speed = speed_of(account);

	return wtg_text("%s is %s%s.%s", path, verified[verify].sentence,
			reservation(account->past), speed);
}

static size_t count_omissions(const struct wtg_plan *plan)
{
	size_t n = 0;

	while (wtg_plan_omission(plan, n))
		n++;
	return n;
}

/* A repair leaves alone what is not its own to mend: nobody may take that for a sound drive. */
static char *tell_success(const struct cli_options *options, const struct cli_intent *intent,
			  const struct cli_outcome *outcome)
{
	_cleanup_free_ char *success = cli_create_success(
		intent->target, options->request.verify, &outcome->account);
	size_t n = intent->stake == CLI_STAKE_REPAIR ? count_omissions(intent->plan) : 0;

	if (n == 0)
		return WTG_STEAL(success);
	return wtg_text("%s %zu thing%s wrong as before, which no repair mends: the plan says "
			"what.", success, n, n == 1 ? " stays" : "s stay");
}

/* There is nothing to do for it, and yet it is not as it should be. */
static int fail_beyond_repair(const struct cli_intent *intent, struct wtg_error *err)
{
	size_t n = count_omissions(intent->plan);

	return wtg_fail(err, WTG_FINDINGS, 0, "%zu thing%s wrong with %s, and nothing that a repair "
					      "mends", n, n == 1 ? " is" : "s are",
			wtg_target_disk(intent->target)->path);
}

static int run(const struct cli_options *options, const struct cli_intent *intent,
	       struct cli_outcome *outcome, struct wtg_error *err)
{
	struct cli_progress_setup setup = cli_create_progress(options);
	_cleanup_(cli_progress_done) struct cli_progress progress = { 0 };
	int r;

	cli_progress_start(&progress, &setup);
	r = wtg_run(intent->plan, intent->target, options->request.verify, &progress.observer,
		    &outcome->account, err);
	if (r < 0) {
		cli_progress_leave(&progress);
		return -1;
	}
	outcome->verified = cli_create_verified(options->request.verify);
	if (!options->quiet)
		outcome->message = tell_success(options, intent, outcome);
	return 0;
}

int cli_create_judge(const struct wtg_request *request, const struct wtg_target *target,
		     enum cli_stake stake, enum wtg_state *ret_state, struct wtg_error *err)
{
	struct wtg_safety safety = { .allow_fixed = request->allow_fixed,
				     .overwrite = request->overwrite,
				     .beside = stake != CLI_STAKE_ALL,
				     .max_size_bytes = request->max_size_bytes };
	enum wtg_state state = WTG_STATE_FOREIGN;

	/* A file that holds nothing may be shorter than it will be. */
	if (!wtg_target_disk(target)->empty && wtg_status(target, NULL, &state, err) < 0)
		return -1;
	if (state == WTG_STATE_INTERRUPTED)
		safety.overwrite = true;
	*ret_state = state;
	return wtg_target_judge(target, &safety, err);
}

/* A file that such a run left needs no name, just as when it was made; of drives there is
 * more than one. */
static int confirm(const struct cli_options *options, const struct cli_intent *intent,
		   struct wtg_error *err)
{
	if (options->confirm.n_items > 0)
		return 0; /* and looked at before the plan was made */
	if (wtg_target_disk(intent->target)->is_file && intent->stake == CLI_STAKE_ALL &&
	    intent->state == WTG_STATE_INTERRUPTED)
		return 0;
	return cli_confirm_ask(intent->target, intent->stake, err);
}

int cli_create_check_alone(const struct cli_options *options, struct wtg_error *err)
{
	return options->confirm.n_items < 2 ? 0
					    : wtg_fail(err, WTG_USAGE, 0,
						       "option --confirm is given twice, and there is "
						       "one target");
}

int cli_create_open(const struct cli_options *options, struct cli_intent *intent,
		    struct cli_outcome *outcome, struct wtg_error *err)
{
	const struct wtg_request *request = &options->request;

	if (wtg_target_open(request, &intent->target, err) < 0)
		return -1;
	outcome->file = wtg_target_disk(intent->target)->is_file;
	outcome->stake = intent->stake;
	if (cli_create_judge(request, intent->target, intent->stake, &intent->state, err) < 0)
		return -1;
	return cli_confirm_given(intent->target, options->confirm.items[0], err);
}

int cli_create_carry_out(const struct cli_options *options, const struct cli_intent *intent,
			 struct cli_outcome *outcome, struct wtg_error *err)
{
	cli_create_show_plan(options, intent->stake, intent->plan);
	if (intent->stake == CLI_STAKE_REPAIR && wtg_plan_is_empty(intent->plan) &&
	    wtg_plan_omission(intent->plan, 0))
		return fail_beyond_repair(intent, err);
	if (options->request.dry_run)
		return check_only(options, intent, outcome, err);
	if (wtg_plan_is_empty(intent->plan)) {
		if (!options->quiet)
			outcome->message = wtg_text("%s", "It is so already: nothing was written.");
		return 0;
	}
	if (confirm(options, intent, err) < 0)
		return -1;
	return run(options, intent, outcome, err);
}

void cli_intent_done(struct cli_intent *intent)
{
	wtg_plan_free(intent->plan);
	wtg_target_close(intent->target);
}
