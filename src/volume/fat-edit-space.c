/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat-edit.h"

#include <string.h>

#include "base/alloc.h"

/* FAT specification, "FSInfo": signatures, free clusters, where to look first. */
#define INFO_BYTES 512
#define INFO_FREE 488
#define INFO_NEXT 492
#define UNKNOWN 0xffffffffu

/* In FAT[1] of FAT16 and FAT32, set when all is well: unmounted, no errors. */
#define CLEAN_16 0xc000u
#define CLEAN_32 0x0c000000u

/* ---------------------------------------------------------------- cells */

static uint32_t end_of(const struct wtg_fat_edit *fs)
{
	return fs->bits == 32 ? 0x0fffffff : fs->bits == 16 ? 0xffff : 0xfff;
}

static size_t cell_bytes(const struct wtg_fat_edit *fs)
{
	return fs->bits == 32 ? 4 : 2;
}

static uint64_t cell_at(const struct wtg_fat_edit *fs, uint32_t cluster)
{
	return fs->fat_at + (uint64_t)cluster * fs->bits / 8;
}

/* The cell with what it shares its bytes with: FAT12 a half of the neighbour, FAT32 four
 * reserved bits. */
static int read_raw(struct wtg_fat_edit *fs, uint32_t cluster, uint32_t *ret,
		    struct wtg_error *err)
{
	uint8_t bytes[4] = { 0 };

	if (wtg_draft_pread(fs->volume.draft, bytes, cell_bytes(fs), cell_at(fs, cluster), err) <
	    0)
		return -1;
	*ret = wtg_le32(bytes);
	return 0;
}

static unsigned shift_of(const struct wtg_fat_edit *fs, uint32_t cluster)
{
	return fs->bits == 12 && cluster % 2 ? 4 : 0;
}

int wtg_fat_edit_read_cell(struct wtg_fat_edit *fs, uint32_t cluster, uint32_t *ret,
			   struct wtg_error *err)
{
	uint32_t raw;

	if (read_raw(fs, cluster, &raw, err) < 0)
		return -1;
	*ret = raw >> shift_of(fs, cluster) & end_of(fs);
	return 0;
}

/* In all FATs. */
static int put_cell(struct wtg_fat_edit *fs, enum wtg_stage stage, uint32_t cluster,
		    uint32_t value, struct wtg_error *err)
{
	unsigned shift = shift_of(fs, cluster);
	uint8_t bytes[4];
	uint32_t raw;

	if (read_raw(fs, cluster, &raw, err) < 0)
		return -1;
	wtg_put_le32(bytes, (raw & ~(end_of(fs) << shift)) | value << shift);
	for (unsigned i = 0; i < fs->n_fats; i++)
		if (wtg_draft_pwrite(fs->volume.draft, stage, bytes, cell_bytes(fs),
				     cell_at(fs, cluster) + i * fs->fat_bytes, err) < 0)
			return -1;
	return 0;
}

/* ---------------------------------------------------------------- chains */

int wtg_fat_edit_clusters(struct wtg_fat_edit *fs, uint32_t first, uint32_t n, bool exactly,
			  struct wtg_clusters *ret, struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters found = { 0 };
	uint32_t cluster = first;

	while (cluster != 0 && cluster < (end_of(fs) & ~7u)) {
		if (!wtg_edit_is_cluster(&fs->volume, cluster))
			return wtg_edit_damaged(err, "a chain of clusters leads to %u", cluster);
		/* One that bites its tail becomes too long. */
		if (found.n_items == n)
			return wtg_edit_damaged(err, "a chain of clusters is too long");
		WTG_APPEND(&found, cluster);
		if (wtg_fat_edit_read_cell(fs, cluster, &cluster, err) < 0)
			return -1;
		if (cluster == 0)
			return wtg_edit_damaged(err, "a chain of clusters has no end");
	}
	if (exactly && found.n_items != n)
		return wtg_edit_damaged(err, "a chain of clusters is too short");
	*ret = found;
	found = (struct wtg_clusters){ 0 };
	return 0;
}

int wtg_fat_edit_link(struct wtg_fat_edit *fs, uint32_t last, uint32_t next,
		      struct wtg_error *err)
{
	WTG_APPEND(&fs->linked, last);
	return put_cell(fs, WTG_STAGE_LINK, last, next, err);
}

/* On FAT12 a cell that links later than its neighbour, which shares a byte with it, is taken
 * would be written with it: so that neighbour is not for the taking. */
static bool is_neighbour(const struct wtg_fat_edit *fs, uint32_t cluster)
{
	for (size_t i = 0; fs->bits == 12 && i < fs->linked.n_items; i++)
		if ((fs->linked.items[i] ^ 1) == cluster)
			return true;
	return false;
}

int wtg_fat_edit_is_used(struct wtg_edit_volume *volume, uint32_t cluster, bool *ret,
			 struct wtg_error *err)
{
	struct wtg_fat_edit *fs = wtg_fat_edit_of(volume);
	uint32_t value;

	if (wtg_fat_edit_read_cell(fs, cluster, &value, err) < 0)
		return -1;
	*ret = value != 0 || is_neighbour(fs, cluster);
	return 0;
}

int wtg_fat_edit_take(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		      struct wtg_error *err)
{
	struct wtg_fat_edit *fs = wtg_fat_edit_of(volume);

	for (size_t i = 0; i < clusters->n_items; i++) {
		bool last = i + 1 == clusters->n_items;

		if (put_cell(fs, WTG_STAGE_CONTENT, clusters->items[i],
			     last ? end_of(fs) : clusters->items[i + 1], err) < 0)
			return -1;
	}
	fs->n_freed -= (int64_t)clusters->n_items;
	return 0;
}

int wtg_fat_edit_release(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
			 struct wtg_error *err)
{
	struct wtg_fat_edit *fs = wtg_fat_edit_of(volume);

	if (wtg_fat_edit_check_own(fs, clusters, err) < 0)
		return -1;
	for (size_t i = 0; i < clusters->n_items; i++)
		if (put_cell(fs, WTG_STAGE_FREE, clusters->items[i], 0, err) < 0)
			return -1;
	fs->n_freed += (int64_t)clusters->n_items;
	return 0;
}

/* ---------------------------------------------------------------- FSInfo */

static int read_info(struct wtg_fat_edit *fs, uint8_t ret[static INFO_BYTES], bool *ret_valid,
		     struct wtg_error *err)
{
	*ret_valid = false;
	if (fs->info_at == 0)
		return 0;
	if (wtg_draft_pread(fs->volume.draft, ret, INFO_BYTES, fs->info_at, err) < 0)
		return -1;
	*ret_valid = wtg_le32(ret) == 0x41615252 && wtg_le32(ret + 484) == 0x61417272 &&
		     wtg_le32(ret + 508) == 0xaa550000;
	return 0;
}

/* A hint; where it was unknown or wrong it stays so. */
int wtg_fat_edit_finish(struct wtg_edit_volume *volume, struct wtg_error *err)
{
	struct wtg_fat_edit *fs = wtg_fat_edit_of(volume);
	uint8_t info[INFO_BYTES] = { 0 };
	int64_t free_clusters;
	bool valid;

	if (read_info(fs, info, &valid, err) < 0)
		return -1;
	free_clusters = wtg_le32(info + INFO_FREE) + fs->n_freed;
	if (!valid || fs->n_freed == 0 || wtg_le32(info + INFO_FREE) == UNKNOWN ||
	    free_clusters < 0 || free_clusters > volume->n_clusters)
		return 0;
	wtg_put_le32(info + INFO_FREE, (uint32_t)free_clusters);
	return wtg_draft_pwrite(volume->draft, WTG_STAGE_FREE, info + INFO_FREE, 4,
				fs->info_at + INFO_FREE, err);
}

/* ---------------------------------------------------------------- the volume */

static int check_flags(struct wtg_fat_edit *fs, const uint8_t boot[static 512],
		       struct wtg_error *err)
{
	uint32_t clean = fs->bits == 32 ? CLEAN_32 : fs->bits == 16 ? CLEAN_16 : 0, cell;

	if (fs->bits == 32 && wtg_le16(boot + 40) & 0x80)
		return wtg_fail(err, WTG_REFUSED, 0, "its FATs are not kept equal");
	if (fs->bits == 32 && wtg_le16(boot + 42) != 0)
		return wtg_fail(err, WTG_REFUSED, 0, "it is of an unknown version of FAT32");
	/* Linux has its own place for that. */
	if (boot[fs->bits == 32 ? 65 : 37] & 3)
		return wtg_edit_dirty(err, "fat");
	if (wtg_fat_edit_read_cell(fs, 1, &cell, err) < 0)
		return -1;
	return (cell & clean) == clean ? 0 : wtg_edit_dirty(err, "fat");
}

static int open_boot_sector(struct wtg_fat_edit *fs, uint64_t size_bytes, struct wtg_error *err)
{
	_cleanup_free_ struct wtg_fat *fat = wtg_alloc(sizeof(*fat));
	struct wtg_edit_volume *v = &fs->volume;
	uint8_t boot[512];
	const char *why;

	fat->window.length = size_bytes;
	if (wtg_draft_pread(v->draft, boot, sizeof(boot), 0, err) < 0)
		return -1;
	why = wtg_fat_judge_boot_sector(boot, fat);
	if (why)
		return wtg_edit_damaged(err, "%s", why);
	v->sector_bytes = fat->info.sector_bytes;
	v->cluster_bytes = fat->info.cluster_bytes;
	v->n_clusters = (uint32_t)fat->info.n_clusters;
	v->heap_at = fat->data_at;
	v->fixed_at = fat->root_at;
	v->fixed_bytes = fat->root_bytes;
	v->root = (struct wtg_node){ .is_dir = true, .first = fat->root_cluster };
	fs->bits = fat->info.bits;
	fs->n_fats = boot[16];
	fs->fat_at = fat->fat_at;
	fs->fat_bytes = fat->fat_bytes;
	if (fs->bits == 32 && wtg_le16(boot + 48) != 0 && wtg_le16(boot + 48) != 0xffff &&
	    wtg_le16(boot + 48) < wtg_le16(boot + 14))
		fs->info_at = (uint64_t)wtg_le16(boot + 48) * v->sector_bytes;
	if (fs->bits == 32 && !wtg_edit_is_cluster(v, v->root.first))
		return wtg_edit_damaged(err, "its root is nowhere");
	return check_flags(fs, boot, err);
}

static int open_volume(struct wtg_edit_volume *volume, uint64_t size_bytes,
		       struct wtg_error *err)
{
	struct wtg_fat_edit *fs = wtg_fat_edit_of(volume);
	uint8_t info[INFO_BYTES];
	bool valid;

	volume->ops = &wtg_fat_edit_ops;
	fs->letters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (open_boot_sector(fs, size_bytes, err) < 0 || read_info(fs, info, &valid, err) < 0)
		return -1;
	wtg_draft_set_sector(volume->draft, volume->sector_bytes);
	volume->hint = valid ? wtg_le32(info + INFO_NEXT) : 2;
	return 0;
}

static void close_volume(struct wtg_edit_volume *volume)
{
	struct wtg_fat_edit *fs = wtg_fat_edit_of(volume);

	wtg_clusters_done(&fs->linked);
	if (fs->letters)
		freelocale(fs->letters);
}

const struct wtg_edit_fs wtg_edit_fat = { sizeof(struct wtg_fat_edit), open_volume,
					  close_volume };
