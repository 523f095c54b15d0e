/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Either kind of partition table in one form, by our own readers (volume/gpt.h, mbr.h), which
 * share no code with libfdisk: what inspect, status, the free space and Ventoy's rules look at.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/extent.h"
#include "volume/gpt.h"
#include "wtg/request.h"

struct wtg_partitions {
	enum wtg_table_style style; /* never AUTO */
	uint32_t sector_bytes;
	uint32_t signature; /* at byte 440 of sector 0, on a GPT drive, too */

	/* What the table can reach; of a GPT whose backup is not at the drive's end, what it
	 * reaches when wtg_table_add() has put it there. */
	uint64_t first_usable_byte, end_usable_byte;
	struct wtg_gpt_entry entries[WTG_GPT_MAX_ENTRIES]; /* in the order of their slots */
	size_t n_entries;

	/* GPT; see struct wtg_gpt. */
	struct wtg_guid disk;
	bool primary_ok, backup_ok, same, protective_mbr, hybrid_mbr;
	unsigned n_slots; /* of an MBR: 4 */

	/* MBR: there may be logical partitions, which are not listed; the one that holds them
	 * is, like any other. */
	bool extended;
};

/*
 * As wtg_gpt_read(): 1 when there is a table, 0 when there is none (a boot sector of a file
 * system without a table is none), -1 when it makes no sense.  It is what firmware, Linux and
 * Windows take for it: a GPT behind an MBR with partitions of its own that does not protect it is
 * left over from something; behind an empty one it counts.  *ret is large, about 40 KiB.
 */
int wtg_partitions_read(const struct wtg_window *disk, uint32_t sector_bytes,
			struct wtg_partitions *ret, struct wtg_error *err);

const struct wtg_gpt_entry *wtg_partitions_number(const struct wtg_partitions *table,
						  unsigned number);

/* Is all that was then still now, to the last attribute?  Partitions may have been added. */
bool wtg_partitions_kept(const struct wtg_partitions *then, const struct wtg_partitions *now);

/* Of the stretches that no partition has, cut to whole MiB, the n-th (from 0) in the order of
 * the drive; false: there are no more. */
bool wtg_partitions_free(const struct wtg_partitions *table, size_t n, struct wtg_extent *ret);

/* Can so many be added behind all that there are?  The first number they get, or 0. */
unsigned wtg_partitions_room(const struct wtg_partitions *table, unsigned n);
