/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The partition table.  table.c, the only file that knows libfdisk, lets it compose the
 * GPT on a sparse file in memory of the drive's size; what it wrote there is then sent to
 * the drive in the UEFI order: backup entries and header, primary entries and header,
 * protective MBR last.  So every write is ours to watch, and 4096-byte sectors work on
 * plain files.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/guid.h"
#include "base/window.h"
#include "wtg/error.h"

struct wtg_partition {
	struct wtg_guid type, id;
	const char *name; /* UTF-8, at most 36 UTF-16 units; borrowed, may be NULL */
	uint64_t attributes;
	uint64_t first_byte, size_bytes; /* multiples of the sector size */
};

#define WTG_MAX_PARTITIONS 16

struct wtg_table {
	struct wtg_guid disk;
	uint32_t sector_bytes;
	struct wtg_partition partitions[WTG_MAX_PARTITIONS];
	size_t n_partitions;
};

/*
 * Write the table to the window, which is the whole drive, and flush it.  Nothing is
 * moved or rounded: a partition starts and ends where it is said to, or the table is
 * refused before a byte is written, with kind WTG_UNSUITABLE when the drive is too small
 * and WTG_SYSTEM when the table contradicts itself.  The old MBR's boot code goes.
 */
int wtg_table_write(const struct wtg_window *disk, const struct wtg_table *table,
		    struct wtg_error *err);
