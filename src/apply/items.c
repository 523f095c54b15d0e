/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/items.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "volume/wof.h"

/* What an attribute takes in a record beside name and content: its header and, of one that is
 * not resident, its runs (two or three, as data that is written in one go has). */
#define ATTRIBUTE_BYTES 24u
#define MAPPED_BYTES 88u
#define REPARSE_HEADER_BYTES 8u
#define OBJECT_ID_BYTES 64u

struct making {
	const struct wtg_tree *tree;
	const struct wtg_ntfs_builder *builder;
	struct wtg_items *items;
};

static uint64_t reparse_bytes(const struct wtg_tree *tree, uint32_t number)
{
	const struct wtg_catalog_inode *inode = &tree->inodes.items[number];

	if (wtg_tree_is_compact(tree, number))
		return sizeof(wtg_wof_lzx);
	if (inode->reparse_blob == WTG_NONE)
		return 0;
	return tree->catalog->blobs[inode->reparse_blob].size_bytes;
}

/* How much content the inode's record can take if all of its streams lie outside. */
static uint32_t room_in_record(const struct making *m, uint32_t number)
{
	const struct wtg_catalog_inode *inode = &m->tree->inodes.items[number];
	unsigned units = 0, n_names = inode->n_names;
	uint64_t other = 0;

	for (uint32_t i = 0; i < inode->n_names; i++) {
		const struct wtg_catalog_name *name =
			&m->tree->names.items[inode->first_name + i];

		units += name->name.n_units + name->short_name.n_units;
		n_names += name->short_name.n_units > 0;
	}
	for (uint32_t i = 0; i < inode->n_streams; i++)
		other += MAPPED_BYTES +
			 2u * m->tree->streams.items[inode->first_stream + i].name.n_units;
	if (inode->reparse_tag)
		other += ATTRIBUTE_BYTES + REPARSE_HEADER_BYTES + reparse_bytes(m->tree, number);
	if (inode->object_id)
		other += ATTRIBUTE_BYTES + OBJECT_ID_BYTES;
	return wtg_ntfs_build_resident_bytes(m->builder, n_names, units,
					     other < UINT16_MAX ? (unsigned)other : UINT16_MAX);
}

static void add(struct making *m, struct wtg_item item, bool resident, uint32_t *ret_index)
{
	if (resident)
		item.resident = wtg_alloc(item.size_bytes);
	*ret_index = m->items->n_items;
	m->items->items[m->items->n_items++] = item;
}

static void add_streams(struct making *m, uint32_t number)
{
	const struct wtg_catalog_inode *inode = &m->tree->inodes.items[number];
	uint32_t room = room_in_record(m, number);

	for (uint32_t i = 0; i < inode->n_streams; i++) {
		const struct wtg_tree_stream *stream =
			&m->tree->streams.items[inode->first_stream + i];
		uint64_t size_bytes = wtg_tree_stream_bytes(m->tree, stream);
		bool resident = size_bytes <= room && !stream->squeeze;

		if (size_bytes == 0)
			continue;
		if (resident)
			room -= (uint32_t)size_bytes;
		add(m,
		    (struct wtg_item){
			    .inode = number,
			    .blob = stream->content ? NULL :
						      &m->tree->catalog->blobs[stream->blob],
			    .content = stream->content ? stream->content->data : NULL,
			    .stored = stream->stored,
			    .squeeze = stream->squeeze,
			    .size_bytes = size_bytes,
		    },
		    resident, &m->items->of_stream[inode->first_stream + i]);
	}
}

static void add_reparse(struct making *m, uint32_t number)
{
	const struct wtg_catalog_inode *inode = &m->tree->inodes.items[number];
	uint64_t size_bytes = reparse_bytes(m->tree, number);
	bool is_compact = wtg_tree_is_compact(m->tree, number);

	if (!inode->reparse_tag || size_bytes == 0)
		return;
	add(m,
	    (struct wtg_item){
		    .inode = number,
		    .blob = is_compact ? NULL : &m->tree->catalog->blobs[inode->reparse_blob],
		    .content = is_compact ? wtg_wof_lzx : NULL,
		    .size_bytes = size_bytes,
	    },
	    true, &m->items->of_reparse[number]);
}

/* The catalog's blobs are in the image's order; what is in memory comes first. */
static int by_place(const void *a, const void *b)
{
	const struct wtg_item *x = *(struct wtg_item *const *)a;
	const struct wtg_item *y = *(struct wtg_item *const *)b;

	if (x->blob != y->blob)
		return x->blob < y->blob ? -1 : 1;
	return (x > y) - (x < y);
}

static uint32_t *no_indexes(size_t n)
{
	uint32_t *indexes = wtg_alloc((n + 1) * sizeof(*indexes));

	for (size_t i = 0; i < n; i++)
		indexes[i] = WTG_NONE;
	return indexes;
}

struct wtg_items wtg_items_make(const struct wtg_tree *tree,
				const struct wtg_ntfs_builder *builder)
{
	size_t n_inodes = tree->inodes.n_items, n_streams = tree->streams.n_items;
	struct wtg_items items = {
		.items = wtg_alloc((n_inodes + n_streams) * sizeof(*items.items)),
		.of_stream = no_indexes(n_streams),
		.of_reparse = no_indexes(n_inodes),
	};
	struct making making = { tree, builder, &items };

	for (uint32_t i = 0; i < n_inodes; i++) {
		if (tree->numbers[i] == WTG_NONE)
			continue;
		add_streams(&making, i);
		add_reparse(&making, i);
	}
	items.order = wtg_alloc((items.n_items + 1) * sizeof(*items.order));
	for (uint32_t i = 0; i < items.n_items; i++)
		items.order[i] = &items.items[i];
	qsort(items.order, items.n_items, sizeof(*items.order), by_place);
	return items;
}

void wtg_items_done(struct wtg_items *items)
{
	for (uint32_t i = 0; i < items->n_items; i++) {
		free(items->items[i].resident);
		free(items->items[i].runs);
		wtg_bytes_done(&items->items[i].squeezed);
	}
	free(items->items);
	free(items->order);
	free(items->of_stream);
	free(items->of_reparse);
	*items = (struct wtg_items){ 0 };
}
