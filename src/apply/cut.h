/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the items become work.  In the order of the image each gets its clusters, and with them
 * what is written becomes one ascending stream of the drive, which is cut twice: into
 * *segments*, each one write, and into *tasks*, each for one thread: pieces of a segment, or
 * all that is unpacked at once from a solid resource.  A segment that two tasks share is
 * ready when both are done.  What must be squeezed first is a task of its own kind; then it is
 * put back and cut like any other content.
 */
#pragma once

#include "apply/items.h"

struct wtg_segment {
	uint64_t number; /* from 0, in the order of the drive */
	uint64_t at;     /* of the volume */
	uint32_t size_bytes;
	uint64_t content_bytes; /* of size_bytes, and what became resident meanwhile */
	unsigned n_pending;     /* pieces that are not filled yet */
	bool closed;            /* it gets no more of them */
	struct wtg_segment *next;
};

struct wtg_piece {
	struct wtg_item *item;
	uint64_t at;           /* of the item */
	uint32_t size_bytes;
	uint32_t padding_bytes; /* zeros behind it, to the end of the cluster */
	struct wtg_segment *segment; /* NULL: resident */
	uint32_t offset;       /* in the segment */
};

struct wtg_task {
	bool squeeze; /* whole items, to be squeezed and put back */
	struct wtg_piece *items;
	size_t n_items, capacity;
};

/* Segments are made here and given away in `first`; who takes one off frees it. */
struct wtg_cutter {
	const struct wtg_items *items;
	struct wtg_ntfs_builder *builder;
	uint32_t segment_bytes, cluster_bytes;
	uint32_t i;  /* the next item, in order */
	struct {
		struct wtg_item **items;
		size_t n_items, capacity;
	} squeezed;  /* items that were put back, before that */
	struct wtg_item *item; /* that is cut; NULL: none yet */
	uint64_t at; /* in it */
	size_t run;  /* of its runs, and where in that */
	uint64_t run_at;
	uint64_t n_segments, n_closed;
	struct wtg_segment *first, *last;
};

/* The next task: 1; there is none: 0.  Not from two threads at once. */
int wtg_cut_task(struct wtg_cutter *cutter, struct wtg_task *ret, struct wtg_error *err);
void wtg_task_done(struct wtg_task *task);

/* Put an item back that was squeezed. */
void wtg_cut_squeezed(struct wtg_cutter *cutter, struct wtg_item *item);
void wtg_cutter_done(struct wtg_cutter *cutter);
