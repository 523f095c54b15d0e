/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking at a finished drive as firmware and Windows would, by other code than wrote it.
 * Reads only; works on drives of other tools, too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/progress.h"
#include "wtg/target.h"

enum wtg_grade {
	WTG_GRADE_OK,
	WTG_GRADE_NOTE,    /* worth knowing, nothing wrong */
	WTG_GRADE_WARNING, /* will surprise somebody */
	WTG_GRADE_WRONG,   /* will not boot, or is not what it claims to be */
};

/* "ok", "note", "warning" or "wrong". */
const char *wtg_grade_name(enum wtg_grade grade);

struct wtg_finding {
	enum wtg_grade grade;
	char *topic; /* stable: "table", "esp", "loader", "bcd", "windows", "chain", "registry", … */
	char *sentence;
};

struct wtg_findings {
	struct wtg_finding *items;
	size_t n_items, capacity;
};

void wtg_findings_done(struct wtg_findings *findings);
size_t wtg_findings_count(const struct wtg_findings *findings, enum wtg_grade grade);
void wtg_findings_describe(const struct wtg_findings *findings, struct wtg_facts *out);

/*
 * Walk the drive: table, ESP, loader, BCD, devices, winload, registry.  dbx is the path of a
 * list of what firmware no longer starts, or NULL: a loader that it revokes is wrong.  0 whatever
 * is found; -1 only when the drive cannot be read at all, or the list is none.
 */
int wtg_inspect(const struct wtg_target *target, const char *dbx, struct wtg_progress *progress,
		struct wtg_findings *ret, struct wtg_error *err);

enum wtg_state {
	WTG_STATE_FOREIGN,     /* nothing of ours is here */
	WTG_STATE_INTERRUPTED, /* a run of ours did not end; the facts say in which step */
	WTG_STATE_INTERRUPTED_BESIDE, /* one into free space, or that upgrades Ventoy; all
				       * else that was there still is */
	WTG_STATE_COMPLETE,
};

/* What wtgctl made here, from which image, with which options, into out (may be NULL). */
int wtg_status(const struct wtg_target *target, struct wtg_facts *out, enum wtg_state *ret,
	       struct wtg_error *err);
