/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat-inner.h"

#include <inttypes.h>

#include "base/alloc.h"

/* FAT specification: a directory has at most 65,536 entries. */
#define MAX_DIRECTORY_BYTES (65536 * WTG_FAT_SLOT_BYTES)

static bool is_power_of_2(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

const char *wtg_fat_judge_boot_sector(const uint8_t boot[static 512], struct wtg_fat *fat)
{
	uint32_t sector = wtg_le16(boot + 11), per_cluster = boot[13], n_fats = boot[16];
	uint64_t reserved = wtg_le16(boot + 14), n_sectors = wtg_le16(boot + 19);
	uint32_t fat_sectors = wtg_le16(boot + 22);
	bool fat32 = fat_sectors == 0;

	if (wtg_le16(boot + 510) != 0xaa55 || !is_power_of_2(sector) || sector < 512 ||
	    sector > 4096 || !is_power_of_2(per_cluster))
		return "it has no FAT boot sector";
	if (n_sectors == 0)
		n_sectors = wtg_le32(boot + 32);
	if (fat32)
		fat_sectors = wtg_le32(boot + 36);
	if (reserved == 0 || n_fats < 1 || n_fats > 2 || fat_sectors == 0 ||
	    n_sectors * sector > fat->window.length)
		return "its boot sector makes no sense";

	fat->info.sector_bytes = sector;
	fat->info.cluster_bytes = sector * per_cluster;
	fat->info.hidden_sectors = wtg_le32(boot + 28);
	fat->info.size_bytes = n_sectors * sector;
	/* A signature says that serial and label are there. */
	if (boot[fat32 ? 66 : 38] == 0x29)
		fat->info.serial = wtg_le32(boot + (fat32 ? 67 : 39));
	fat->fat_at = reserved * sector;
	fat->fat_bytes = (uint64_t)fat_sectors * sector;
	fat->root_at = fat->fat_at + n_fats * fat->fat_bytes;
	fat->root_bytes = wtg_le16(boot + 17) * WTG_FAT_SLOT_BYTES;
	fat->root_cluster = fat32 ? wtg_le32(boot + 44) : 0;
	fat->data_at = fat->root_at + (fat->root_bytes + sector - 1) / sector * sector;
	if (fat->data_at >= fat->info.size_bytes || (fat->root_bytes == 0) != fat32)
		return "its areas do not fit it";

	fat->info.n_clusters =
		(fat->info.size_bytes - fat->data_at) / fat->info.cluster_bytes;
	fat->info.bits = fat32 ? 32 : fat->info.n_clusters < 4085 ? 12 : 16;
	if (fat->info.n_clusters == 0 || fat->info.n_clusters > 0x0ffffff5 ||
	    (!fat32 && fat->info.n_clusters >= 65525))
		return "it has a number of clusters that cannot be";
	if (fat->fat_bytes * 8 / fat->info.bits < fat->info.n_clusters + 2)
		return "its FAT is too short";
	return NULL;
}

/* ---------------------------------------------------------------- chains */

static bool is_cluster(const struct wtg_fat *fat, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < fat->info.n_clusters;
}

static int fat_byte(struct wtg_fat *fat, uint64_t at, uint8_t *ret, struct wtg_error *err)
{
	if (at < fat->cached_at || at - fat->cached_at >= fat->cached_bytes) {
		uint64_t start = at / WTG_FAT_CACHED_BYTES * WTG_FAT_CACHED_BYTES;
		uint64_t n = fat->fat_bytes - start;

		if (n > WTG_FAT_CACHED_BYTES)
			n = WTG_FAT_CACHED_BYTES;
		fat->cached_bytes = 0;
		if (wtg_window_pread(&fat->window, fat->cached, (size_t)n,
				     fat->fat_at + start, err) < 0)
			return -1;
		fat->cached_at = start;
		fat->cached_bytes = (uint32_t)n;
	}
	*ret = fat->cached[at - fat->cached_at];
	return 0;
}

/* What follows a cluster in its chain; 0 after the last. */
static int next_cluster(struct wtg_fat *fat, uint32_t cluster, uint32_t *ret,
			struct wtg_error *err)
{
	unsigned bits = fat->info.bits;
	uint64_t at = (uint64_t)cluster * bits / 8;
	uint8_t bytes[4] = { 0 };
	uint32_t value, end = bits == 32 ? 0x0ffffff8 : bits == 16 ? 0xfff8 : 0xff8;

	for (unsigned i = 0; i < (bits + 7) / 8; i++)
		if (fat_byte(fat, at + i, &bytes[i], err) < 0)
			return -1;
	value = wtg_le32(bytes);
	if (bits == 12)
		value = cluster % 2 ? value >> 4 : value & 0xfff;
	value &= 0x0fffffff; /* the upper 4 bits of FAT32 are reserved */
	if (value < end && !is_cluster(fat, value))
		return wtg_fail(err, WTG_INPUT, 0, "the FAT has %u after cluster %u",
				value, cluster);
	*ret = value < end ? value : 0;
	return 0;
}

/* Exactly size bytes of the chain that starts at first. */
static int read_chain(struct wtg_fat *fat, uint32_t first, uint8_t *to, uint64_t size,
		      struct wtg_error *err)
{
	uint32_t cluster = first;

	while (size > 0) {
		uint64_t n =
			size < fat->info.cluster_bytes ? size : fat->info.cluster_bytes;

		if (!is_cluster(fat, cluster))
			return wtg_fail(err, WTG_INPUT, 0, "its chain of clusters %s",
					cluster == 0 ? "is too short" : "starts nowhere");
		if (wtg_window_pread(&fat->window, to, (size_t)n,
				     fat->data_at + (uint64_t)(cluster - 2) *
							    fat->info.cluster_bytes,
				     err) < 0)
			return -1;
		to += n;
		size -= n;
		if (size > 0 && next_cluster(fat, cluster, &cluster, err) < 0)
			return -1;
	}
	return 0;
}

/* How long a directory's chain is; one that bites its tail becomes too long. */
static int measure_directory(struct wtg_fat *fat, uint32_t first, uint64_t *ret_bytes,
			     struct wtg_error *err)
{
	uint32_t cluster = first;
	uint64_t size = 0;

	do {
		if (!is_cluster(fat, cluster))
			return wtg_fail(err, WTG_INPUT, 0,
					"its chain of clusters starts nowhere");
		size += fat->info.cluster_bytes;
		if (size > MAX_DIRECTORY_BYTES + fat->info.cluster_bytes)
			return wtg_fail(err, WTG_INPUT, 0,
					"its chain of clusters has no end");
		if (next_cluster(fat, cluster, &cluster, err) < 0)
			return -1;
	} while (cluster != 0);
	*ret_bytes = size;
	return 0;
}

int wtg_fat_read_directory(struct wtg_fat *fat, uint32_t first, struct wtg_bytes *ret,
			   struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	uint64_t size = fat->root_bytes;
	bool fixed = first == 0 && fat->info.bits != 32;
	int r;

	if (first == 0)
		first = fat->root_cluster;
	if (!fixed && measure_directory(fat, first, &size, err) < 0)
		return -1;
	bytes.data = wtg_try_alloc((size_t)size, "a directory", err);
	if (!bytes.data)
		return -1;
	bytes.size = (size_t)size;
	r = fixed ? wtg_window_pread(&fat->window, bytes.data, bytes.size, fat->root_at,
				     err)
		  : read_chain(fat, first, bytes.data, size, err);
	if (r < 0)
		return -1;
	*ret = bytes;
	bytes = (struct wtg_bytes){ 0 };
	return 0;
}

int wtg_fat_read_content(struct wtg_fat *fat, const struct wtg_fat_slot *slot,
			 uint64_t max, struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };

	if (slot->size > max)
		return wtg_fail(err, WTG_INPUT, 0,
				"%u bytes, at most %" PRIu64 " make sense", slot->size,
				max);
	if (slot->size > fat->info.size_bytes)
		return wtg_fail(err, WTG_INPUT, 0, "%u bytes on a volume of %" PRIu64,
				slot->size, fat->info.size_bytes);
	bytes.data = wtg_try_alloc(slot->size, "a file", err);
	if (!bytes.data)
		return -1;
	bytes.size = slot->size;
	if (read_chain(fat, wtg_fat_slot_cluster(fat, slot), bytes.data, bytes.size,
		       err) < 0)
		return -1;
	*ret = bytes;
	bytes = (struct wtg_bytes){ 0 };
	return 0;
}

uint32_t wtg_fat_slot_cluster(const struct wtg_fat *fat, const struct wtg_fat_slot *slot)
{
	/* Before FAT32 the upper half of the field belonged to OS/2. */
	return fat->info.bits == 32 ? slot->first_cluster : slot->first_cluster & 0xffff;
}
