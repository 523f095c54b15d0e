/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <inttypes.h>
#include <stdio.h>

#include "drive.h"
#include "output.h"
#include "table.h"
#include "wtg/cleanup.h"
#include "wtg/target.h"
#include "wtg/text.h"

static const struct cli_column columns[] = {
	{ "PATH", false, false },    { "MODEL", false, true },
	{ "SERIAL", false, false },  { "SIZE", true, false },
	{ "BUS", false, false },     { "REMOVABLE", false, false },
	{ "SECTOR", true, false },   { "CONTENT", false, true },
	{ "SUITABLE", false, true },
};

/* Without --all: what somebody could have plugged in. */
static bool is_drive(const struct wtg_disk *disk)
{
	return disk->size_bytes > 0 && !wtg_text_equal(disk->bus, "loop");
}

/* With its vendor, where that is not said already. */
static char *model_of(const struct wtg_disk *disk)
{
	if (!disk->model || !disk->vendor || wtg_text_starts(disk->model, disk->vendor))
		return wtg_text_copy(disk->model);
	return wtg_text("%s %s", disk->vendor, disk->model);
}

static char *suitability(const struct wtg_verdict *verdict)
{
	if (!verdict->rule)
		return wtg_text("yes");
	if (verdict->override)
		return wtg_text("with %s: %s", verdict->override, verdict->sentence);
	return wtg_text("no: %s", verdict->sentence);
}

static void add_row(struct cli_table *table, const struct wtg_disk *disk,
		    const struct wtg_verdict *verdict)
{
	_cleanup_free_ char *model = model_of(disk);
	_cleanup_free_ char *size = wtg_size_drive_text(disk->size_bytes);
	_cleanup_free_ char *sector = wtg_text("%" PRIu32, disk->sector_bytes);
	_cleanup_free_ char *content = cli_drive_content(disk);
	_cleanup_free_ char *suitable = suitability(verdict);
	const char *cells[] = { disk->path, model,     disk->serial,
				size,	    disk->bus, disk->removable ? "yes" : "no",
				sector,	    content,   suitable };

	cli_table_add(table, cells);
}

static void describe(const struct wtg_disk *disk, const struct wtg_verdict *verdict,
		     struct wtg_facts *out)
{
	wtg_fact_open(out, NULL, WTG_OBJECT);
	wtg_disk_describe(disk, out);
	wtg_fact_truth(out, "suitable", !verdict->rule);
	wtg_fact_text(out, "rule", verdict->rule);
	wtg_fact_text(out, "reason", verdict->sentence);
	wtg_fact_text(out, "override", verdict->override);
	wtg_fact_text(out, "hint", verdict->hint);
	wtg_fact_close(out);
}

static struct wtg_verdict judge(const struct wtg_disk *disk)
{
	static const struct wtg_safety nothing_allowed = { 0 };

	return wtg_safety_judge(disk, &nothing_allowed);
}

static void print_json(const struct wtg_disk_list *list, bool all)
{
	_cleanup_(cli_output_done) struct cli_output output = { 0 };
	struct wtg_facts *out = cli_output_begin(&output, "list", true);

	wtg_fact_open(out, "drives", WTG_LIST);
	for (size_t i = 0; i < list->n_items; i++) {
		_cleanup_(wtg_verdict_done) struct wtg_verdict verdict =
			judge(&list->items[i]);

		if (all || is_drive(&list->items[i]))
			describe(&list->items[i], &verdict, out);
	}
	wtg_fact_close(out);
	cli_output_end(&output);
}

static void print_table(const struct wtg_disk_list *list, bool all)
{
	_cleanup_(cli_table_freep) struct cli_table *table =
		cli_table_new(columns, sizeof(columns) / sizeof(columns[0]), stdout);
	size_t shown = 0;

	for (size_t i = 0; i < list->n_items; i++) {
		_cleanup_(wtg_verdict_done) struct wtg_verdict verdict =
			judge(&list->items[i]);

		if (!all && !is_drive(&list->items[i]))
			continue;
		add_row(table, &list->items[i], &verdict);
		shown++;
	}
	if (shown > 0)
		cli_table_print(table);
	else
		fputs("There are no drives.\n", stderr);
}

int cli_list(struct cli_options *options, struct cli_outcome *outcome,
	     struct wtg_error *err)
{
	_cleanup_(wtg_disk_list_done) struct wtg_disk_list list = { 0 };

	(void)outcome;
	if (wtg_disk_list(&list, err) < 0)
		return -1;
	if (options->json)
		print_json(&list, options->all);
	else
		print_table(&list, options->all);
	return 0;
}
