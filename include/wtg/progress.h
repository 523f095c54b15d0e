/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The narrow way back to the caller of anything that takes long: bytes done go out,
 * "cancelled?" comes in.  Every function that takes a struct wtg_progress accepts NULL.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wtg/error.h"

struct wtg_progress {
	void (*advance)(struct wtg_progress *p, uint64_t bytes);
	bool (*cancelled)(struct wtg_progress *p);
};

/* Report bytes more as done; fails, kind WTG_CANCELLED, when the user wants to stop. */
int wtg_progress_advance(struct wtg_progress *p, uint64_t bytes, struct wtg_error *err);
