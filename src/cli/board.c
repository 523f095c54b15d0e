/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"

#include <stdio.h>
#include <time.h>

#include "create.h"
#include "progress-show.h"
#include "terminal.h"
#include "wtg/cleanup.h"

#define QUIET_MS 1000
#define INTERVAL_MS 200

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A row's own bar would overwrite those of the others; more rows than the terminal has would
 * scroll away, and cannot be redrawn. */
static void settle_modes(struct cli_board *board)
{
	bool fits = cli_terminal_moves(stderr) && board->n_rows < cli_terminal_height(stderr);

	for (size_t i = 0; i < board->n_rows; i++) {
		struct cli_progress *row = &board->rows[i];

		if (row->mode != CLI_PROGRESS_TTY)
			continue;
		board->draws = fits;
		row->mode = fits ? CLI_PROGRESS_NONE : CLI_PROGRESS_PLAIN;
	}
}

void cli_board_start(struct cli_board *board, const struct cli_options *options,
		     const struct cli_outcome *outcome)
{
	*board = (struct cli_board){ .n_rows = outcome->n_members, .started_ms = clock_ms() };
	for (size_t i = 0; i < board->n_rows; i++) {
		struct cli_progress_setup setup = cli_create_progress(options);

		setup.target = outcome->members[i].path;
		cli_progress_start(&board->rows[i], &setup);
	}
	settle_modes(board);
}

void cli_board_clear(struct cli_board *board)
{
	if (board->n_lines > 0)
		fprintf(stderr, "\033[%uA\r\033[J", board->n_lines);
	board->n_lines = 0;
	board->drawn_ms = 0;
}

void cli_board_draw(struct cli_board *board)
{
	unsigned columns = cli_terminal_width(stderr) - 1; /* the last one would wrap */
	uint64_t now = clock_ms();

	if (!board->draws || now - board->started_ms < QUIET_MS ||
	    now - board->drawn_ms < INTERVAL_MS)
		return;
	cli_board_clear(board);
	board->drawn_ms = now;
	for (size_t i = 0; i < board->n_rows; i++) {
		_cleanup_free_ char *line = NULL;

		if (board->ended[i])
			continue;
		line = cli_progress_bar(&board->rows[i], columns);
		fprintf(stderr, "%.*s\n", (int)columns, line);
		board->n_lines++;
	}
	fflush(stderr);
}

void cli_board_remove(struct cli_board *board, size_t row)
{
	cli_board_clear(board);
	board->ended[row] = true;
}

void cli_board_done(struct cli_board *board)
{
	cli_board_clear(board);
	for (size_t i = 0; i < board->n_rows; i++)
		cli_progress_done(&board->rows[i]);
}
