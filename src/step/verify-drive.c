/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "step/inspect.h"
#include "wtg/text.h"

struct params {
	uint32_t sector_bytes;
	unsigned system, windows;    /* see struct wtg_look */
	struct wtg_sentences before; /* what was wrong before anything was written */
};

static void describe(const void *params, struct wtg_facts *out)
{
	(void)params;
	wtg_fact_text(out, "walk", "table, ESP, loader, BCD, devices, Windows, registry");
}

static bool was_there(const struct params *p, const char *sentence)
{
	for (size_t i = 0; i < p->before.n_items; i++)
		if (wtg_text_equal(p->before.items[i], sentence))
			return true;
	return false;
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_look look = {
		.disk = *disk,
		.sector_bytes = p->sector_bytes,
		.system = p->system,
		.windows = p->windows,
	};
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };

	(void)how;
	if (wtg_inspect_disk(&look, progress, &findings, err) < 0)
		return -1;
	for (size_t i = 0; i < findings.n_items; i++)
		if (findings.items[i].grade == WTG_GRADE_WRONG &&
		    !was_there(p, findings.items[i].sentence))
			return wtg_fail(err, WTG_MISMATCH, 0, "%s: %s", findings.items[i].topic,
					findings.items[i].sentence);
	return 0;
}

static void release(void *params)
{
	struct params *p = params;

	wtg_sentences_done(&p->before);
	free(p);
}

static const struct wtg_step_ops ops = {
	.name = "verify-drive",
	.describe = describe,
	.verify = verify,
	.free = release,
};

/* All is written by then; what the drive did not keep has been told. */
static int conclude(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	(void)params;
	(void)writer;
	(void)err;
	return 0;
}

static const struct wtg_step_ops mended_ops = {
	.name = "verify-drive",
	.leaves = WTG_DRIVE_COMPLETE,
	.describe = describe,
	.apply = conclude,
	.verify = verify,
	.free = release,
};

void wtg_step_verify_mended(struct wtg_plan *plan, struct wtg_mend *mend)
{
	const struct params params = {
		.sector_bytes = mend->table.sector_bytes,
		.system = mend->system.number,
		.windows = mend->windows.number,
		.before = mend->faults,
	};

	mend->faults = (struct wtg_sentences){ 0 };
	wtg_plan_append(plan, &mended_ops, wtg_copy(&params, sizeof(params)));
}

void wtg_step_verify_drive(struct wtg_plan *plan, const struct wtg_layout *layout)
{
	const struct params params = { .sector_bytes = layout->sector_bytes };

	wtg_plan_append(plan, &ops, wtg_copy(&params, sizeof(params)));
}
