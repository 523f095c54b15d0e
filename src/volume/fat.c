/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/child.h"
#include "base/fdio.h"
#include "volume/fat-tree.h"
#include "volume/send.h"
#include "wtg/text.h"

/* Below 65525 clusters a volume is FAT16, whatever it says of itself; Microsoft's FAT
 * specification asks to stay 16 clear of the line. */
#define LEAST_CLUSTERS (65525 + 16)

/* As Windows lays out its own volumes' sectors. */
#define RESERVED_SECTORS 32
#define N_HEADS 255
#define SECTORS_PER_TRACK 63

#define MAX_BYTES (2ull << 40)

/* What Windows' format takes by itself, but for the small ones: the largest clusters, up
 * to 4096 bytes, that leave enough of them. */
static const struct {
	uint64_t up_to_bytes;
	uint32_t cluster_bytes;
} cluster_sizes[] = {
	{ 8ull << 30, 4096 },
	{ 16ull << 30, 8192 },
	{ 32ull << 30, 16384 },
	{ 1ull << 40, 32768 },
	{ MAX_BYTES, 65536 },
};

struct geometry {
	uint32_t cluster_bytes;
	uint64_t n_clusters; /* at least */
};

/* How many clusters mkfs.fat leaves for data, or a few less: it cuts the volume down to
 * whole tracks, and makes its areas start at whole clusters. */
static uint64_t count_clusters(uint64_t size_bytes, uint32_t sector_bytes,
			       uint32_t cluster_bytes)
{
	uint64_t sectors = wtg_round_down(size_bytes / sector_bytes, SECTORS_PER_TRACK);
	uint64_t per_cluster = cluster_bytes / sector_bytes;
	uint64_t fat_bytes = (sectors / per_cluster + 2) * 4;
	uint64_t fat_sectors =
		wtg_round_up((fat_bytes + sector_bytes - 1) / sector_bytes, per_cluster);
	uint64_t system = wtg_round_up(RESERVED_SECTORS, per_cluster) + 2 * fat_sectors;

	return sectors > system ? (sectors - system) / per_cluster : 0;
}

static bool choose_geometry(uint64_t size_bytes, uint32_t sector_bytes,
			    struct geometry *ret)
{
	uint32_t cluster_bytes = 0;

	for (size_t i = sizeof(cluster_sizes) / sizeof(cluster_sizes[0]); i-- > 0;)
		if (size_bytes <= cluster_sizes[i].up_to_bytes)
			cluster_bytes = cluster_sizes[i].cluster_bytes;
	for (; cluster_bytes >= sector_bytes; cluster_bytes /= 2) {
		uint64_t n = count_clusters(size_bytes, sector_bytes, cluster_bytes);

		if (n < LEAST_CLUSTERS)
			continue;
		*ret = (struct geometry){ .cluster_bytes = cluster_bytes,
					  .n_clusters = n };
		return true;
	}
	return false;
}

static int need_geometry(uint64_t size_bytes, uint32_t sector_bytes, struct geometry *ret,
			 struct wtg_error *err)
{
	if (sector_bytes != 512 && sector_bytes != 4096)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive has sectors of %u bytes", sector_bytes);
	if (size_bytes > MAX_BYTES - sector_bytes)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "FAT32 ends below 2 TiB");
	if (!choose_geometry(size_bytes, sector_bytes, ret)) {
		_cleanup_free_ char *size = wtg_size_text(size_bytes);
		_cleanup_free_ char *least =
			wtg_size_text(wtg_fat_least_bytes(sector_bytes));

		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"%s is too small for FAT32 with sectors of %u bytes, "
				"which needs %s",
				size, sector_bytes, least);
	}
	return 0;
}

uint64_t wtg_fat_least_bytes(uint32_t sector_bytes)
{
	uint64_t step = (uint64_t)SECTORS_PER_TRACK * sector_bytes;
	uint64_t size = (uint64_t)LEAST_CLUSTERS * sector_bytes;

	while (count_clusters(size, sector_bytes, sector_bytes) < LEAST_CLUSTERS)
		size = wtg_round_down(size, step) + step;
	return size;
}

/* The tree of files, placed, if it has room. */
static int plan_tree(const struct geometry *geometry, const struct wtg_files *files,
		     struct wtg_fat_tree *ret, struct wtg_error *err)
{
	_cleanup_(wtg_fat_tree_done) struct wtg_fat_tree tree = { 0 };
	uint64_t need;

	if (wtg_fat_tree_make(files, &tree, err) < 0)
		return -1;
	need = wtg_fat_tree_place(&tree, geometry->cluster_bytes) - 2;
	if (need > geometry->n_clusters) {
		_cleanup_free_ char *want = wtg_size_text(need * geometry->cluster_bytes);
		_cleanup_free_ char *have =
			wtg_size_text(geometry->n_clusters * geometry->cluster_bytes);

		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the files need %s of a FAT volume that has room for %s",
				want, have);
	}
	*ret = tree;
	tree = (struct wtg_fat_tree){ 0 };
	return 0;
}

int wtg_fat_check(uint64_t size_bytes, uint32_t sector_bytes,
		  const struct wtg_files *files, struct wtg_error *err)
{
	_cleanup_(wtg_fat_tree_done) struct wtg_fat_tree tree = { 0 };
	struct geometry geometry;

	if (need_geometry(size_bytes, sector_bytes, &geometry, err) < 0)
		return -1;
	return plan_tree(&geometry, files, &tree, err);
}

/* Eleven characters, upper case, padded, as they lie on the volume. */
static int make_label(const char *label, char ret[static 12], struct wtg_error *err)
{
	char padded[12] = "           ";
	size_t length = strlen(label);

	if (length == 0 || length > 11 || label[0] == ' ')
		return wtg_fail(err, WTG_USAGE, 0,
				"a FAT label has 1 to 11 characters, not \"%s\"", label);
	for (size_t i = 0; i < length; i++) {
		if (label[i] < ' ' || label[i] > '~' ||
		    strchr("\"*+,./:;<=>?[\\]|", label[i]))
			return wtg_fail(
				err, WTG_USAGE, 0,
				"the label \"%s\" has a character that FAT forbids",
				label);
		padded[i] = (char)toupper((unsigned char)label[i]);
	}
	memcpy(ret, padded, sizeof(padded));
	return 0;
}

static int run_mkfs(int fd, const struct wtg_fat_format *format,
		    const struct geometry *geometry, const char *label,
		    struct wtg_error *err)
{
	uint64_t hidden = format->start_bytes / format->sector_bytes;
	_cleanup_free_ char *sector = wtg_text("%u", format->sector_bytes);
	_cleanup_free_ char *cluster =
		wtg_text("%u", geometry->cluster_bytes / format->sector_bytes);
	/* The field has 32 bits; on a GPT drive nobody reads it. */
	_cleanup_free_ char *start =
		wtg_text("%" PRIu64, hidden > UINT32_MAX ? 0 : hidden);
	_cleanup_free_ char *serial = wtg_text("%08x", format->serial);
	_cleanup_free_ char *reserved = wtg_text("%d", RESERVED_SECTORS);
	_cleanup_free_ char *tracks = wtg_text("%d/%d", N_HEADS, SECTORS_PER_TRACK);
	_cleanup_free_ char *path = wtg_text("/proc/self/fd/%d", fd);
	const char *const argv[] = {
		"mkfs.fat", "--invariant", "-F", "32", "-S", sector, "-s", cluster,
		"-R", reserved, "-h", start, "-g", tracks, "-i", serial, path,
		label ? "-n" : NULL, label, NULL,
	};

	return wtg_run_program(argv, NULL, fd, err);
}

static int put_boot_code(int fd, const struct wtg_fat_format *format, struct wtg_error *err)
{
	size_t size = RESERVED_SECTORS * (size_t)format->sector_bytes;
	_cleanup_free_ uint8_t *reserved = wtg_alloc(size);

	if (wtg_pread_all(fd, reserved, size, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read the new FAT volume");
	if (format->boot_code(reserved, size, err) < 0)
		return -1;
	if (wtg_pwrite_all(fd, reserved, size, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "write the new FAT volume");
	return 0;
}

int wtg_fat_make(const struct wtg_window *window, const struct wtg_fat_format *format,
		 const struct wtg_files *files, struct wtg_error *err)
{
	_cleanup_(wtg_fat_tree_done) struct wtg_fat_tree tree = { 0 };
	_cleanup_fd_ int fd = -1;
	struct geometry geometry;
	char label[12];

	if (need_geometry(window->length, format->sector_bytes, &geometry, err) < 0 ||
	    plan_tree(&geometry, files, &tree, err) < 0)
		return -1;
	if (format->label && make_label(format->label, label, err) < 0)
		return -1;
	if (wtg_memory_file("fat", wtg_round_down(window->length, format->sector_bytes),
			    &fd, err) < 0 ||
	    run_mkfs(fd, format, &geometry, format->label ? label : NULL, err) < 0 ||
	    (format->boot_code && put_boot_code(fd, format, err) < 0) ||
	    wtg_fat_fill(fd, &tree, format->time, format->label ? label : NULL, err) < 0)
		return -1;
	return wtg_send_volume(fd, window, err);
}
