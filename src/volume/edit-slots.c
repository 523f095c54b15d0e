/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/edit-inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void wtg_dir_done(struct wtg_dir *dir)
{
	wtg_bytes_done(&dir->bytes);
	wtg_clusters_done(&dir->clusters);
}

int wtg_edit_load(struct wtg_edit_volume *volume, const struct wtg_node *node,
		  struct wtg_dir *ret, struct wtg_error *err)
{
	_cleanup_(wtg_dir_done) struct wtg_dir dir = { 0 };

	if (!node->parent && volume->fixed_bytes > 0) {
		dir.bytes.data = wtg_alloc(volume->fixed_bytes);
		dir.bytes.size = volume->fixed_bytes;
		if (wtg_draft_pread(volume->draft, dir.bytes.data, dir.bytes.size,
				    volume->fixed_at, err) < 0)
			return -1;
	} else if (volume->ops->clusters_of(volume, node, &dir.clusters, err) < 0 ||
	    wtg_edit_check_used(volume, &dir.clusters, err) < 0 ||
	    wtg_edit_read(volume, &dir.clusters,
			  (uint64_t)dir.clusters.n_items * volume->cluster_bytes, &dir.bytes,
			  err) < 0) {
		return -1;
	}
	*ret = dir;
	dir = (struct wtg_dir){ 0 };
	return 0;
}

uint64_t wtg_dir_place(const struct wtg_edit_volume *volume, const struct wtg_dir *dir, size_t at)
{
	if (dir->clusters.n_items == 0)
		return volume->fixed_at + at;
	return wtg_edit_cluster_at(volume, dir->clusters.items[at / volume->cluster_bytes]) +
	       at % volume->cluster_bytes;
}

/* ---------------------------------------------------------------- room for entries */

/* The first entry that ends the directory: after it all are unused, whatever they hold. */
static size_t find_end(const struct wtg_bytes *dir)
{
	size_t at = 0;

	while (at < dir->size && dir->data[at] != 0)
		at += WTG_ENTRY_BYTES;
	return at;
}

/* size bytes of unused entries in one sector; SIZE_MAX if there are none. */
static size_t find_room(const struct wtg_edit_volume *volume, const struct wtg_bytes *dir,
			size_t end, size_t size)
{
	size_t free_bytes = 0;

	for (size_t at = 0; at < dir->size; at += WTG_ENTRY_BYTES) {
		if (at % volume->sector_bytes == 0)
			free_bytes = 0;
		free_bytes += WTG_ENTRY_BYTES;
		if (at < end && volume->ops->in_use(dir->data[at]))
			free_bytes = 0;
		if (free_bytes >= size)
			return at + WTG_ENTRY_BYTES - size;
	}
	return SIZE_MAX;
}

/*
 * Entries at `at` may be the last: then none up to them may end the directory any more, and the
 * one behind them must.  To be there before they are; and they themselves are marked unused, or
 * else a set behind them that is written before they are would lie behind the end.
 */
static int move_end(struct wtg_edit_volume *volume, const struct wtg_dir *dir, size_t end,
		    size_t next, struct wtg_error *err)
{
	if (next <= end)
		return 0;
	for (; end < next; end += WTG_ENTRY_BYTES)
		if (wtg_draft_pwrite(volume->draft, WTG_STAGE_LINK, &volume->ops->deleted, 1,
				     wtg_dir_place(volume, dir, end), err) < 0)
			return -1;
	if (next >= dir->bytes.size || dir->bytes.data[next] == 0)
		return 0;
	return wtg_draft_zero(volume->draft, WTG_STAGE_LINK, 1, wtg_dir_place(volume, dir, next),
			      err);
}

/* 1: they are there; 0: no room. */
static int try_put(struct wtg_edit_volume *volume, struct wtg_dir *dir, const uint8_t *entries,
		   size_t size, struct wtg_error *err)
{
	size_t end = find_end(&dir->bytes);
	size_t at = find_room(volume, &dir->bytes, end, size);

	if (at == SIZE_MAX)
		return 0;
	if (move_end(volume, dir, end, at + size, err) < 0 ||
	    wtg_draft_pwrite(volume->draft, WTG_STAGE_ENTRY, entries, size,
			     wtg_dir_place(volume, dir, at), err) < 0)
		return -1;
	return 1;
}

int wtg_edit_put_entries(struct wtg_edit_volume *volume, struct wtg_node *node,
			 const uint8_t *entries, size_t n_entries, struct wtg_error *err)
{
	size_t size = n_entries * WTG_ENTRY_BYTES;
	_cleanup_(wtg_dir_done) struct wtg_dir dir = { 0 }, longer = { 0 };
	int r;

	if (wtg_edit_load(volume, node, &dir, err) < 0)
		return -1;
	r = try_put(volume, &dir, entries, size, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (dir.bytes.size >= WTG_EDIT_MAX_DIRECTORY)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "a directory is full");
	if (volume->ops->grow(volume, node, &dir.clusters, err) < 0 ||
	    wtg_edit_load(volume, node, &longer, err) < 0)
		return -1;
	r = try_put(volume, &longer, entries, size, err);
	return r == 0 ? wtg_edit_damaged(err, "a directory has no room in a new cluster")
		      : r < 0 ? -1 : 0;
}

/* ---------------------------------------------------------------- taking them away */

/*
 * First the entry that makes a set of them, with what shares its sector, the others last: cut
 * between, these are left and belong to nothing, which all readers pass over.
 */
static int take_away(struct wtg_edit_volume *volume, const struct wtg_node *node,
		     enum wtg_stage stage, struct wtg_error *err)
{
	_cleanup_(wtg_dir_done) struct wtg_dir dir = { 0 };
	size_t head = volume->ops->head_is_last ? node->n_entries - 1 : 0;

	if (wtg_edit_load(volume, node->parent, &dir, err) < 0)
		return -1;
	head = (node->at + head * WTG_ENTRY_BYTES) / volume->sector_bytes;
	for (size_t i = 0; i < node->n_entries; i++) {
		size_t at = node->at + i * WTG_ENTRY_BYTES;
		struct wtg_place place = { wtg_dir_place(volume, &dir, at), stage };

		if (at / volume->sector_bytes != head)
			place.stage = WTG_STAGE_FREE;
		if (place.stage != WTG_STAGE_ENTRY)
			WTG_APPEND(&volume->retired, place);
		else if (wtg_draft_pwrite(volume->draft, WTG_STAGE_ENTRY, &volume->ops->deleted, 1,
					  place.at, err) < 0)
			return -1;
	}
	return 0;
}

int wtg_edit_drop_entries(struct wtg_edit_volume *volume, const struct wtg_node *node,
			  struct wtg_error *err)
{
	return take_away(volume, node, WTG_STAGE_ENTRY, err);
}

int wtg_edit_retire_entries(struct wtg_edit_volume *volume, const struct wtg_node *node,
			    struct wtg_error *err)
{
	return take_away(volume, node, WTG_STAGE_RETIRE, err);
}

bool wtg_edit_is_retired(const struct wtg_edit_volume *volume, const struct wtg_dir *dir,
			 size_t at)
{
	uint64_t place = wtg_dir_place(volume, dir, at);

	for (size_t i = 0; i < volume->retired.n_items; i++)
		if (volume->retired.items[i].at == place)
			return true;
	return false;
}
