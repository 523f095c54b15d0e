/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hivex 1.3.23 stumbles over, and what it gets wrong. */
#pragma once

#include "windows/edits.h"

/*
 * It gives up the cells of what it replaces and deletes, and ends the process when one of them is
 * none: the data of a value that has no bytes, a class name of none.  Kind WTG_INPUT when the edits
 * would come to that.
 */
int wtg_hive_check_quirks(const struct wtg_bytes *hive, const struct wtg_edits *edits,
			  struct wtg_error *err);

/*
 * It sorts keys, and keeps the hash of a new key's name in its parent's list, by their UTF-8, where
 * Windows goes by upper-case UTF-16: not the same as soon as a name is not ASCII.  Put it right
 * where edits made such keys; Windows would not find them, nor others beside them.
 */
int wtg_hive_sort(struct wtg_bytes *hive, const struct wtg_edits *edits, struct wtg_error *err);
