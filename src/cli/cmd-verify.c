/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include "findings.h"
#include "output.h"
#include "wtg/cleanup.h"
#include "wtg/inspect.h"
#include "wtg/target.h"

static void print_findings(const struct cli_options *options,
			   const struct wtg_findings *findings)
{
	_cleanup_(cli_output_done) struct cli_output output = { 0 };

	if (options->json) {
		wtg_findings_describe(findings,
				      cli_output_begin(&output, "verify", true));
		cli_output_end(&output);
		return;
	}
	cli_findings_print(findings, options->quiet ? WTG_GRADE_WARNING : WTG_GRADE_OK);
}

static int inspect(const struct cli_options *options, const struct wtg_target *target,
		   struct wtg_findings *ret, struct wtg_error *err)
{
	struct cli_progress_setup setup = { .mode = options->progress,
					    .json = options->json,
					    .quiet = options->quiet };
	_cleanup_(cli_progress_done) struct cli_progress progress = { 0 };

	cli_progress_start_work(&progress, &setup, "verify", 0);
	if (wtg_inspect(target, options->request.dbx, &progress.bytes, ret, err) == 0)
		return 0;
	cli_progress_leave(&progress);
	return -1;
}

int cli_verify(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };

	options->request.target = options->operands[0];
	if (wtg_target_open(&options->request, &target, err) < 0 ||
	    inspect(options, target, &findings, err) < 0)
		return -1;

	print_findings(options, &findings);
	return cli_findings_conclude(&findings, options, outcome, err);
}
