/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/mst.h>

#include "base/alloc.h"
#include "base/fdio.h"

/*
 * A B-tree from sorted entries, level by level from its leaves, each block as full as it gets.
 * An entry between two blocks lies in the level above and points to what sorts before it.
 */

#define ROOT_HEADER  16 /* before the index header */
#define BLOCK_HEADER 24 /* the same of a block */
#define INDEX_HEADER_BYTES 16
#define END_BYTES    16 /* an entry without a key; 8 more with a child */
#define CHILD_BYTES  8
#define NO_CHILD     UINT32_MAX

#define ENTRY_LENGTH_AT 8
#define ENTRY_FLAGS_AT  12

struct item {
	const uint8_t *entry;
	uint32_t child; /* the block with what sorts before it */
};

struct level {
	struct item *items;
	size_t n_items;
	uint32_t last_child; /* with what sorts behind all */
};

struct tree {
	const struct _ntfs_volume *volume;
	uint8_t *blocks; /* owned */
	uint32_t n_blocks;
	size_t capacity; /* in blocks */
};

static size_t child_bytes(uint32_t child)
{
	return child == NO_CHILD ? 0 : CHILD_BYTES;
}

static size_t item_bytes(const struct item *item)
{
	return wtg_le16(item->entry + ENTRY_LENGTH_AT) + child_bytes(item->child);
}

static size_t level_bytes(const struct level *level)
{
	size_t size = END_BYTES + child_bytes(level->last_child);

	for (size_t i = 0; i < level->n_items; i++)
		size += item_bytes(&level->items[i]);
	return size;
}

/* Clusters, or 512 bytes where a cluster holds more than a block. */
static uint64_t vcn_of(const struct _ntfs_volume *volume, uint32_t block)
{
	uint32_t unit = volume->cluster_size <= volume->indx_record_size ?
				volume->cluster_size : NTFS_BLOCK_SIZE;

	return (uint64_t)block * (volume->indx_record_size / unit);
}

static size_t put_child(const struct _ntfs_volume *volume, uint8_t *entry, size_t length,
			uint32_t child)
{
	if (child == NO_CHILD)
		return length;
	wtg_put_le64(entry + length, vcn_of(volume, child));
	wtg_put_le16(entry + ENTRY_LENGTH_AT, (uint16_t)(length + CHILD_BYTES));
	wtg_put_le16(entry + ENTRY_FLAGS_AT,
		     wtg_le16(entry + ENTRY_FLAGS_AT) | le16_to_cpu(INDEX_ENTRY_NODE));
	return length + CHILD_BYTES;
}

/* The entries of a node, and the one that ends it; gives their bytes. */
static size_t put_entries(const struct _ntfs_volume *volume, uint8_t *at,
			  const struct level *level)
{
	uint8_t *start = at;

	for (size_t i = 0; i < level->n_items; i++) {
		const struct item *item = &level->items[i];
		size_t length = wtg_le16(item->entry + ENTRY_LENGTH_AT);

		memcpy(at, item->entry, length);
		at += put_child(volume, at, length, item->child);
	}
	memset(at, 0, END_BYTES);
	wtg_put_le16(at + ENTRY_LENGTH_AT, END_BYTES);
	wtg_put_le16(at + ENTRY_FLAGS_AT, le16_to_cpu(INDEX_ENTRY_END));
	at += put_child(volume, at, END_BYTES, level->last_child);
	return (size_t)(at - start);
}

static void put_header(uint8_t *at, size_t entries_at, size_t used, size_t allocated,
		       bool has_children)
{
	wtg_put_le32(at, (uint32_t)entries_at);
	wtg_put_le32(at + 4, (uint32_t)used);
	wtg_put_le32(at + 8, (uint32_t)allocated);
	at[12] = has_children;
}

static size_t entries_at(const struct _ntfs_volume *volume)
{
	return wtg_round_up(BLOCK_HEADER + INDEX_HEADER_BYTES +
			    2 * (volume->indx_record_size / NTFS_BLOCK_SIZE + 1), 8);
}

static uint32_t put_block(struct tree *tree, const struct level *level)
{
	const size_t size = tree->volume->indx_record_size, at = entries_at(tree->volume);
	uint8_t *block;
	size_t used;

	wtg_grow(&tree->blocks, &tree->capacity, tree->n_blocks, size);
	block = tree->blocks + tree->n_blocks * size;
	memset(block, 0, size);
	memcpy(block, "INDX", 4);
	wtg_put_le16(block + 4, BLOCK_HEADER + INDEX_HEADER_BYTES);
	wtg_put_le16(block + 6, (uint16_t)(size / NTFS_BLOCK_SIZE + 1));
	wtg_put_le16(block + BLOCK_HEADER + INDEX_HEADER_BYTES, 1);
	wtg_put_le64(block + 16, vcn_of(tree->volume, tree->n_blocks));
	used = put_entries(tree->volume, block + at, level);
	put_header(block + BLOCK_HEADER, at - BLOCK_HEADER, at - BLOCK_HEADER + used,
		   size - BLOCK_HEADER, level->last_child != NO_CHILD);
	return tree->n_blocks++;
}

/*
 * Put a level into blocks; what stays between them becomes the level above, in place.  Where
 * nothing would be left for the last block, the one before gives an entry.
 */
static void raise_level(struct tree *tree, struct level *level)
{
	const size_t room = tree->volume->indx_record_size - entries_at(tree->volume) -
			    END_BYTES - child_bytes(level->last_child);
	size_t n_above = 0, first = 0, used = 0;

	for (size_t i = 0; i < level->n_items; i++) {
		struct level node = { .items = level->items + first };
		struct item between;
		size_t size = item_bytes(&level->items[i]);

		if (used + size <= room) {
			used += size;
			continue;
		}
		if (i + 1 == level->n_items)
			i--;
		between = level->items[i];
		node.n_items = i - first;
		node.last_child = between.child;
		between.child = put_block(tree, &node);
		level->items[n_above++] = between;
		first = i + 1;
		used = 0;
	}
	level->last_child = put_block(tree, &(struct level){
		.items = level->items + first,
		.n_items = level->n_items - first,
		.last_child = level->last_child,
	});
	level->n_items = n_above;
}

static void add_root(const struct wtg_build_index *index, const struct level *level,
		     struct wtg_build_pieces *pieces)
{
	const struct _ntfs_volume *volume = pieces->volume;
	size_t size = level_bytes(level) + INDEX_HEADER_BYTES;
	_cleanup_free_ uint8_t *root = wtg_alloc(ROOT_HEADER + size);
	uint32_t unit = volume->cluster_size <= volume->indx_record_size ?
				volume->cluster_size : NTFS_BLOCK_SIZE;

	wtg_put_le32(root, le32_to_cpu(index->type));
	wtg_put_le32(root + 4, le32_to_cpu(index->collation));
	wtg_put_le32(root + 8, volume->indx_record_size);
	root[12] = (uint8_t)(volume->indx_record_size / unit);
	put_header(root + ROOT_HEADER, INDEX_HEADER_BYTES, size, size,
		   level->last_child != NO_CHILD);
	put_entries(volume, root + ROOT_HEADER + INDEX_HEADER_BYTES, level);
	wtg_build_add_value(pieces, &(struct wtg_build_attribute){
		.type = AT_INDEX_ROOT,
		.name = index->name,
		.flags = index->flags,
		.value = root,
		.value_bytes = (uint32_t)(ROOT_HEADER + size),
	});
}

/* The blocks, each with its update sequence, into clusters of the volume. */
static int add_blocks(struct wtg_ntfs_builder *builder, const struct wtg_build_index *index,
		      struct tree *tree, struct wtg_build_pieces *pieces,
		      struct wtg_error *err)
{
	const size_t size = tree->volume->indx_record_size;
	const struct wtg_bytes content = { tree->blocks, tree->n_blocks * size };
	_cleanup_free_ struct wtg_run_of_clusters *runs = NULL;
	_cleanup_free_ uint8_t *bits = NULL;
	struct wtg_build_attribute attribute = {
		.type = AT_INDEX_ALLOCATION,
		.name = index->name,
		.data_bytes = content.size,
	};

	for (uint32_t i = 0; i < tree->n_blocks; i++)
		ntfs_mst_pre_write_fixup((NTFS_RECORD *)(tree->blocks + i * size), (u32)size);
	if (wtg_build_store(builder, &content, &runs, &attribute.n_runs, err) < 0)
		return -1;
	attribute.runs = runs;
	if (wtg_build_add_runs(pieces, &attribute, err) < 0)
		return -1;
	attribute = (struct wtg_build_attribute){
		.type = AT_BITMAP,
		.name = index->name,
		.value_bytes = (uint32_t)wtg_round_up((tree->n_blocks + 7) / 8, 8),
	};
	bits = wtg_alloc(attribute.value_bytes);
	for (uint32_t i = 0; i < tree->n_blocks; i++)
		bits[i / 8] |= (uint8_t)(1 << i % 8);
	attribute.value = bits;
	wtg_build_add_value(pieces, &attribute);
	return 0;
}

int wtg_build_add_index(struct wtg_ntfs_builder *builder, const struct wtg_build_index *index,
			struct wtg_build_pieces *pieces, struct wtg_error *err)
{
	const size_t head =
		wtg_build_value_bytes(index->name.n_units, ROOT_HEADER + INDEX_HEADER_BYTES);
	const size_t least = END_BYTES + CHILD_BYTES;
	_cleanup_free_ struct item *items =
		wtg_alloc((index->n_entries + 1) * sizeof(*items));
	struct level level = { items, index->n_entries, NO_CHILD };
	struct tree tree = { .volume = builder->volume };
	size_t room = index->room > head ? index->room - head : 0;
	int result = 0;

	for (size_t i = 0; i < index->n_entries; i++)
		items[i] = (struct item){ index->entries[i], NO_CHILD };
	if (index->n_entries > 0 && level_bytes(&level) > room) {
		/* Beside the runs of the blocks and their bitmap. */
		room = room > 160 ? room - 160 : 0;
		if (room < least)
			room = least;
		do
			raise_level(&tree, &level);
		while (level_bytes(&level) > room);
	}
	add_root(index, &level, pieces);
	if (tree.n_blocks)
		result = add_blocks(builder, index, &tree, pieces, err);
	free(tree.blocks);
	return result;
}
