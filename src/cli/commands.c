/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "suggest.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"
#include "wtg/version.h"

static int run_help(struct cli_options *options, struct cli_outcome *outcome,
		    struct wtg_error *err)
{
	const struct cli_command *about = NULL;

	(void)outcome;
	if (options->n_operands > 0 &&
	    cli_command_find(options->operands[0],
			     options->n_operands > 1 ? options->operands[1] : NULL, &about,
			     err) < 0)
		return -1;
	if (about && options->n_operands > cli_command_words(about))
		return wtg_fail(err, WTG_USAGE, 0, "help does not take \"%s\"",
				options->operands[1]);
	if (about)
		cli_help_command(stdout, about);
	else
		cli_help_overview(stdout);
	return 0;
}

static int run_version(struct cli_options *options, struct cli_outcome *outcome,
		       struct wtg_error *err)
{
	(void)options;
	(void)outcome;
	(void)err;
	printf("wtgctl %s\n", wtg_version());
	return 0;
}

const struct cli_command cli_commands[] = {
	{ "list", NULL, 0, 0, CLI_LIST, true, cli_list,
	  "show the drives, and which of them could be a target" },
	{ "info", "IMAGE", 1, 1, CLI_INFO, true, cli_info,
	  "show what is in a Windows image: editions, boot files, traps" },
	{ "create", "TARGET", 1, CLI_MAX_TARGETS, CLI_CREATE, true, cli_create,
	  "make a Windows To Go drive: everything on TARGET is lost" },
	{ "plan", "TARGET", 1, CLI_MAX_TARGETS, CLI_CREATE, true, cli_plan,
	  "show and check what create would do (create --dry-run)" },
	{ "verify", "TARGET", 1, 1, CLI_VERIFY, true, cli_verify,
	  "walk a finished drive as firmware and Windows would" },
	{ "status", "TARGET", 1, 1, CLI_STATUS, true, cli_status,
	  "show what wtgctl made on a drive, and whether it is complete" },
	{ "repair", "TARGET", 1, 1, CLI_REPAIR, true, cli_repair,
	  "have the Windows of a drive start again; its files stay" },
	{ "ventoy install", "TARGET", 1, 1, CLI_VENTOY_INSTALL, true, cli_ventoy_install,
	  "make a drive with Ventoy alone: everything on TARGET is lost" },
	{ "ventoy upgrade", "TARGET", 1, 1, CLI_VENTOY_UPGRADE, true, cli_ventoy_upgrade,
	  "put another version of Ventoy in the place of a drive's own" },
	{ "ventoy entry", "TARGET", 1, 1, CLI_VENTOY_ENTRY, true, cli_ventoy_entry,
	  "put the Windows of a drive into its Ventoy's menu" },
	{ "ventoy status", "TARGET", 1, 1, CLI_VENTOY_STATUS, true, cli_ventoy_status,
	  "show a drive's Ventoy, and whether its loader will start" },
	{ "help", "COMMAND", 0, 2, CLI_HELP, false, run_help, "show how a command is used" },
	{ "version", NULL, 0, 0, CLI_VERSION, false, run_version, "show the version" },
};

const size_t cli_n_commands = sizeof(cli_commands) / sizeof(cli_commands[0]);

size_t cli_command_words(const struct cli_command *command)
{
	return strchr(command->name, ' ') ? 2 : 1;
}

/* The first word of commands that have two? */
static bool is_group(const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i < cli_n_commands; i++)
		if (wtg_text_starts(cli_commands[i].name, word) &&
		    cli_commands[i].name[length] == ' ')
			return true;
	return false;
}

/* Somebody who does not know them yet. */
static int fail_group(const char *word, struct wtg_error *err)
{
	char *list = wtg_text_copy("");

	for (size_t i = 0; i < cli_n_commands; i++) {
		_cleanup_free_ char *before = list;

		if (!wtg_text_starts(cli_commands[i].name, word))
			before = NULL;
		else
			list = wtg_text("%s%s%s", before, *before ? ", " : "",
					strchr(cli_commands[i].name, ' ') + 1);
	}
	wtg_fail(err, WTG_USAGE, 0, "\"%s\" needs a second word", word);
	wtg_hint(err, "It is one of: %s.", list);
	free(list);
	return -1;
}

int cli_command_find(const char *word, const char *next, const struct cli_command **ret,
		     struct wtg_error *err)
{
	struct cli_suggestion nearest = { 0 };
	_cleanup_free_ char *name = NULL;

	if (is_group(word) && (!next || *next == '-'))
		return fail_group(word, err);
	name = is_group(word) ? wtg_text("%s %s", word, next) : wtg_text_copy(word);
	for (size_t i = 0; i < cli_n_commands; i++) {
		if (wtg_text_equal(cli_commands[i].name, name)) {
			*ret = &cli_commands[i];
			return 0;
		}
		cli_suggest(&nearest, name, cli_commands[i].name);
	}
	wtg_fail(err, WTG_USAGE, 0, "there is no command \"%s\"", name);
	if (nearest.word)
		return wtg_hint(err, "Did you mean '%s'?", nearest.word);
	return wtg_hint(err, "'wtgctl help' lists the commands.");
}
