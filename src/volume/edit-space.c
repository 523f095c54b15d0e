/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/edit-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"

void wtg_clusters_done(struct wtg_clusters *clusters)
{
	free(clusters->items);
	*clusters = (struct wtg_clusters){ 0 };
}

bool wtg_edit_is_cluster(const struct wtg_edit_volume *volume, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < volume->n_clusters;
}

uint64_t wtg_edit_cluster_at(const struct wtg_edit_volume *volume, uint32_t cluster)
{
	return volume->heap_at + (uint64_t)(cluster - 2) * volume->cluster_bytes;
}

uint32_t wtg_edit_count_clusters(const struct wtg_edit_volume *volume, uint64_t size_bytes)
{
	return (uint32_t)(wtg_round_up(size_bytes, volume->cluster_bytes) /
			  volume->cluster_bytes);
}

bool wtg_clusters_adjoin(const struct wtg_clusters *clusters)
{
	for (size_t i = 1; i < clusters->n_items; i++)
		if (clusters->items[i] != clusters->items[i - 1] + 1)
			return false;
	return true;
}

/* ---------------------------------------------------------------- what is free */

static void set_run(struct wtg_clusters *clusters, uint32_t first, uint32_t n)
{
	clusters->n_items = 0;
	for (uint32_t i = 0; i < n; i++)
		WTG_APPEND(clusters, first + i);
}

/* The first n side by side, else the first n. */
static int find_free(struct wtg_edit_volume *volume, uint32_t n, struct wtg_clusters *ret,
		     struct wtg_error *err)
{
	uint32_t run = 0, cluster = volume->hint;

	if (!wtg_edit_is_cluster(volume, cluster))
		cluster = 2;
	for (uint32_t i = 0; i < volume->n_clusters; i++) {
		bool is_used;

		if (volume->ops->is_used(volume, cluster, &is_used, err) < 0)
			return -1;
		run = is_used ? 0 : run + 1;
		if (run == n) {
			set_run(ret, cluster - n + 1, n);
			return 0;
		}
		if (!is_used && ret->n_items < n)
			WTG_APPEND(ret, cluster);
		if (++cluster - 2 == volume->n_clusters) {
			cluster = 2;
			run = 0;
		}
	}
	if (ret->n_items == n)
		return 0;
	return wtg_fail(err, WTG_UNSUITABLE, 0, "the volume has no room left");
}

int wtg_edit_check_used(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
			struct wtg_error *err)
{
	for (size_t i = 0; i < clusters->n_items; i++) {
		bool is_used;

		if (volume->ops->is_used(volume, clusters->items[i], &is_used, err) < 0)
			return -1;
		if (!is_used)
			return wtg_edit_damaged(err, "cluster %u counts as free, and is not",
						clusters->items[i]);
	}
	return 0;
}

int wtg_edit_take(struct wtg_edit_volume *volume, uint32_t n, struct wtg_clusters *ret,
		  struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters found = { 0 };

	if (find_free(volume, n, &found, err) < 0 ||
	    volume->ops->take(volume, &found, err) < 0)
		return -1;
	volume->hint = found.items[n - 1] + 1;
	*ret = found;
	found = (struct wtg_clusters){ 0 };
	return 0;
}

void wtg_edit_doom(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters)
{
	for (size_t i = 0; i < clusters->n_items; i++)
		WTG_APPEND(&volume->doomed, clusters->items[i]);
}

/* ---------------------------------------------------------------- what is in them */

/* Up to its sector's end: what was there before is nobody's. */
static int put_cluster(struct wtg_edit_volume *volume, uint32_t cluster, const uint8_t *data,
		       size_t size, struct wtg_error *err)
{
	uint64_t at = wtg_edit_cluster_at(volume, cluster);
	size_t padding = (size_t)(wtg_round_up(size, volume->sector_bytes) - size);

	if (wtg_draft_pwrite(volume->draft, WTG_STAGE_CONTENT, data, size, at, err) < 0)
		return -1;
	return padding == 0 ? 0
			    : wtg_draft_zero(volume->draft, WTG_STAGE_CONTENT, padding,
					     at + size, err);
}

int wtg_edit_put_content(struct wtg_edit_volume *volume, const void *data, size_t size,
			 struct wtg_node *node, struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters clusters = { 0 };
	const uint8_t *from = data;
	size_t left = size;

	if (size > 0 && wtg_edit_take(volume, wtg_edit_count_clusters(volume, size), &clusters,
				      err) < 0)
		return -1;
	for (size_t i = 0; i < clusters.n_items; i++) {
		size_t n = left < volume->cluster_bytes ? left : volume->cluster_bytes;

		if (put_cluster(volume, clusters.items[i], from, n, err) < 0)
			return -1;
		from += n;
		left -= n;
	}
	node->first = size > 0 ? clusters.items[0] : 0;
	node->size = node->valid_size = size;
	node->contiguous = size > 0 && wtg_clusters_adjoin(&clusters);
	return 0;
}

int wtg_edit_read(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		  uint64_t size_bytes, struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };

	bytes.data = wtg_try_alloc(size_bytes > 0 ? (size_t)size_bytes : 1, "a file", err);
	if (!bytes.data)
		return -1;
	for (size_t i = 0; i < clusters->n_items && bytes.size < size_bytes; i++) {
		uint64_t left = size_bytes - bytes.size;
		size_t n = left < volume->cluster_bytes ? (size_t)left : volume->cluster_bytes;

		if (wtg_draft_pread(volume->draft, bytes.data + bytes.size, n,
				    wtg_edit_cluster_at(volume, clusters->items[i]), err) < 0)
			return -1;
		bytes.size += n;
	}
	if (bytes.size < size_bytes)
		return wtg_edit_damaged(err, "a chain of clusters is too short");
	*ret = bytes;
	bytes = (struct wtg_bytes){ 0 };
	return 0;
}
