/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the partitions go. */
#pragma once

#include "step/layout.h"
#include "step/ventoy.h"
#include "wtg/error.h"
#include "wtg/request.h"
#include "wtg/target.h"

/* What a layout is decided from; all borrowed. */
struct wtg_site {
	const struct wtg_request *request;
	const struct wtg_disk *disk;
	uint64_t most_bytes;    /* so many of the drive are used, at most; 0: all */
	uint64_t windows_least; /* that Windows needs; 0: there will be none, Ventoy is alone */
	const struct wtg_drive_view *beside; /* what is on the drive and stays; NULL: nothing */
};

/*
 * All on whole MiB.  GPT: ESP, MSR, Windows, and data if it was asked for.  With Ventoy: its own
 * two, ESP and Windows.  Beside something: behind it, what of these is not there.  Identifiers
 * are left to the caller.  Kind WTG_UNSUITABLE, with both numbers, when the drive is too small, and
 * with the reason when it is otherwise none for this layout.
 */
int wtg_layout_decide(const struct wtg_site *site, struct wtg_layout *ret, struct wtg_error *err);

/* What a Windows volume must have to hold files that take so many bytes of it, without room to
 * work in. */
uint64_t wtg_layout_windows_least(uint64_t files_bytes);

/* Seconds since the epoch, for what a plan dates. */
uint64_t wtg_layout_now(void);

/* About how much of a drive a run writes. */
uint64_t wtg_layout_written_bytes(uint64_t windows_least);
