/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "step/stamps.h"
#include "target/target.h"

struct params {
	const struct wtg_target *target;
	uint64_t id;
};

static uint64_t disk_bytes(const struct params *p)
{
	return wtg_target_disk(p->target)->size_bytes;
}

static void describe(const void *params, struct wtg_facts *out)
{
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps =
		wtg_stamps_spread(disk_bytes(params));

	wtg_fact_number(out, "stamps", stamps.n_items);
	wtg_fact_bytes(out, "write_bytes", stamps.n_items * WTG_STAMP_BYTES);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps =
		wtg_stamps_spread(disk_bytes(params));

	return phase == WTG_PHASE_APPLY ? stamps.n_items * WTG_STAMP_BYTES : 0;
}

/* Write them, and look at what became of them. */
static int try_stamps(const struct params *p, struct wtg_writer *writer, struct wtg_stamps *stamps,
		      struct wtg_error *err)
{
	struct wtg_window disk = wtg_writer_window(writer, 0, wtg_writer_size(writer));
	struct wtg_progress *progress = wtg_writer_progress(writer);
	uint8_t page[WTG_STAMP_BYTES];
	_cleanup_fd_ int fd = -1;
	enum wtg_past past;

	for (size_t i = 0; i < stamps->n_items; i++) {
		wtg_stamp_fill(page, p->id, stamps->items[i].offset);
		if (wtg_window_pwrite(&disk, page, sizeof(page), stamps->items[i].offset, err) < 0 ||
		    wtg_progress_advance(progress, WTG_STAMP_BYTES / 2, err) < 0)
			return -1;
	}
	if (wtg_window_flush(&disk, err) < 0 ||
	    wtg_target_open_direct(p->target, &fd, &past, err) < 0)
		return -1;
	return wtg_stamps_look(stamps, fd, p->id, disk.ledger, progress, err);
}

/* Two that share a place show that it wraps around at their distance, or at a part of that:
 * see whether at a smaller one. */
static int find_wrap(const struct params *p, struct wtg_writer *writer, struct wtg_capacity *c,
		     struct wtg_error *err)
{
	for (;;) {
		_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = { 0 };
		bool whole = wtg_stamps_parts(disk_bytes(p), c->wrap, &stamps);
		struct wtg_capacity closer;

		if (try_stamps(p, writer, &stamps, err) < 0)
			return -1;
		closer = wtg_stamps_conclude(&stamps, 0, disk_bytes(p));
		if (closer.wrap == c->wrap && closer.at_most == c->wrap && whole)
			c->at_least = c->wrap;
		if (closer.wrap == 0 || closer.wrap >= c->wrap)
			return 0;
		*c = closer;
	}
}

/*
 * Between the last that is kept and the first that is not.  With as many stamps as gave the
 * drive away, because fewer could be in a memory of its own; and again where one was lost,
 * which may have been a single write.
 */
static int find_end(const struct params *p, struct wtg_writer *writer, struct wtg_capacity *c,
		    struct wtg_error *err)
{
	while (c->at_most - c->at_least >= WTG_STAMP_BYTES) {
		uint64_t end = c->at_most + WTG_STAMP_BYTES;
		_cleanup_(wtg_stamps_done) struct wtg_stamps stamps =
			wtg_stamps_between(c->at_least, end);
		struct wtg_capacity closer;

		if (try_stamps(p, writer, &stamps, err) < 0)
			return -1;
		closer = wtg_stamps_conclude(&stamps, c->at_least, end);
		if (closer.wrap)
			return 0;
		if (!closer.lies) {
			c->lies = c->wrap != 0;
			c->flawed = true;
			c->flaw = (struct wtg_stamp){ .offset = c->at_most };
			return 0;
		}
		c->at_least = closer.at_least;
		c->at_most = closer.at_most;
	}
	return 0;
}

/* A drive that lies is of no use any more: so look where exactly it ends. */
static int look_closer(const struct params *p, struct wtg_writer *writer, struct wtg_capacity *c,
		       struct wtg_error *err)
{
	if (c->wrap && find_wrap(p, writer, c, err) < 0)
		return -1;
	return c->at_most != c->wrap ? find_end(p, writer, c, err) : 0;
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = wtg_stamps_spread(disk_bytes(p));
	struct wtg_capacity capacity;

	if (try_stamps(p, writer, &stamps, err) < 0)
		return -1;
	capacity = wtg_stamps_conclude(&stamps, 0, disk_bytes(p));
	if (capacity.lies && look_closer(p, writer, &capacity, err) < 0)
		return -1;
	return wtg_capacity_tell(&capacity, wtg_target_disk(p->target)->path, disk_bytes(p), err);
}

static const struct wtg_step_ops ops = {
	.name = "stamp-drive",
	.describe = describe,
	.cost = cost,
	.apply = apply,
	.free = free,
};

void wtg_step_stamp_drive(struct wtg_plan *plan, const struct wtg_target *target, uint64_t id)
{
	struct params p = { target, id };

	if (!wtg_target_disk(target)->is_file)
		wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
