/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our own small FAT reader, for verify and status: it shares no code with what makes the
 * volumes, and reads a stranger's volume without trusting a number in it.  FAT12, FAT16
 * and FAT32, long names.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/window.h"
#include "wtg/cleanup.h"
#include "wtg/error.h"

struct wtg_fat;

/* The window is copied.  Not FAT, or a contradiction in its numbers: kind WTG_INPUT. */
int wtg_fat_open(const struct wtg_window *window, struct wtg_fat **ret,
		 struct wtg_error *err);
void wtg_fat_close(struct wtg_fat *fat);
WTG_DEFINE_FREEP(struct wtg_fat, wtg_fat_close)

struct wtg_fat_info {
	unsigned
		bits; /* 12, 16, 32: by its structure; firmware counts clusters (65525) */
	uint32_t sector_bytes, cluster_bytes, hidden_sectors, serial;
	uint64_t size_bytes, n_clusters;
	char label[12]; /* the root's entry, else the boot sector's; "" if it has none */
};
void wtg_fat_info(const struct wtg_fat *fat, struct wtg_fat_info *ret);

/* A file by path ('/' between parts, any case of ASCII, long or 8.3 names), at most max
 * bytes.  Returns 1 when it was read, 0 when there is no such file, -1 with err. */
int wtg_fat_read(struct wtg_fat *fat, const char *path, size_t max, struct wtg_bytes *ret,
		 struct wtg_error *err);

/*
 * Every file under the directory at path ("" is the root) with its full path, at most
 * max_bytes together, 100,000 entries and 32 levels.  Paths are as struct wtg_file wants
 * them whatever the names on the volume are: what cannot be in one becomes U+FFFD.  A
 * missing directory has no files.
 */
int wtg_fat_read_tree(struct wtg_fat *fat, const char *path, uint64_t max_bytes,
		      struct wtg_files *ret, struct wtg_error *err);
