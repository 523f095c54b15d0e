/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "step/stamps.h"
#include "target/target.h"

struct params {
	const struct wtg_target *target;
	uint64_t id;
};

static void describe(const void *params, struct wtg_facts *out)
{
	(void)params;
	wtg_fact_truth(out, "erase", true);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps =
		wtg_stamps_spread(wtg_target_disk(p->target)->size_bytes);

	return phase == WTG_PHASE_APPLY ? stamps.n_items * WTG_STAMP_BYTES : 0;
}

/* Those that nothing was written over; what was is read back with everything else. */
static struct wtg_stamps stamps_left(const struct params *p, const struct wtg_ledger *ledger)
{
	_cleanup_(wtg_stamps_done) struct wtg_stamps all =
		wtg_stamps_spread(wtg_target_disk(p->target)->size_bytes);
	struct wtg_stamps left = { 0 };
	uint8_t page[WTG_STAMP_BYTES];

	for (size_t i = 0; i < all.n_items; i++) {
		wtg_stamp_fill(page, p->id, all.items[i].offset);
		if (wtg_ledger_holds(ledger, page, all.items[i].offset))
			WTG_APPEND(&left, all.items[i]);
	}
	return left;
}

/* They lie in space that belongs to files yet to come, or to nobody: nothing of ours stays
 * there. */
static int erase(const struct wtg_window *disk, const struct wtg_stamps *stamps,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	for (size_t i = 0; i < stamps->n_items; i++)
		if (wtg_window_zero(disk, stamps->items[i].offset, WTG_STAMP_BYTES, err) < 0 ||
		    wtg_progress_advance(progress, WTG_STAMP_BYTES / 2, err) < 0)
			return -1;
	return 0;
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_disk *known = wtg_target_disk(p->target);
	struct wtg_window disk = wtg_writer_window(writer, 0, wtg_writer_size(writer));
	struct wtg_progress *progress = wtg_writer_progress(writer);
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = stamps_left(p, disk.ledger);
	struct wtg_capacity capacity;
	_cleanup_fd_ int fd = -1;
	enum wtg_past past;

	if (wtg_target_open_direct(p->target, &fd, &past, err) < 0 ||
	    wtg_stamps_look(&stamps, fd, p->id, disk.ledger, progress, err) < 0)
		return -1;
	capacity = wtg_stamps_conclude(&stamps, 0, known->size_bytes);
	if (wtg_capacity_tell(&capacity, known->path, known->size_bytes, err) < 0)
		return -1;
	return erase(&disk, &stamps, progress, err);
}

static const struct wtg_step_ops ops = {
	.name = "check-stamps",
	.describe = describe,
	.cost = cost,
	.apply = apply,
	.free = free,
};

void wtg_step_check_stamps(struct wtg_plan *plan, const struct wtg_target *target, uint64_t id)
{
	struct params p = { target, id };

	if (!wtg_target_disk(target)->is_file)
		wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
