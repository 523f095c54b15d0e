/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our own reader of registry hives, in place and read-only: the second pair of eyes on
 * what hivex and our writer made, and what verify and status read drives with.  It trusts
 * no offset, size or count: opening walks the chain of bins, and every cell that is
 * followed is bounded, aligned and allocated.  That cells are where the bins say, and
 * belong to one owner, is what wtg_hive_view_check() adds: call it before relying on "not
 * there".
 *
 * Names are compared as the registry does, without regard to case; of the letters outside
 * ASCII, Latin-1, Latin Extended-A, Greek, Cyrillic and Armenian are folded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wtg/error.h"

struct wtg_hive_view {
	const uint8_t *data; /* borrowed from the caller */
	size_t size;         /* of base block and bins; what follows them is ignored */
	uint32_t root;       /* offset of the root cell */
	uint32_t sequence1, sequence2; /* differ: dirty, its log was not replayed */
	uint32_t minor;
};

/* Check base block (signature, checksum, version 1.3 to 1.6) and bins.  Kind WTG_INPUT
 * when they are not sound. */
int wtg_hive_view_open(const struct wtg_bytes *bytes, struct wtg_hive_view *ret,
		       struct wtg_error *err);

/* A key of a view; 0 is no key. */
typedef uint32_t wtg_hive_key;

/* A subkey by path ("Select", "ControlSet001\\Control"), any case; from 0: the root.  0
 * when it does not exist or the hive is damaged there. */
wtg_hive_key wtg_hive_view_key(const struct wtg_hive_view *view, wtg_hive_key from,
			       const char *path);

/* The i-th subkey, in the hive's order; 0 after the last. */
wtg_hive_key wtg_hive_view_subkey(const struct wtg_hive_view *view, wtg_hive_key key,
				  size_t i);

/* A key's name as UTF-8, up to a NUL; the caller frees; NULL when damaged. */
char *wtg_hive_view_name(const struct wtg_hive_view *view, wtg_hive_key key);

/* A value by name ("" is the default value); 1 found, 0 not, -1 damaged.  ret->data is
 * the caller's; big data ("db") is put together. */
int wtg_hive_view_value(const struct wtg_hive_view *view, wtg_hive_key key,
			const char *name, uint32_t *ret_type, struct wtg_bytes *ret);

/* The same for the i-th value; *ret_name is the caller's.  0 after the last. */
int wtg_hive_view_nth_value(const struct wtg_hive_view *view, wtg_hive_key key, size_t i,
			    char **ret_name, uint32_t *ret_type, struct wtg_bytes *ret);

/* A REG_DWORD by key path and name; false when absent or of another type. */
bool wtg_hive_view_dword(const struct wtg_hive_view *view, const char *key_path,
			 const char *name, uint32_t *ret);

/* Walk everything in the hive.  Kind WTG_INPUT, and the place, at the first thing that is
 * damaged, belongs to two owners, or lies where Windows would not find it. */
int wtg_hive_view_check(const struct wtg_hive_view *view, struct wtg_error *err);
