/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress.h"

#include <stdlib.h>
#include <time.h>

#include "progress-show.h"
#include "signals.h"
#include "terminal.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

#define QUIET_MS 1000	/* before that, there is nothing worth saying */
#define SPEED_MS 3000	/* what a speed is measured over, at least */
#define WINDOW_MS 10000 /* and, about, at most twice */
#define ETA_MS 8000

#define container_of(p, type, member)                                                    \
	((type *)(void *)((char *)(p)-offsetof(type, member)))

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* How often each kind may speak. */
static uint64_t interval_ms(enum cli_progress_mode mode)
{
	switch (mode) {
	case CLI_PROGRESS_TTY:
		return 200;
	case CLI_PROGRESS_PLAIN:
		return 5000;
	case CLI_PROGRESS_JSON:
		return 1000;
	case CLI_PROGRESS_AUTO:
	case CLI_PROGRESS_NONE:
		break;
	}
	return UINT64_MAX;
}

static void show(struct cli_progress *p)
{
	switch (p->mode) {
	case CLI_PROGRESS_TTY:
		cli_progress_show_bar(p);
		break;
	case CLI_PROGRESS_PLAIN:
		cli_progress_show_line(p);
		break;
	case CLI_PROGRESS_JSON:
		cli_progress_show_json(p);
		break;
	case CLI_PROGRESS_AUTO:
	case CLI_PROGRESS_NONE:
		break;
	}
}

static void restart_samples(struct cli_progress *p)
{
	p->newer = p->older =
		(struct cli_progress_sample){ .ms = p->now_ms(), .bytes = p->done };
}

static void advance_to(struct cli_progress *p, uint64_t done)
{
	uint64_t now = p->now_ms();

	p->done = done;
	if (now - p->newer.ms >= WINDOW_MS) {
		p->older = p->newer;
		p->newer = (struct cli_progress_sample){ .ms = now, .bytes = done };
	}
	if (now - p->started_ms < QUIET_MS || now - p->shown_ms < interval_ms(p->mode))
		return;
	p->shown_ms = now;
	show(p);
}

static void begin_step(struct cli_progress *p, const struct wtg_event *e)
{
	/* Phases differ in speed: what one took says nothing about the next. */
	if (!p->begun || p->phase != e->phase)
		restart_samples(p);
	p->begun = true;
	p->phase = e->phase;
	free(p->step);
	p->step = wtg_text_copy(e->step);

	if (p->verbose && p->mode != CLI_PROGRESS_JSON) {
		cli_progress_clear(p);
		cli_progress_show_step(p);
	}
	if (p->mode == CLI_PROGRESS_JSON)
		show(p);
}

static void observe(struct wtg_observer *o, const struct wtg_event *e)
{
	struct cli_progress *p = container_of(o, struct cli_progress, observer);

	switch (e->kind) {
	case WTG_EVENT_STEP:
		p->total = e->bytes_total;
		begin_step(p, e);
		advance_to(p, e->bytes_done);
		break;
	case WTG_EVENT_PROGRESS:
		p->total = e->bytes_total;
		advance_to(p, e->bytes_done);
		break;
	case WTG_EVENT_NOTE:
		cli_progress_clear(p);
		cli_progress_show_note(p, e);
		break;
	}
}

static bool observer_cancelled(struct wtg_observer *o)
{
	(void)o;
	return cli_signals_caught() != 0;
}

static void count(struct wtg_progress *bytes, uint64_t more)
{
	struct cli_progress *p = container_of(bytes, struct cli_progress, bytes);

	advance_to(p, p->done + more);
}

static bool count_cancelled(struct wtg_progress *bytes)
{
	(void)bytes;
	return cli_signals_caught() != 0;
}

static enum cli_progress_mode choose_mode(const struct cli_progress_setup *setup)
{
	if (setup->mode != CLI_PROGRESS_AUTO)
		return setup->mode;
	if (setup->json)
		return CLI_PROGRESS_JSON;
	if (setup->quiet)
		return CLI_PROGRESS_NONE;
	return cli_terminal_moves(stderr) ? CLI_PROGRESS_TTY : CLI_PROGRESS_PLAIN;
}

void cli_progress_start(struct cli_progress *progress,
			const struct cli_progress_setup *setup)
{
	*progress = (struct cli_progress){
		.observer = { .event = observe, .cancelled = observer_cancelled },
		.bytes = { .advance = count, .cancelled = count_cancelled },
		.mode = choose_mode(setup),
		.verbose = setup->verbose,
		.quiet = setup->quiet,
		.json = setup->json,
		.target = setup->target,
		.to = setup->json && choose_mode(setup) == CLI_PROGRESS_JSON ? stdout
									     : stderr,
		.now_ms = clock_ms,
	};
	progress->started_ms = clock_ms();
	restart_samples(progress);
}

void cli_progress_start_work(struct cli_progress *progress,
			     const struct cli_progress_setup *setup, const char *name,
			     uint64_t total_bytes)
{
	cli_progress_start(progress, setup);
	progress->step = wtg_text_copy(name);
	progress->total = total_bytes;
}

void cli_progress_clear(struct cli_progress *progress)
{
	if (progress->bar)
		fputs("\r\033[K", progress->to);
	progress->bar = false;
}

void cli_progress_leave(struct cli_progress *progress)
{
	if (progress->bar)
		fputc('\n', progress->to);
	progress->bar = false;
}

void cli_progress_done(struct cli_progress *progress)
{
	cli_progress_clear(progress);
	free(progress->step);
	progress->step = NULL;
}

uint64_t cli_progress_speed(const struct cli_progress *p)
{
	uint64_t ms = p->now_ms() - p->older.ms;

	if (ms < SPEED_MS || p->done < p->older.bytes)
		return 0;
	return (uint64_t)((double)(p->done - p->older.bytes) * 1000 / (double)ms);
}

uint64_t cli_progress_seconds_left(const struct cli_progress *p)
{
	uint64_t speed = cli_progress_speed(p);

	if (speed == 0 || p->now_ms() - p->started_ms < ETA_MS || p->done >= p->total)
		return 0;
	return (p->total - p->done) / speed + 1;
}
