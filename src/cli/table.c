/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows libsmartcols. */
#include "table.h"

#include <stdlib.h>

#include <libsmartcols.h>

#include "wtg/text.h"

struct cli_table {
	struct libscols_table *table;
	size_t n_columns;
};

/* libsmartcols fails only for want of memory. */
static void *needed(void *p)
{
	if (!p)
		abort();
	return p;
}

struct cli_table *cli_table_new(const struct cli_column *columns, size_t n_columns,
				FILE *to)
{
	struct cli_table *table = needed(calloc(1, sizeof(*table)));

	table->table = needed(scols_new_table());
	table->n_columns = n_columns;
	scols_table_set_stream(table->table, to);
	for (size_t i = 0; i < n_columns; i++)
		needed(scols_table_new_column(
			table->table, columns[i].name, 0,
			(columns[i].right ? SCOLS_FL_RIGHT : 0) |
				(columns[i].wraps ? SCOLS_FL_WRAP : 0)));
	return table;
}

void cli_table_free(struct cli_table *table)
{
	if (table)
		scols_unref_table(table->table);
	free(table);
}

void cli_table_add(struct cli_table *table, const char *const cells[])
{
	struct libscols_line *line = needed(scols_table_new_line(table->table, NULL));

	for (size_t i = 0; i < table->n_columns; i++) {
		_cleanup_free_ char *harmless =
			cells[i] ? wtg_text_printable(cells[i]) : NULL;

		if (scols_line_set_data(line, i, harmless) < 0)
			abort();
	}
}

void cli_table_print(const struct cli_table *table)
{
	scols_print_table(table->table);
}
