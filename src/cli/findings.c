/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "findings.h"

#include <stdio.h>
#include <stdlib.h>

#include "terminal.h"
#include "wtg/cleanup.h"
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

void cli_findings_print(const struct wtg_findings *findings, enum wtg_grade least)
{
	for (size_t i = 0; i < findings->n_items; i++)
		if (findings->items[i].grade >= least)
			print_finding(&findings->items[i]);
}

int cli_findings_conclude(const struct wtg_findings *findings, const struct cli_options *options,
			  struct cli_outcome *outcome, struct wtg_error *err)
{
	size_t n_wrong, n_warnings;

	n_wrong = wtg_findings_count(findings, WTG_GRADE_WRONG);
	if (n_wrong > 0)
		return wtg_fail(err, WTG_FINDINGS, 0, "%zu thing%s wrong with %s", n_wrong,
				n_wrong == 1 ? " is" : "s are", options->operands[0]);
	n_warnings = wtg_findings_count(findings, WTG_GRADE_WARNING);
	if (n_warnings > 0)
		outcome->message = wtg_text("Nothing is wrong, but there %s to know of.",
					    n_warnings == 1 ? "is a warning"
							    : "are warnings");
	else if (!options->quiet)
		outcome->message = wtg_text("%s", "Nothing is wrong.");
	return 0;
}
