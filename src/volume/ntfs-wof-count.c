/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many files of a volume are compressed as CompactOS does it: the index $R of
 * $Extend/$Reparse has a key for each reparse point.  Its blocks are read one after the other,
 * not walked as a tree, so that no tree can lead in a circle.
 */
#include "volume/ntfs.h"
#include "volume/ntfs-internal.h"

#include <errno.h>
#include <string.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/index.h>
#include <ntfs-3g/inode.h>

#include "base/alloc.h"
#include "volume/wof.h"

/* How many files are opened to see how they are packed: one is like the other. */
#define N_SAMPLES 16

#define MAX_BLOCK_BYTES 65536u

/* A million blocks: some hundred million files. */
#define MAX_BITMAP_BYTES (128 << 10)

/* Where things lie within an index; the names are those of ntfs-3g's layout.h. */
enum {
	ROOT_HEADER = 16,	/* INDEX_HEADER in INDEX_ROOT */
	BLOCK_HEADER = 24,	/* INDEX_HEADER in INDEX_BLOCK */
	ENTRY_LENGTH = 8,
	ENTRY_KEY_LENGTH = 10,
	ENTRY_FLAGS = 12,
	ENTRY_KEY = 16,
	KEY_FILE = 4,
	KEY_BYTES = 12,
};

struct counting {
	struct _ntfs_volume *volume;
	ntfs_inode *inode; /* of $Reparse */
	struct wtg_ntfs_compact found;
};

static ntfschar index_name[] = { const_cpu_to_le16('$'), const_cpu_to_le16('R') };

static void look_at_algorithm(struct counting *c, const uint8_t *key)
{
	ntfs_inode *inode = ntfs_inode_open(c->volume, MREF(wtg_le64(key + KEY_FILE)));
	const char *name;

	if (!inode)
		return;
	name = wtg_ntfs_algorithm(inode);
	(void)ntfs_inode_close(inode);
	if (name && c->found.algorithm && strcmp(c->found.algorithm, name) != 0)
		name = "several algorithms";
	if (name)
		c->found.algorithm = name;
}

/* The entries behind a header of an index, in a buffer that ends at end. */
static void count_entries(struct counting *c, const uint8_t *header, const uint8_t *end)
{
	size_t room = (size_t)(end - header), at;

	if (room < 16)
		return;
	if (wtg_le32(header + 4) < room)
		room = wtg_le32(header + 4);
	at = wtg_le32(header);
	while (at < room && room - at >= ENTRY_KEY + KEY_BYTES) {
		const uint8_t *entry = header + at;
		uint16_t length = wtg_le16(entry + ENTRY_LENGTH);

		if (length < ENTRY_KEY || wtg_le16(entry + ENTRY_FLAGS) & 2 /* the last */)
			return;
		if (wtg_le16(entry + ENTRY_KEY_LENGTH) == KEY_BYTES &&
		    wtg_le32(entry + ENTRY_KEY) == WTG_WOF_TAG) {
			if (c->found.n_files++ < N_SAMPLES)
				look_at_algorithm(c, entry + ENTRY_KEY);
		}
		at += length;
	}
}

/* All of one of the index's attributes; NULL where it is not there, or larger than max. */
static uint8_t *read_attribute(const struct counting *c, ATTR_TYPES type, s64 max,
			       s64 *ret_size)
{
	ntfs_attr *attribute = ntfs_attr_open(c->inode, type, index_name, 2);
	uint8_t *data = NULL;

	if (!attribute)
		return NULL;
	if (attribute->data_size > 0 && attribute->data_size <= max) {
		data = wtg_alloc((size_t)attribute->data_size);
		*ret_size = ntfs_attr_pread(attribute, 0, attribute->data_size, data);
	}
	ntfs_attr_close(attribute);
	return data;
}

static void count_blocks(struct counting *c, uint32_t block_bytes)
{
	_cleanup_free_ uint8_t *block = wtg_alloc(block_bytes), *bitmap = NULL;
	ntfs_attr *blocks =
		ntfs_attr_open(c->inode, AT_INDEX_ALLOCATION, index_name, 2);
	s64 n_bytes = 0;

	if (!blocks)
		return;
	bitmap = read_attribute(c, AT_BITMAP, MAX_BITMAP_BYTES, &n_bytes);
	for (s64 i = 0; bitmap && i < n_bytes * 8 &&
			i < blocks->data_size / (s64)block_bytes; i++)
		if (bitmap[i / 8] & 1 << i % 8 &&
		    ntfs_attr_mst_pread(blocks, i * block_bytes, 1, block_bytes, block) == 1)
			count_entries(c, block + BLOCK_HEADER, block + block_bytes);
	ntfs_attr_close(blocks);
}

static void count(struct counting *c)
{
	s64 size = 0;
	_cleanup_free_ uint8_t *root =
		read_attribute(c, AT_INDEX_ROOT, MAX_BLOCK_BYTES, &size);
	uint32_t block_bytes;

	if (size < ROOT_HEADER)
		return;
	block_bytes = wtg_le32(root + 8);
	count_entries(c, root + ROOT_HEADER, root + size);
	if (block_bytes >= 512 && block_bytes <= MAX_BLOCK_BYTES && block_bytes % 512 == 0)
		count_blocks(c, block_bytes);
}

int wtg_ntfs_count_compact(struct wtg_ntfs *ntfs, struct wtg_ntfs_compact *ret,
			   struct wtg_error *err)
{
	struct counting c = { .volume = ntfs->volume };

	/* The root of a volume that was never used has none. */
	c.inode = ntfs_pathname_to_inode(ntfs->volume, NULL, "$Extend/$Reparse");
	if (c.inode) {
		count(&c);
		(void)ntfs_inode_close(c.inode);
	}
	if (ntfs->device->error.message)
		return wtg_fail(err, ntfs->device->error.kind, 0,
				"read the reparse points of the volume: %s",
				ntfs->device->error.message);
	*ret = c.found;
	return 0;
}
