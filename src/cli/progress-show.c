/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress-show.h"

#include <inttypes.h>
#include <string.h>

#include "output.h"
#include "terminal.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

#define NARROW_BAR 10
#define WIDE_BAR 30
#define WIDE_TERMINAL 100

/* In thousandths, of which the last one is kept for the end. */
static unsigned permille(const struct cli_progress *p)
{
	unsigned value = (unsigned)((double)p->done / (double)p->total * 999);

	return value > 999 ? 999 : value;
}

/* Rounded to what an estimate is worth; empty when there is none. */
static char *time_left(const struct cli_progress *p)
{
	uint64_t s = cli_progress_seconds_left(p);

	if (s == 0)
		return wtg_text("%s", "");
	if (s < 60)
		return wtg_text(", %" PRIu64 " s left", (s + 4) / 5 * 5);
	if (s < 3600)
		return wtg_text(", %" PRIu64 " min left", (s + 59) / 60);
	return wtg_text(", %" PRIu64 " h %" PRIu64 " min left", s / 3600,
			s % 3600 / 600 * 10);
}

/* "42.3 %, 2.1 GiB of 5 GiB, 34.2 MiB/s, 2 min left", as far as these are known. */
static char *numbers(const struct cli_progress *p)
{
	_cleanup_free_ char *done = wtg_size_text(p->done),
			    *total = wtg_size_text(p->total);
	_cleanup_free_ char *speed = wtg_size_text(cli_progress_speed(p)),
			    *left = time_left(p);
	_cleanup_free_ char *pace =
		wtg_text(cli_progress_speed(p) ? ", %s/s" : "%.0s", speed);

	if (p->done == 0)
		return wtg_text("%s", "");
	if (p->total == 0)
		return wtg_text("%s%s", done, pace);
	return wtg_text("%u.%u %%, %s of %s%s%s", permille(p) / 10, permille(p) % 10,
			done, total, pace, left);
}

/* Of a width that does not change while the numbers beside it do; empty where it would
 * not fit. */
static void draw_bar(const struct cli_progress *p, unsigned columns, size_t used,
		     char ret[static WIDE_BAR + 4])
{
	size_t width = columns < WIDE_TERMINAL ? NARROW_BAR : WIDE_BAR;
	size_t filled = p->total ? permille(p) * width / 1000 : 0;

	ret[0] = '\0';
	if (p->total == 0 || p->done == 0 || used + width + 4 > columns)
		return;
	ret[0] = '[';
	memset(ret + 1, '=', filled);
	memset(ret + 1 + filled, ' ', width - filled);
	memcpy(ret + 1 + width, "] ", 3);
}

/* What the line is about: the step, and, among several drives, which. */
static char *subject(const struct cli_progress *p, const char *otherwise)
{
	_cleanup_free_ char *target = p->target ? wtg_text_printable(p->target) : NULL;
	const char *step = p->step ? p->step : otherwise;

	return target ? wtg_text("%s: %s", target, step) : wtg_text_copy(step);
}

char *cli_progress_bar(const struct cli_progress *p, unsigned columns)
{
	_cleanup_free_ char *text = numbers(p), *about = subject(p, "");
	char bar[WIDE_BAR + 4];

	draw_bar(p, columns, strlen(about) + strlen(text), bar);
	return wtg_text("%s  %s%s", about, bar, text);
}

void cli_progress_show_bar(struct cli_progress *p)
{
	unsigned columns = cli_terminal_width(p->to) - 1; /* the last one would wrap */
	_cleanup_free_ char *line = cli_progress_bar(p, columns);

	fprintf(p->to, "\r%.*s\033[K", (int)columns, line);
	fflush(p->to);
	p->bar = true;
}

void cli_progress_show_line(struct cli_progress *p)
{
	_cleanup_free_ char *text = numbers(p), *about = subject(p, "working");

	fprintf(p->to, "%s%s%s\n", about, *text ? ": " : "", text);
	fflush(p->to);
}

void cli_progress_show_step(const struct cli_progress *p)
{
	_cleanup_free_ char *target = p->target ? wtg_text_printable(p->target) : NULL;

	if (target)
		fprintf(stderr, "%s: ", target);
	fprintf(stderr, "%s: %s\n", wtg_phase_name(p->phase), p->step);
}

void cli_progress_show_json(struct cli_progress *p)
{
	struct wtg_json *json = cli_json_new("progress");
	struct wtg_facts *out = wtg_json_facts(json);
	uint64_t left = cli_progress_seconds_left(p);

	wtg_fact_text(out, "target", p->target);
	wtg_fact_text(out, "phase", p->begun ? wtg_phase_name(p->phase) : NULL);
	wtg_fact_text(out, "step", p->step);
	wtg_fact_bytes(out, "bytes_done", p->done);
	wtg_fact_bytes(out, "bytes_total", p->total);
	if (left)
		wtg_fact_number(out, "seconds_left", left);
	cli_json_print(json, p->to);
	wtg_json_free(json);
}

void cli_progress_show_note(struct cli_progress *p, const struct wtg_event *e)
{
	_cleanup_free_ char *target = p->target ? wtg_text_printable(p->target) : NULL;
	_cleanup_free_ char *text = wtg_text_printable(e->text);
	struct wtg_json *json;

	if (!p->json) {
		if (!p->quiet)
			fprintf(stderr, "%s%snote: %s\n", target ? target : "",
				target ? ": " : "", text);
		return;
	}
	json = cli_json_new("note");
	wtg_fact_text(wtg_json_facts(json), "target", p->target);
	wtg_fact_text(wtg_json_facts(json), "phase", wtg_phase_name(e->phase));
	wtg_fact_text(wtg_json_facts(json), "step", e->step);
	wtg_fact_text(wtg_json_facts(json), "text", e->text);
	cli_json_print(json, stdout);
	wtg_json_free(json);
}
