/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/child.h"
#include "base/fdio.h"
#include "base/utf16.h"
#include "volume/exfat-inner.h"
#include "volume/send.h"
#include "wtg/text.h"

/* exFAT specification, 3.1: the boot region is 12 sectors, twice. */
#define REGION_SECTORS 12
#define CHECKSUM_SECTOR 11
#define MAX_LABEL_UNITS 11
#define LEAST_BYTES (8u << 20)
#define MADE_SECTOR_BYTES 512 /* what mkfs.exfat takes for a plain file */

static int check_label(const char *label, struct wtg_error *err)
{
	struct wtg_bytes wide = wtg_utf16_from_utf8(label);
	size_t n_units = wide.size / 2 - 1;

	wtg_bytes_done(&wide);
	if (n_units == 0 || n_units > MAX_LABEL_UNITS)
		return wtg_fail(err, WTG_USAGE, 0,
				"an exFAT label has 1 to 11 characters, not \"%s\"",
				label);
	return 0;
}

static int run_mkfs(int fd, const struct wtg_fat_format *format, struct wtg_error *err)
{
	_cleanup_free_ char *path = wtg_text("/proc/self/fd/%d", fd);
	_cleanup_free_ char *cluster = wtg_text("%u", format->cluster_bytes);
	const char *argv[7] = { "mkfs.exfat" };
	size_t n = 1;

	if (format->label) {
		argv[n++] = "-L";
		argv[n++] = format->label;
	}
	if (format->cluster_bytes) {
		argv[n++] = "-c";
		argv[n++] = cluster;
	}
	argv[n] = path;
	return wtg_run_program(argv, NULL, fd, err);
}

/* Sectors of 512 bytes to sectors of ours; false if there is a remainder. */
static bool convert_offset(uint8_t *field, uint32_t ratio)
{
	uint32_t value = wtg_le32(field);

	wtg_put_le32(field, value / ratio);
	return value % ratio == 0;
}

uint32_t wtg_exfat_region_sum(const uint8_t *region, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		/* Volume flags and the percentage in use change while mounted. */
		if (i != 106 && i != 107 && i != 112)
			sum = (sum << 31 | sum >> 1) + region[i];
	return sum;
}

/*
 * mkfs.exfat knows neither where the partition starts nor which serial the plan has
 * decided, and takes 512-byte sectors for a plain file.  All three are said only in the
 * boot region (FAT, bitmap, upper-case table and directories count in clusters), so we
 * write that anew.
 */
static int make_region(const uint8_t made[static MADE_SECTOR_BYTES],
		       const struct wtg_fat_format *format, uint64_t size_bytes,
		       uint8_t *region, struct wtg_error *err)
{
	uint32_t sector = format->sector_bytes, ratio = sector / MADE_SECTOR_BYTES;
	unsigned shift = sector == 512 ? 0 : 3;
	uint32_t sum;

	if (memcmp(made + 3, "EXFAT   ", 8) != 0 || made[108] != 9 || made[109] < shift)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"mkfs.exfat made something unexpected");
	memcpy(region, made, MADE_SECTOR_BYTES);
	wtg_put_le64(region + 64, format->start_bytes / sector);
	wtg_put_le64(region + 72, size_bytes / sector);
	/* Where the FAT starts, its length (exfatprogs 1.2.9 says no more than it needs), and
	 * where the clusters start. */
	wtg_put_le32(region + 84,
		     (uint32_t)(wtg_round_up(wtg_le32(region + 84), ratio) / ratio));
	if (!convert_offset(region + 80, ratio) || !convert_offset(region + 88, ratio) ||
	    wtg_le32(region + 80) < 2 * REGION_SECTORS ||
	    wtg_le32(region + 88) < (uint64_t)wtg_le32(region + 80) + wtg_le32(region + 84))
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"mkfs.exfat leaves no room for sectors of %u bytes",
				sector);
	wtg_put_le32(region + 100, format->serial);
	region[108] = (uint8_t)(9 + shift);
	region[109] = (uint8_t)(made[109] - shift);
	/* Eight extended boot sectors: empty but for their signature. */
	for (size_t i = 1; i <= 8; i++)
		wtg_put_le32(region + (i + 1) * sector - 4, 0xaa550000);
	sum = wtg_exfat_region_sum(region, (size_t)CHECKSUM_SECTOR * sector);
	for (size_t i = 0; i < sector; i += 4)
		wtg_put_le32(region + (size_t)CHECKSUM_SECTOR * sector + i, sum);
	return 0;
}

int wtg_exfat_make(const struct wtg_window *window, const struct wtg_fat_format *format,
		   struct wtg_error *err)
{
	_cleanup_free_ uint8_t *region = NULL;
	_cleanup_fd_ int fd = -1;
	uint8_t made[MADE_SECTOR_BYTES];
	uint64_t size_bytes;
	size_t region_bytes;

	if (format->sector_bytes != 512 && format->sector_bytes != 4096)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive has sectors of %u bytes",
				format->sector_bytes);
	if (format->label && check_label(format->label, err) < 0)
		return -1;
	if (window->length < LEAST_BYTES)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"a partition below 8 MiB is too small for exFAT");
	size_bytes = wtg_round_down(window->length, format->sector_bytes);
	region_bytes = (size_t)REGION_SECTORS * format->sector_bytes;
	region = wtg_alloc(region_bytes);
	if (wtg_memory_file("exfat", size_bytes, &fd, err) < 0 ||
	    run_mkfs(fd, format, err) < 0)
		return -1;
	if (wtg_pread_all(fd, made, sizeof(made), 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read what mkfs.exfat made");
	if (make_region(made, format, size_bytes, region, err) < 0)
		return -1;
	if (wtg_pwrite_all(fd, region, region_bytes, 0) < 0 ||
	    wtg_pwrite_all(fd, region, region_bytes, region_bytes) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno,
				"write the boot region in memory");
	return wtg_send_volume(fd, window, err);
}
