/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people see: facts as text, progress, results. */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/cli/progress.h"
#include "../../src/cli/result.h"
#include "../../src/cli/text.h"
#include "wtg/cleanup.h"

/* ------------------------------------------------------------------ text */

static void describe_something(struct wtg_facts *out)
{
	wtg_fact_text(out, "container", "ISO");
	wtg_fact_open(out, "target", WTG_OBJECT);
	wtg_fact_text(out, "serial", "x\033[2Jy");
	wtg_fact_bytes(out, "sector_bytes", 4096);
	wtg_fact_truth(out, "removable", true);
	wtg_fact_open(out, "holders", WTG_LIST);
	wtg_fact_close(out);
	wtg_fact_close(out);
	wtg_fact_open(out, "warnings", WTG_LIST);
	wtg_fact_text(out, NULL, "little room");
	wtg_fact_close(out);
	wtg_fact_open(out, "steps", WTG_LIST);
	for (uint64_t i = 1; i <= 2; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_number(out, "number", i);
		wtg_fact_open(out, "edits", WTG_LIST);
		wtg_fact_text(out, NULL, "a");
		wtg_fact_text(out, NULL, "b");
		wtg_fact_close(out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
	wtg_fact_text(out, "state", "complete");
}

static char *as_text(enum cli_text_extent extent)
{
	struct cli_text text;
	char *shown = NULL;
	size_t size;
	FILE *to = open_memstream(&shown, &size);

	describe_something(cli_text_start(&text, to, extent));
	fclose(to);
	return shown;
}

static void facts_are_aligned_in_sections_and_lists(void **state)
{
	_cleanup_free_ char *shown = as_text(CLI_TEXT_USUAL);

	(void)state;
	assert_string_equal(shown, "container:              ISO\n"
				   "\n"
				   "target:\n"
				   "  serial:               x\xef\xbf\xbd[2Jy\n"
				   "  sector:               4 KiB\n"
				   "  removable:            yes\n"
				   "\n"
				   "warnings:\n"
				   "  - little room\n"
				   "\n"
				   "steps:\n"
				   "  - number:             1\n"
				   "    edits:\n"
				   "      - a\n"
				   "      - b\n"
				   "  - number:             2\n"
				   "    edits:\n"
				   "      - a\n"
				   "      - b\n"
				   "\n"
				   "state:                  complete\n");
}

static void what_could_harm_a_terminal_is_no_key_either(void **state)
{
	_cleanup_free_ char *shown = NULL;
	struct cli_text text;
	size_t size;
	FILE *to = open_memstream(&shown, &size);
	struct wtg_facts *out = cli_text_start(&text, to, CLI_TEXT_USUAL);

	(void)state;
	wtg_fact_text(out, "a\033[2J_b", "c");
	fclose(to);
	assert_string_equal(shown, "a\xef\xbf\xbd[2J b:              c\n");
}

static void an_outline_leaves_lists_of_objects_out(void **state)
{
	_cleanup_free_ char *shown = as_text(CLI_TEXT_BRIEF);

	(void)state;
	assert_non_null(strstr(shown, "removable:"));
	assert_null(strstr(shown, "steps"));
	assert_null(strstr(shown, "edits"));
	assert_non_null(strstr(shown, "warnings:\n  - little room\n"));
	assert_non_null(strstr(shown, "state:"));
}

static void details_are_for_those_who_ask(void **state)
{
	static const struct {
		enum cli_text_extent extent;
		bool shown;
	} cases[] = {
		{ CLI_TEXT_BRIEF, false },
		{ CLI_TEXT_USUAL, false },
		{ CLI_TEXT_ALL, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *shown = NULL;
		struct cli_text text;
		size_t size;
		FILE *to = open_memstream(&shown, &size);
		struct wtg_facts *out = cli_text_start(&text, to, cases[i].extent);

		wtg_fact_open(out, "edits", WTG_LIST);
		wtg_fact_open(out, NULL, WTG_DETAIL);
		wtg_fact_text(out, "value", "Start");
		wtg_fact_close(out);
		wtg_fact_close(out);
		wtg_fact_time(out, "time", 1700000000);
		fclose(to);
		assert_int_equal(strstr(shown, "edits:") != NULL, cases[i].shown);
		assert_int_equal(strstr(shown, "Start") != NULL, cases[i].shown);
		assert_non_null(strstr(shown, "2023-11-14 22:13:20 UTC\n"));
	}
}

/* ------------------------------------------------------------------ progress */

static uint64_t the_time_ms;

static uint64_t fake_now_ms(void)
{
	return the_time_ms;
}

struct screen {
	struct cli_progress progress;
	struct wtg_event event;
	char *shown;
	size_t size;
};

static void start(struct screen *s, enum cli_progress_mode mode)
{
	const struct cli_progress_setup setup = { .mode = mode };

	memset(s, 0, sizeof(*s));
	the_time_ms = 1000000;
	cli_progress_start(&s->progress, &setup);
	s->progress.to = open_memstream(&s->shown, &s->size);
	s->progress.now_ms = fake_now_ms;
	s->progress.started_ms = the_time_ms;
	s->progress.newer = s->progress.older =
		(struct cli_progress_sample){ .ms = the_time_ms };
	s->event = (struct wtg_event){ .kind = WTG_EVENT_STEP,
				       .phase = WTG_PHASE_APPLY,
				       .step = "apply-image",
				       .bytes_total = UINT64_C(1000) << 20 };
	s->progress.observer.event(&s->progress.observer, &s->event);
	s->event.kind = WTG_EVENT_PROGRESS;
}

/* Let that time pass, and so much be done in it. */
static void pass(struct screen *s, uint64_t ms, uint64_t mib)
{
	the_time_ms += ms;
	s->event.bytes_done += mib << 20;
	s->progress.observer.event(&s->progress.observer, &s->event);
	fflush(s->progress.to);
}

static void end(struct screen *s)
{
	cli_progress_done(&s->progress);
	fclose(s->progress.to);
	free(s->shown);
}

static void nothing_is_said_in_the_first_second(void **state)
{
	struct screen s;

	(void)state;
	for (int mode = CLI_PROGRESS_TTY; mode <= CLI_PROGRESS_PLAIN; mode++) {
		start(&s, mode);
		pass(&s, 900, 500);
		assert_int_equal(s.size, 0);
		end(&s);
	}
}

static void the_remaining_time_is_told_only_when_known(void **state)
{
	struct screen s;

	(void)state;
	start(&s, CLI_PROGRESS_TTY);
	for (int i = 0; i < 7; i++)
		pass(&s, 1000, 10);
	assert_null(strstr(s.shown, "left"));
	for (int i = 0; i < 3; i++)
		pass(&s, 1000, 10);
	assert_non_null(strstr(s.shown, "10 MiB/s, 2 min left"));
	end(&s);
}

static void the_speed_is_that_of_late(void **state)
{
	struct screen s;

	(void)state;
	start(&s, CLI_PROGRESS_NONE);
	for (int i = 0; i < 20; i++)
		pass(&s, 1000, 30);
	for (int i = 0; i < 30; i++)
		pass(&s, 1000, 1);
	assert_true(cli_progress_speed(&s.progress) == UINT64_C(1) << 20);
	assert_true(cli_progress_seconds_left(&s.progress) == 370 + 1);
	end(&s);
}

static void it_is_never_100_percent_before_the_end(void **state)
{
	struct screen s;

	(void)state;
	start(&s, CLI_PROGRESS_PLAIN);
	pass(&s, 20000, 1000);
	assert_string_equal(s.shown,
			    "apply-image: 99.9 %, 1000 MiB of 1000 MiB, 50 MiB/s\n");
	end(&s);
}

static void plain_lines_are_seconds_apart(void **state)
{
	struct screen s;
	size_t lines = 0;

	(void)state;
	start(&s, CLI_PROGRESS_PLAIN);
	for (int i = 0; i < 200; i++)
		pass(&s, 100, 1);
	for (const char *c = s.shown; *c; c++)
		lines += *c == '\n';
	assert_in_range(lines, 4, 5);
	assert_null(strchr(s.shown, '\033'));
	assert_null(strchr(s.shown, '\r'));
	end(&s);
}

static void a_bar_is_cleared_before_anything_else(void **state)
{
	struct screen s;

	(void)state;
	start(&s, CLI_PROGRESS_TTY);
	pass(&s, 2000, 100);
	assert_true(s.progress.bar);
	s.event.kind = WTG_EVENT_NOTE;
	s.event.text = "the bar is gone before this line";
	s.event.bytes_done = s.event.bytes_total = 0;
	s.progress.observer.event(&s.progress.observer, &s.event);
	assert_false(s.progress.bar);
	assert_true(s.progress.total > 0 && s.progress.done > 0);
	fflush(s.progress.to);
	assert_string_equal(s.shown + s.size - 4, "\r\033[K");
	end(&s);
}

/* ------------------------------------------------------------------ results */

static void the_exit_status_tells_whether_the_drive_was_touched(void **state)
{
	(void)state;
	for (int kind = WTG_USAGE; kind < WTG_CANCELLED; kind++) {
		assert_in_range(cli_result_status(kind, false), 2, 9);
		assert_in_range(cli_result_status(kind, true), 10, 12);
	}
	assert_int_equal(cli_result_status(WTG_OK, true), 0);
	assert_int_equal(cli_result_status(WTG_USAGE, false), 2);
	assert_int_equal(cli_result_status(WTG_REFUSED, false), 3);
	assert_int_equal(cli_result_status(WTG_INPUT, false), 4);
	assert_int_equal(cli_result_status(WTG_SYSTEM, false), 5);
	assert_int_equal(cli_result_status(WTG_UNSUITABLE, false), 6);
	assert_int_equal(cli_result_status(WTG_FINDINGS, false), 7);
	assert_int_equal(cli_result_status(WTG_INPUT, true), 10);
	assert_int_equal(cli_result_status(WTG_MISMATCH, true), 11);
	assert_int_equal(cli_result_status(WTG_CAPACITY, true), 12);
}

static void the_state_of_the_drive_is_what_it_is(void **state)
{
	struct cli_outcome outcome = { .writes = true };

	(void)state;
	assert_string_equal(cli_result_state(&outcome, WTG_INPUT),
			    "The drive was not touched.");
	assert_null(cli_result_state(&outcome, WTG_OK));
	outcome.account.drive = WTG_DRIVE_BLANK;
	assert_non_null(
		strstr(cli_result_state(&outcome, WTG_SYSTEM), "nothing on it boots"));
	assert_non_null(
		strstr(cli_result_state(&outcome, WTG_CANCELLED), "nothing on it boots"));
	outcome.account.drive = WTG_DRIVE_COMPLETE;
	assert_non_null(
		strstr(cli_result_state(&outcome, WTG_MISMATCH), "do not rely on it"));
	assert_non_null(strstr(cli_result_state(&outcome, WTG_SYSTEM), "is complete"));
	assert_null(cli_result_state(&(struct cli_outcome){ 0 }, WTG_SYSTEM));
}

static void an_uncertain_drive_is_told_what_was_under_way(void **state)
{
	struct cli_outcome outcome = { .writes = true, .account.drive = WTG_DRIVE_UNCERTAIN };

	(void)state;
	assert_non_null(strstr(cli_result_state(&outcome, WTG_SYSTEM), "What it starts with"));
	outcome.stake = CLI_STAKE_VENTOY;
	assert_non_null(strstr(cli_result_state(&outcome, WTG_SYSTEM), "What it starts with"));
	outcome.stake = CLI_STAKE_SPACE;
	assert_non_null(strstr(cli_result_state(&outcome, WTG_SYSTEM), "added to its table"));
	assert_non_null(strstr(cli_result_state(&outcome, WTG_SYSTEM), "'wtgctl status'"));
	outcome.stake = CLI_STAKE_ENTRY;
	assert_non_null(strstr(cli_result_state(&outcome, WTG_CANCELLED), "on partition 1"));
	assert_null(strstr(cli_result_state(&outcome, WTG_CANCELLED), "What it starts with"));
	assert_non_null(strstr(cli_result_state(&outcome, WTG_MISMATCH), "does not keep"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(details_are_for_those_who_ask),
		cmocka_unit_test(facts_are_aligned_in_sections_and_lists),
		cmocka_unit_test(what_could_harm_a_terminal_is_no_key_either),
		cmocka_unit_test(an_outline_leaves_lists_of_objects_out),
		cmocka_unit_test(nothing_is_said_in_the_first_second),
		cmocka_unit_test(the_remaining_time_is_told_only_when_known),
		cmocka_unit_test(the_speed_is_that_of_late),
		cmocka_unit_test(it_is_never_100_percent_before_the_end),
		cmocka_unit_test(plain_lines_are_seconds_apart),
		cmocka_unit_test(a_bar_is_cleared_before_anything_else),
		cmocka_unit_test(the_exit_status_tells_whether_the_drive_was_touched),
		cmocka_unit_test(the_state_of_the_drive_is_what_it_is),
		cmocka_unit_test(an_uncertain_drive_is_told_what_was_under_way),
	};

	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
