/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/cut.h"

#include <stdlib.h>

#include "base/alloc.h"

/* So many pieces, small files, are enough for a task. */
#define MAX_PIECES 4096u

/* So much content is squeezed before the first of it is written. */
#define SQUEEZE_BYTES (16u << 20)

void wtg_task_done(struct wtg_task *task)
{
	free(task->items);
	*task = (struct wtg_task){ 0 };
}

/* ------------------------------------------------------------------ clusters and segments */

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int reserve(struct wtg_cutter *c, struct wtg_item *item, struct wtg_error *err)
{
	uint64_t left = (item->size_bytes - 1) / c->cluster_bytes + 1;
	size_t capacity = 0;

	while (left > 0) {
		struct wtg_run_of_clusters run;

		if (wtg_ntfs_build_reserve(c->builder, left, &run, err) < 0)
			return -1;
		wtg_grow(&item->runs, &capacity, item->n_runs, sizeof(*item->runs));
		item->runs[item->n_runs++] = run;
		left -= run.n_clusters;
	}
	return 0;
}

static void close_segment(struct wtg_cutter *c)
{
	if (!c->last || c->last->closed)
		return;
	c->last->closed = true;
	c->n_closed++;
}

/* The open segment if it goes on at this place of the volume, else a new one. */
static struct wtg_segment *segment_at(struct wtg_cutter *c, uint64_t at)
{
	struct wtg_segment *segment = c->last;

	if (segment && !segment->closed && segment->at + segment->size_bytes == at &&
	    segment->size_bytes < c->segment_bytes)
		return segment;
	close_segment(c);
	segment = wtg_alloc(sizeof(*segment));
	segment->number = c->n_segments++;
	segment->at = at;
	if (c->last)
		c->last->next = segment;
	else
		c->first = segment;
	c->last = segment;
	return segment;
}

/* ------------------------------------------------------------------ pieces */

/* Does unpacking this chunk by chunk need more room than a segment has? */
static bool is_bulky(const struct wtg_cutter *c, const struct wtg_item *item)
{
	return item->blob && item->blob->solid && item->blob->chunk_bytes > c->segment_bytes;
}

/* From here to the end of what is unpacked at once. */
static uint64_t left_in_chunk(const struct wtg_item *item, uint64_t at)
{
	return item->blob->chunk_bytes - (item->blob->at + at) % item->blob->chunk_bytes;
}

/* At most so much of the item, but no chunk in parts if that can be helped, since the reader
 * would have to unpack it twice, and whole clusters, so that all segments start with one. */
static uint64_t whole_chunks(const struct wtg_cutter *c, const struct wtg_item *item,
			     uint64_t size)
{
	uint64_t over = 0;

	if (item->blob && !item->stored && item->blob->chunk_bytes > 0)
		over = (item->blob->at + c->at + size) % item->blob->chunk_bytes;
	if (over >= size)
		return 0;
	size -= over;
	return size - smaller(size, (c->run_at + size) % c->cluster_bytes);
}

static void next_item(struct wtg_cutter *c)
{
	c->item = NULL;
	c->at = c->run_at = 0;
	c->run = 0;
}

static void cut_resident(struct wtg_cutter *c, struct wtg_item *item, struct wtg_task *task)
{
	const struct wtg_piece piece = { .item = item, .size_bytes = (uint32_t)item->size_bytes };

	WTG_APPEND(task, piece);
	if (c->last)
		c->last->content_bytes += item->size_bytes;
	next_item(c);
}

/* The next piece of an item that has its clusters. */
static void cut_piece(struct wtg_cutter *c, struct wtg_item *item, struct wtg_task *task)
{
	const struct wtg_run_of_clusters *run = &item->runs[c->run];
	uint64_t run_bytes = run->n_clusters * c->cluster_bytes - c->run_at;
	uint64_t left = smaller(item->size_bytes - c->at, run_bytes), size;
	struct wtg_segment *segment =
		segment_at(c, run->first_lcn * c->cluster_bytes + c->run_at);

	size = smaller(left, c->segment_bytes - segment->size_bytes);
	if (is_bulky(c, item)) {
		/* What the next task fills may be in the same segment. */
		size = smaller(size, left_in_chunk(item, c->at));
	} else if (size < left) {
		uint64_t whole = whole_chunks(c, item, size);

		if (whole == 0 && segment->size_bytes > 0) {
			close_segment(c);
			return;
		}
		size = whole ? whole : size;
	}

	struct wtg_piece piece = {
		.item = item,
		.at = c->at,
		.size_bytes = (uint32_t)size,
		.segment = segment,
		.offset = segment->size_bytes,
	};

	c->at += size;
	c->run_at += size;
	if (c->at == item->size_bytes) {
		piece.padding_bytes = (uint32_t)(-c->run_at & (c->cluster_bytes - 1));
		segment->content_bytes += item->saved_bytes;
		next_item(c);
	} else if (c->run_at == run->n_clusters * c->cluster_bytes) {
		c->run++;
		c->run_at = 0;
	}
	segment->size_bytes += (uint32_t)size + piece.padding_bytes;
	segment->content_bytes += size;
	segment->n_pending++;
	WTG_APPEND(task, piece);
	if (segment->size_bytes >= c->segment_bytes || (size < left && !is_bulky(c, item)))
		close_segment(c);
}

/* ------------------------------------------------------------------ tasks */

/* Do both come out of one unpacking? */
static bool together(const struct wtg_piece *piece, const struct wtg_item *item, uint64_t at)
{
	const struct wtg_blob *a = piece->item->blob, *b = item->blob;

	return a && a->part == b->part && a->offset == b->offset && a->solid &&
	       (a->at + piece->at) / a->chunk_bytes == (b->at + at) / b->chunk_bytes;
}

/* Is the task complete before the item that is next? */
static bool is_enough(const struct wtg_cutter *c, const struct wtg_task *task,
		      const struct wtg_item *next, uint64_t n_closed)
{
	const struct wtg_piece *before = &task->items[task->n_items - 1];

	if (is_bulky(c, next))
		return !together(before, next, c->at);
	if (is_bulky(c, before->item))
		return true;
	return task->n_items >= MAX_PIECES || c->n_closed > n_closed;
}

/* The item that is to be cut next, which stays so until it is cut: NULL: there is none. */
static struct wtg_item *this_item(struct wtg_cutter *c)
{
	if (!c->item && c->squeezed.n_items > 0)
		c->item = c->squeezed.items[--c->squeezed.n_items];
	else if (!c->item && c->i < c->items->n_items)
		c->item = c->items->order[c->i++];
	return c->item;
}

/* Not now: what was squeezed meanwhile comes first. */
static void leave_item(struct wtg_cutter *c)
{
	c->item = NULL;
	c->i--;
}

static bool must_squeeze(const struct wtg_item *item)
{
	return item->squeeze && item->blob;
}

/* Neighbours in a solid resource are unpacked together: a thread takes many. */
static void cut_squeeze(struct wtg_cutter *c, struct wtg_task *task)
{
	struct wtg_item *item;
	uint64_t bytes = 0;

	task->squeeze = true;
	for (; (item = this_item(c)) && must_squeeze(item); next_item(c)) {
		const struct wtg_piece piece = { .item = item };
		uint64_t chunk_bytes = is_bulky(c, item) ? item->blob->chunk_bytes : 0;

		if (bytes > 0 && bytes + item->size_bytes > SQUEEZE_BYTES + chunk_bytes) {
			leave_item(c);
			return;
		}
		bytes += item->size_bytes;
		WTG_APPEND(task, piece);
	}
}

void wtg_cut_squeezed(struct wtg_cutter *c, struct wtg_item *item)
{
	WTG_APPEND(&c->squeezed, item);
}

void wtg_cutter_done(struct wtg_cutter *c)
{
	for (struct wtg_segment *next, *s = c->first; s; s = next) {
		next = s->next;
		free(s);
	}
	free(c->squeezed.items);
}

int wtg_cut_task(struct wtg_cutter *c, struct wtg_task *ret, struct wtg_error *err)
{
	struct wtg_task task = { 0 };
	uint64_t n_closed = c->n_closed;
	struct wtg_item *item;

	while ((item = this_item(c))) {
		if (task.n_items > 0 && must_squeeze(item)) {
			leave_item(c);
			break;
		}
		if (must_squeeze(item)) {
			cut_squeeze(c, &task);
			break;
		}
		if (task.n_items > 0 && is_enough(c, &task, item, n_closed))
			break;
		if (item->resident) {
			cut_resident(c, item, &task);
			continue;
		}
		if (c->at == 0 && item->n_runs == 0 && reserve(c, item, err) < 0) {
			wtg_task_done(&task);
			return -1;
		}
		cut_piece(c, item, &task);
	}
	if (!item)
		close_segment(c);
	*ret = task;
	return task.n_items > 0;
}
