/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The content that an application writes: an item for each stream that has any, and for the
 * data of each reparse point.
 */
#pragma once

#include "apply/weave.h"
#include "volume/ntfs-build.h"

struct wtg_item {
	uint32_t inode;
	const struct wtg_blob *blob; /* borrowed; NULL: */
	const uint8_t *content;      /* borrowed, of size_bytes */
	bool stored;                 /* of the blob, its resource as it is stored */
	bool squeeze; /* of the blob, what Wof keeps of it: once that is made it is content, and */
	struct wtg_bytes squeezed; /* owned, until all of it is on its way */
	uint64_t saved_bytes;      /* by that */
	bool did_not_pay;          /* it is the blob's own content */
	uint64_t size_bytes;
	uint64_t filled_bytes; /* so far */
	uint8_t *resident; /* goes into the file's record, and is filled by the pump; NULL: */
	struct wtg_run_of_clusters *runs; /* goes there, known once it is cut */
	size_t n_runs;
};

struct wtg_items {
	struct wtg_item *items;
	uint32_t n_items;
	struct wtg_item **order; /* in which the image has them */
	uint32_t *of_stream;  /* by stream: an index of items, or WTG_NONE: no content */
	uint32_t *of_reparse; /* by inode */
};

/* What fits the record of its file becomes resident. */
struct wtg_items wtg_items_make(const struct wtg_tree *tree,
				const struct wtg_ntfs_builder *builder);
void wtg_items_done(struct wtg_items *items);
