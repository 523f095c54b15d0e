/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns of paths as Windows' own lists have them (WimScript.ini, WimBootCompress.ini), and as
 * wimlib understands those: "*" and "?" stay within one part of a path; one with a separator in
 * it is of whole paths from the root, and means all that lies below, too; any other is of a
 * file's own name.  Letters match whatever the case, what is not ASCII matches anything: where
 * in doubt, a pattern matches.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/utf16.h"

/* Nothing in a pattern counts behind this many parts: it matches all that lies there. */
#define WTG_PATTERN_PARTS 16

/* A path from the root: its first parts, WTG_PATTERN_PARTS at most, and its last. */
struct wtg_pattern_path {
	const struct wtg_name16 *parts;
	size_t n_parts;
	struct wtg_name16 name;
};

struct wtg_pattern {
	const char *text; /* ASCII; separators are '/' or '\\' */
	size_t length;
	bool of_name; /* it has no separator */
	size_t n_parts;
	struct {
		const char *text;
		size_t length;
	} parts[WTG_PATTERN_PARTS];
};

/* Borrows the text. */
struct wtg_pattern wtg_pattern_parse(const char *text);
bool wtg_pattern_matches(const struct wtg_pattern *pattern,
			 const struct wtg_pattern_path *path);

struct wtg_patterns {
	struct wtg_pattern *items; /* which own their texts */
	size_t n_items, capacity;
};
void wtg_patterns_done(struct wtg_patterns *patterns);

/* text may be any bytes: "*" takes the place of what is not ASCII. */
void wtg_patterns_add(struct wtg_patterns *patterns, const char *text);

/* Add the lines of a section ("PrepopulateList") of such a file: UTF-16 with a byte order mark,
 * or 8-bit.  No more than max of them; false: there were more. */
bool wtg_patterns_read(struct wtg_patterns *patterns, const struct wtg_bytes *file,
		       const char *section, size_t max);
