/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan is everything that will happen to a drive, decided in advance: an ordered list of
 * steps whose parameters are already final, identifiers drawn, offsets computed.  Building
 * one reads; it never writes, and nothing that builds one holds the means to.  What
 * --dry-run prints is this object, and what wtg_run() walks is this object.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wtg/cleanup.h"
#include "wtg/crew.h"
#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/progress.h"

struct wtg_plan;
struct wtg_target;

void wtg_plan_free(struct wtg_plan *plan);
WTG_DEFINE_FREEP(struct wtg_plan, wtg_plan_free)

/* Is there nothing to do? */
bool wtg_plan_is_empty(const struct wtg_plan *plan);

/* The n-th, from 0, of those of its warnings that say what of the request is left out; NULL: there
 * are no more.  Who does not want to see the plan needs to know these. */
const char *wtg_plan_omission(const struct wtg_plan *plan, size_t n);

/* Say the plan, from its head (image, target, layout) to its last step. */
void wtg_plan_describe(const struct wtg_plan *plan, struct wtg_facts *out);

/*
 * Ask every step whether it could be applied to target as it is now.  Reads only: a dry run
 * and a real run both do it, so both refuse for the same reasons.
 */
int wtg_plan_check(const struct wtg_plan *plan, const struct wtg_target *target,
		   struct wtg_progress *progress, struct wtg_error *err);

/* Start what works for the drives of n plans at once, which must be alike; *ret is NULL where
 * there is nothing.  wtg_run() of a plan that was given a crew, which it borrows, has it work. */
int wtg_plan_unite(const struct wtg_plan *const plans[], unsigned n, struct wtg_crew **ret,
		   struct wtg_error *err);
void wtg_plan_set_crew(struct wtg_plan *plan, struct wtg_crew *crew);

/* Bytes that wtg_plan_check() will read, for its progress; 0 when it will be quick. */
uint64_t wtg_plan_check_bytes(const struct wtg_plan *plan);
