/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "confirm.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drive.h"
#include "signals.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

#define LONGEST_ANSWER 256

static void show_line(const char *key, const char *value)
{
	_cleanup_free_ char *harmless = value ? wtg_text_printable(value) : NULL;

	if (harmless)
		fprintf(stderr, "  %-10s%s\n", key, harmless);
}

static const char *what_to_type(const struct wtg_disk *disk)
{
	if (disk->is_file || (!disk->serial && !disk->model))
		return "its path";
	if (!disk->serial)
		return "its model";
	if (!disk->model)
		return "the last 6 characters of its serial";
	return "its model, or the last 6 characters of its serial,";
}

/* Around the drive's path. */
static const struct {
	const char *before, *after;
	const char *act; /* "nobody … to confirm that it may be …" */
} stakes[] = {
	[CLI_STAKE_ALL] = { "Everything on ", " will be lost.", "erased" },
	[CLI_STAKE_SPACE] = { "Windows goes into the free space of ",
			      "; what is on it stays.", "changed" },
	[CLI_STAKE_VENTOY] = { "The Ventoy on ", " will be replaced; its files stay.", "changed" },
	[CLI_STAKE_REPAIR] = { "What the Windows on ",
			       " starts with, and its settings, will be mended; its files "
			       "stay.", "changed" },
	[CLI_STAKE_ENTRY] = { "Ventoy's menu on ", " will be changed; all else stays.", "changed" },
};

static void show_drive(const struct wtg_disk *disk, enum cli_stake stake)
{
	_cleanup_free_ char *path = wtg_text_printable(disk->path);
	_cleanup_free_ char *size = wtg_size_drive_text(disk->size_bytes);
	_cleanup_free_ char *content = cli_drive_content(disk);

	fprintf(stderr, "\n%s%s%s\n", stakes[stake].before, path, stakes[stake].after);
	show_line("vendor:", disk->vendor);
	show_line("model:", disk->model);
	show_line("serial:", disk->serial);
	show_line("size:", size);
	show_line("contents:", content);
	fprintf(stderr, "Type %s to go on: ", what_to_type(disk));
	fflush(stderr);
}

/* One line without its end.  Read directly: stdio would sleep through a signal. */
static int read_answer(char ret[static LONGEST_ANSWER], struct wtg_error *err)
{
	ssize_t n;

	if (!cli_signals_wait_for(STDIN_FILENO)) {
		fputc('\n', stderr);
		return wtg_fail(err, WTG_CANCELLED, 0, "interrupted");
	}
	n = read(STDIN_FILENO, ret, LONGEST_ANSWER - 1); /* a terminal gives one line */
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\r\n")] = '\0';
	return 0;
}

static int fail_answer(const struct wtg_target *target, struct wtg_error *err)
{
	return wtg_fail(err, WTG_REFUSED, 0, "the answer does not name %s",
			wtg_target_disk(target)->path);
}

static int ask(const struct wtg_target *target, enum cli_stake stake, struct wtg_error *err)
{
	char answer[LONGEST_ANSWER];

	show_drive(wtg_target_disk(target), stake);
	if (read_answer(answer, err) < 0)
		return -1;
	return wtg_target_confirmed(target, answer, true) ? 0 : fail_answer(target, err);
}

/* What wtg_target_name() is of it. */
static const char *name_of_name(const struct wtg_disk *disk)
{
	if (disk->is_file || !disk->serial)
		return "path";
	return "serial";
}

int cli_confirm_given(const struct wtg_target *target, const char *given,
		      struct wtg_error *err)
{
	const struct wtg_disk *disk = wtg_target_disk(target);
	const char *name = wtg_target_name(target);

	if (!given || wtg_target_confirmed(target, given, false))
		return 0;
	return wtg_fail(err, WTG_REFUSED, 0,
			"--confirm says \"%s\", but the %s of %s is \"%s\"", given,
			name_of_name(disk), disk->path, name ? name : disk->path);
}

static bool somebody_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static int fail_alone(const struct wtg_target *target, enum cli_stake stake,
		      struct wtg_error *err)
{
	const struct wtg_disk *disk = wtg_target_disk(target);

	wtg_fail(err, WTG_REFUSED, 0,
		 "nobody is at a terminal to confirm that %s may be %s", disk->path,
		 stakes[stake].act);
	return wtg_hint(err, "Give its %s: --confirm \"%s\".", name_of_name(disk),
			wtg_target_name(target));
}

int cli_confirm_ask(const struct wtg_target *target, enum cli_stake stake,
		    struct wtg_error *err)
{
	if (!wtg_target_name(target))
		return 0;
	return somebody_is_there() ? ask(target, stake, err) : fail_alone(target, stake, err);
}

int cli_confirm_ask_one_of(const struct wtg_target *target, struct wtg_error *err)
{
	const struct wtg_disk *disk = wtg_target_disk(target);
	bool has_serial = !disk->is_file && disk->serial;
	_cleanup_free_ char *path = wtg_text_printable(disk->path);
	char answer[LONGEST_ANSWER];

	if (!somebody_is_there())
		return fail_alone(target, CLI_STAKE_ALL, err);
	fprintf(stderr, "%s: type %s to go on: ", path,
		has_serial ? "the last 6 characters of its serial" : "its path");
	fflush(stderr);
	if (read_answer(answer, err) < 0)
		return -1;
	if (has_serial && wtg_text_equal(answer, disk->model))
		return fail_answer(target, err);
	return wtg_target_confirmed(target, answer, has_serial) ? 0 : fail_answer(target, err);
}
