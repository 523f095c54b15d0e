/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/exfat-inner.h"

#include <string.h>

#include "base/alloc.h"

#define BOOT_BYTES 512
#define CHECKSUM_SECTOR 11

/* 3.1.13, Table 8 */
#define FLAG_SECOND_FAT 0x01
#define FLAG_DIRTY 0x02
#define FLAG_FAILED 0x04

#define MAX_CLUSTER_SHIFT 25
#define MAX_UPCASE_BYTES (WTG_EXFAT_UPCASE_UNITS * 2)

/* ---------------------------------------------------------------- boot region (3) */

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* What is wrong with it, or NULL. */
static const char *judge_boot_sector(const uint8_t boot[static BOOT_BYTES])
{
	unsigned sector_shift = boot[108], cluster_shift = sector_shift + boot[109];

	if (memcmp(boot + 3, "EXFAT   ", 8) != 0 || wtg_le16(boot + 510) != 0xaa55 ||
	    !is_zero(boot + 11, 53))
		return "it has no exFAT boot sector";
	if (boot[105] != 1)
		return "its revision is unknown";
	if (sector_shift < 9 || sector_shift > 12 || cluster_shift > MAX_CLUSTER_SHIFT)
		return "its sectors or clusters have a size that cannot be";
	return NULL;
}

/* Where everything is; every number bounded by the next. */
static const char *judge_places(struct wtg_exfat *fs, const uint8_t boot[static BOOT_BYTES],
				uint64_t window_bytes)
{
	struct wtg_edit_volume *v = &fs->volume;
	uint64_t sector = UINT64_C(1) << boot[108], size = wtg_le64(boot + 72);
	uint64_t fat = wtg_le32(boot + 80), fat_length = wtg_le32(boot + 84);
	uint64_t heap = wtg_le32(boot + 88), n_clusters = wtg_le32(boot + 92);

	v->sector_bytes = (uint32_t)sector;
	v->cluster_bytes = (uint32_t)(sector << boot[109]);
	if (size > window_bytes / sector)
		return "it is larger than its partition";
	if (fat < 24 || fat_length * sector / 4 < n_clusters + 2 || heap < fat + fat_length ||
	    heap > size || n_clusters == 0 || n_clusters > 0xfffffff5 ||
	    n_clusters > (size - heap) * sector / v->cluster_bytes)
		return "its areas do not fit it";
	fs->fat_at = fat * sector;
	v->heap_at = heap * sector;
	v->n_clusters = (uint32_t)n_clusters;
	v->root.first = wtg_le32(boot + 96);
	v->root.is_dir = true;
	if (!wtg_edit_is_cluster(v, v->root.first))
		return "its root is nowhere";
	return NULL;
}

static int check_region_sum(struct wtg_exfat *fs, struct wtg_error *err)
{
	uint32_t sector = fs->volume.sector_bytes;
	_cleanup_free_ uint8_t *region = wtg_alloc((CHECKSUM_SECTOR + 1u) * sector);
	uint32_t sum;

	if (wtg_draft_pread(fs->volume.draft, region, (CHECKSUM_SECTOR + 1u) * sector, 0, err) < 0)
		return -1;
	sum = wtg_exfat_region_sum(region, (size_t)CHECKSUM_SECTOR * sector);
	for (size_t i = 0; i < sector; i += 4)
		if (wtg_le32(region + (size_t)CHECKSUM_SECTOR * sector + i) != sum)
			return wtg_edit_damaged(err, "its boot region's checksum is wrong");
	return 0;
}

static int judge_flags(const uint8_t boot[static BOOT_BYTES], struct wtg_error *err)
{
	uint16_t flags = wtg_le16(boot + 106);

	if (flags & FLAG_DIRTY)
		return wtg_edit_dirty(err, "exfat");
	if (flags & FLAG_FAILED)
		return wtg_fail(err, WTG_REFUSED, 0, "the volume is marked as one that had read "
						     "or write failures");
	if (boot[110] != 1 || flags & FLAG_SECOND_FAT)
		return wtg_fail(err, WTG_REFUSED, 0, "it has two FATs (TexFAT)");
	return 0;
}

static int open_boot_region(struct wtg_exfat *fs, uint64_t window_bytes, struct wtg_error *err)
{
	uint8_t boot[BOOT_BYTES];
	const char *why;

	if (wtg_draft_pread(fs->volume.draft, boot, sizeof(boot), 0, err) < 0)
		return -1;
	why = judge_boot_sector(boot);
	if (!why)
		why = judge_places(fs, boot, window_bytes);
	if (why)
		return wtg_edit_damaged(err, "%s", why);
	if (check_region_sum(fs, err) < 0)
		return -1;
	return judge_flags(boot, err);
}

/* ---------------------------------------------------------------- bitmap and letters (7.1, 7.2) */

static int open_bitmap(struct wtg_exfat *fs, const uint8_t *entry, struct wtg_error *err)
{
	const struct wtg_node node = { .first = wtg_le32(entry + 20),
				       .size = wtg_le64(entry + 24) };
	uint32_t least = (fs->volume.n_clusters + 7) / 8;

	if (entry[1] & 1 || fs->bitmap.n_items > 0)
		return wtg_fail(err, WTG_REFUSED, 0, "it has two allocation bitmaps (TexFAT)");
	if (node.size < least)
		return wtg_edit_damaged(err, "its allocation bitmap is too short");
	/* A byte for each cluster is too much already, and what a list of them costs is bounded. */
	return wtg_exfat_clusters(fs, &node,
				  wtg_edit_count_clusters(&fs->volume, fs->volume.n_clusters),
				  &fs->bitmap, err);
}

/* A unit of the table is what the next letter becomes; 0xffff: so many letters stay. */
static void unpack_letters(struct wtg_exfat *fs, const struct wtg_bytes *table)
{
	uint32_t letter = 0;

	for (uint32_t i = 0; i < WTG_EXFAT_UPCASE_UNITS; i++)
		fs->upcase[i] = (uint16_t)i;
	for (size_t i = 0; i + 2 <= table->size && letter < WTG_EXFAT_UPCASE_UNITS; i += 2) {
		uint16_t unit = wtg_le16(table->data + i);

		if (unit == 0xffff && i + 4 <= table->size) {
			i += 2;
			letter += wtg_le16(table->data + i);
			continue;
		}
		fs->upcase[letter++] = unit;
	}
}

static int open_letters(struct wtg_exfat *fs, const uint8_t *entry, struct wtg_error *err)
{
	const struct wtg_node node = { .first = wtg_le32(entry + 20),
				       .size = wtg_le64(entry + 24) };
	struct wtg_clusters *clusters = &fs->upcase_clusters;
	_cleanup_(wtg_bytes_done) struct wtg_bytes table = { 0 };
	uint32_t sum = 0;

	if (fs->upcase || node.size == 0 || node.size > MAX_UPCASE_BYTES)
		return wtg_edit_damaged(err, "its table of letters makes no sense");
	if (wtg_exfat_clusters(fs, &node, MAX_UPCASE_BYTES, clusters, err) < 0 ||
	    wtg_edit_read(&fs->volume, clusters, node.size, &table, err) < 0)
		return -1;
	for (size_t i = 0; i < table.size; i++)
		sum = (sum << 31 | sum >> 1) + table.data[i];
	if (sum != wtg_le32(entry + 4))
		return wtg_edit_damaged(err, "its table of letters has a wrong checksum");
	fs->upcase = wtg_alloc(WTG_EXFAT_UPCASE_UNITS * sizeof(*fs->upcase));
	unpack_letters(fs, &table);
	return 0;
}

/* Both are named in the root, in any order; what lies there can be looked at only with them. */
static int open_root(struct wtg_exfat *fs, struct wtg_error *err)
{
	struct wtg_edit_volume *v = &fs->volume;
	_cleanup_(wtg_clusters_done) struct wtg_clusters clusters = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes root = { 0 };

	if (v->ops->clusters_of(v, &v->root, &clusters, err) < 0 ||
	    wtg_edit_read(v, &clusters, (uint64_t)clusters.n_items * v->cluster_bytes, &root,
			  err) < 0)
		return -1;
	for (size_t at = 0; at < root.size && root.data[at] != 0; at += WTG_ENTRY_BYTES) {
		const uint8_t *entry = root.data + at;

		if (entry[0] == 0x81 && open_bitmap(fs, entry, err) < 0)
			return -1;
		if (entry[0] == 0x82 && open_letters(fs, entry, err) < 0)
			return -1;
	}
	if (fs->bitmap.n_items == 0 || !fs->upcase)
		return wtg_edit_damaged(err, "its root names no bitmap or no table of letters");
	if (wtg_edit_check_used(v, &fs->bitmap, err) < 0)
		return -1;
	return wtg_edit_check_used(v, &fs->upcase_clusters, err);
}

/* ---------------------------------------------------------------- the volume */

static int open_volume(struct wtg_edit_volume *volume, uint64_t size_bytes,
		       struct wtg_error *err)
{
	struct wtg_exfat *fs = wtg_exfat_of(volume);

	volume->ops = &wtg_exfat_ops;
	volume->hint = 2;
	if (open_boot_region(fs, size_bytes, err) < 0)
		return -1;
	wtg_draft_set_sector(volume->draft, volume->sector_bytes);
	return open_root(fs, err);
}

static void close_volume(struct wtg_edit_volume *volume)
{
	struct wtg_exfat *fs = wtg_exfat_of(volume);

	wtg_clusters_done(&fs->bitmap);
	wtg_clusters_done(&fs->upcase_clusters);
	free(fs->upcase);
}

const struct wtg_edit_fs wtg_edit_exfat = { sizeof(struct wtg_exfat), open_volume, close_volume };
