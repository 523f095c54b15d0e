/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A registry script half read, for reg-file.c, reg-key.c and reg-value.c. */
#pragma once

#include <stdbool.h>

#include "windows/reg-file.h"

struct wtg_reg_scan {
	const char *name; /* of the file */
	const char *at;   /* in its text */
	unsigned line;
	bool ansi; /* REGEDIT4: what is text in hex digits is in single bytes */
	struct wtg_wishes *wishes;

	/* The key that what follows belongs to. */
	bool in_key, deleted;
	enum wtg_hive_id hive;
	char *key;
};

/* "site.reg, line 7: …": kind WTG_INPUT. */
int wtg_reg_fail(const struct wtg_reg_scan *scan, struct wtg_error *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Give the wishes from first on their reason. */
void wtg_reg_because(const struct wtg_reg_scan *scan, size_t first, unsigned line);

void wtg_reg_skip_blanks(struct wtg_reg_scan *scan); /* not line breaks */
bool wtg_reg_at_end(const struct wtg_reg_scan *scan); /* of a line, but for a comment */

/* Where a key's full name leads: *ret_key points into path. */
int wtg_reg_locate(const struct wtg_reg_scan *scan, const char *path, enum wtg_hive_id *ret_hive,
		   char **ret_key, struct wtg_error *err);

/* A value behind its name and '='. */
int wtg_reg_value(struct wtg_reg_scan *scan, const char *value, struct wtg_error *err);
/* A text in quotes; the caller frees. */
int wtg_reg_quoted(struct wtg_reg_scan *scan, char **ret, struct wtg_error *err);
