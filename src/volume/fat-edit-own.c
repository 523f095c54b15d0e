/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat-edit.h"

#include "base/alloc.h"

/* Of an entry (FAT specification, "Directory Structure"). */
#define ATTRIBUTES 11
#define LABEL 0x08 /* a long name's slots have it, too */
#define DIRECTORY 0x10

/* A walk over all that is in use: whose each cluster is. */
struct walk {
	struct wtg_fat_edit *fs;
	uint8_t *seen; /* a bit for each cluster */
	struct wtg_clusters directories; /* first clusters of those still to be looked through */
};

static void walk_done(struct walk *walk)
{
	free(walk->seen);
	wtg_clusters_done(&walk->directories);
}

static int claim(struct walk *walk, uint32_t cluster, struct wtg_error *err)
{
	uint8_t *byte = &walk->seen[cluster / 8], bit = (uint8_t)(1u << cluster % 8);

	if (*byte & bit)
		return wtg_edit_damaged(err, "two files share cluster %u", cluster);
	*byte |= bit;
	return 0;
}

/* What leads nowhere harms nobody else's clusters. */
static int claim_file(struct walk *walk, uint32_t cluster, struct wtg_error *err)
{
	while (wtg_edit_is_cluster(&walk->fs->volume, cluster))
		if (claim(walk, cluster, err) < 0 ||
		    wtg_fat_edit_read_cell(walk->fs, cluster, &cluster, err) < 0)
			return -1;
	return 0;
}

/* *ret_end: no entry behind these is in use. */
static int claim_entries(struct walk *walk, const uint8_t *entries, size_t size, bool *ret_end,
			 struct wtg_error *err)
{
	for (const uint8_t *e = entries; e < entries + size; e += WTG_ENTRY_BYTES) {
		uint32_t first = wtg_le16(e + 26);

		if (e[0] == 0) {
			*ret_end = true;
			return 0;
		}
		/* Deleted; "." and "..". */
		if (e[0] == wtg_fat_edit_ops.deleted || e[0] == '.' || e[ATTRIBUTES] & LABEL)
			continue;
		if (walk->fs->bits == 32)
			first |= (uint32_t)wtg_le16(e + 20) << 16;
		if (e[ATTRIBUTES] & DIRECTORY)
			WTG_APPEND(&walk->directories, first);
		else if (claim_file(walk, first, err) < 0)
			return -1;
	}
	return 0;
}

static int claim_directory(struct walk *walk, uint32_t cluster, struct wtg_error *err)
{
	const struct wtg_edit_volume *volume = &walk->fs->volume;
	_cleanup_free_ uint8_t *entries = wtg_alloc(volume->cluster_bytes);
	bool ended = false;

	while (wtg_edit_is_cluster(volume, cluster)) {
		if (claim(walk, cluster, err) < 0)
			return -1;
		if (!ended &&
		    (wtg_draft_pread(volume->draft, entries, volume->cluster_bytes,
				     wtg_edit_cluster_at(volume, cluster), err) < 0 ||
		     claim_entries(walk, entries, volume->cluster_bytes, &ended, err) < 0))
			return -1;
		if (wtg_fat_edit_read_cell(walk->fs, cluster, &cluster, err) < 0)
			return -1;
	}
	return 0;
}

/* Of FAT12 and FAT16 it has a place of its own. */
static int claim_root(struct walk *walk, struct wtg_error *err)
{
	const struct wtg_edit_volume *volume = &walk->fs->volume;
	_cleanup_free_ uint8_t *entries = NULL;
	bool ended = false;

	if (volume->fixed_bytes == 0)
		return claim_directory(walk, volume->root.first, err);
	entries = wtg_alloc(volume->fixed_bytes);
	if (wtg_draft_pread(volume->draft, entries, volume->fixed_bytes, volume->fixed_at, err) <
	    0)
		return -1;
	return claim_entries(walk, entries, volume->fixed_bytes, &ended, err);
}

int wtg_fat_edit_check_own(struct wtg_fat_edit *fs, const struct wtg_clusters *clusters,
			   struct wtg_error *err)
{
	_cleanup_(walk_done) struct walk walk = { .fs = fs };

	walk.seen = wtg_try_alloc(fs->volume.n_clusters / 8 + 1, "a map of clusters", err);
	if (!walk.seen)
		return -1;
	for (size_t i = 0; i < clusters->n_items; i++)
		if (claim(&walk, clusters->items[i], err) < 0)
			return -1;
	if (claim_root(&walk, err) < 0)
		return -1;
	for (size_t i = 0; i < walk.directories.n_items; i++)
		if (claim_directory(&walk, walk.directories.items[i], err) < 0)
			return -1;
	return 0;
}
