/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "plan/marker.h"
#include "plan/plan.h"
#include "wtg/text.h"

/* A script of four steps: the second leaves the drive blank, the last completes it. */
#define N_STEPS 4
#define SIZE_BYTES (UINT64_C(8) << 20)
#define MARKER (512u << 10)
#define COST 65536
#define LOG_BYTES 4096

enum place { NOWHERE, CHECK, APPLY, VERIFY, WRITE_ERROR, SPOIL };

struct script {
	enum place fail_in;
	unsigned fail_step;
	unsigned step; /* of this copy */
	char *log;     /* "c0 c1 …", shared */
};

static int play(const struct script *s, enum place place, char letter, struct wtg_error *err)
{
	size_t length = strlen(s->log);

	s->log[length] = letter;
	s->log[length + 1] = (char)('0' + s->step);
	s->log[length + 2] = ' ';
	s->log[length + 3] = '\0';
	if (s->fail_in == place && s->fail_step == s->step)
		return wtg_fail(err,
				place != VERIFY	  ? WTG_SYSTEM
				: s->step % 2 ? WTG_MISMATCH
					      : WTG_INPUT,
				0, "as scripted");
	return 0;
}

static void describe(const void *params, struct wtg_facts *out)
{
	const struct script *s = params;

	wtg_fact_number(out, "number", s->step);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	(void)params;
	return phase == WTG_PHASE_CHECK ? 0 : COST;
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	(void)target;
	(void)progress;
	return play(params, CHECK, 'c', err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct script *s = params;
	struct wtg_window w = wtg_writer_window(writer, (1 + s->step) << 20, 1 << 20);

	/* More than its cost: progress must bear it. */
	if (wtg_progress_advance(wtg_writer_progress(writer), 2 * COST, err) < 0)
		return -1;
	if (s->fail_in == WRITE_ERROR && s->fail_step == s->step) {
		/* What a library makes of a lost write: nothing. */
		struct wtg_error ignored = WTG_ERROR_INIT;
		struct wtg_window bad = w;

		bad.fd = -1;
		(void)wtg_window_pwrite(&bad, "x", 1, 0, &ignored);
		wtg_error_done(&ignored);
		return 0;
	}
	if (wtg_window_zero(&w, 0, COST, err) < 0 || wtg_window_pwrite(&w, "step", 4, 0, err) < 0)
		return -1;
	if (s->fail_in == SPOIL && s->fail_step == s->step) /* as a bad drive would */
		assert_int_equal(pwrite(w.fd, "X", 1, (off_t)w.offset + 4096), 1);
	return play(params, APPLY, 'a', err);
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	char back[4];
	const struct script *s = params;

	(void)how;
	(void)progress;
	assert_null(disk->ledger);
	assert_int_equal(wtg_window_pread(disk, back, 4, (1 + s->step) << 20, err), 0);
	assert_memory_equal(back, "step", 4);
	return play(params, VERIFY, 'v', err);
}

#define STEP(number, state)                                                              \
	{                                                                                \
		.name = "step-" number, .leaves = state, .describe = describe,           \
		.cost = cost, .check = check, .apply = apply,                            \
		.verify = verify, .free = free                                           \
	}

static const struct wtg_step_ops ops[N_STEPS] = {
	STEP("0", WTG_DRIVE_UNTOUCHED),
	STEP("1", WTG_DRIVE_BLANK),
	STEP("2", WTG_DRIVE_UNTOUCHED),
	STEP("3", WTG_DRIVE_COMPLETE),
};

/* Beside what is there: nothing of it changes before the last. */
static const struct wtg_step_ops beside[N_STEPS] = {
	STEP("0", WTG_DRIVE_KEPT),
	STEP("1", WTG_DRIVE_UNTOUCHED),
	STEP("2", WTG_DRIVE_KEPT),
	STEP("3", WTG_DRIVE_COMPLETE),
};

/* One that keeps what is there, on a drive where nothing is any more. */
static const struct wtg_step_ops after_all[N_STEPS] = {
	STEP("0", WTG_DRIVE_BLANK),
	STEP("1", WTG_DRIVE_KEPT),
	STEP("2", WTG_DRIVE_UNTOUCHED),
	STEP("3", WTG_DRIVE_COMPLETE),
};

/* Nothing comes before the one that counts. */
static const struct wtg_step_ops at_once[N_STEPS] = {
	STEP("0", WTG_DRIVE_COMPLETE),
	STEP("1", WTG_DRIVE_COMPLETE),
	STEP("2", WTG_DRIVE_COMPLETE),
	STEP("3", WTG_DRIVE_COMPLETE),
};

static const struct wtg_step_ops *played = ops;

struct watcher {
	struct wtg_observer observer;
	uint64_t done;
	unsigned n_events, cancel_after; /* 0: never */
	unsigned n_read_back;
	uint64_t least, most; /* total */
	bool shrank, beyond;
};

static void watch(struct wtg_observer *o, const struct wtg_event *e)
{
	struct watcher *w = (struct watcher *)o;

	w->n_events++;
	w->n_read_back += e->kind == WTG_EVENT_STEP && wtg_text_equal(e->step, "read-back");
	w->shrank = w->shrank || e->bytes_done < w->done;
	w->beyond = w->beyond || e->bytes_done > e->bytes_total;
	w->done = e->bytes_done;
	w->most = e->bytes_total > w->most ? e->bytes_total : w->most;
	w->least = w->least && w->least < e->bytes_total ? w->least : e->bytes_total;
}

static bool is_cancelled(struct wtg_observer *o)
{
	struct watcher *w = (struct watcher *)o;

	return w->cancel_after && w->n_events >= w->cancel_after;
}

struct outcome {
	int r;
	struct wtg_account account;
	struct wtg_error err;
	const char *log; /* shared with the workers that verify */
	char *path;
	struct watcher watcher;
};

static void run_script(enum place place, unsigned step, unsigned cancel_after, bool existing,
		       struct outcome *o)
{
	struct wtg_plan *plan = wtg_plan_new();
	struct wtg_target *target = NULL;
	struct wtg_request request = { .file_size_bytes = existing ? 0 : SIZE_BYTES };
	char *log = mmap(NULL, LOG_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);

	assert_true(log != MAP_FAILED);
	memset(o, 0, sizeof(*o));
	o->watcher = (struct watcher){ .observer = { watch, is_cancelled },
				       .cancel_after = cancel_after };
	o->log = log;
	if (existing)
		close(test_file("target", SIZE_BYTES, &o->path));
	else
		o->path = wtg_text("%s/new", test_dir());
	(void)(existing || unlink(o->path));
	request.target = o->path;
	if (wtg_target_open(&request, &target, &o->err) < 0)
		fail_msg("%s", o->err.message);
	if (existing)
		wtg_plan_set_marker(plan, MARKER, 42);
	for (unsigned i = 0; i < N_STEPS; i++) {
		struct script s = { place, step, i, log };

		wtg_plan_append(plan, &played[i], wtg_copy(&s, sizeof(s)));
	}
	o->r = wtg_run(plan, target, WTG_VERIFY_FULL, &o->watcher.observer, &o->account, &o->err);
	assert_false(o->watcher.shrank);
	assert_false(o->watcher.beyond);
	wtg_plan_free(plan);
	wtg_target_close(target);
}

static void outcome_done(struct outcome *o)
{
	wtg_error_done(&o->err);
	free(o->path);
	munmap((void *)(uintptr_t)o->log, LOG_BYTES);
}

static void phases_follow_each_other_over_all_steps(void **state)
{
	struct outcome o;

	(void)state;
	run_script(NOWHERE, 0, 0, true, &o);
	assert_int_equal(o.r, 0);
	assert_int_equal(o.account.drive, WTG_DRIVE_COMPLETE);
	assert_string_equal(o.log,
			    "c0 c1 c2 c3 a0 a1 a2 a3 v0 v1 v2 v3 ");
	outcome_done(&o);
}

/* Every step, every phase: the state of the drive and the name of the step are told. */
static void a_failure_anywhere_tells_where_and_what_became_of_the_drive(void **state)
{
	static const enum wtg_drive after_apply[] = { WTG_DRIVE_UNTOUCHED, WTG_DRIVE_UNCERTAIN,
						      WTG_DRIVE_BLANK, WTG_DRIVE_UNCERTAIN };

	(void)state;
	for (enum place place = CHECK; place <= WRITE_ERROR; place++) {
		for (unsigned step = 0; step < N_STEPS; step++) {
			enum wtg_drive expected = WTG_DRIVE_UNTOUCHED;
			_cleanup_free_ char *name = wtg_text("step-%u: ", step);
			struct outcome o;

			/* A step that leaves the drive as it was, but writes, makes it
			 * uncertain whenever it was untouched before. */
			if (place == APPLY || place == WRITE_ERROR)
				expected = step == 0 ? WTG_DRIVE_UNCERTAIN : after_apply[step];
			if (place == VERIFY)
				expected = WTG_DRIVE_COMPLETE;
			run_script(place, step, 0, true, &o);
			assert_int_equal(o.r, -1);
			assert_int_equal(o.account.drive, expected);
			assert_true(wtg_text_starts(o.err.message, name));
			assert_non_null(strstr(o.err.message, place == WRITE_ERROR
								      ? "write to the drive"
								      : "as scripted"));
			outcome_done(&o);
		}
	}
}

static void expect_drive(enum place place, unsigned step, enum wtg_drive expected)
{
	struct outcome o;

	run_script(place, step, 0, true, &o);
	assert_int_equal(o.r, -1);
	assert_int_equal(o.account.drive, expected);
	outcome_done(&o);
}

static void a_step_that_keeps_what_is_there_leaves_no_doubt_about_it(void **state)
{
	(void)state;
	for (enum place place = APPLY; place <= WRITE_ERROR; place++) {
		if (place == VERIFY)
			continue;
		played = beside;
		for (unsigned step = 0; step < 3; step++)
			expect_drive(place, step, WTG_DRIVE_KEPT);
		expect_drive(place, 3, WTG_DRIVE_UNCERTAIN);
		played = after_all;
		expect_drive(place, 0, WTG_DRIVE_UNCERTAIN);
		expect_drive(place, 1, WTG_DRIVE_BLANK);
		expect_drive(place, 2, WTG_DRIVE_BLANK);
	}
	played = beside;
	expect_drive(CHECK, 0, WTG_DRIVE_UNTOUCHED);
	expect_drive(SPOIL, 1, WTG_DRIVE_UNCERTAIN);
	expect_drive(VERIFY, 1, WTG_DRIVE_COMPLETE);
	played = ops;
}

static void what_the_drive_did_not_keep_never_becomes_visible(void **state)
{
	struct wtg_marker marker;
	struct outcome o;
	struct wtg_window w;
	int fd;

	(void)state;
	for (unsigned step = 0; step < N_STEPS; step++) {
		run_script(SPOIL, step, 0, true, &o);
		assert_int_equal(o.r, -1);
		assert_int_equal(o.err.kind, WTG_MISMATCH);
		assert_true(wtg_text_starts(o.err.message, "read-back: "));
		if (step == N_STEPS - 1) {
			assert_int_equal(o.account.drive, WTG_DRIVE_COMPLETE);
			outcome_done(&o);
			continue;
		}
		assert_int_equal(o.account.drive, WTG_DRIVE_UNCERTAIN);
		assert_null(strstr(o.log, "a3"));
		fd = open(o.path, O_RDONLY | O_CLOEXEC);
		w = test_window(fd, SIZE_BYTES, NULL);
		assert_int_equal(wtg_marker_read(&w, MARKER, &marker, &o.err), 1);
		assert_string_equal(marker.step, "read-back");
		close(fd);
		outcome_done(&o);
	}
}

/* Nor is there a record of doing so, on a drive that counts as untouched. */
static void where_nothing_was_written_nothing_is_read_back(void **state)
{
	struct outcome o;

	(void)state;
	run_script(NOWHERE, 0, 0, true, &o);
	assert_int_equal(o.watcher.n_read_back, 2);
	outcome_done(&o);
	played = at_once;
	run_script(NOWHERE, 0, 0, true, &o);
	played = ops;
	assert_int_equal(o.r, 0);
	assert_int_equal(o.watcher.n_read_back, 1);
	outcome_done(&o);
}

static void cancelling_at_any_event_is_heard_and_said(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct outcome o;

		run_script(NOWHERE, 0, n, true, &o);
		if (o.r == 0) {
			assert_true(n > 16);
			outcome_done(&o);
			return;
		}
		assert_int_equal(o.err.kind, WTG_CANCELLED);
		outcome_done(&o);
	}
}

static void the_record_says_in_which_step_it_stopped(void **state)
{
	struct wtg_marker marker;
	struct outcome o;
	struct wtg_window w;
	int fd;

	(void)state;
	run_script(APPLY, 2, 0, true, &o);
	fd = open(o.path, O_RDONLY | O_CLOEXEC);
	w = test_window(fd, SIZE_BYTES, NULL);
	assert_int_equal(wtg_marker_read(&w, MARKER, &marker, &o.err), 1);
	assert_int_equal(marker.state, WTG_MARKER_RUNNING);
	assert_int_equal(marker.run_id, 42);
	assert_string_equal(marker.step, "step-2");
	close(fd);
	outcome_done(&o);

	run_script(NOWHERE, 0, 0, true, &o);
	fd = open(o.path, O_RDONLY | O_CLOEXEC);
	w.fd = fd;
	assert_int_equal(wtg_marker_read(&w, MARKER, &marker, &o.err), 1);
	assert_int_equal(marker.state, WTG_MARKER_COMPLETE);
	close(fd);
	outcome_done(&o);
}

static void a_new_file_stays_only_if_something_was_written_to_it(void **state)
{
	struct outcome o;

	(void)state;
	run_script(CHECK, 1, 0, false, &o);
	assert_int_equal(access(o.path, F_OK), -1);
	outcome_done(&o);
	run_script(WRITE_ERROR, 0, 0, false, &o);
	assert_int_equal(access(o.path, F_OK), -1);
	assert_int_equal(o.account.drive, WTG_DRIVE_UNTOUCHED);
	outcome_done(&o);
	run_script(APPLY, 2, 0, false, &o);
	assert_int_equal(access(o.path, F_OK), 0);
	assert_int_equal(o.account.drive, WTG_DRIVE_BLANK);
	outcome_done(&o);
}

static void what_reads_back_as_nonsense_is_a_mismatch(void **state)
{
	struct outcome o;

	(void)state;
	run_script(VERIFY, 1, 0, true, &o);
	assert_int_equal(o.err.kind, WTG_MISMATCH);
	assert_int_equal(o.account.drive, WTG_DRIVE_COMPLETE);
	outcome_done(&o);
}

/* Reading back takes as long as writing: it must not come as a surprise. */
static void the_total_hardly_changes_on_the_way(void **state)
{
	struct outcome o;

	(void)state;
	run_script(NOWHERE, 0, 0, true, &o);
	assert_in_range(o.watcher.least, o.watcher.most * 9 / 10, o.watcher.most);
	outcome_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases_follow_each_other_over_all_steps),
		cmocka_unit_test(a_failure_anywhere_tells_where_and_what_became_of_the_drive),
		cmocka_unit_test(a_step_that_keeps_what_is_there_leaves_no_doubt_about_it),
		cmocka_unit_test(what_the_drive_did_not_keep_never_becomes_visible),
		cmocka_unit_test(where_nothing_was_written_nothing_is_read_back),
		cmocka_unit_test(cancelling_at_any_event_is_heard_and_said),
		cmocka_unit_test(the_record_says_in_which_step_it_stopped),
		cmocka_unit_test(what_reads_back_as_nonsense_is_a_mismatch),
		cmocka_unit_test(the_total_hardly_changes_on_the_way),
		cmocka_unit_test(a_new_file_stays_only_if_something_was_written_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
