/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files onto a FAT32 volume that mkfs.fat has just made.  mtools would do it, too, were
 * it not that it drops letters it cannot say in code page 850 ("ě.txt" becomes "e.txt"),
 * cannot enter a directory named "[x]", and takes a program run for each directory.
 */
#include "volume/fat-tree.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/fat-alias.h"

#define END_OF_CHAIN 0x0fffffffu
#define ATTRIBUTE_LABEL 0x08
#define ATTRIBUTE_DIRECTORY 0x10
#define ATTRIBUTE_ARCHIVE 0x20

/* What the boot sector says, in bytes. */
struct volume {
	int fd;
	uint64_t fat_at, fat_bytes, data_at, info_at, backup_info_at;
	unsigned n_fats;
	uint32_t cluster_bytes, n_clusters;
	uint32_t timestamp;
};

static int put(const struct volume *v, const void *data, size_t size, uint64_t at,
	       struct wtg_error *err)
{
	if (wtg_pwrite_all(v->fd, data, size, at) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "fill the FAT volume in memory");
	return 0;
}

static uint64_t cluster_at(const struct volume *v, uint32_t cluster)
{
	return v->data_at + (uint64_t)(cluster - 2) * v->cluster_bytes;
}

static int read_boot_sector(struct volume *v, struct wtg_error *err)
{
	uint8_t boot[512];
	uint32_t sector;

	if (wtg_pread_all(v->fd, boot, sizeof(boot), 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read what mkfs.fat made");
	sector = wtg_le16(boot + 11);
	v->cluster_bytes = sector * boot[13];
	v->fat_at = (uint64_t)wtg_le16(boot + 14) * sector;
	v->n_fats = boot[16];
	v->fat_bytes = (uint64_t)wtg_le32(boot + 36) * sector;
	v->data_at = v->fat_at + v->n_fats * v->fat_bytes;
	v->info_at = (uint64_t)wtg_le16(boot + 48) * sector;
	v->backup_info_at = v->info_at + (uint64_t)wtg_le16(boot + 50) * sector;
	if (sector < 512 || v->cluster_bytes == 0 || wtg_le32(boot + 44) != 2 ||
	    (uint64_t)wtg_le32(boot + 32) * sector < v->data_at)
		return wtg_fail(err, WTG_SYSTEM, 0, "mkfs.fat made something unexpected");
	v->n_clusters = (uint32_t)(((uint64_t)wtg_le32(boot + 32) * sector - v->data_at) /
				   v->cluster_bytes);
	return 0;
}

/* ---------------------------------------------------------------- directories */

static uint8_t *put_entry(const struct volume *v, uint8_t *to, const char name[static 11],
			  uint8_t attributes, const struct wtg_fat_node *node)
{
	memcpy(to, name, 11);
	to[11] = attributes;
	wtg_put_le32(to + 14, v->timestamp);
	wtg_put_le16(to + 18, (uint16_t)(v->timestamp >> 16));
	wtg_put_le32(to + 22, v->timestamp);
	if (node) {
		wtg_put_le16(to + 20, (uint16_t)(node->first_cluster >> 16));
		wtg_put_le16(to + 26, (uint16_t)node->first_cluster);
	}
	if (node && node->file)
		wtg_put_le32(to + 28, (uint32_t)node->file->content.size);
	return to + WTG_FAT_ENTRY_BYTES;
}

static int fill_directory(const struct volume *v, const struct wtg_fat_tree *tree,
			  size_t index, const char *label, struct wtg_error *err)
{
	const struct wtg_fat_node *dir = &tree->items[index];
	size_t size = (size_t)dir->n_clusters * v->cluster_bytes;
	_cleanup_free_ uint8_t *content = wtg_alloc(size);
	uint8_t *to = content;

	if (index == 0 && label)
		to = put_entry(v, to, label, ATTRIBUTE_LABEL, NULL);
	if (index > 0) {
		/* ".." of a directory in the root names cluster 0, not the root's. */
		to = put_entry(v, to, ".          ", ATTRIBUTE_DIRECTORY, dir);
		to = put_entry(v, to, "..         ", ATTRIBUTE_DIRECTORY,
			       dir->parent ? &tree->items[dir->parent] : NULL);
	}
	for (size_t i = 1; i < tree->n_items; i++) {
		const struct wtg_fat_node *node = &tree->items[i];

		if (node->parent != index)
			continue;
		if (node->needs_long_name)
			to = wtg_fat_put_long_name(to, &node->name, node->short_name);
		to = put_entry(v, to, (const char *)node->short_name,
			       node->file ? ATTRIBUTE_ARCHIVE : ATTRIBUTE_DIRECTORY,
			       node);
	}
	return put(v, content, size, cluster_at(v, dir->first_cluster), err);
}

/* ---------------------------------------------------------------- the FAT */

static int fill_fat(const struct volume *v, const struct wtg_fat_tree *tree, uint32_t end,
		    struct wtg_error *err)
{
	size_t size = (size_t)end * 4;
	_cleanup_free_ uint8_t *fat = wtg_try_alloc(size, "the FAT", err);

	if (!fat)
		return -1;
	/* The first two entries are the media byte's and stay. */
	if (wtg_pread_all(v->fd, fat, 8, v->fat_at) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read what mkfs.fat made");
	for (size_t i = 0; i < tree->n_items; i++) {
		const struct wtg_fat_node *node = &tree->items[i];
		uint32_t last = node->first_cluster + node->n_clusters - 1;

		for (uint32_t c = node->first_cluster; node->n_clusters && c <= last; c++)
			wtg_put_le32(fat + (size_t)c * 4,
				     c == last ? END_OF_CHAIN : c + 1);
	}
	for (unsigned i = 0; i < v->n_fats; i++)
		if (put(v, fat, size, v->fat_at + i * v->fat_bytes, err) < 0)
			return -1;
	return 0;
}

/* How many clusters are free, and where to look first: in FSInfo and its copy. */
static int fill_info(const struct volume *v, uint32_t end, struct wtg_error *err)
{
	uint8_t numbers[8];

	wtg_put_le32(numbers, v->n_clusters - (end - 2));
	wtg_put_le32(numbers + 4, end - 1);
	if (put(v, numbers, sizeof(numbers), v->info_at + 488, err) < 0)
		return -1;
	return put(v, numbers, sizeof(numbers), v->backup_info_at + 488, err);
}

int wtg_fat_fill(int fd, const struct wtg_fat_tree *tree, uint64_t time,
		 const char *label, struct wtg_error *err)
{
	struct volume v = { .fd = fd };
	uint64_t end = 2;

	if (read_boot_sector(&v, err) < 0)
		return -1;
	v.timestamp = wtg_fat_timestamp(time);
	for (size_t i = 0; i < tree->n_items; i++)
		end += tree->items[i].n_clusters;
	if (end - 2 > v.n_clusters)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the files do not fit the FAT volume");
	/* The last cluster counts as written to its end: nothing old stays in it. */
	if (put(&v, "", 1, cluster_at(&v, (uint32_t)end) - 1, err) < 0)
		return -1;
	for (size_t i = 0; i < tree->n_items; i++) {
		const struct wtg_fat_node *node = &tree->items[i];

		if (!node->file && fill_directory(&v, tree, i, label, err) < 0)
			return -1;
		if (node->file && node->n_clusters &&
		    put(&v, node->file->content.data, node->file->content.size,
			cluster_at(&v, node->first_cluster), err) < 0)
			return -1;
	}
	if (fill_fat(&v, tree, (uint32_t)end, err) < 0)
		return -1;
	return fill_info(&v, (uint32_t)end, err);
}
