/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/exfat-inner.h"

#include <inttypes.h>

#include "base/alloc.h"

/* ---------------------------------------------------------------- the FAT (4.1) */

static int follow(struct wtg_exfat *fs, uint32_t cluster, uint32_t *ret, struct wtg_error *err)
{
	uint8_t cell[4];

	if (wtg_draft_pread(fs->volume.draft, cell, sizeof(cell),
			    fs->fat_at + 4 * (uint64_t)cluster, err) < 0)
		return -1;
	*ret = wtg_le32(cell);
	return 0;
}

int wtg_exfat_put_link(struct wtg_exfat *fs, enum wtg_stage stage, uint32_t cluster,
		       uint32_t next, struct wtg_error *err)
{
	uint8_t cell[4];

	wtg_put_le32(cell, next);
	return wtg_draft_pwrite(fs->volume.draft, stage, cell, sizeof(cell),
				fs->fat_at + 4 * (uint64_t)cluster, err);
}

static int follow_chain(struct wtg_exfat *fs, uint32_t first, uint32_t max,
			struct wtg_clusters *ret, struct wtg_error *err)
{
	uint32_t cluster = first;

	while (cluster != WTG_EXFAT_END) {
		if (!wtg_edit_is_cluster(&fs->volume, cluster))
			return wtg_edit_damaged(err, "a chain of clusters leads to %u", cluster);
		/* One that bites its tail becomes too long. */
		if (ret->n_items == max)
			return wtg_edit_damaged(err, "a chain of clusters is too long");
		WTG_APPEND(ret, cluster);
		if (follow(fs, cluster, &cluster, err) < 0)
			return -1;
	}
	return 0;
}

int wtg_exfat_clusters(struct wtg_exfat *fs, const struct wtg_node *node, uint32_t max,
		       struct wtg_clusters *ret, struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters found = { 0 };
	uint32_t n = wtg_edit_count_clusters(&fs->volume, node->size);

	if (node->size > (uint64_t)max * fs->volume.cluster_bytes)
		return wtg_edit_damaged(err, "%" PRIu64 " bytes cannot be", node->size);
	if (node->size > 0)
		max = n;
	if (node->contiguous) {
		if (n > 0 && (!wtg_edit_is_cluster(&fs->volume, node->first) ||
			      n > fs->volume.n_clusters - (node->first - 2)))
			return wtg_edit_damaged(err, "clusters from %u on are not all there",
						node->first);
		for (uint32_t i = 0; i < n; i++)
			WTG_APPEND(&found, node->first + i);
	} else if (node->first != 0 || n > 0) {
		if (follow_chain(fs, node->first, max, &found, err) < 0)
			return -1;
	}
	if (node->size > 0 && found.n_items != n)
		return wtg_edit_damaged(err, "a chain of clusters is too short");
	*ret = found;
	found = (struct wtg_clusters){ 0 };
	return 0;
}

/* ---------------------------------------------------------------- the bitmap (7.1) */

static uint64_t bit_at(const struct wtg_exfat *fs, uint32_t cluster)
{
	uint64_t byte = (cluster - 2) / 8;

	return wtg_edit_cluster_at(&fs->volume,
				   fs->bitmap.items[byte / fs->volume.cluster_bytes]) +
	       byte % fs->volume.cluster_bytes;
}

int wtg_exfat_is_used(struct wtg_edit_volume *volume, uint32_t cluster, bool *ret,
		      struct wtg_error *err)
{
	uint8_t byte;

	if (wtg_draft_pread(volume->draft, &byte, 1, bit_at(wtg_exfat_of(volume), cluster),
			    err) < 0)
		return -1;
	*ret = byte >> (cluster - 2) % 8 & 1;
	return 0;
}

static int put_bits(struct wtg_edit_volume *volume, enum wtg_stage stage, bool used,
		    const struct wtg_clusters *clusters, struct wtg_error *err)
{
	for (size_t i = 0; i < clusters->n_items; i++) {
		uint32_t cluster = clusters->items[i];
		uint64_t at = bit_at(wtg_exfat_of(volume), cluster);
		uint8_t byte, bit = (uint8_t)(1u << (cluster - 2) % 8);

		if (wtg_draft_pread(volume->draft, &byte, 1, at, err) < 0)
			return -1;
		byte = used ? byte | bit : byte & (uint8_t)~bit;
		if (wtg_draft_pwrite(volume->draft, stage, &byte, 1, at, err) < 0)
			return -1;
	}
	return 0;
}

/* Side by side they need no chain: as Windows and Linux make files, too. */
int wtg_exfat_take(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		   struct wtg_error *err)
{
	if (put_bits(volume, WTG_STAGE_CONTENT, true, clusters, err) < 0)
		return -1;
	if (wtg_clusters_adjoin(clusters))
		return 0;
	for (size_t i = 0; i < clusters->n_items; i++) {
		bool last = i + 1 == clusters->n_items;

		if (wtg_exfat_put_link(wtg_exfat_of(volume), WTG_STAGE_CONTENT,
				       clusters->items[i],
				       last ? WTG_EXFAT_END : clusters->items[i + 1], err) < 0)
			return -1;
	}
	return 0;
}

/* What the FAT says of free clusters means nothing. */
int wtg_exfat_release(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		      struct wtg_error *err)
{
	return put_bits(volume, WTG_STAGE_FREE, false, clusters, err);
}
