/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/unistr.h>

#include "base/alloc.h"
#include "base/fdio.h"

#define ENTRY_HEADER 16
#define MAX_FILE_NAME WTG_BUILD_FILE_NAME_BYTES(WTG_BUILD_MAX_UNITS)

/* The entries of one directory. */
struct listing {
	uint8_t *bytes; /* owned */
	const uint8_t **entries; /* owned */
	size_t used, n_entries;
};

static void listing_done(struct listing *listing)
{
	free(listing->bytes);
	free(listing->entries);
}

static size_t entry_bytes(size_t n_units)
{
	return wtg_round_up(ENTRY_HEADER + WTG_BUILD_FILE_NAME_BYTES(n_units), 8);
}

/* For a FILE_NAME that was put behind the header already. */
static void finish_entry(struct listing *listing, uint32_t record)
{
	uint8_t *entry = listing->bytes + listing->used;
	size_t n_units = entry[ENTRY_HEADER + 64], size = entry_bytes(n_units);

	wtg_put_le64(entry, wtg_build_reference(record));
	wtg_put_le16(entry + 8, (uint16_t)size);
	wtg_put_le16(entry + 10, (uint16_t)WTG_BUILD_FILE_NAME_BYTES(n_units));
	listing->entries[listing->n_entries++] = entry;
	listing->used += size;
}

static int compare(const void *left, const void *right, void *context)
{
	const uint8_t *a = *(const uint8_t *const *)left + ENTRY_HEADER;
	const uint8_t *b = *(const uint8_t *const *)right + ENTRY_HEADER;
	const struct _ntfs_volume *volume = context;

	return ntfs_names_full_collate((const ntfschar *)(a + 66), a[64],
				       (const ntfschar *)(b + 66), b[64], CASE_SENSITIVE,
				       volume->upcase, volume->upcase_len);
}

static int sort(const struct wtg_ntfs_builder *builder, struct listing *listing,
		struct wtg_error *err)
{
	qsort_r(listing->entries, listing->n_entries, sizeof(*listing->entries), compare,
		builder->volume);
	for (size_t i = 1; i < listing->n_entries; i++)
		if (compare(&listing->entries[i - 1], &listing->entries[i],
			    builder->volume) == 0)
			return wtg_fail(err, WTG_INPUT, 0,
					"a directory has the same name twice");
	return 0;
}

static int add_system_names(struct wtg_ntfs_builder *builder, struct listing *listing,
			    struct wtg_error *err)
{
	for (uint32_t record = 0; record < FILE_first_user; record++) {
		bool found;

		if (record == FILE_root)
			continue;
		if (wtg_build_system_name(builder, record,
					  listing->bytes + listing->used + ENTRY_HEADER,
					  &found, err) < 0)
			return -1;
		if (found)
			finish_entry(listing, record);
	}
	return 0;
}

/* The links that have one directory as their parent, by their numbers. */
struct children {
	const uint32_t *links;
	size_t n_links;
	bool of_root;
};

static int list(struct wtg_ntfs_builder *builder, const struct children *children,
		struct listing *listing, struct wtg_error *err)
{
	const struct wtg_build_link *links = builder->links.items;
	size_t size = 0, n = children->n_links;

	for (size_t i = 0; i < n; i++)
		size += entry_bytes(links[children->links[i]].n_units);
	if (children->of_root) {
		size += FILE_first_user * entry_bytes(WTG_BUILD_MAX_UNITS);
		n += FILE_first_user;
	}
	listing->bytes = wtg_alloc(size);
	listing->entries = wtg_alloc(n * sizeof(*listing->entries));
	for (size_t i = 0; i < children->n_links; i++) {
		const struct wtg_build_link *link = &links[children->links[i]];

		wtg_build_file_name(builder, link,
				    listing->bytes + listing->used + ENTRY_HEADER);
		finish_entry(listing, wtg_build_record_of(link->inode));
	}
	if (children->of_root && add_system_names(builder, listing, err) < 0)
		return -1;
	return sort(builder, listing, err);
}

static int build(struct wtg_ntfs_builder *builder,
		 const struct wtg_build_directory *directory, const struct listing *listing,
		 struct wtg_error *err)
{
	static const uint8_t i30[] = { '$', 0, 'I', 0, '3', 0, '0', 0 };
	const struct wtg_build_node *node = &builder->nodes[directory->number];
	_cleanup_(wtg_build_pieces_done) struct wtg_build_pieces pieces = {
		.volume = builder->volume
	};
	struct wtg_build_index index = {
		.name = { i30, 4 },
		.type = AT_FILE_NAME,
		.collation = COLLATION_FILE_NAME,
		.flags = node->attributes & FILE_ATTR_COMPRESSED ? ATTR_IS_COMPRESSED : 0,
		.entries = listing->entries,
		.n_entries = listing->n_entries,
	};
	size_t room = wtg_build_record_room(builder->volume), used;

	if (wtg_build_inode_pieces(builder, directory->number, &directory->inode, &pieces,
				   err) < 0)
		return -1;
	used = wtg_build_total(&pieces);
	index.room = used < room ? room - used : 0;
	if (wtg_build_add_index(builder, &index, &pieces, err) < 0)
		return -1;
	return wtg_build_write_record(builder, &(struct wtg_build_record){
		.number = wtg_build_record_of(directory->number),
		.flags = MFT_RECORD_IS_DIRECTORY,
		.n_links = node->n_links,
	}, &pieces, err);
}

int wtg_build_directories(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	const size_t n_links = builder->links.n_items;
	/* Where each parent's links begin, in the order of parents. */
	_cleanup_free_ uint32_t *starts =
		wtg_alloc(((size_t)builder->n_inodes + 2) * sizeof(*starts));
	_cleanup_free_ uint32_t *order = wtg_alloc((n_links + 1) * sizeof(*order));

	for (size_t i = 0; i < n_links; i++)
		starts[builder->links.items[i].parent + 2]++;
	for (size_t i = 2; i < (size_t)builder->n_inodes + 2; i++)
		starts[i] += starts[i - 1];
	for (size_t i = 0; i < n_links; i++)
		order[starts[builder->links.items[i].parent + 1]++] = (uint32_t)i;
	for (size_t i = 0; i < builder->directories.n_items; i++) {
		const struct wtg_build_directory *directory = &builder->directories.items[i];
		uint32_t number = directory->number, first = starts[number];
		const struct children children = { order + first, starts[number + 1] - first,
						   number == 0 };
		_cleanup_(listing_done) struct listing listing = { 0 };

		if (list(builder, &children, &listing, err) < 0 ||
		    build(builder, directory, &listing, err) < 0)
			return -1;
	}
	return 0;
}
