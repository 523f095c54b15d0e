/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The faces of progress; progress.c decides when they are shown. */
#pragma once

#include "progress.h"

/* The line with the bar, for a terminal so wide, where it is cut.  The caller frees. */
char *cli_progress_bar(const struct cli_progress *p, unsigned columns);

void cli_progress_show_bar(struct cli_progress *p);
void cli_progress_show_step(const struct cli_progress *p);
void cli_progress_show_line(struct cli_progress *p);
void cli_progress_show_json(struct cli_progress *p);
void cli_progress_show_note(struct cli_progress *p, const struct wtg_event *e);
