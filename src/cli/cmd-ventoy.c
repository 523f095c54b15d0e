/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "create.h"

#include <stdlib.h>

#include "commands.h"
#include "findings.h"
#include "output.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"
#include "wtg/ventoy.h"

static int begin(struct cli_options *options, struct cli_intent *intent,
		 struct cli_outcome *outcome, struct wtg_error *err)
{
	options->request.target = options->operands[0];
	outcome->writes = !options->request.dry_run;
	return cli_create_check_alone(options, err) < 0
		       ? -1
		       : cli_create_open(options, intent, outcome, err);
}

int cli_ventoy_install(struct cli_options *options, struct cli_outcome *outcome,
		       struct wtg_error *err)
{
	_cleanup_(cli_intent_done) struct cli_intent intent = { .stake = CLI_STAKE_ALL };

	if (begin(options, &intent, outcome, err) < 0 ||
	    wtg_recipe_ventoy_install(&options->request, intent.target, &intent.plan, err) < 0)
		return -1;
	return cli_create_carry_out(options, &intent, outcome, err);
}

int cli_ventoy_upgrade(struct cli_options *options, struct cli_outcome *outcome,
		       struct wtg_error *err)
{
	_cleanup_(cli_intent_done) struct cli_intent intent = { .stake = CLI_STAKE_VENTOY };

	if (begin(options, &intent, outcome, err) < 0 ||
	    wtg_recipe_ventoy_upgrade(&options->request, intent.target, &intent.plan, err) < 0)
		return -1;
	return cli_create_carry_out(options, &intent, outcome, err);
}

/* What the user is to do with the files. */
static char *what_to_copy(const char *directory, const struct wtg_emitted *emitted)
{
	const char *s = emitted->n_files == 1 ? "" : "s";

	if (emitted->n_files == 0)
		return wtg_text("%s", "The entry is there already.");
	if (emitted->blind)
		return wtg_text("Partition 1 cannot be read, so these %zu files know nothing of "
				"those on it. Copy what is in %s to it, directories and all, but "
				"write over nothing there: if its directory /ventoy has a "
				"ventoy_grub.cfg or a ventoy.json, add what ours says to that by "
				"hand.",
				emitted->n_files, directory);
	return wtg_text("Copy what is in %s to Ventoy's first partition, directories and all: "
			"%zu file%s.", directory, emitted->n_files, s);
}

/* Nothing is written to the drive, so nothing is asked. */
static int emit(struct cli_options *options, struct cli_outcome *outcome, struct wtg_error *err)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	_cleanup_(cli_output_done) struct cli_output output = { 0 };
	struct wtg_emitted emitted;
	struct wtg_facts *out;

	options->request.target = options->operands[0];
	if (wtg_target_open(&options->request, &target, err) < 0)
		return -1;
	out = cli_output_begin(&output, "emitted", options->json);
	wtg_fact_text(out, "directory", options->emit);
	if (wtg_ventoy_emit(&options->request, target, options->emit, out, &emitted, err) < 0)
		return -1;
	cli_output_end(&output);
	outcome->message = what_to_copy(options->emit, &emitted);
	return 0;
}

static bool words_of_entry(const struct wtg_request *r)
{
	return r->entry_title || r->entry_tip || r->entry_default || r->has_entry_timeout;
}

int cli_ventoy_entry(struct cli_options *options, struct cli_outcome *outcome,
		     struct wtg_error *err)
{
	_cleanup_(cli_intent_done) struct cli_intent intent = { .stake = CLI_STAKE_ENTRY };

	if (options->remove && options->emit)
		return wtg_fail(err, WTG_USAGE, 0, "--remove and --emit contradict each other");
	if (options->emit && options->request.dry_run)
		return wtg_fail(err, WTG_USAGE, 0, "--emit writes files, and --dry-run none: the "
						   "latter alone shows what they would be");
	if (options->remove && words_of_entry(&options->request))
		return wtg_fail(err, WTG_USAGE, 0,
				"--remove takes out what is there, whatever its words: the options "
				"that begin with --entry- say nothing here");
	if (options->emit)
		return emit(options, outcome, err);
	if (begin(options, &intent, outcome, err) < 0 ||
	    wtg_recipe_ventoy_entry(&options->request, intent.target, options->remove,
				    &intent.plan, err) < 0)
		return -1;
	return cli_create_carry_out(options, &intent, outcome, err);
}

int cli_ventoy_status(struct cli_options *options, struct cli_outcome *outcome,
		      struct wtg_error *err)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };
	_cleanup_(cli_output_done) struct cli_output output = { 0 };
	struct wtg_facts *out;

	options->request.target = options->operands[0];
	if (wtg_target_open(&options->request, &target, err) < 0)
		return -1;
	out = cli_output_begin(&output, "ventoy", options->json);
	wtg_fact_text(out, "path", wtg_target_disk(target)->path);
	if (wtg_ventoy_status(target, out, &findings, err) < 0)
		return -1;
	if (options->json)
		wtg_findings_describe(&findings, out);
	cli_output_end(&output);
	if (!options->json)
		cli_findings_print(&findings, WTG_GRADE_OK);
	return cli_findings_conclude(&findings, options, outcome, err);
}
