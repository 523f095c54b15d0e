/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The partition table.  table-compose.c, the only file that knows libfdisk, lets it compose the
 * table on a sparse file in memory of the drive's size; what it wrote there is then sent to
 * the drive.  A GPT goes in the UEFI order: backup entries and header, primary entries and
 * header, protective MBR last; an MBR is one sector.  So every write is ours to watch, and
 * 4096-byte sectors work on plain files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fdio.h"
#include "base/guid.h"
#include "base/window.h"
#include "wtg/error.h"
#include "wtg/request.h"

/* Of sector 0, before the signature of the drive and the table. */
#define WTG_BOOT_CODE_BYTES 440

struct wtg_partition {
	struct wtg_guid type, id; /* GPT */
	const char *name; /* GPT: UTF-8, at most 36 UTF-16 units; borrowed, may be NULL */
	uint64_t attributes;
	uint64_t first_byte, size_bytes; /* multiples of the sector size */
	uint8_t mbr_type; /* MBR */
	bool active;
};

#define WTG_MAX_PARTITIONS 16

struct wtg_table {
	enum wtg_table_style style; /* never AUTO */
	struct wtg_guid disk; /* GPT */
	uint32_t signature;   /* of the MBR, also of the protective one; 0: none */
	uint32_t sector_bytes;
	struct wtg_partition partitions[WTG_MAX_PARTITIONS];
	size_t n_partitions;
	const uint8_t *boot_code; /* WTG_BOOT_CODE_BYTES, borrowed; NULL: zeros */
};

/*
 * Write the table to the window, which is the whole drive, and flush it.  Nothing is
 * moved or rounded: a partition starts and ends where it is said to, or the table is
 * refused before a byte is written, with kind WTG_UNSUITABLE when the drive is too small
 * (or too large for an MBR: 2^32 sectors) and WTG_SYSTEM when the table contradicts itself.
 * Old boot code goes.
 */
int wtg_table_write(const struct wtg_window *disk, const struct wtg_table *table,
		    struct wtg_error *err);

/* ------------------------------------------------------------------ adding to one */

/* Of a GPT that is added to: more are allowed and not in use. */
#define WTG_TABLE_MOST_SLOTS 128

/* What a GPT's slots take of the drive: 128 bytes each, in whole sectors. */
static inline uint64_t wtg_table_slots_bytes(unsigned n_slots, uint32_t sector_bytes)
{
	return wtg_round_up((uint64_t)n_slots * 128, sector_bytes);
}

struct wtg_addition {
	enum wtg_table_style style; /* of the table that is there */
	uint32_t sector_bytes;
	unsigned first_number; /* the slots from this one (1-based) on, which must be free */
	struct wtg_partition partitions[WTG_MAX_PARTITIONS];
	size_t n_partitions;
};

/*
 * Add partitions to the table that lies on the drive.  Everything else stays byte for byte: the
 * other entries, the identifiers, the boot code, whatever lies in the gap before the first
 * partition; sector 0 of a GPT drive is not written.  A GPT whose backup is damaged or not at
 * the drive's end gets a sound one.  Refused before a byte is written: kind WTG_UNSUITABLE with
 * the reason (overlap, no slot free, five primaries, a GUID twice, a GPT that others do not see).
 *
 * At no moment is there a table on the drive that shows less than before.  There are two writes,
 * each followed by a flush: the backup, while the primary is what counts; then, in one piece, the
 * primary's header and as many of its entries as change, in most cases within one page of 4 KiB.
 * A drive that tears that apart has a sound backup, which firmware, Windows and libblkid go by,
 * and entries of which each is the old or the new one, which is what GRUB goes by.  An MBR is one
 * sector, and one write.
 */
int wtg_table_add(const struct wtg_window *disk, const struct wtg_addition *addition,
		  struct wtg_error *err);

/* The same in two parts, for a table that a stranger made is to be read without power: what
 * changes, in the order of the writes; */
struct wtg_table_change {
	struct wtg_table_stretch {
		uint64_t at;
		struct wtg_bytes bytes; /* none: nothing to write */
	} backup, primary;
};
void wtg_table_change_done(struct wtg_table_change *change);
int wtg_table_compose(const struct wtg_window *disk, const struct wtg_addition *addition,
		      struct wtg_table_change *ret, struct wtg_error *err);

/* and the writes.  Who composed them may have been taken over: what is not the table's own, or
 * another partition's slot in an MBR or primary GPT, is not written to (kind WTG_SYSTEM). */
int wtg_table_send(const struct wtg_window *disk, const struct wtg_addition *addition,
		   const struct wtg_table_change *change, struct wtg_error *err);
