/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The faces of progress; progress.c decides when they are shown. */
#pragma once

#include "progress.h"

void cli_progress_show_bar(struct cli_progress *p);
void cli_progress_show_line(struct cli_progress *p);
void cli_progress_show_json(struct cli_progress *p);
void cli_progress_show_note(struct cli_progress *p, const struct wtg_event *e);
