/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * INF files as Windows' SetupAPI reads them: UTF-16, UTF-8 or ANSI; sections that repeat are one;
 * lines that end in '\' go on; "quoted ""strings"""; comments from ';'; %tokens% from
 * [Strings.0409] and [Strings], once: what they stand for is not looked at again, and those that
 * stand for nothing, such as %12%, a directory, stay.  Bounded: 16 MiB, 200,000 lines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "wtg/error.h"

struct wtg_inf_line {
	char *key;     /* before '='; NULL: none */
	char **fields; /* after it, or all, without quotes, tokens filled in; never NULL each */
	size_t n_fields, capacity;
	unsigned number; /* in the file, from 1 */
};

struct wtg_inf_section {
	char *name;
	struct wtg_inf_line *items;
	size_t n_items, capacity;
};

struct wtg_inf {
	struct wtg_inf_section *items; /* by name */
	size_t n_items, capacity;
};
void wtg_inf_done(struct wtg_inf *inf);

/* Kind WTG_INPUT, with the line. */
int wtg_inf_parse(const struct wtg_bytes *text, struct wtg_inf *ret, struct wtg_error *err);

/* Whatever the case; NULL: there is none. */
const struct wtg_inf_section *wtg_inf_section(const struct wtg_inf *inf, const char *name);
const struct wtg_inf_line *wtg_inf_line(const struct wtg_inf_section *section,
					const char *key);
/* The i-th field; "" where there are fewer. */
const char *wtg_inf_field(const struct wtg_inf_line *line, size_t i);
