/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking a plan: the only place where a writer exists. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wtg/error.h"
#include "wtg/plan.h"
#include "wtg/request.h"
#include "wtg/target.h"

enum wtg_phase {
	WTG_PHASE_CHECK, /* reads only */
	WTG_PHASE_APPLY,
	WTG_PHASE_VERIFY,
};

/* "check", "apply" or "verify". */
const char *wtg_phase_name(enum wtg_phase phase);

enum wtg_event_kind {
	WTG_EVENT_STEP,     /* a step begins in a phase */
	WTG_EVENT_PROGRESS, /* bytes_done grew */
	WTG_EVENT_NOTE,     /* something that the user should read: text, and no bytes */
};

struct wtg_event {
	enum wtg_event_kind kind;
	enum wtg_phase phase;
	const char *step;     /* its name */
	const char *text;     /* of a note */
	uint64_t bytes_done;  /* over all phases together; never shrinks */
	uint64_t bytes_total; /* sum of the steps' costs; may still change, a little */
};

struct wtg_observer {
	void (*event)(struct wtg_observer *o, const struct wtg_event *e);
	bool (*cancelled)(struct wtg_observer *o);
};

/* What the user most wants to know after a failure. */
enum wtg_drive {
	WTG_DRIVE_UNTOUCHED,
	WTG_DRIVE_KEPT,      /* what was on it still is, and shows as it did */
	WTG_DRIVE_BLANK,     /* no partition table: nothing on it boots, nothing looks done */
	WTG_DRIVE_UNCERTAIN, /* a table was being erased or written; or it keeps nothing well */
	WTG_DRIVE_COMPLETE,  /* everything is written, the table too */
};

/* "untouched", "kept", "blank", "uncertain" or "complete". */
const char *wtg_drive_name(enum wtg_drive drive);

/* What a run made of a drive. */
struct wtg_account {
	enum wtg_drive drive; /* true at every moment, also while it runs and on failure */
	enum wtg_past past;   /* how every byte was read back, if it was */
	uint64_t written_bytes; /* so far */
	uint64_t apply_ms;      /* that the steps' applies took */
	uint64_t drive_ms;      /* of these: spent waiting for the drive */
};

/* What the drive takes in a second, where it was the drive that the applies waited for; 0: it
 * was something else, or all was too quick to tell. */
uint64_t wtg_account_drive_speed(const struct wtg_account *account);

/*
 * Walk the plan: check every step, then open the target exclusively, lock it and make sure that
 * it is still the drive that was planned for, then apply every step, each with a flush, then
 * verify every step through a fresh descriptor, unless that is none.  And unless that is quick
 * or none, every page that was written is read back: before the step that makes the drive
 * visible, so that what a bad drive did not keep never is, and what came after that at the end.
 *
 * *ret is valid on failure, too: what became of the drive is the first thing that the user
 * wants to know.
 */
int wtg_run(const struct wtg_plan *plan, const struct wtg_target *target,
	    enum wtg_verify verify, struct wtg_observer *observer, struct wtg_account *ret,
	    struct wtg_error *err);
