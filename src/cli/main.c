/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "commands.h"
#include "front.h"
#include "help.h"
#include "profile.h"
#include "result.h"
#include "signals.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

/* Without this, the first file that we open could become 1 or 2, and what we print would
 * go to the drive. */
static void occupy_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			abort();
}

/* Whoever asks for JSON gets it for a mistake on the command line, too. */
static bool asks_for_json(char **argv)
{
	for (; *argv && !wtg_text_equal(*argv, "--"); argv++)
		if (wtg_text_equal(*argv, "--json"))
			return true;
	return false;
}

static int check_operands(const struct cli_command *command,
			  const struct cli_options *options, struct wtg_error *err)
{
	if (options->n_operands < command->min)
		wtg_fail(err, WTG_USAGE, 0, "%s needs %s operand: %s", command->name,
			 command->max > 1 ? "an" : "one", command->operand);
	else if (options->n_operands > command->max)
		wtg_fail(err, WTG_USAGE, 0, "%s does not take \"%s\"", command->name,
			 options->operands[command->max]);
	else
		return 0;
	return wtg_hint(err, "'wtgctl help %s' shows how it is used.", command->name);
}

/* "--help" and "--version" are commands to most people. */
static const char *command_name(const char *argument)
{
	if (wtg_text_equal(argument, "--help") || wtg_text_equal(argument, "-h"))
		return "help";
	if (wtg_text_equal(argument, "--version"))
		return "version";
	return argument;
}

static int dispatch(char **argv, struct cli_outcome **outcome, struct wtg_error *err)
{
	_cleanup_(cli_options_done) struct cli_options options = { 0 };
	const struct cli_command *command;

	if (!argv[0]) {
		wtg_fail(err, WTG_USAGE, 0, "no command is given");
		return wtg_hint(err, "'wtgctl help' lists the commands.");
	}
	if (wtg_text_equal(argv[0], "--dump-cli")) {
		cli_help_dump(stdout);
		return 0;
	}
	if (cli_command_find(command_name(argv[0]), argv[1], &command, err) < 0 ||
	    cli_options_parse(command, argv + cli_command_words(command), &options, err) < 0)
		return -1;
	if (options.help) {
		cli_help_command(stdout, command);
		return 0;
	}
	if (command->id == CLI_CREATE && cli_profile_fill(command, &options, err) < 0)
		return -1;
	if (options.print_profile)
		return cli_profile_print(&options, err);
	if (check_operands(command, &options, err) < 0)
		return -1;
	if (command->works)
		*outcome = cli_front_split((*outcome)->json, options.n_operands);
	return command->run(&options, *outcome, err);
}

/* It would hold the passwords that an answer file has. */
static void leave_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
	struct cli_outcome here = { 0 }, *outcome = &here;
	struct wtg_error err = WTG_ERROR_INIT;
	int status;

	occupy_standard_descriptors();
	leave_no_core();
	cli_signals_ignore_errors();
	setlocale(LC_CTYPE, ""); /* libsmartcols measures what it prints */

	argv += argc > 0;
	outcome->json = asks_for_json(argv);
	if (dispatch(argv, &outcome, &err) < 0 && err.kind == WTG_OK)
		wtg_fail(&err, WTG_SYSTEM, 0, "something failed and did not say why");
	status = cli_result_report(outcome, &err);
	if (err.kind == WTG_CANCELLED)
		cli_signals_raise();
	wtg_error_done(&err);
	return status;
}
