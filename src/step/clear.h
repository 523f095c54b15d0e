/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wipe-target and clear-space have in common, and the question that every first step asks. */
#pragma once

#include "base/extent.h"
#include "base/window.h"
#include "wtg/error.h"
#include "wtg/progress.h"
#include "wtg/target.h"

/* Is the target free, and may files here be as large as it is? */
int wtg_clear_check(const struct wtg_target *target, struct wtg_progress *progress,
		    struct wtg_error *err);

/* Zeros over [offset, offset + length) of the drive, except where the run keeps its record: at
 * marker. */
int wtg_clear_zero(const struct wtg_window *disk, uint64_t marker, uint64_t offset,
		   uint64_t length, struct wtg_error *err);

/* Erase the ends of a place and whatever libblkid knows in it; nothing outside of it. */
int wtg_clear_place(const struct wtg_window *disk, uint64_t marker,
		    const struct wtg_extent *place, struct wtg_error *err);
