/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was found on a drive, for people. */
#pragma once

#include "options.h"
#include "result.h"
#include "wtg/inspect.h"

/* A line for each that is at least of this grade. */
void cli_findings_print(const struct wtg_findings *findings, enum wtg_grade least);

/* What all of them come to: kind WTG_FINDINGS where something is wrong. */
int cli_findings_conclude(const struct wtg_findings *findings, const struct cli_options *options,
			  struct cli_outcome *outcome, struct wtg_error *err);
