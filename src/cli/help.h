/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help is made of the tables of commands and options; there is no other text of it. */
#pragma once

#include <stdio.h>

#include "commands.h"

void cli_help_overview(FILE *to);
void cli_help_command(FILE *to, const struct cli_command *command);

/* The tables as one JSON object, for the completions and the check of the man page. */
void cli_help_dump(FILE *to);
