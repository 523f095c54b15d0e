/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether files are compressed, where that was left to us. */
#pragma once

#include "step/survey.h"
#include "wtg/request.h"
#include "wtg/target.h"

/* Kind WTG_USAGE where it is asked for and cannot be. */
int wtg_compact_check(const struct wtg_request *request, struct wtg_error *err);

/*
 * Keep what the survey says could be compressed, or drop it, and say why in compact_why.  The
 * Windows volume would have windows_bytes, of which a plain Windows needs plain_least.  Several
 * drives get the same, whatever each of them is: disk is NULL.
 */
void wtg_compact_settle(const struct wtg_request *request, const struct wtg_disk *disk,
			uint64_t windows_bytes, uint64_t plain_least,
			struct wtg_survey *survey);
