/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table on the terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "wtg/cleanup.h"

struct cli_column {
	const char *name;
	bool right; /* aligned: numbers */
	bool wraps; /* where the terminal is too narrow */
};

struct cli_table;

/* Columns are borrowed until it is freed. */
struct cli_table *cli_table_new(const struct cli_column *columns, size_t n_columns,
				FILE *to);
void cli_table_free(struct cli_table *table);
WTG_DEFINE_FREEP(struct cli_table, cli_table_free)

/* A cell for each column; NULL is an empty one.  Made harmless and copied. */
void cli_table_add(struct cli_table *table, const char *const cells[]);

void cli_table_print(const struct cli_table *table);
