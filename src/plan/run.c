/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/internal.h"

#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/worker.h"
#include "plan/marker.h"
#include "target/target.h"
#include "wtg/version.h"

/* One walk.  The progress that steps see is the first member: advance() casts back. */
struct run {
	struct wtg_progress progress;
	struct wtg_observer *observer;
	const struct wtg_plan *plan;
	const struct wtg_target *target;
	enum wtg_verify verify;

	enum wtg_phase phase;
	const char *step;
	uint64_t done;   /* bytes of the steps that are behind us */
	uint64_t within; /* bytes of the step under way, at most its cost */
	uint64_t cost;   /* of the step under way */
	uint64_t total;
	uint64_t expected_back; /* of total: bytes that will be read back, about */

	struct wtg_writer writer;
	struct wtg_account *account; /* the caller's: always true */
};

static void emit(const struct run *run, enum wtg_event_kind kind)
{
	struct wtg_event event = {
		.kind = kind,
		.phase = run->phase,
		.step = run->step,
		.bytes_done = run->done + run->within,
		.bytes_total = run->total,
	};

	if (run->observer)
		run->observer->event(run->observer, &event);
}

static void advance(struct wtg_progress *p, uint64_t bytes)
{
	struct run *run = (struct run *)p;

	run->within = bytes < run->cost - run->within ? run->within + bytes : run->cost;
	emit(run, WTG_EVENT_PROGRESS);
}

static bool cancelled(struct wtg_progress *p)
{
	struct run *run = (struct run *)p;

	return run->observer && run->observer->cancelled &&
	       run->observer->cancelled(run->observer);
}

static void begin(struct run *run, const char *step, uint64_t cost)
{
	run->done += run->cost;
	run->within = 0;
	run->cost = cost;
	run->step = step;
	emit(run, WTG_EVENT_STEP);
}

static int check_step(struct run *run, const struct wtg_step *step, struct wtg_error *err)
{
	return step->ops->check
		       ? step->ops->check(step->params, run->target, &run->progress, err)
		       : 0;
}

static int flush(struct run *run, struct wtg_error *err)
{
	struct wtg_window disk = wtg_writer_window(&run->writer, 0, run->writer.size_bytes);

	return wtg_window_flush(&disk, err);
}

static bool keeps(const struct wtg_plan *plan)
{
	for (size_t i = 0; i < plan->n_items; i++)
		if (plan->items[i].ops->leaves == WTG_DRIVE_BLANK)
			return false;
	return true;
}

/* The record is on the medium before what it tells of begins, and after what it ends. */
static int mark(struct run *run, enum wtg_marker_state state, struct wtg_error *err)
{
	struct wtg_window disk = wtg_writer_window(&run->writer, 0, run->writer.size_bytes);
	struct wtg_marker marker = {
		.state = state,
		.keeps = keeps(run->plan),
		.run_id = run->plan->run_id,
		.time = (uint64_t)time(NULL),
	};

	if (run->plan->marker_offset == 0)
		return 0;
	strncpy(marker.step, run->step, sizeof(marker.step) - 1);
	strncpy(marker.version, wtg_version(), sizeof(marker.version) - 1);
	if (wtg_marker_write(&disk, run->plan->marker_offset, &marker, err) < 0)
		return -1;
	return flush(run, err);
}

static bool reads_back(const struct run *run)
{
	return run->verify == WTG_VERIFY_AUTO || run->verify == WTG_VERIFY_FULL;
}

/* Look again at every page that was written since this was done last, whatever step wrote
 * it. */
static int look_again(struct run *run, struct wtg_error *err)
{
	struct wtg_ledger *ledger = &run->writer.ledger;
	enum wtg_past past;
	_cleanup_fd_ int fd = -1;

	if (wtg_target_open_direct(run->target, &fd, &past, err) < 0 ||
	    wtg_ledger_verify(ledger, fd, run->writer.size_bytes, &run->progress, err) < 0)
		return -1;
	run->account->past = past;
	wtg_ledger_forget(ledger);
	return 0;
}

static int read_back(struct run *run, struct wtg_error *err)
{
	uint64_t bytes = wtg_ledger_bytes(&run->writer.ledger);

	if (!reads_back(run) || bytes == 0)
		return 0;
	run->total = run->total + bytes - run->expected_back;
	run->expected_back = 0;
	run->phase = WTG_PHASE_VERIFY;
	begin(run, "read-back", bytes);
	if (run->account->drive != WTG_DRIVE_COMPLETE && mark(run, WTG_MARKER_RUNNING, err) < 0)
		return wtg_while(err, "read-back");
	return look_again(run, err) < 0 ? wtg_while(err, "read-back") : 0;
}

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* What the drive is while a step works on it. */
static enum wtg_drive during(enum wtg_drive before, enum wtg_drive leaves)
{
	if (leaves == WTG_DRIVE_KEPT)
		return before == WTG_DRIVE_UNTOUCHED ? WTG_DRIVE_KEPT : before;
	return leaves == WTG_DRIVE_UNTOUCHED && before != WTG_DRIVE_UNTOUCHED
		       ? before
		       : WTG_DRIVE_UNCERTAIN;
}

static int apply_step(struct run *run, const struct wtg_step *step, struct wtg_error *err)
{
	const struct wtg_ledger *ledger = &run->writer.ledger;
	enum wtg_drive leaves = step->ops->leaves;
	uint64_t begun_ms = clock_ms(), begun_ns = ledger->busy_ns;

	if (!step->ops->apply)
		return 0;
	run->account->drive = during(run->account->drive, leaves);
	if (mark(run, WTG_MARKER_RUNNING, err) < 0 ||
	    step->ops->apply(step->params, &run->writer, err) < 0) {
		/* A failed write decides: whatever a library made of it afterwards, that is
		 * what happened, and every later flush says it again. */
		return run->writer.ledger.failure ? flush(run, err) : -1;
	}
	if (flush(run, err) < 0)
		return -1;
	run->account->written_bytes = ledger->bytes_written;
	run->account->apply_ms += clock_ms() - begun_ms;
	run->account->drive_ms += (ledger->busy_ns - begun_ns) / 1000000;
	if (leaves != WTG_DRIVE_UNTOUCHED && leaves != WTG_DRIVE_KEPT)
		run->account->drive = leaves;
	return 0;
}

/* Looking at a finished drive is reading what a stranger made, as it was and as the drive gives
 * it back: a worker does it. */
struct look {
	const struct wtg_step *step;
	enum wtg_verify how;
	struct wtg_window disk;
};

static int look(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	const struct look *look = context;

	(void)reply;
	return look->step->ops->verify(look->step->params, &look->disk, look->how, progress,
				       err);
}

static int verify_step(struct run *run, const struct wtg_step *step, struct wtg_error *err)
{
	struct look at = { step, run->verify, { .length = run->writer.size_bytes } };
	const struct wtg_errand errand = {
		.who = "the process that looks at the drive",
		.blame = WTG_SYSTEM, /* what it would have found, nobody knows */
		.finds = WTG_MISMATCH,
		.work = look,
		.context = &at,
		.window = &at.disk,
		.scratch = true,
	};
	_cleanup_fd_ int fd = -1;

	if (!step->ops->verify)
		return 0;
	if (wtg_target_open_fresh(run->target, &fd, err) < 0)
		return -1;
	at.disk.fd = fd;
	if (wtg_worker_run(&errand, &run->progress, NULL, err) == 0)
		return 0;
	/* What makes no sense now did when it was written. */
	if (err->kind == WTG_INPUT)
		err->kind = WTG_MISMATCH;
	return -1;
}

/* The steps from first to before end, in the phase that was set. */
static int walk(struct run *run, size_t first, size_t end,
		int (*visit)(struct run *run, const struct wtg_step *step,
			     struct wtg_error *err),
		struct wtg_error *err)
{
	for (size_t i = first; i < end; i++) {
		const struct wtg_step *step = &run->plan->items[i];

		begin(run, step->ops->name, wtg_step_cost(step, run->phase));
		if (wtg_progress_advance(&run->progress, 0, err) < 0 ||
		    visit(run, step, err) < 0)
			return wtg_while(err, "%s", step->ops->name);
	}
	return 0;
}

static int walk_all(struct run *run, enum wtg_phase phase,
		    int (*visit)(struct run *run, const struct wtg_step *step,
				 struct wtg_error *err),
		    struct wtg_error *err)
{
	run->phase = phase;
	return walk(run, 0, run->plan->n_items, visit, err);
}

/* The step that makes the drive visible: until then, a failure leaves nothing to be seen. */
static size_t completing_step(const struct wtg_plan *plan)
{
	size_t i = 0;

	while (i < plan->n_items && plan->items[i].ops->leaves != WTG_DRIVE_COMPLETE)
		i++;
	return i;
}

/* What the drive did not keep must not become visible: so it is read back before. */
static int apply(struct run *run, struct wtg_error *err)
{
	size_t last = completing_step(run->plan);

	run->phase = WTG_PHASE_APPLY;
	if (walk(run, 0, last, apply_step, err) < 0 || read_back(run, err) < 0)
		return -1;
	run->phase = WTG_PHASE_APPLY;
	if (walk(run, last, run->plan->n_items, apply_step, err) < 0)
		return -1;
	return mark(run, WTG_MARKER_COMPLETE, err);
}

/* First whether the drive kept what came last, then whether all is what a PC needs. */
static int verify(struct run *run, struct wtg_error *err)
{
	if (run->verify == WTG_VERIFY_NONE)
		return 0;
	if (read_back(run, err) < 0)
		return -1;
	return walk_all(run, WTG_PHASE_VERIFY, verify_step, err);
}

/* What fails on a drive that is not there any more says nothing of what the drive is worth. */
static void tell_gone(const struct run *run, struct wtg_error *err)
{
	if (err->kind == WTG_CANCELLED || !wtg_target_is_gone(run->target))
		return;
	err->kind = WTG_SYSTEM;
	(void)wtg_hint(err, "%s is gone: was it unplugged?", wtg_target_disk(run->target)->path);
}

/* Of everything; what will be read back is about what the steps say that they write. */
static uint64_t expected_total(const struct run *run)
{
	uint64_t total = wtg_plan_cost(run->plan, WTG_PHASE_CHECK) +
			 wtg_plan_cost(run->plan, WTG_PHASE_APPLY);

	if (run->verify != WTG_VERIFY_NONE)
		total += wtg_plan_cost(run->plan, WTG_PHASE_VERIFY);
	return total + run->expected_back;
}

/* What such a drive did of what we wrote, nobody knows: perhaps not even the wiping. */
static bool does_not_keep(const struct wtg_error *err)
{
	return err->kind == WTG_MISMATCH || err->kind == WTG_CAPACITY;
}

int wtg_run(const struct wtg_plan *plan, const struct wtg_target *target,
	    enum wtg_verify how, struct wtg_observer *observer, struct wtg_account *ret,
	    struct wtg_error *err)
{
	struct run run = {
		.progress = { advance, cancelled },
		.observer = observer,
		.plan = plan,
		.target = target,
		.verify = how,
		.account = ret,
	};
	struct wtg_error close_err = WTG_ERROR_INIT;
	int r;

	if (reads_back(&run))
		run.expected_back = wtg_plan_cost(plan, WTG_PHASE_APPLY);
	run.total = expected_total(&run);
	*ret = (struct wtg_account){ .drive = WTG_DRIVE_UNTOUCHED };
	if (walk_all(&run, WTG_PHASE_CHECK, check_step, err) < 0)
		return -1;
	if (wtg_writer_open(target, &run.progress, observer, &run.writer, err) < 0) {
		/* An interruption ends the wait for a lock. */
		(void)wtg_progress_advance(&run.progress, 0, err);
		tell_gone(&run, err);
		return -1;
	}

	run.writer.crew = plan->crew;
	r = apply(&run, err) < 0 || verify(&run, err) < 0 ? -1 : 0;
	if (r < 0)
		tell_gone(&run, err);
	if (r < 0 && does_not_keep(err) &&
	    (ret->drive == WTG_DRIVE_BLANK || ret->drive == WTG_DRIVE_KEPT))
		ret->drive = WTG_DRIVE_UNCERTAIN;
	if (wtg_writer_is_unused(&run.writer))
		ret->drive = WTG_DRIVE_UNTOUCHED;
	if (wtg_writer_close(&run.writer, r < 0 ? &close_err : err) < 0)
		r = -1;
	wtg_error_done(&close_err);
	return r;
}
