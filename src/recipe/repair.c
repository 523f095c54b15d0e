/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/repair.h"

#include "base/alloc.h"
#include "recipe/identity.h"
#include "recipe/layout.h"
#include "step/mend.h"
#include "step/step.h"
#include "wtg/text.h"

/* What the plan says before its steps: which drive, which Windows, and how it starts. */
struct head {
	const struct wtg_disk *disk;
	struct wtg_gpt_entry system, windows;
	bool mbr, ventoy;
	struct wtg_boot_manner manner;
	enum wtg_arch arch;
	unsigned build;
};

static void describe_partition(const struct wtg_gpt_entry *entry, struct wtg_facts *out)
{
	wtg_fact_number(out, "partition", entry->number);
	wtg_fact_bytes(out, "offset_bytes", entry->first_byte);
	wtg_fact_bytes(out, "size_bytes", entry->size_bytes);
}

static void describe(const void *context, struct wtg_facts *out)
{
	const struct head *head = context;

	wtg_fact_open(out, "target", WTG_OBJECT);
	wtg_disk_describe(head->disk, out);
	wtg_fact_close(out);
	wtg_fact_open(out, "windows", WTG_OBJECT);
	describe_partition(&head->windows, out);
	wtg_fact_text(out, "architecture", wtg_arch_name(head->arch));
	if (head->build > 0)
		wtg_fact_number(out, "build", head->build);
	wtg_fact_close(out);
	wtg_fact_open(out, "system", WTG_OBJECT);
	describe_partition(&head->system, out);
	wtg_fact_text(out, "table", head->mbr ? "mbr" : "gpt");
	wtg_fact_truth(out, "ventoy", head->ventoy);
	wtg_fact_truth(out, "legacy_bios", head->manner.bios);
	wtg_fact_truth(out, "vtefi", head->manner.vtefi);
	wtg_fact_close(out);
}

static void begin(struct wtg_plan *plan, const struct wtg_target *target,
		  const struct wtg_mend *mend)
{
	const struct head head = {
		.disk = wtg_target_disk(target),
		.system = mend->system,
		.windows = mend->windows,
		.mbr = mend->table.style == WTG_TABLE_MBR,
		.ventoy = mend->ventoy,
		.manner = mend->manner,
		.arch = mend->arch,
		.build = mend->build,
	};

	wtg_plan_set_head(plan, describe, wtg_copy(&head, sizeof(head)), free);
	/* Whoever is told that all went well must know these. */
	for (size_t i = 0; i < mend->stays.n_items; i++)
		wtg_plan_omit(plan, mend->stays.items[i]);
	for (size_t i = 0; i < mend->warnings.n_items; i++)
		wtg_plan_warn(plan, mend->warnings.items[i]);
	if (mend->format_system && mend->ventoy)
		wtg_plan_warn(plan, "the system partition gets another identifier: 'wtgctl ventoy "
				    "entry' has Ventoy's menu know it");
}

/*
 * What `wtgctl repair` does, in the order in which it happens.  The drive starts, or does not, as
 * before at every moment: boot files are there before the store that leads to them, and of all
 * that is changed the old is there until the new is.
 */
static void plan_steps(struct wtg_plan *plan, struct wtg_mend *mend,
		       const struct wtg_identity *fresh)
{
	wtg_step_rewrite_esp(plan, mend, fresh);
	wtg_step_edit_mbr(plan, mend);
	wtg_step_edit_windows(plan, mend);
	if (!wtg_plan_is_empty(plan))
		wtg_step_verify_mended(plan, mend);
}

static void mend_free(struct wtg_mend **mend)
{
	wtg_mend_done(*mend);
	free(*mend);
}

int wtg_recipe_repair(const struct wtg_request *request, const struct wtg_target *target,
		      struct wtg_plan **ret, struct wtg_error *err)
{
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	_cleanup_(mend_free) struct wtg_mend *mend = wtg_alloc(sizeof(*mend));
	const struct wtg_identity fresh = wtg_identity_draw(NULL, 0);

	if (wtg_mend_make(target, request, &fresh, mend, err) < 0)
		return -1;
	mend->time = wtg_layout_now();
	begin(plan, target, mend);
	plan_steps(plan, mend, &fresh);
	*ret = WTG_STEAL(plan);
	return 0;
}
