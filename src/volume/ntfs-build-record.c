/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/mft.h>
#include <ntfs-3g/unistr.h>

#include "base/alloc.h"
#include "base/fdio.h"

#define END_BYTES 8
#define LIST_ENTRY_BYTES 26 /* and the name */

/* At least as much as the list itself takes when it is not in the record. */
#define LIST_RUNS_BYTES 88

#define MAX_LIST_BYTES (256u << 10) /* Windows' cache manager */

static size_t attributes_at(const struct _ntfs_volume *volume)
{
	return wtg_round_up(sizeof(MFT_RECORD) +
			    2 * (volume->mft_record_size / NTFS_BLOCK_SIZE + 1), 8);
}

size_t wtg_build_record_room(const struct _ntfs_volume *volume)
{
	return volume->mft_record_size - attributes_at(volume) - END_BYTES;
}

static const ATTR_RECORD *attribute_at(const struct wtg_build_pieces *pieces,
				       const struct wtg_build_piece *piece)
{
	return (const ATTR_RECORD *)(pieces->bytes + piece->at);
}

static const ATTR_RECORD *attribute_of(const struct wtg_build_pieces *pieces, size_t i)
{
	return attribute_at(pieces, &pieces->items[i]);
}

static const ntfschar *name_of(const ATTR_RECORD *attribute)
{
	return (const ntfschar *)((const uint8_t *)attribute +
				  le16_to_cpu(attribute->name_offset));
}

/* In the order in which NTFS keeps them, names as they came; 0: only one of both can be
 * there. */
static int compare(const void *left, const void *right, void *context)
{
	const struct wtg_build_piece *x = left, *y = right;
	const struct wtg_build_pieces *pieces = context;
	const ATTR_RECORD *a = attribute_at(pieces, x), *b = attribute_at(pieces, y);
	uint32_t type_a = le32_to_cpu(a->type), type_b = le32_to_cpu(b->type);

	if (type_a != type_b)
		return type_a < type_b ? -1 : 1;
	if (a->type == AT_FILE_NAME)
		return x->at < y->at ? -1 : x->at > y->at;
	return ntfs_names_full_collate(name_of(a), a->name_length, name_of(b), b->name_length,
				       IGNORE_CASE, pieces->volume->upcase,
				       pieces->volume->upcase_len);
}

static int sort(struct wtg_build_pieces *pieces, struct wtg_error *err)
{
	qsort_r(pieces->items, pieces->n_items, sizeof(*pieces->items), compare, pieces);
	for (size_t i = 1; i < pieces->n_items; i++)
		if (compare(&pieces->items[i - 1], &pieces->items[i], pieces) == 0)
			return wtg_fail(err, WTG_INPUT, 0,
					"a file has two streams of the same name");
	return 0;
}

size_t wtg_build_total(const struct wtg_build_pieces *pieces)
{
	size_t size = 0;

	for (size_t i = 0; i < pieces->n_items; i++)
		size += pieces->items[i].size;
	return size;
}

/* Give the value of piece i clusters of its own; it stays the i-th. */
static int move_out(struct wtg_ntfs_builder *builder, struct wtg_build_pieces *pieces,
		    size_t i, struct wtg_error *err)
{
	const ATTR_RECORD *old = attribute_of(pieces, i);
	_cleanup_(wtg_bytes_done) struct wtg_bytes name =
		wtg_bytes_copy(name_of(old), 2 * (size_t)old->name_length);
	_cleanup_(wtg_bytes_done) struct wtg_bytes value =
		wtg_bytes_copy((const uint8_t *)old + le16_to_cpu(old->value_offset),
			       le32_to_cpu(old->value_length));
	_cleanup_free_ struct wtg_run_of_clusters *runs = NULL, *all = NULL;
	struct wtg_build_attribute attribute = {
		.type = old->type,
		.name = { name.data, old->name_length },
		.flags = old->flags,
		.data_bytes = value.size,
	};

	if (wtg_build_store(builder, &value, &runs, &attribute.n_runs, err) < 0)
		return -1;
	attribute.runs = runs;
	if (wtg_build_fill_units(builder, &attribute, &all, err) < 0 ||
	    wtg_build_add_runs(pieces, &attribute, err) < 0)
		return -1;
	pieces->items[i] = pieces->items[--pieces->n_items];
	return 0;
}

/* The bytes of a value that may lie elsewhere, and takes more room than its runs would; or 0. */
static uint32_t movable_bytes(const ATTR_RECORD *attribute)
{
	uint32_t size;

	if (attribute->non_resident ||
	    (attribute->type != AT_DATA && attribute->type != AT_REPARSE_POINT &&
	     attribute->type != AT_BITMAP))
		return 0;
	size = le32_to_cpu(attribute->value_length);
	return wtg_build_value_bytes(0, size) > LIST_RUNS_BYTES ? size : 0;
}

struct candidate {
	size_t piece;
	uint32_t value_bytes;
};

static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->value_bytes != b->value_bytes)
		return a->value_bytes > b->value_bytes ? -1 : 1;
	return a->piece < b->piece ? -1 : a->piece > b->piece;
}

/* What can lie elsewhere goes there, the largest first, until the rest fits. */
static int squeeze(struct wtg_ntfs_builder *builder, struct wtg_build_pieces *pieces,
		   struct wtg_error *err)
{
	const size_t room = wtg_build_record_room(builder->volume);
	_cleanup_free_ struct candidate *candidates = NULL;
	size_t total = wtg_build_total(pieces), n = 0;

	if (total <= room)
		return 0;
	candidates = wtg_alloc(pieces->n_items * sizeof(*candidates));
	for (size_t i = 0; i < pieces->n_items; i++) {
		uint32_t value_bytes = movable_bytes(attribute_of(pieces, i));

		if (value_bytes)
			candidates[n++] = (struct candidate){ i, value_bytes };
	}
	qsort(candidates, n, sizeof(*candidates), compare_candidates);
	for (size_t i = 0; i < n && total > room; i++) {
		const struct wtg_build_piece *piece = &pieces->items[candidates[i].piece];

		total -= piece->size;
		if (move_out(builder, pieces, candidates[i].piece, err) < 0)
			return -1;
		/* It took the place of what it was; the array may have moved. */
		total += pieces->items[candidates[i].piece].size;
	}
	return 0;
}

/* A record with those pieces that holder has. */
static uint8_t *compose(struct wtg_ntfs_builder *builder, uint32_t number,
			const struct wtg_build_pieces *pieces, uint32_t holder)
{
	const struct _ntfs_volume *volume = builder->volume;
	uint8_t *bytes = wtg_alloc(volume->mft_record_size);
	MFT_RECORD *record = (MFT_RECORD *)bytes;
	size_t at = attributes_at(volume);
	uint16_t instance = 0;

	if (ntfs_mft_record_layout(volume, number, record) < 0)
		abort();
	for (size_t i = 0; i < pieces->n_items; i++) {
		const struct wtg_build_piece *piece = &pieces->items[i];

		if (piece->holder != holder)
			continue;
		if (at + piece->size + END_BYTES > volume->mft_record_size)
			abort(); /* split() shared them out wrongly */
		memcpy(bytes + at, pieces->bytes + piece->at, piece->size);
		((ATTR_RECORD *)(bytes + at))->instance = cpu_to_le16(instance++);
		at += piece->size;
	}
	wtg_put_le32(bytes + at, le32_to_cpu(AT_END));
	wtg_put_le32(bytes + at + 4, 0);
	record->sequence_number = cpu_to_le16((u16)(wtg_build_reference(number) >> 48));
	record->flags = MFT_RECORD_IN_USE;
	record->bytes_in_use = cpu_to_le32((u32)(at + END_BYTES));
	record->next_attr_instance = cpu_to_le16(instance);
	return bytes;
}

/* The value of the list, all zeros. */
static size_t list_bytes(const struct wtg_build_pieces *pieces)
{
	size_t size = 0;

	for (size_t i = 0; i < pieces->n_items; i++)
		size += wtg_round_up(LIST_ENTRY_BYTES +
				     2 * (size_t)attribute_of(pieces, i)->name_length, 8);
	return size;
}

/*
 * Who holds what: names go last into what room the base record has, since they are what
 * there can be many of, and what is looked up by its inode alone is found without them.
 */
static int assign(struct wtg_ntfs_builder *builder, struct wtg_build_pieces *pieces,
		  size_t list_size, uint32_t *ret_n_holders, struct wtg_error *err)
{
	const size_t room = wtg_build_record_room(builder->volume);
	size_t base_room = room - list_size, last_room = 0;
	uint32_t last = 0;

	for (int names = 0; names <= 1; names++)
		for (size_t i = 0; i < pieces->n_items; i++) {
			struct wtg_build_piece *piece = &pieces->items[i];

			if ((attribute_of(pieces, i)->type == AT_FILE_NAME) != names)
				continue;
			if (piece->size > room)
				return wtg_fail(err, WTG_INPUT, 0,
						"an attribute of %zu bytes has no room in a "
						"record", piece->size);
			if (piece->size <= base_room) {
				base_room -= piece->size;
				piece->holder = 0;
				continue;
			}
			if (piece->size > last_room) {
				last++;
				last_room = room;
			}
			last_room -= piece->size;
			piece->holder = last;
		}
	*ret_n_holders = last;
	return 0;
}

/* The list says where each is. */
static void put_list(const struct wtg_build_pieces *pieces, const uint32_t *numbers,
		     uint16_t *instances, uint8_t *at)
{
	for (size_t i = 0; i < pieces->n_items; i++) {
		const ATTR_RECORD *attribute = attribute_of(pieces, i);
		uint32_t holder = pieces->items[i].holder;
		size_t name_bytes = 2 * (size_t)attribute->name_length;
		size_t size = wtg_round_up(LIST_ENTRY_BYTES + name_bytes, 8);

		wtg_put_le32(at, le32_to_cpu(attribute->type));
		wtg_put_le16(at + 4, (uint16_t)size);
		at[6] = attribute->name_length;
		at[7] = LIST_ENTRY_BYTES;
		wtg_put_le64(at + 16, wtg_build_reference(numbers[holder]));
		/* The list itself is the second in the base record, behind the standard
		 * information. */
		if (holder == 0 && instances[0] == 1)
			instances[0]++;
		wtg_put_le16(at + 24, instances[holder]++);
		memcpy(at + LIST_ENTRY_BYTES, name_of(attribute), name_bytes);
		at += size;
	}
}

static int split(struct wtg_ntfs_builder *builder, uint32_t number,
		 struct wtg_build_pieces *pieces, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes list = { .size = list_bytes(pieces) };
	bool own_clusters = list.size > wtg_build_record_room(builder->volume) / 3;
	_cleanup_free_ uint16_t *instances = NULL;
	_cleanup_free_ uint32_t *numbers = NULL;
	struct wtg_build_attribute attribute = { .type = AT_ATTRIBUTE_LIST };
	uint32_t n_holders;

	if (assign(builder, pieces,
		   own_clusters ? LIST_RUNS_BYTES : wtg_build_value_bytes(0, list.size),
		   &n_holders, err) < 0)
		return -1;
	numbers = wtg_alloc((n_holders + 1) * sizeof(*numbers));
	instances = wtg_alloc((n_holders + 1) * sizeof(*instances));
	numbers[0] = number;
	for (uint32_t i = 1; i <= n_holders; i++)
		numbers[i] = builder->n_records++;
	list.data = wtg_alloc(list.size);
	put_list(pieces, numbers, instances, list.data);
	for (uint32_t i = 1; i <= n_holders; i++) {
		struct wtg_build_extension extension = {
			.number = numbers[i],
			.record = compose(builder, numbers[i], pieces, i),
		};

		((MFT_RECORD *)extension.record)->base_mft_record =
			cpu_to_le64(wtg_build_reference(number));
		WTG_APPEND(&builder->extensions, extension);
	}
	attribute.value = list.data;
	attribute.value_bytes = (uint32_t)list.size;
	wtg_build_add_value(pieces, &attribute);
	if (own_clusters && move_out(builder, pieces, pieces->n_items - 1, err) < 0)
		return -1;
	return sort(pieces, err);
}

int wtg_build_write_record(struct wtg_ntfs_builder *builder,
			   const struct wtg_build_record *record,
			   struct wtg_build_pieces *pieces, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	MFT_RECORD *header;

	/* So many need a list, whatever else is done about them. */
	if (list_bytes(pieces) > MAX_LIST_BYTES)
		return wtg_fail(err, WTG_INPUT, 0, "a file has more attributes than NTFS "
						   "can list");
	if (squeeze(builder, pieces, err) < 0 || sort(pieces, err) < 0)
		return -1;
	if (wtg_build_total(pieces) > wtg_build_record_room(builder->volume) &&
	    split(builder, record->number, pieces, err) < 0)
		return -1;
	bytes = compose(builder, record->number, pieces, 0);
	header = (MFT_RECORD *)bytes;
	header->flags |= record->flags;
	header->link_count = cpu_to_le16(record->n_links);
	if (ntfs_mft_record_write(builder->volume, record->number, header) < 0)
		return wtg_build_fail(builder, errno, "write a record", err);
	return 0;
}

int wtg_build_write_extensions(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	for (size_t i = 0; i < builder->extensions.n_items; i++) {
		struct wtg_build_extension *extension = &builder->extensions.items[i];

		if (ntfs_mft_record_write(builder->volume, extension->number,
					  (MFT_RECORD *)extension->record) < 0)
			return wtg_build_fail(builder, errno, "write a record", err);
	}
	return 0;
}

int wtg_build_read_record(struct wtg_ntfs_builder *builder, uint32_t number,
			  struct wtg_build_pieces *pieces, struct wtg_build_record *ret,
			  struct wtg_error *err)
{
	_cleanup_free_ uint8_t *bytes = wtg_alloc(builder->volume->mft_record_size);
	MFT_RECORD *record = (MFT_RECORD *)bytes;
	ATTR_RECORD *attribute;

	if (ntfs_file_record_read(builder->volume, number, &record, NULL) < 0)
		return wtg_build_fail(builder, errno, "read a system file's record", err);
	*ret = (struct wtg_build_record){
		.number = number,
		.flags = record->flags & ~MFT_RECORD_IN_USE,
		.n_links = le16_to_cpu(record->link_count),
	};
	/* libntfs-3g looked at the bounds of each. */
	for (size_t at = le16_to_cpu(record->attrs_offset);;
	     at += le32_to_cpu(attribute->length)) {
		attribute = (ATTR_RECORD *)(bytes + at);
		if (attribute->type == AT_END)
			return 0;
		if (le32_to_cpu(attribute->type) < le32_to_cpu(AT_DATA))
			wtg_build_add_piece(pieces, attribute, le32_to_cpu(attribute->length));
	}
}
