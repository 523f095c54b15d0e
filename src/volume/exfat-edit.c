/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/exfat-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"

static bool in_use(uint8_t first_byte)
{
	return first_byte & 0x80;
}

static int clusters_of(struct wtg_edit_volume *volume, const struct wtg_node *node,
		       struct wtg_clusters *ret, struct wtg_error *err)
{
	uint32_t most = node->is_dir ? WTG_EDIT_MAX_DIRECTORY : WTG_EDIT_MAX_FILE;

	if (node->is_dir && node->size % volume->cluster_bytes != 0)
		return wtg_edit_damaged(err, "a directory is no whole clusters long");
	if (node->is_dir && node->parent && node->size == 0)
		return wtg_edit_damaged(err, "a directory has no cluster");
	return wtg_exfat_clusters(wtg_exfat_of(volume), node,
				  wtg_edit_count_clusters(volume, most), ret, err);
}

/* The set of that name, and where it is: 1, 0, or -1. */
static int find_set(struct wtg_exfat *fs, const struct wtg_dir *dir, const char *name,
		    size_t *ret_at, struct wtg_exfat_set *ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes name16 = wtg_utf16_from_utf8(name);
	size_t at = 0;
	int r;

	name16.size -= 2;
	do
		r = wtg_exfat_set_next(&dir->bytes, &at, ret_at, ret, err);
	while (r > 0 && (!wtg_exfat_set_has_name(fs, ret, &name16) ||
			 wtg_edit_is_retired(&fs->volume, dir, *ret_at)));
	return r;
}

static int find(struct wtg_edit_volume *volume, struct wtg_node *dir, const char *name,
		struct wtg_node *ret, struct wtg_error *err)
{
	_cleanup_(wtg_dir_done) struct wtg_dir loaded = { 0 };
	struct wtg_node node = { .parent = dir };
	struct wtg_exfat_set set;
	int r;

	if (wtg_edit_load(volume, dir, &loaded, err) < 0)
		return -1;
	r = find_set(wtg_exfat_of(volume), &loaded, name, &node.at, &set, err);
	if (r <= 0)
		return r;
	wtg_exfat_set_tell(&set, &node);
	if (node.valid_size > node.size)
		return wtg_edit_damaged(err, "more of a file is valid than there is");
	*ret = node;
	return 1;
}

static int add(struct wtg_edit_volume *volume, const struct wtg_node *node, const char *name,
	       struct wtg_error *err)
{
	struct wtg_exfat_set set;

	wtg_exfat_set_make(wtg_exfat_of(volume), node, name, &set);
	return wtg_edit_put_entries(volume, node->parent, set.bytes, set.n_entries, err);
}

/* ---------------------------------------------------------------- changing a set */

/*
 * What changes is in a set's first two entries, the checksum and the content's place.  In one
 * sector they are one write.  Where a sector ends between them (other programs make such sets),
 * the file gets a set elsewhere that lies in one, and then the old one is marked unused: cut
 * between, the file is there under its name twice, whole both times, the old content and the
 * new.
 */
static int update(struct wtg_edit_volume *volume, struct wtg_node *node, struct wtg_error *err)
{
	struct wtg_exfat *fs = wtg_exfat_of(volume);
	_cleanup_(wtg_dir_done) struct wtg_dir dir = { 0 };
	struct wtg_exfat_set set;
	size_t at = node->at, found_at;

	if (wtg_edit_load(volume, node->parent, &dir, err) < 0)
		return -1;
	if (wtg_exfat_set_next(&dir.bytes, &at, &found_at, &set, err) <= 0 || found_at != node->at)
		return wtg_edit_damaged(err, "a file's entries went away");
	wtg_exfat_set_update(fs, node, &set);
	if ((node->at + WTG_ENTRY_BYTES) % volume->sector_bytes != 0)
		return wtg_draft_pwrite(volume->draft, WTG_STAGE_ENTRY, set.bytes,
					2 * WTG_ENTRY_BYTES,
					wtg_dir_place(volume, &dir, node->at), err);
	if (set.n_entries * WTG_ENTRY_BYTES > volume->sector_bytes)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "its name is too long");
	if (wtg_edit_put_entries(volume, node->parent, set.bytes, set.n_entries, err) < 0)
		return -1;
	return wtg_edit_retire_entries(volume, node, err);
}

/* ---------------------------------------------------------------- longer directories */

static int zero_cluster(struct wtg_edit_volume *volume, uint32_t cluster, struct wtg_error *err)
{
	return wtg_draft_zero(volume->draft, WTG_STAGE_CONTENT, volume->cluster_bytes,
			      wtg_edit_cluster_at(volume, cluster), err);
}

/* The root is a chain whose length nobody says: one link makes it longer. */
static int grow_root(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		     struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters more = { 0 };
	struct wtg_exfat *fs = wtg_exfat_of(volume);

	if (wtg_edit_take(volume, 1, &more, err) < 0 ||
	    zero_cluster(volume, more.items[0], err) < 0 ||
	    wtg_exfat_put_link(fs, WTG_STAGE_CONTENT, more.items[0], WTG_EXFAT_END, err) < 0)
		return -1;
	return wtg_exfat_put_link(fs, WTG_STAGE_LINK, clusters->items[clusters->n_items - 1],
				  more.items[0], err);
}

/* What was to be marked unused in a cluster that moved. */
static void move_retired(struct wtg_edit_volume *volume, uint32_t from, uint32_t to)
{
	uint64_t start = wtg_edit_cluster_at(volume, from);

	for (size_t i = 0; i < volume->retired.n_items; i++) {
		uint64_t *at = &volume->retired.items[i].at;

		if (*at >= start && *at - start < volume->cluster_bytes)
			*at = wtg_edit_cluster_at(volume, to) + (*at - start);
	}
}

/*
 * Of others the entry says how long they are, and perhaps that they are no chain.  A copy with
 * one cluster more, and one change of that entry, is never half done; what is put into the copy
 * before the entry leads to it is not seen yet, and not missed.
 */
static int grow(struct wtg_edit_volume *volume, struct wtg_node *dir,
		const struct wtg_clusters *clusters, struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters copy = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	size_t n = clusters->n_items, size = n * volume->cluster_bytes;

	if (!dir->parent)
		return grow_root(volume, clusters, err);
	if (wtg_edit_take(volume, (uint32_t)n + 1, &copy, err) < 0 ||
	    wtg_edit_read(volume, clusters, size, &bytes, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (wtg_draft_pwrite(volume->draft, WTG_STAGE_CONTENT,
				     bytes.data + i * volume->cluster_bytes,
				     volume->cluster_bytes,
				     wtg_edit_cluster_at(volume, copy.items[i]), err) < 0)
			return -1;
		move_retired(volume, clusters->items[i], copy.items[i]);
	}
	if (zero_cluster(volume, copy.items[n], err) < 0)
		return -1;
	dir->first = copy.items[0];
	dir->size = dir->valid_size = size + volume->cluster_bytes;
	dir->contiguous = wtg_clusters_adjoin(&copy);
	wtg_edit_doom(volume, clusters);
	return update(volume, dir, err);
}

/* The percentage in use is left as it is, as Linux does; it counts no cluster exactly. */
static int finish(struct wtg_edit_volume *volume, struct wtg_error *err)
{
	(void)volume;
	(void)err;
	return 0;
}

const struct wtg_edit_ops wtg_exfat_ops = {
	.deleted = 0x05,
	.in_use = in_use,
	.is_used = wtg_exfat_is_used,
	.take = wtg_exfat_take,
	.release = wtg_exfat_release,
	.clusters_of = clusters_of,
	.find = find,
	.grow = grow,
	.add = add,
	.update = update,
	.finish = finish,
};
