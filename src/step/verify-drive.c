/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "step/inspect.h"

static void describe(const void *params, struct wtg_facts *out)
{
	(void)params;
	wtg_fact_text(out, "walk", "table, ESP, loader, BCD, devices, Windows, registry");
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_layout *layout = params;
	const struct wtg_look look = { .disk = *disk, .sector_bytes = layout->sector_bytes };
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };

	(void)how;
	if (wtg_inspect_disk(&look, progress, &findings, err) < 0)
		return -1;
	for (size_t i = 0; i < findings.n_items; i++)
		if (findings.items[i].grade == WTG_GRADE_WRONG)
			return wtg_fail(err, WTG_MISMATCH, 0, "%s: %s", findings.items[i].topic,
					findings.items[i].sentence);
	return 0;
}

static const struct wtg_step_ops ops = {
	.name = "verify-drive",
	.describe = describe,
	.verify = verify,
	.free = free,
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
	.free = free,
};

void wtg_step_verify_mended(struct wtg_plan *plan, const struct wtg_layout *layout)
{
	wtg_plan_append(plan, &mended_ops, wtg_copy(layout, sizeof(*layout)));
}

void wtg_step_verify_drive(struct wtg_plan *plan, const struct wtg_layout *layout)
{
	wtg_plan_append(plan, &ops, wtg_copy(layout, sizeof(*layout)));
}
