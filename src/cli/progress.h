/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Progress that does not lie: nothing in the first second, a remaining time only when
 * there is enough to judge by, never 100 % before the end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "wtg/progress.h"
#include "wtg/run.h"

enum cli_progress_mode {		    /* in the order of the words of --progress */
			 CLI_PROGRESS_AUTO, /* json with --json, else a bar on a terminal
					       and lines elsewhere */
			 CLI_PROGRESS_TTY,
			 CLI_PROGRESS_PLAIN,
			 CLI_PROGRESS_JSON,
			 CLI_PROGRESS_NONE,
};

struct cli_progress_sample {
	uint64_t ms, bytes;
};

struct cli_progress {
	struct wtg_observer observer; /* for wtg_run() */
	struct wtg_progress bytes;    /* for what only counts bytes */

	enum cli_progress_mode mode; /* never AUTO */
	bool verbose;		     /* a line for each step */
	bool quiet;		     /* no notes */
	bool json;		     /* notes are objects */
	const char *target;	     /* which of several drives it is about; NULL: the one */
	FILE *to;
	uint64_t (*now_ms)(void);

	enum wtg_phase phase; /* the last we heard of */
	bool begun;	      /* we heard of one */
	char *step;
	uint64_t done, total;
	uint64_t started_ms, shown_ms;
	struct cli_progress_sample newer, older; /* the speed is measured from older on */
	bool bar;				 /* one is on the screen */
};

struct cli_progress_setup {
	enum cli_progress_mode mode;
	bool json, quiet, verbose;
	const char *target; /* of several; borrowed */
};

/* Start an observer of a run, or, with a name and a total (0: unknown), of one piece of
 * work that reports to bytes. */
void cli_progress_start(struct cli_progress *progress,
			const struct cli_progress_setup *setup);
void cli_progress_start_work(struct cli_progress *progress,
			     const struct cli_progress_setup *setup, const char *name,
			     uint64_t total_bytes);

/* Clear the bar, or leave it where it tells how far a failure was.  Must be called before
 * anything else is printed. */
void cli_progress_clear(struct cli_progress *progress);
void cli_progress_leave(struct cli_progress *progress);
void cli_progress_done(struct cli_progress *progress);

/* Bytes per second lately, and seconds to go; 0: nobody can tell. */
uint64_t cli_progress_speed(const struct cli_progress *progress);
uint64_t cli_progress_seconds_left(const struct cli_progress *progress);
