/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record of an unfinished run: one 4 KiB block with a checksum in the gap between the
 * partition table and the first partition.  It lets `wtgctl status` say that a drive without
 * a table is not blank but was interrupted, and in which step; the last step's end marks it
 * complete.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/window.h"
#include "wtg/error.h"

#define WTG_MARKER_BYTES 4096

enum wtg_marker_state {
	WTG_MARKER_RUNNING = 1,
	WTG_MARKER_COMPLETE = 2,
};

struct wtg_marker {
	enum wtg_marker_state state;
	uint64_t run_id;
	uint64_t time;    /* seconds since the epoch */
	char step[48];    /* the name of the step that was running */
	char version[24]; /* of wtgctl */
	bool keeps;       /* the run wipes nothing: the drive is not lost if it does not end */
};

/* Does not flush.  Strings that are too long are cut. */
int wtg_marker_write(const struct wtg_window *disk, uint64_t offset,
		     const struct wtg_marker *marker, struct wtg_error *err);

/* 1: there is one; 0: there is none (no magic, wrong checksum, written for another offset,
 * the drive is too small); -1: cannot read.  The strings end, but can hold anything. */
int wtg_marker_read(const struct wtg_window *disk, uint64_t offset, struct wtg_marker *ret,
		    struct wtg_error *err);
