/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a SYSTEM hive says of its Windows: may it be edited, where, has it ever run? */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "windows/regf-read.h"
#include "wtg/error.h"

/* Which control sets Windows will start from: 1 is "ControlSet001".  Often the same. */
struct wtg_control_sets {
	uint32_t current; /* Select\Current */
	uint32_t startup; /* Select\Default */
};

/* Open any hive that can be edited offline; name is for errors.  Kind WTG_INPUT for one that is
 * dirty or damaged.  bytes must outlive the view. */
int wtg_hive_open_clean(const struct wtg_bytes *bytes, const char *name,
			struct wtg_hive_view *ret, struct wtg_error *err);

/*
 * Open a SYSTEM hive that can be edited offline.  Kind WTG_INPUT, with the reason, for
 * any other: dirty, damaged, of Windows 7 or older, without Select or what that names, or
 * without what every Windows has there.  bytes must outlive the view.
 */
int wtg_system_open(const struct wtg_bytes *bytes, struct wtg_hive_view *ret,
		    struct wtg_control_sets *ret_sets, struct wtg_error *err);

/* Is its setup over?  Then it runs none, and reads no answer file, when it starts. */
bool wtg_system_is_set_up(const struct wtg_hive_view *system);

/*
 * Was this installation started on a PC before its image was captured?  An image that was
 * generalised, as Microsoft's are, was not.  Says yes only when two of three signs agree.
 */
bool wtg_system_was_booted(const struct wtg_hive_view *system);
