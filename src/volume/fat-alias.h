/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and times as FAT and exFAT directories hold them. */
#pragma once

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Why a name, a part of a path, is impossible; NULL if it is fine.  exFAT and Windows forbid
 * the same. */
const char *wtg_fat_judge_name(const char *name, size_t length);

/* The 8.3 name that comes to mind for a good name; true if it says the same but for case. */
bool wtg_fat_alias_propose(const char *name, uint8_t ret[static 11], bool *ret_needs_long_name);

/* "LONGNA~1": for those that do not say the same, or are another's. */
void wtg_fat_alias_number(uint8_t alias[static 11], uint32_t number);

/* How many entries a long name takes, and those, its end first; gives where the next goes.
 * The name is UTF-16LE without a NUL. */
uint32_t wtg_fat_long_entries(size_t n_units);
uint8_t *wtg_fat_put_long_name(uint8_t *to, const struct wtg_bytes *name16,
			       const uint8_t alias[static 11]);

/* Of a time in seconds since 1970: the date in the upper half, the time in steps of 2 seconds in
 * the lower; and the rest, in hundredths of a second.  They reach from 1980 to 2107: what they
 * cannot say becomes 1980. */
uint32_t wtg_fat_timestamp(uint64_t seconds);
uint8_t wtg_fat_hundredths(uint64_t seconds);

/* The same name for Windows?  letters (C.UTF-8) knows both cases of them; 0: only ASCII's. */
bool wtg_fat_names_equal(locale_t letters, const char *a, const char *b);
