/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "confirm.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "drive.h"
#include "fleet.h"
#include "table.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

/* The first target that it names and that no other did: of drives with the same serial, each
 * needs its own. */
static struct cli_job *whom(const struct cli_fleet *fleet, const char *given)
{
	for (size_t i = 0; i < fleet->n_jobs; i++) {
		struct cli_job *job = &fleet->jobs[i];

		if (!job->confirmed && wtg_target_confirmed(job->target, given, false))
			return job;
	}
	return NULL;
}

int cli_confirm_given_all(struct cli_fleet *fleet, struct wtg_error *err)
{
	const struct wtg_texts *given = &fleet->options->confirm;

	for (size_t i = 0; i < given->n_items; i++) {
		struct cli_job *job = whom(fleet, given->items[i]);

		if (!job)
			return wtg_fail(err, WTG_REFUSED, 0,
					"--confirm says \"%s\", which names none of the targets%s",
					given->items[i], i ? " that are left" : "");
		job->confirmed = true;
	}
	return 0;
}

static bool is_open(const struct cli_job *job)
{
	if (job->confirmed || !wtg_target_name(job->target))
		return false;
	/* A file that a run of ours left unfinished needs no name, just as when it was made. */
	return !wtg_target_disk(job->target)->is_file || job->state != WTG_STATE_INTERRUPTED;
}

static void show(const struct cli_fleet *fleet)
{
	static const struct cli_column columns[] = {
		{ "TARGET", false, false }, { "MODEL", false, false },
		{ "SERIAL", false, false }, { "SIZE", true, false },
		{ "CONTENTS", false, true },
	};
	_cleanup_(cli_table_freep) struct cli_table *table =
		cli_table_new(columns, sizeof(columns) / sizeof(columns[0]), stderr);

	for (size_t i = 0; i < fleet->n_jobs; i++) {
		const struct wtg_disk *disk = wtg_target_disk(fleet->jobs[i].target);
		_cleanup_free_ char *size = wtg_size_drive_text(disk->size_bytes);
		_cleanup_free_ char *content = cli_drive_content(disk);
		const char *const cells[] = { disk->path, disk->model, disk->serial, size,
					      content };

		cli_table_add(table, cells);
	}
	fprintf(stderr, "\nEverything on these %zu targets will be lost:\n\n", fleet->n_jobs);
	cli_table_print(table);
	fputc('\n', stderr);
}

int cli_confirm_ask_all(struct cli_fleet *fleet, struct wtg_error *err)
{
	bool shown = false, terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);

	for (size_t i = 0; i < fleet->n_jobs; i++) {
		struct cli_job *job = &fleet->jobs[i];

		if (!is_open(job))
			continue;
		if (terminal && !shown)
			show(fleet);
		shown = true;
		if (cli_confirm_ask_one_of(job->target, err) < 0)
			return -1;
		job->confirmed = true;
	}
	return 0;
}
