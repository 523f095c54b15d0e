/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of our FAT reader share: an open volume, its chains of clusters, and the
 * entries of a directory in memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/window.h"
#include "volume/fat-read.h"

#define WTG_FAT_SLOT_BYTES 32u

/* A long name has at most 20 slots of 13 units, each at most 3 bytes of UTF-8. */
#define WTG_FAT_NAME_BYTES (20 * 13 * 3 + 1)

struct wtg_fat_slot {
	char name[WTG_FAT_NAME_BYTES]; /* the long one if there is one; fit for a path */
	char short_name[12 * 3 + 1];
	size_t start; /* of the first of its slots, in the directory */
	bool directory;
	uint32_t first_cluster, size;
};

/* The next file or directory at or after *at; false at the end.  Skips deleted ones,
 * labels, "." and "..". */
bool wtg_fat_slot_next(const struct wtg_bytes *dir, size_t *at, struct wtg_fat_slot *ret);

/* The entry with that long or short name, ASCII case ignored. */
bool wtg_fat_slot_find(const struct wtg_bytes *dir, const char *name,
		       struct wtg_fat_slot *ret);

#define WTG_FAT_CACHED_BYTES 4096u

struct wtg_fat {
	struct wtg_window window;
	struct wtg_fat_info info;
	uint64_t fat_at, fat_bytes, root_at, data_at;
	uint32_t root_bytes;   /* FAT12 and FAT16: a fixed area */
	uint32_t root_cluster; /* FAT32: a chain */

	/* The piece of the FAT that was looked at last. */
	uint64_t cached_at;
	uint32_t cached_bytes;
	uint8_t cached[WTG_FAT_CACHED_BYTES];
};

/* Take the places of a volume's areas from its boot sector; NULL, or what is wrong. */
const char *wtg_fat_judge_boot_sector(const uint8_t boot[static 512],
				      struct wtg_fat *fat);

/* The whole directory that starts at cluster first; 0 is the root. */
int wtg_fat_read_directory(struct wtg_fat *fat, uint32_t first, struct wtg_bytes *ret,
			   struct wtg_error *err);

int wtg_fat_read_content(struct wtg_fat *fat, const struct wtg_fat_slot *slot,
			 uint64_t max, struct wtg_bytes *ret, struct wtg_error *err);

/* Where an entry says that its content starts. */
uint32_t wtg_fat_slot_cluster(const struct wtg_fat *fat, const struct wtg_fat_slot *slot);
