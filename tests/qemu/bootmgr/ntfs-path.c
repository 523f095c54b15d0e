/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files by path, through the directories' indexes as NTFS itself searches them: who puts a
 * name in the wrong place has lost it. */
#include "ntfs.h"

#define ROOT_DIRECTORY (5ull << 48 | 5)
#define MOST_LEVELS 8
#define MOST_FILE_BYTES (64u << 20)

enum { ENTRY_HAS_NODE_BELOW = 1, ENTRY_IS_LAST = 2 };

/* NTFS orders by what $UpCase makes of each character.  The names asked for are ASCII, and
 * of those all that is not is behind. */
static int compare(struct bytes a, struct bytes b)
{
	for (UINT64 i = 0; i < a.size && i < b.size; i += 2) {
		UINT16 x = upper(le16(a, i)), y = upper(le16(b, i));

		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

/* The entry of that name or, FALSE, the one before which it would be. */
static BOOLEAN search(struct bytes node, struct bytes name, struct bytes *ret_entry)
{
	for (UINT64 at = le32(node, 0);; at += ret_entry->size) {
		int order = -1;

		*ret_entry = slice(node, at, le16(node, at + 8));
		if (ret_entry->size < 16)
			fail("NTFS: an index entry of %u bytes", ret_entry->size);
		if (!(le16(*ret_entry, 12) & ENTRY_IS_LAST))
			order = compare(name, slice(*ret_entry, 16 + 66,
						    2 * byte(*ret_entry, 16 + 64)));
		if (order <= 0)
			return order == 0;
	}
}

/* Nodes are counted in clusters or, where they are smaller than those, in 512 bytes. */
static struct bytes node_below(const struct ntfs *volume, struct bytes record,
			       struct bytes entry, UINT64 node_size)
{
	struct stream nodes = ntfs_attribute(volume, record, NTFS_INDEX_ALLOCATION, "$I30");
	UINT64 unit = node_size < volume->cluster ? 512 : volume->cluster;
	struct bytes block;

	if (node_size < 512 || node_size > 65536)
		fail("NTFS: an index node of %u bytes", node_size);
	block = ntfs_stream_read(volume, &nodes, le64(entry, entry.size - 8) * unit,
				 node_size);
	ntfs_undo_fixups(block, "INDX");
	return slice(block, 24, block.size - 24);
}

/* A reference to the file of that name; 0: there is none. */
static UINT64 child(const struct ntfs *volume, UINT64 directory, struct bytes name)
{
	struct bytes record = ntfs_record(volume, directory), root, node, entry;

	if (!ntfs_is_directory(record))
		return 0;
	root = ntfs_attribute(volume, record, NTFS_INDEX_ROOT, "$I30").resident;
	node = slice(root, 16, root.size - 16);
	for (unsigned level = 0; level < MOST_LEVELS; level++) {
		if (search(node, name, &entry))
			return le64(entry, 0);
		if (!(le16(entry, 12) & ENTRY_HAS_NODE_BELOW))
			return 0;
		node = node_below(volume, record, entry, le32(root, 8));
	}
	fail("NTFS: an index of more than %u levels", (UINT64)MOST_LEVELS);
}

static struct bytes find(const struct ntfs *volume, struct bytes path)
{
	UINT64 at = ROOT_DIRECTORY, end;

	for (UINT64 start = 0; start < path.size; start = end) {
		if (le16(path, start) != '\\')
			fail("a path that does not begin at the root: %p", path);
		start += 2;
		for (end = start; end < path.size && le16(path, end) != '\\';)
			end += 2;
		at = child(volume, at, slice(path, start, end - start));
		if (!at)
			fail("there is no %p", path);
	}
	return ntfs_record(volume, at);
}

void ntfs_expect_directory(struct ntfs *volume, struct bytes path)
{
	if (!ntfs_is_directory(find(volume, path)))
		fail("%p is no directory", path);
}

struct bytes ntfs_read_file(struct ntfs *volume, struct bytes path)
{
	struct bytes record = find(volume, path);
	struct stream data;

	if (ntfs_is_directory(record))
		fail("%p is a directory", path);
	data = ntfs_attribute(volume, record, NTFS_DATA, "");
	if (data.size > MOST_FILE_BYTES)
		fail("%p has %u bytes", path, data.size);
	return ntfs_stream_read(volume, &data, 0, data.size);
}
