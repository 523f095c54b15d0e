/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The progress of several drives: on a terminal a line for each, redrawn together; elsewhere
 * each speaks for itself. */
#pragma once

#include "options.h"
#include "progress.h"
#include "result.h"

struct cli_board {
	struct cli_progress rows[CLI_MAX_TARGETS];
	bool ended[CLI_MAX_TARGETS];
	size_t n_rows;
	bool draws; /* else the rows speak */
	unsigned n_lines; /* that are on the screen */
	uint64_t started_ms, drawn_ms;
};

void cli_board_start(struct cli_board *board, const struct cli_options *options,
		     const struct cli_outcome *outcome);

/* Draw it, if it is time to. */
void cli_board_draw(struct cli_board *board);

/* Leave room for other lines, which it will be drawn below. */
void cli_board_clear(struct cli_board *board);

/* One has ended. */
void cli_board_remove(struct cli_board *board, size_t row);
void cli_board_done(struct cli_board *board);
