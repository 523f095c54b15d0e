/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stamps: pages all over a drive, each of which says where it was written.  Where they are
 * read again tells what a drive that says that it is larger than it is does with what it has
 * no room for: drop it, or write it over something else.
 *
 * They lie so that the distance between some two of them is any multiple of a 4096th of the
 * drive (or a little less: a power of two): 64 close together at the start, and then one for
 * every 64 of those.  So a drive that wraps around at such a place, at any power of two above
 * all, has written one over the other.  A drive that wraps around elsewhere writes what comes
 * later over stamps, or stamps over that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ledger.h"
#include "wtg/error.h"
#include "wtg/progress.h"

#define WTG_STAMP_BYTES WTG_PAGE_BYTES

enum wtg_fate {
	WTG_FATE_KEPT,
	WTG_FATE_LOST,  /* something else is there, or it cannot be read */
	WTG_FATE_ALIAS, /* what is there was written elsewhere */
};

struct wtg_stamp {
	uint64_t offset;
	enum wtg_fate fate;
	int errnum;     /* why it could not be read, or 0 */
	uint64_t apart; /* of an alias: from there to where it was written */
};

struct wtg_stamps {
	struct wtg_stamp *items; /* ascending */
	size_t n_items, capacity;
};

void wtg_stamps_done(struct wtg_stamps *stamps);

/* All over a drive. */
struct wtg_stamps wtg_stamps_spread(uint64_t disk_bytes);

/* At most 66, evenly between the two and on the last page of that, to see more closely. */
struct wtg_stamps wtg_stamps_between(uint64_t from, uint64_t to);

/* All over a drive that was seen to wrap around at wrap, and where that would show if it did so
 * already at a part of it, too.  False where they cannot lie there. */
bool wtg_stamps_parts(uint64_t disk_bytes, uint64_t wrap, struct wtg_stamps *ret);

/* id tells the stamps of one run from those of others: a drive may have kept old ones. */
void wtg_stamp_fill(uint8_t page[static WTG_STAMP_BYTES], uint64_t id, uint64_t offset);

/*
 * Read them from fd, from wtg_target_open_direct(), and see what became of them.  The ledger
 * knows what else was written since: to where else the page was meant that is found there.
 */
int wtg_stamps_look(struct wtg_stamps *stamps, int fd, uint64_t id,
		    const struct wtg_ledger *ledger, struct wtg_progress *progress,
		    struct wtg_error *err);

/* What all of them say of the drive. */
struct wtg_capacity {
	bool lies;
	uint64_t at_least, at_most; /* bytes that it keeps */
	uint64_t wrap; /* it wraps around here, or at a whole part of it; 0: it does not */
	bool flawed;           /* where it does not lie: it lost one among others, */
	struct wtg_stamp flaw; /* this */
};

/* from is what the drive is known to keep, to is where it says that it ends. */
struct wtg_capacity wtg_stamps_conclude(const struct wtg_stamps *stamps, uint64_t from,
					uint64_t to);

/* Say so: kind WTG_CAPACITY, WTG_MISMATCH, or all is well and 0. */
int wtg_capacity_tell(const struct wtg_capacity *capacity, const char *path,
		      uint64_t disk_bytes, struct wtg_error *err);
