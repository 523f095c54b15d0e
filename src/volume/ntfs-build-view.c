/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define OBJECT_ENTRY_BYTES  88
#define REPARSE_ENTRY_BYTES 32
#define GUID_BYTES 16

/* Key and data lie behind a head of 16 bytes; the entry ends at a multiple of 8. */
void wtg_build_put_view_head(uint8_t *at, size_t key_bytes, size_t data_bytes)
{
	wtg_put_le16(at, (uint16_t)(16 + key_bytes)); /* where the data is */
	wtg_put_le16(at + 2, (uint16_t)data_bytes);
	wtg_put_le16(at + 8, (uint16_t)((16 + key_bytes + data_bytes + 7) & ~(size_t)7));
	wtg_put_le16(at + 10, (uint16_t)key_bytes);
}

/* As COLLATION_NTOFS_ULONGS has it: 32-bit numbers, the first counts most. */
static int compare_numbers(const uint8_t *a, const uint8_t *b, size_t size)
{
	for (size_t i = 0; i < size; i += 4)
		if (wtg_le32(a + i) != wtg_le32(b + i))
			return wtg_le32(a + i) < wtg_le32(b + i) ? -1 : 1;
	return 0;
}

static int compare_objects(const void *a, const void *b)
{
	return compare_numbers(((const struct wtg_build_view_entry *)a)->object_id,
			       ((const struct wtg_build_view_entry *)b)->object_id,
			       GUID_BYTES);
}

/* Within a tag by record, and those ascend with the inodes. */
static int compare_reparses(const void *left, const void *right)
{
	const struct wtg_build_view_entry *a = left, *b = right;

	if (a->reparse_tag != b->reparse_tag)
		return a->reparse_tag < b->reparse_tag ? -1 : 1;
	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static void put_object(const void *item, uint8_t *at)
{
	const struct wtg_build_view_entry *from = item;

	wtg_build_put_view_head(at, GUID_BYTES, 8 + 3 * GUID_BYTES);
	memcpy(at + 16, from->object_id, GUID_BYTES);
	wtg_put_le64(at + 32, wtg_build_reference(wtg_build_record_of(from->inode)));
	memcpy(at + 40, from->object_id + GUID_BYTES, 3 * GUID_BYTES);
}

static void put_reparse(const void *item, uint8_t *at)
{
	const struct wtg_build_view_entry *from = item;

	wtg_build_put_view_head(at, 12, 0);
	wtg_put_le32(at + 16, from->reparse_tag);
	wtg_put_le64(at + 20, wtg_build_reference(wtg_build_record_of(from->inode)));
}

int wtg_build_add_view(struct wtg_ntfs_builder *builder, const struct wtg_build_view *view,
		       struct wtg_build_pieces *pieces, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *bytes = wtg_alloc((view->n_items + 1) * view->entry_bytes);
	_cleanup_free_ const uint8_t **entries =
		wtg_alloc((view->n_items + 1) * sizeof(*entries));
	size_t room = wtg_build_record_room(builder->volume), used = wtg_build_total(pieces);
	struct wtg_build_index index = {
		.name = view->name,
		.collation = view->collation,
		.entries = entries,
		.n_entries = view->n_items,
		.room = used < room ? room - used : 0,
	};

	if (view->most_room && index.room > view->most_room)
		index.room = view->most_room;
	for (size_t i = 0; i < view->n_items; i++) {
		view->put((const uint8_t *)view->items + i * view->item_bytes,
			  bytes + i * view->entry_bytes);
		entries[i] = bytes + i * view->entry_bytes;
	}
	return wtg_build_add_index(builder, &index, pieces, err);
}

/* The file that has nothing but that index. */
static int build_view(struct wtg_ntfs_builder *builder, uint32_t number,
		      const struct wtg_build_view *view, struct wtg_error *err)
{
	_cleanup_(wtg_build_pieces_done) struct wtg_build_pieces pieces = {
		.volume = builder->volume
	};
	struct wtg_build_record record;

	if (view->n_items == 0)
		return 0;
	if (wtg_build_read_record(builder, number, &pieces, &record, err) < 0 ||
	    wtg_build_add_view(builder, view, &pieces, err) < 0)
		return -1;
	return wtg_build_write_record(builder, &record, &pieces, err);
}

int wtg_build_views(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	struct wtg_build_view objects = {
		.name = { (const uint8_t *)"$\0O", 2 },
		.collation = COLLATION_NTOFS_ULONGS,
		.items = builder->objects.items,
		.n_items = builder->objects.n_items,
		.item_bytes = sizeof(*builder->objects.items),
		.entry_bytes = OBJECT_ENTRY_BYTES,
		.put = put_object,
	};
	struct wtg_build_view reparses = objects;

	reparses.name.data = (const uint8_t *)"$\0R";
	reparses.items = builder->reparses.items;
	reparses.n_items = builder->reparses.n_items;
	reparses.entry_bytes = REPARSE_ENTRY_BYTES;
	reparses.put = put_reparse;
	if (objects.n_items)
		qsort(builder->objects.items, objects.n_items, objects.item_bytes,
		      compare_objects);
	if (reparses.n_items)
		qsort(builder->reparses.items, reparses.n_items, reparses.item_bytes,
		      compare_reparses);
	if (build_view(builder, builder->objects_record, &objects, err) < 0)
		return -1;
	return build_view(builder, builder->reparses_record, &reparses, err);
}
