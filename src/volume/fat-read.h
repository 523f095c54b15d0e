/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our own small FAT reader, for verify and status: it shares no code with what makes the
 * volumes, and reads a stranger's volume without trusting a number in it.  FAT12, FAT16 and
 * FAT32, long names.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/window.h"
#include "wtg/cleanup.h"
#include "wtg/error.h"

struct wtg_fat;

/* The window is copied.  Not FAT: kind WTG_INPUT. */
int wtg_fat_open(const struct wtg_window *window, struct wtg_fat **ret, struct wtg_error *err);
void wtg_fat_close(struct wtg_fat *fat);
WTG_DEFINE_FREEP(struct wtg_fat, wtg_fat_close)

struct wtg_fat_info {
	unsigned bits; /* 12, 16, 32 */
	uint32_t sector_bytes, cluster_bytes, hidden_sectors, serial;
	uint64_t size_bytes, n_clusters;
	char label[12];
};
void wtg_fat_info(const struct wtg_fat *fat, struct wtg_fat_info *ret);

/* A file by path ('/' between parts, any case), at most max bytes.  Returns 1 when it was
 * read, 0 when there is no such file, -1 with err. */
int wtg_fat_read(struct wtg_fat *fat, const char *path, size_t max, struct wtg_bytes *ret,
		 struct wtg_error *err);

/* Every file at or under path ("" is the root) with its full path, at most max_bytes
 * together and 100,000 entries. */
int wtg_fat_read_tree(struct wtg_fat *fat, const char *path, uint64_t max_bytes,
		      struct wtg_files *ret, struct wtg_error *err);
