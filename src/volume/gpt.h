/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our own GPT reader, for verify and status: shares no code with libfdisk.  Checks the
 * protective MBR, signatures, both CRCs, both headers, bounds and overlaps (UEFI
 * specification 5.2 and 5.3).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guid.h"
#include "base/window.h"
#include "wtg/error.h"

struct wtg_gpt_entry {
	unsigned number; /* 1-based slot */
	struct wtg_guid type, id;
	uint64_t attributes, first_byte, size_bytes;
	char name[36 * 3 + 1];
	uint8_t mbr_type; /* of an MBR's (volume/partitions.h), which has no GUIDs */
	bool active;
};

#define WTG_GPT_MAX_ENTRIES 128 /* partitions, not slots */

struct wtg_gpt {
	struct wtg_guid disk;
	uint32_t sector_bytes;
	bool primary_ok;
	bool backup_ok; /* whole, and in the drive's last sector */
	bool same;	/* both describe the same partitions */
	bool protective_mbr; /* a 0xEE entry from sector 1: without, nobody looks further */
	bool hybrid_mbr;     /* and other entries beside it */
	bool backup_elsewhere; /* the primary says so; the drive may have grown */
	unsigned n_slots;
	uint64_t first_usable_byte, end_usable_byte;
	struct wtg_gpt_entry entries[WTG_GPT_MAX_ENTRIES];
	size_t n_entries;
};

/*
 * Read the table of the drive in the window.  Returns 1 when there is a GPT (either
 * copy), 0 when there is none, -1 with err when the drive cannot be read or the table
 * makes no sense (kind WTG_INPUT): neither copy is whole, or the partitions contradict
 * each other.  *ret is large, about 40 KiB.
 */
int wtg_gpt_read(const struct wtg_window *disk, uint32_t sector_bytes,
		 struct wtg_gpt *ret, struct wtg_error *err);

/* The first entry of that type; NULL if there is none. */
const struct wtg_gpt_entry *wtg_gpt_find(const struct wtg_gpt *gpt,
					 const struct wtg_guid *type);
