/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the partitions go. */
#pragma once

#include "step/layout.h"
#include "wtg/error.h"
#include "wtg/image.h"
#include "wtg/request.h"
#include "wtg/target.h"

/*
 * GPT: ESP, MSR, Windows, and data if it was asked for, all on whole MiB.  Identifiers are
 * left to the caller.  Of the drive, most_bytes at most are used (0: all).  Kind
 * WTG_UNSUITABLE, with both numbers, when the drive is too small; WTG_USAGE when the request
 * contradicts itself.
 */
int wtg_layout_decide(const struct wtg_request *request, const struct wtg_disk *disk,
		      uint64_t most_bytes, uint64_t windows_least, struct wtg_layout *ret,
		      struct wtg_error *err);

/* What a Windows volume must have to hold files that take so many bytes of it, without room to
 * work in. */
uint64_t wtg_layout_windows_least(uint64_t files_bytes);

/* About how much of a drive a run writes. */
uint64_t wtg_layout_written_bytes(uint64_t windows_least);
