/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FAT32 and exFAT volumes, made with mkfs.fat and mkfs.exfat in a file in memory, filled
 * with files there, and then sent to the window in one ascending pass.  The same input
 * gives the same bytes.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/window.h"
#include "wtg/error.h"

struct wtg_fat_format {
	const char *label; /* at most 11 characters, for FAT32 ASCII; NULL: none */
	uint32_t serial;
	uint64_t
		start_bytes; /* where the partition starts on the drive: hidden sectors */
	uint32_t sector_bytes; /* logical: 512 or 4096 */
	uint32_t cluster_bytes; /* of exFAT; 0: what mkfs.exfat takes for that size */
	uint64_t time;	       /* of all files, seconds since the epoch; 0 becomes 1980 */

	/* FAT32: put boot code into the volume's reserved sectors; NULL: none that boots. */
	int (*boot_code)(uint8_t *reserved, size_t size, struct wtg_error *err);
};

/* Make a FAT32 volume that fills the window and holds files (may be NULL).  Firmware
 * needs FAT32 even where FAT16 would do, so too small a window is kind WTG_UNSUITABLE. */
int wtg_fat_make(const struct wtg_window *window, const struct wtg_fat_format *format,
		 const struct wtg_files *files, struct wtg_error *err);

/* The least window that FAT32 fits in with this sector size (65525 clusters). */
uint64_t wtg_fat_least_bytes(uint32_t sector_bytes);

/* Can files be put on a FAT32 volume of that size?  Names and sizes that FAT cannot hold
 * are kind WTG_INPUT, since they come from an image; a lack of room is WTG_UNSUITABLE. */
int wtg_fat_check(uint64_t size_bytes, uint32_t sector_bytes,
		  const struct wtg_files *files, struct wtg_error *err);

/* An empty exFAT volume that fills the window. */
int wtg_exfat_make(const struct wtg_window *window, const struct wtg_fat_format *format,
		   struct wtg_error *err);
