/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat-edit.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "volume/fat-alias.h"

#define MAX_DIRECTORY_BYTES (65536 * WTG_ENTRY_BYTES) /* FAT specification */
#define MAX_ALIASES 9999
#define ATTRIBUTE_DIRECTORY 0x10
#define ATTRIBUTE_ARCHIVE 0x20

static bool in_use(uint8_t first_byte)
{
	return first_byte != 0 && first_byte != 0xe5;
}

static int clusters_of(struct wtg_edit_volume *volume, const struct wtg_node *node,
		       struct wtg_clusters *ret, struct wtg_error *err)
{
	uint32_t n = wtg_edit_count_clusters(volume, node->size);

	if (!node->is_dir && (node->size == 0) != (node->first == 0))
		return wtg_edit_damaged(err, "a file has a size and no clusters, or clusters alone");
	if (node->is_dir)
		n = wtg_edit_count_clusters(volume, MAX_DIRECTORY_BYTES);
	return wtg_fat_edit_clusters(wtg_fat_edit_of(volume), node->first, n, !node->is_dir, ret,
				     err);
}

/* ---------------------------------------------------------------- finding */

static bool has_name(const struct wtg_fat_edit *fs, const struct wtg_fat_slot *slot,
		     const char *name)
{
	return wtg_fat_names_equal(fs->letters, slot->name, name) ||
	       wtg_fat_names_equal(fs->letters, slot->short_name, name);
}

static int find(struct wtg_edit_volume *volume, struct wtg_node *dir, const char *name,
		struct wtg_node *ret, struct wtg_error *err)
{
	_cleanup_(wtg_dir_done) struct wtg_dir loaded = { 0 };
	struct wtg_fat_edit *fs = wtg_fat_edit_of(volume);
	struct wtg_fat_slot slot;
	size_t at = 0;

	if (wtg_edit_load(volume, dir, &loaded, err) < 0)
		return -1;
	do
		if (!wtg_fat_slot_next(&loaded.bytes, &at, &slot))
			return 0;
	while (!has_name(fs, &slot, name));
	*ret = (struct wtg_node){
		.is_dir = slot.directory,
		/* Before FAT32 the upper half of the field belonged to OS/2. */
		.first = fs->bits == 32 ? slot.first_cluster : slot.first_cluster & 0xffff,
		.size = slot.directory ? 0 : slot.size,
		.valid_size = slot.directory ? 0 : slot.size,
		.parent = dir,
		.at = slot.start,
		.n_entries = (at - slot.start) / WTG_ENTRY_BYTES,
	};
	if (ret->is_dir && ret->first == 0)
		return wtg_edit_damaged(err, "a directory is nowhere");
	return 1;
}

/* ---------------------------------------------------------------- entries */

static void put_content(const struct wtg_fat_edit *fs, uint8_t *entry, const struct wtg_node *node)
{
	uint32_t stamp = wtg_fat_timestamp(fs->volume.time);

	wtg_put_le16(entry + 18, (uint16_t)(stamp >> 16));
	wtg_put_le32(entry + 22, stamp);
	wtg_put_le16(entry + 20, (uint16_t)(node->first >> 16));
	wtg_put_le16(entry + 26, (uint16_t)node->first);
	wtg_put_le32(entry + 28, node->is_dir ? 0 : (uint32_t)node->size);
}

static void put_entry(const struct wtg_fat_edit *fs, uint8_t *entry, const void *alias,
		      const struct wtg_node *node)
{
	memcpy(entry, alias, 11);
	entry[11] = node->is_dir ? ATTRIBUTE_DIRECTORY : ATTRIBUTE_ARCHIVE;
	entry[13] = wtg_fat_hundredths(fs->volume.time);
	wtg_put_le32(entry + 14, wtg_fat_timestamp(fs->volume.time));
	put_content(fs, entry, node);
}

static bool alias_is_taken(const struct wtg_bytes *dir, const uint8_t alias[static 11])
{
	for (size_t at = 0; at < dir->size && dir->data[at] != 0; at += WTG_ENTRY_BYTES)
		if (memcmp(dir->data + at, alias, 11) == 0)
			return true;
	return false;
}

static int choose_alias(const struct wtg_bytes *dir, const char *name, uint8_t ret[static 11],
			bool *ret_needs_long, struct wtg_error *err)
{
	uint8_t plain[11];
	bool needs_long;

	if (wtg_fat_alias_propose(name, plain, &needs_long) && !alias_is_taken(dir, plain)) {
		memcpy(ret, plain, sizeof(plain));
		*ret_needs_long = needs_long;
		return 0;
	}
	for (uint32_t number = 1; number <= MAX_ALIASES; number++) {
		memcpy(ret, plain, sizeof(plain));
		wtg_fat_alias_number(ret, number);
		*ret_needs_long = true;
		if (!alias_is_taken(dir, ret))
			return 0;
	}
	return wtg_fail(err, WTG_UNSUITABLE, 0, "there is no short name left for it");
}

/* "." and ".."; the latter names cluster 0 where it is the root. */
static int put_dots(struct wtg_fat_edit *fs, const struct wtg_node *node, struct wtg_error *err)
{
	const struct wtg_node above = {
		.is_dir = true, .first = node->parent->parent ? node->parent->first : 0
	};
	uint8_t dots[2 * WTG_ENTRY_BYTES] = { 0 };

	put_entry(fs, dots, ".          ", node);
	put_entry(fs, dots + WTG_ENTRY_BYTES, "..         ", &above);
	return wtg_draft_pwrite(fs->volume.draft, WTG_STAGE_CONTENT, dots, sizeof(dots),
				wtg_edit_cluster_at(&fs->volume, node->first), err);
}

static int add(struct wtg_edit_volume *volume, const struct wtg_node *node, const char *name,
	       struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes name16 = wtg_utf16_from_utf8(name);
	_cleanup_(wtg_dir_done) struct wtg_dir dir = { 0 };
	struct wtg_fat_edit *fs = wtg_fat_edit_of(volume);
	uint8_t entries[16 * WTG_ENTRY_BYTES] = { 0 }, alias[11], *to = entries;
	bool needs_long;

	name16.size -= 2;
	if (node->is_dir && put_dots(fs, node, err) < 0)
		return -1;
	if (wtg_edit_load(volume, node->parent, &dir, err) < 0 ||
	    choose_alias(&dir.bytes, name, alias, &needs_long, err) < 0)
		return -1;
	if (needs_long)
		to = wtg_fat_put_long_name(to, &name16, alias);
	put_entry(fs, to, alias, node);
	return wtg_edit_put_entries(volume, node->parent, entries,
				    (size_t)(to - entries) / WTG_ENTRY_BYTES + 1, err);
}

/* All that changes is in the one entry with the short name. */
static int update(struct wtg_edit_volume *volume, struct wtg_node *node, struct wtg_error *err)
{
	_cleanup_(wtg_dir_done) struct wtg_dir dir = { 0 };
	size_t at = node->at + (node->n_entries - 1) * WTG_ENTRY_BYTES;
	uint8_t *entry;

	if (wtg_edit_load(volume, node->parent, &dir, err) < 0)
		return -1;
	entry = dir.bytes.data + at;
	entry[11] |= ATTRIBUTE_ARCHIVE;
	put_content(wtg_fat_edit_of(volume), entry, node);
	return wtg_draft_pwrite(volume->draft, WTG_STAGE_ENTRY, entry, WTG_ENTRY_BYTES,
				wtg_dir_place(volume, &dir, at), err);
}

static int grow(struct wtg_edit_volume *volume, struct wtg_node *dir,
		const struct wtg_clusters *clusters, struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters more = { 0 };
	size_t n = clusters->n_items;

	(void)dir;
	if (n == 0 || (n + 1) * volume->cluster_bytes > MAX_DIRECTORY_BYTES)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "its directory is full");
	if (wtg_edit_take(volume, 1, &more, err) < 0 ||
	    wtg_draft_zero(volume->draft, WTG_STAGE_CONTENT, volume->cluster_bytes,
			   wtg_edit_cluster_at(volume, more.items[0]), err) < 0)
		return -1;
	return wtg_fat_edit_link(wtg_fat_edit_of(volume), clusters->items[n - 1], more.items[0],
				 err);
}

const struct wtg_edit_ops wtg_fat_edit_ops = {
	.deleted = 0xe5,
	.head_is_last = true,
	.in_use = in_use,
	.is_used = wtg_fat_edit_is_used,
	.take = wtg_fat_edit_take,
	.release = wtg_fat_edit_release,
	.clusters_of = clusters_of,
	.find = find,
	.grow = grow,
	.add = add,
	.update = update,
	.finish = wtg_fat_edit_finish,
};
