/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options from an INI file († inih), and to one.  A section is a profile; what stands before the
 * first is of all.  Keys are the names of options (options-table.c), "yes" or "no" for flags, a
 * line for each of what may be repeated.
 */
#pragma once

#include "options.h"

/*
 * What the command line left unsaid is taken from the environment (WTGCTL_ESP_SIZE), and what
 * that leaves from options->profile: "FILE" or "FILE:SECTION", whose own word takes the place of
 * the common one.  Kind WTG_USAGE: unknown keys, those that only a command line may say, and
 * values that an option does not take, with the file's line, in all sections; no such section.
 * WTG_INPUT: no such file.
 */
int cli_profile_fill(const struct cli_command *command, struct cli_options *options,
		     struct wtg_error *err);

/*
 * The profile of what was said, all sources together, paths from the root on: filled in from it,
 * options give the same again.  Kind WTG_USAGE, and NULL, for a value that cannot stand in a
 * profile.  The caller frees.
 */
char *cli_profile_text(const struct cli_options *options, struct wtg_error *err);

/* On stdout, as text or as JSON; what is of one run, and so left out, is told on stderr. */
int cli_profile_print(const struct cli_options *options, struct wtg_error *err);

/* Why an option may not come from a profile or the environment; NULL: it may. */
const char *cli_profile_why_not(const struct cli_option *option);
