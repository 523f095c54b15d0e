/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options from an INI file († inih), and to one.  A section is a profile; what stands before the
 * first is of all.  Keys are the names of options (options-table.c), "yes" or "no" for flags, a
 * line for each of what may be repeated.
 */
#pragma once

#include "options.h"

/* What the command line left unsaid is taken from the environment (WTGCTL_ESP_SIZE), and what
 * that leaves from the profile ("FILE" or "FILE:SECTION").  Kind WTG_USAGE: unknown keys, values
 * that an option does not take, with the file's line; WTG_INPUT: no such file or section. */
int cli_profile_fill(const struct cli_command *command, const char *profile,
		     struct cli_options *options, struct wtg_error *err);

/* The profile of what was said, all sources together, on stdout. */
void cli_profile_print(const struct cli_command *command, const struct cli_options *options);
