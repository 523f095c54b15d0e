/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/internal.h"

#include "base/alloc.h"
#include "wtg/text.h"

struct wtg_plan *wtg_plan_new(void)
{
	return wtg_alloc(sizeof(struct wtg_plan));
}

void wtg_plan_free(struct wtg_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->n_items; i++)
		plan->items[i].ops->free(plan->items[i].params);
	if (plan->free_head)
		plan->free_head(plan->head);
	for (size_t i = 0; i < plan->warnings.n_items; i++)
		free(plan->warnings.items[i]);
	free(plan->warnings.items);
	free(plan->omissions.items);
	free(plan->items);
	free(plan);
}

void wtg_plan_append(struct wtg_plan *plan, const struct wtg_step_ops *ops, void *params)
{
	struct wtg_step step = { ops, params };

	WTG_APPEND(plan, step);
}

void wtg_plan_set_head(struct wtg_plan *plan,
		       void (*describe)(const void *context, struct wtg_facts *out),
		       void *context, void (*free_fn)(void *context))
{
	plan->describe_head = describe;
	plan->head = context;
	plan->free_head = free_fn;
}

void wtg_plan_warn(struct wtg_plan *plan, const char *sentence)
{
	WTG_APPEND(&plan->warnings, wtg_text_copy(sentence));
}

void wtg_plan_omit(struct wtg_plan *plan, const char *sentence)
{
	wtg_plan_warn(plan, sentence);
	WTG_APPEND(&plan->omissions, plan->warnings.items[plan->warnings.n_items - 1]);
}

const char *wtg_plan_omission(const struct wtg_plan *plan, size_t n)
{
	return n < plan->omissions.n_items ? plan->omissions.items[n] : NULL;
}

void wtg_plan_set_marker(struct wtg_plan *plan, uint64_t offset_bytes, uint64_t run_id)
{
	plan->marker_offset = offset_bytes;
	plan->run_id = run_id;
}

bool wtg_plan_is_empty(const struct wtg_plan *plan)
{
	return plan->n_items == 0;
}

void wtg_plan_describe(const struct wtg_plan *plan, struct wtg_facts *out)
{
	if (plan->describe_head)
		plan->describe_head(plan->head, out);
	wtg_fact_open(out, "warnings", WTG_LIST);
	for (size_t i = 0; i < plan->warnings.n_items; i++)
		wtg_fact_text(out, NULL, plan->warnings.items[i]);
	wtg_fact_close(out);
	wtg_fact_open(out, "steps", WTG_LIST);
	for (size_t i = 0; i < plan->n_items; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "step", plan->items[i].ops->name);
		plan->items[i].ops->describe(plan->items[i].params, out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

uint64_t wtg_step_cost(const struct wtg_step *step, enum wtg_phase phase)
{
	return step->ops->cost ? step->ops->cost(step->params, phase) : 0;
}

uint64_t wtg_plan_cost(const struct wtg_plan *plan, enum wtg_phase phase)
{
	uint64_t total = 0;

	for (size_t i = 0; i < plan->n_items; i++)
		total += wtg_step_cost(&plan->items[i], phase);
	return total;
}

uint64_t wtg_plan_check_bytes(const struct wtg_plan *plan)
{
	return wtg_plan_cost(plan, WTG_PHASE_CHECK);
}

int wtg_plan_check(const struct wtg_plan *plan, const struct wtg_target *target,
		   struct wtg_progress *progress, struct wtg_error *err)
{
	for (size_t i = 0; i < plan->n_items; i++) {
		const struct wtg_step *step = &plan->items[i];

		if (step->ops->check &&
		    step->ops->check(step->params, target, progress, err) < 0)
			return wtg_while(err, "%s", step->ops->name);
	}
	return 0;
}

static const struct wtg_step *uniting_step(const struct wtg_plan *plan)
{
	for (size_t i = 0; i < plan->n_items; i++)
		if (plan->items[i].ops->unite)
			return &plan->items[i];
	return NULL;
}

int wtg_plan_unite(const struct wtg_plan *const plans[], unsigned n, struct wtg_crew **ret,
		   struct wtg_error *err)
{
	_cleanup_free_ const void **params = wtg_alloc(n * sizeof(params[0]));
	const struct wtg_step *first = uniting_step(plans[0]);

	for (unsigned i = 0; i < n; i++) {
		const struct wtg_step *step = uniting_step(plans[i]);

		if ((step ? step->ops : NULL) != (first ? first->ops : NULL))
			return wtg_fail(err, WTG_SYSTEM, 0, "plans of one run have other steps");
		params[i] = step ? step->params : NULL;
	}
	*ret = NULL;
	if (first && first->ops->unite(params, n, ret, err) < 0)
		return wtg_while(err, "%s", first->ops->name);
	return 0;
}

void wtg_plan_set_crew(struct wtg_plan *plan, struct wtg_crew *crew)
{
	plan->crew = crew;
}

const char *wtg_phase_name(enum wtg_phase phase)
{
	switch (phase) {
	case WTG_PHASE_CHECK:
		return "check";
	case WTG_PHASE_APPLY:
		return "apply";
	case WTG_PHASE_VERIFY:
		return "verify";
	}
	abort();
}

/* Below, what flushes and small writes take says little of how a drive writes. */
#define TELLING_MS 3000

uint64_t wtg_account_drive_speed(const struct wtg_account *account)
{
	if (account->apply_ms < TELLING_MS || account->drive_ms < account->apply_ms / 2)
		return 0;
	return account->written_bytes * 1000 / account->drive_ms;
}

const char *wtg_drive_name(enum wtg_drive drive)
{
	switch (drive) {
	case WTG_DRIVE_UNTOUCHED:
		return "untouched";
	case WTG_DRIVE_KEPT:
		return "kept";
	case WTG_DRIVE_BLANK:
		return "blank";
	case WTG_DRIVE_UNCERTAIN:
		return "uncertain";
	case WTG_DRIVE_COMPLETE:
		return "complete";
	}
	abort();
}
