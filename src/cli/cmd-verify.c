/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "output.h"
#include "terminal.h"
#include "wtg/cleanup.h"
#include "wtg/inspect.h"
#include "wtg/target.h"
#include "wtg/text.h"

/* ECMA-48 colours; what is fine needs none. */
static const char *colour(enum wtg_grade grade)
{
	switch (grade) {
	case WTG_GRADE_OK:
	case WTG_GRADE_NOTE:
		return "";
	case WTG_GRADE_WARNING:
		return "\033[33m";
	case WTG_GRADE_WRONG:
		return "\033[31m";
	}
	abort();
}

static void print_finding(const struct wtg_finding *finding)
{
	_cleanup_free_ char *sentence = wtg_text_printable(finding->sentence);
	_cleanup_free_ char *topic = wtg_text_printable(finding->topic);
	const char *on = cli_terminal_colours(stdout) ? colour(finding->grade) : "";

	printf("%s%-8s%s %-10s %s\n", on, wtg_grade_name(finding->grade),
	       *on ? "\033[m" : "", topic, sentence);
}

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
	for (size_t i = 0; i < findings->n_items; i++)
		if (!options->quiet || findings->items[i].grade >= WTG_GRADE_WARNING)
			print_finding(&findings->items[i]);
}

static int inspect(const struct cli_options *options, const struct wtg_target *target,
		   struct wtg_findings *ret, struct wtg_error *err)
{
	struct cli_progress_setup setup = { .mode = options->progress,
					    .json = options->json,
					    .quiet = options->quiet };
	_cleanup_(cli_progress_done) struct cli_progress progress = { 0 };

	cli_progress_start_work(&progress, &setup, "verify", 0);
	if (wtg_inspect(target, &progress.bytes, ret, err) == 0)
		return 0;
	cli_progress_leave(&progress);
	return -1;
}

int cli_verify(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };
	size_t n_wrong, n_warnings;

	options->request.target = options->operands[0];
	if (wtg_target_open(&options->request, &target, err) < 0 ||
	    inspect(options, target, &findings, err) < 0)
		return -1;

	print_findings(options, &findings);
	n_wrong = wtg_findings_count(&findings, WTG_GRADE_WRONG);
	if (n_wrong > 0)
		return wtg_fail(err, WTG_FINDINGS, 0, "%zu thing%s wrong with %s", n_wrong,
				n_wrong == 1 ? " is" : "s are", options->operands[0]);
	n_warnings = wtg_findings_count(&findings, WTG_GRADE_WARNING);
	if (n_warnings > 0)
		outcome->message = wtg_text("Nothing is wrong, but there %s to know of.",
					    n_warnings == 1 ? "is a warning"
							    : "are warnings");
	else if (!options->quiet)
		outcome->message = wtg_text("%s", "Nothing is wrong.");
	return 0;
}
