/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "windows/edits.h"
#include "windows/regf-read.h"
#include "wtg/error.h"

/*
 * Is after what before becomes by the edits, every one of them made and nothing else, key
 * by key and value by value?  Both must have passed wtg_hive_view_check().  Kind
 * WTG_SYSTEM, naming the first difference.
 */
int wtg_hive_compare(const struct wtg_hive_view *before,
		     const struct wtg_hive_view *after, const struct wtg_edits *edits,
		     struct wtg_error *err);
