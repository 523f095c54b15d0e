/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Editing a hive: hive.c is the only file that knows hivex.  Works on a private copy
 * in a scratch file; what comes back was read again by our own reader (regf-read.h): every cell
 * sound, every edit there, nothing else changed, sequence numbers equal.
 */
#pragma once

#include "base/bytes.h"
#include "windows/edits.h"
#include "wtg/error.h"

/* The hive with the edits made; equal bytes when none changes anything. */
int wtg_hive_edit(const struct wtg_bytes *hive, const struct wtg_edits *edits,
		  struct wtg_bytes *ret, struct wtg_error *err);
