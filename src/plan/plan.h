/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making plans: what recipes and steps see of the machinery. */
#pragma once

#include "base/window.h"
#include "wtg/plan.h"
#include "wtg/run.h"
#include "wtg/target.h"

struct wtg_writer; /* the right to write; only wtg_run() makes one */

/*
 * What a step can do.  check never touches the target; apply may assume that it passed; verify
 * runs after all applies and a flush, through a fresh descriptor.  NULL is "nothing to do" for
 * every function but describe and free.
 */
struct wtg_step_ops {
	const char *name; /* stable: scripts match on it */

	/* What the drive is after apply; UNTOUCHED (0): what it was before.  While a step that
	 * changes it is under way, the drive's state is uncertain.  KEPT: it is what it was
	 * before, at every moment, also of a drive that was untouched: the step writes only where
	 * nothing is, or replaces things whole. */
	enum wtg_drive leaves;

	void (*describe)(const void *params, struct wtg_facts *out);

	/* Bytes of work in a phase, for progress. */
	uint64_t (*cost)(const void *params, enum wtg_phase phase);

	int (*check)(const void *params, const struct wtg_target *target,
		     struct wtg_progress *progress, struct wtg_error *err);

	int (*apply)(const void *params, struct wtg_writer *writer, struct wtg_error *err);

	/* Start what works for n drives at once when the applies of their plans, each in a
	 * process of its own, come to this step; params are those of each.  At most one step
	 * of a plan has it. */
	int (*unite)(const void *const params[], unsigned n, struct wtg_crew **ret,
		     struct wtg_error *err);

	/* disk is the whole target, read only. */
	int (*verify)(const void *params, const struct wtg_window *disk,
		      enum wtg_verify how, struct wtg_progress *progress,
		      struct wtg_error *err);

	void (*free)(void *params);
};

struct wtg_plan *wtg_plan_new(void);

/* Takes params. */
void wtg_plan_append(struct wtg_plan *plan, const struct wtg_step_ops *ops, void *params);

/* What wtg_plan_describe() says before the steps; describe borrows context, which must
 * outlive the plan unless free_fn is given. */
void wtg_plan_set_head(struct wtg_plan *plan,
		       void (*describe)(const void *context, struct wtg_facts *out),
		       void *context, void (*free_fn)(void *context));

/* Something that will surprise somebody though nothing is wrong: a sentence of the plan,
 * told even where the steps are not. */
void wtg_plan_warn(struct wtg_plan *plan, const char *sentence);

/* The same of something that is usually done, and not this time. */
void wtg_plan_omit(struct wtg_plan *plan, const char *sentence);

/*
 * The record of an unfinished run (see plan/marker.h) is written by the run itself, before
 * the first step's apply and again before each: at this place, which no step may use.
 */
void wtg_plan_set_marker(struct wtg_plan *plan, uint64_t offset_bytes, uint64_t run_id);

/* ------------------------------------------------------------------ the writer */

/* A stretch of the target that may be written. */
struct wtg_window wtg_writer_window(struct wtg_writer *writer, uint64_t offset, uint64_t length);

/* What was started for this drive and others; NULL: nothing was. */
struct wtg_crew *wtg_writer_crew(const struct wtg_writer *writer);

/* Where apply reports its bytes and hears cancellation. */
struct wtg_progress *wtg_writer_progress(struct wtg_writer *writer);

/* The size of the target. */
uint64_t wtg_writer_size(const struct wtg_writer *writer);

/* Something that the user should read, though nothing failed. */
void wtg_writer_note(struct wtg_writer *writer, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
