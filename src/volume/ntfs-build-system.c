/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/bitmap.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/lcnalloc.h>
#include <ntfs-3g/mft.h>
#include <ntfs-3g/runlist.h>

#include "base/alloc.h"
#include "base/fdio.h"

#define OBJECT_ENTRY_BYTES  88
#define REPARSE_ENTRY_BYTES 32
#define GUID_BYTES 16

static int find(struct wtg_ntfs_builder *builder, const char *path, uint32_t *ret,
		struct wtg_error *err)
{
	ntfs_inode *inode = ntfs_pathname_to_inode(builder->volume, NULL, path);

	if (!inode)
		return wtg_build_fail(builder, errno, path, err);
	*ret = (uint32_t)inode->mft_no;
	if (ntfs_inode_close(inode) < 0)
		return wtg_build_fail(builder, errno, path, err);
	return 0;
}

int wtg_build_find_system(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	if (find(builder, "$Extend/$ObjId", &builder->objects_record, err) < 0)
		return -1;
	return find(builder, "$Extend/$Reparse", &builder->reparses_record, err);
}

/* Call fn for each attribute of a record. */
static int walk_record(struct wtg_ntfs_builder *builder, uint32_t number,
		       int (*fn)(struct wtg_ntfs_builder *builder,
				 const ATTR_RECORD *attribute, void *context),
		       void *context, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *bytes = wtg_alloc(builder->volume->mft_record_size);
	MFT_RECORD *record = (MFT_RECORD *)bytes;
	const ATTR_RECORD *attribute;

	if (ntfs_file_record_read(builder->volume, number, &record, NULL) < 0)
		return wtg_build_fail(builder, errno, "read a system file's record", err);
	/* libntfs-3g looked at the bounds of each. */
	for (size_t at = le16_to_cpu(record->attrs_offset);;
	     at += le32_to_cpu(attribute->length)) {
		attribute = (const ATTR_RECORD *)(bytes + at);
		if (attribute->type == AT_END)
			return 0;
		if (fn(builder, attribute, context) < 0)
			return wtg_build_fail(builder, errno, "change a system file", err);
	}
}

struct name_wanted {
	uint8_t *to;
	bool found;
};

static int copy_name(struct wtg_ntfs_builder *builder, const ATTR_RECORD *attribute,
		     void *context)
{
	const uint8_t *value =
		(const uint8_t *)attribute + le16_to_cpu(attribute->value_offset);
	struct name_wanted *wanted = context;

	(void)builder;
	if (attribute->type != AT_FILE_NAME ||
	    wtg_le64(value) != wtg_build_reference(FILE_root))
		return 0;
	memcpy(wanted->to, value, WTG_BUILD_FILE_NAME_BYTES(value[64]));
	wanted->found = true;
	return 0;
}

int wtg_build_system_name(struct wtg_ntfs_builder *builder, uint32_t record,
			  uint8_t ret[static WTG_BUILD_FILE_NAME_BYTES(WTG_BUILD_MAX_UNITS)],
			  bool *ret_found, struct wtg_error *err)
{
	struct name_wanted wanted = { .to = ret };

	if (walk_record(builder, record, copy_name, &wanted, err) < 0)
		return -1;
	*ret_found = wanted.found;
	return 0;
}

static int release(struct wtg_ntfs_builder *builder, const ATTR_RECORD *attribute,
		   void *context)
{
	runlist_element *runs;
	int result;

	(void)context;
	if (!attribute->non_resident)
		return 0;
	runs = ntfs_mapping_pairs_decompress(builder->volume, attribute, NULL);
	if (!runs)
		return -1;
	result = ntfs_cluster_free_from_rl(builder->volume, runs);
	free(runs);
	return result;
}

int wtg_build_release_root(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	return walk_record(builder, FILE_root, release, NULL, err);
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

static void put_object(const struct wtg_build_view_entry *from, uint8_t *at)
{
	wtg_put_le16(at, 16 + GUID_BYTES); /* where the data is */
	wtg_put_le16(at + 2, 8 + 3 * GUID_BYTES);
	wtg_put_le16(at + 8, OBJECT_ENTRY_BYTES);
	wtg_put_le16(at + 10, GUID_BYTES);
	memcpy(at + 16, from->object_id, GUID_BYTES);
	wtg_put_le64(at + 32, wtg_build_reference(wtg_build_record_of(from->inode)));
	memcpy(at + 40, from->object_id + GUID_BYTES, 3 * GUID_BYTES);
}

static void put_reparse(const struct wtg_build_view_entry *from, uint8_t *at)
{
	wtg_put_le16(at, 16 + 12); /* where there would be data */
	wtg_put_le16(at + 8, REPARSE_ENTRY_BYTES);
	wtg_put_le16(at + 10, 12);
	wtg_put_le32(at + 16, from->reparse_tag);
	wtg_put_le64(at + 20, wtg_build_reference(wtg_build_record_of(from->inode)));
}

struct view {
	uint32_t record;
	const char *name; /* UTF-16LE of two units */
	const struct wtg_build_view_entry *items;
	size_t n_items, entry_bytes;
	void (*put)(const struct wtg_build_view_entry *from, uint8_t *at);
};

static int build_view(struct wtg_ntfs_builder *builder, const struct view *view,
		      struct wtg_error *err)
{
	_cleanup_(wtg_build_pieces_done) struct wtg_build_pieces pieces = {
		.volume = builder->volume
	};
	_cleanup_free_ uint8_t *bytes = wtg_alloc((view->n_items + 1) * view->entry_bytes);
	_cleanup_free_ const uint8_t **entries =
		wtg_alloc((view->n_items + 1) * sizeof(*entries));
	struct wtg_build_index index = {
		.name = { (const uint8_t *)view->name, 2 },
		.collation = COLLATION_NTOFS_ULONGS,
		.entries = entries,
		.n_entries = view->n_items,
	};
	struct wtg_build_record record;

	if (view->n_items == 0)
		return 0;
	for (size_t i = 0; i < view->n_items; i++) {
		view->put(&view->items[i], bytes + i * view->entry_bytes);
		entries[i] = bytes + i * view->entry_bytes;
	}
	if (wtg_build_read_record(builder, view->record, &pieces, &record, err) < 0)
		return -1;
	index.room = wtg_build_record_room(builder) - wtg_build_total(&pieces);
	if (wtg_build_add_index(builder, &index, &pieces, err) < 0)
		return -1;
	return wtg_build_write_record(builder, &record, &pieces, err);
}

int wtg_build_views(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	const struct view objects = { builder->objects_record, "$\0O\0", builder->objects.items,
				      builder->objects.n_items, OBJECT_ENTRY_BYTES,
				      put_object };
	const struct view reparses = { builder->reparses_record, "$\0R\0",
				       builder->reparses.items, builder->reparses.n_items,
				       REPARSE_ENTRY_BYTES, put_reparse };

	if (objects.n_items)
		qsort(builder->objects.items, objects.n_items, sizeof(*objects.items),
		      compare_objects);
	if (reparses.n_items)
		qsort(builder->reparses.items, reparses.n_items, sizeof(*reparses.items),
		      compare_reparses);
	if (build_view(builder, &objects, err) < 0)
		return -1;
	return build_view(builder, &reparses, err);
}

int wtg_build_end_mft(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	struct _ntfs_volume *volume = builder->volume;
	uint64_t end, first = builder->n_records, n_bytes;
	_cleanup_free_ uint8_t *bits = NULL;

	if (wtg_build_grow_mft(builder, builder->n_records, err) < 0)
		return -1;
	end = (uint64_t)(volume->mft_na->data_size >> volume->mft_record_size_bits);
	if (wtg_build_format_records(builder, builder->old_records, WTG_BUILD_FIRST_RECORD,
				     err) < 0 ||
	    wtg_build_format_records(builder, first, end, err) < 0)
		return -1;
	n_bytes = wtg_round_up((end + 7) / 8, 8);
	bits = wtg_alloc(n_bytes);
	wtg_build_lead_allocator(builder);
	if (ntfs_attr_pread(volume->mftbmp_na, 0, volume->mftbmp_na->data_size, bits) < 0 ||
	    ntfs_attr_truncate(volume->mftbmp_na, (s64)n_bytes) < 0)
		return wtg_build_fail(builder, errno, "grow the bitmap of $MFT", err);
	for (uint64_t i = WTG_BUILD_FIRST_RECORD; i < builder->n_records; i++)
		bits[i / 8] |= (uint8_t)(1 << i % 8);
	if (ntfs_attr_pwrite(volume->mftbmp_na, 0, (s64)n_bytes, bits) != (s64)n_bytes)
		return wtg_build_fail(builder, errno, "write the bitmap of $MFT", err);
	return 0;
}
