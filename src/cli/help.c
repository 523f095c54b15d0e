/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "help.h"

#include <string.h>

#include "output.h"
#include "wtg/cleanup.h"
#include "wtg/facts.h"
#include "wtg/text.h"

#define COLUMN 36 /* where explanations begin */

static void print_usage(FILE *to, const struct cli_command *command)
{
	fprintf(to, "Usage: wtgctl %s", command->name);
	if (command->id == CLI_CREATE)
		fputs(" --image IMAGE", to);
	if (command->id & (CLI_VENTOY_INSTALL | CLI_VENTOY_UPGRADE))
		fputs(" --ventoy PAYLOAD", to);
	fputs(" [OPTION]...", to);
	if (command->operand)
		fprintf(to, command->min ? " %s" : " [%s]", command->operand);
	if (command->max > 1)
		fputs("...", to);
	fputc('\n', to);
}

static void print_option(FILE *to, const struct cli_option *option)
{
	_cleanup_free_ char *letter =
		option->letter ? wtg_text("-%c, ", option->letter) : wtg_text("    ");
	_cleanup_free_ char *left =
		option->kind == CLI_SWITCH ?
			wtg_text("  %s--%s[=%s]", letter, option->name, option->metavar) :
			wtg_text("  %s--%s%s%s", letter, option->name,
				 option->metavar ? " " : "",
				 option->metavar ? option->metavar : "");

	if (strlen(left) < COLUMN)
		fprintf(to, "%-*s%s\n", COLUMN, left, option->help);
	else
		fprintf(to, "%s\n%*s%s\n", left, COLUMN, "", option->help);
}

void cli_help_overview(FILE *to)
{
	fputs("Usage: wtgctl COMMAND [OPTION]... [OPERAND]\n\n"
	      "Make Windows To Go drives: a Windows that starts from a USB drive.\n\n",
	      to);
	for (size_t i = 0; i < cli_n_commands; i++) {
		const struct cli_command *c = &cli_commands[i];
		/* A name of two words leaves no room for more. */
		_cleanup_free_ char *left = wtg_text(
			"%s %s", c->name, c->operand && cli_command_words(c) == 1 ? c->operand : "");

		fprintf(to, "  %-16s%s\n", left, c->summary);
	}
	fputs("\n'wtgctl help COMMAND' explains a command; wtgctl(8) explains "
	      "everything.\n",
	      to);
}

void cli_help_command(FILE *to, const struct cli_command *command)
{
	const char *group = NULL;

	print_usage(to, command);
	fprintf(to, "\n%c%s.\n", command->summary[0] - 'a' + 'A', command->summary + 1);
	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option *option = &cli_option_table[i];

		if (!(option->commands & command->id) || !option->group)
			continue;
		if (!wtg_text_equal(group, option->group))
			fprintf(to, "\n%s:\n", option->group);
		group = option->group;
		print_option(to, option);
	}
	if (command->id & (CLI_CREATE | CLI_VENTOY_INSTALL))
		fputs("\nA SIZE is a number with K, M, G, T (powers of 1024) or KB, MB, "
		      "GB, TB "
		      "(of 1000).\n",
		      to);
}

static void dump_option(const struct cli_option *option, struct wtg_facts *out)
{
	char letter[] = { option->letter, '\0' };

	wtg_fact_open(out, NULL, WTG_OBJECT);
	wtg_fact_text(out, "name", option->name);
	wtg_fact_text(out, "letter", option->letter ? letter : NULL);
	wtg_fact_text(out, "kind", cli_option_kind_name(option->kind));
	wtg_fact_text(out, "metavar", option->metavar);
	wtg_fact_text(out, "group", option->group);
	wtg_fact_truth(out, "hidden", !option->group);
	wtg_fact_text(out, "help", option->help);
	wtg_fact_close(out);
}

static void dump_command(const struct cli_command *command, struct wtg_facts *out)
{
	wtg_fact_open(out, NULL, WTG_OBJECT);
	wtg_fact_text(out, "name", command->name);
	wtg_fact_text(out, "operand", command->operand);
	wtg_fact_number(out, "min", command->min);
	wtg_fact_number(out, "max", command->max);
	wtg_fact_text(out, "summary", command->summary);
	wtg_fact_open(out, "options", WTG_LIST);
	for (size_t i = 0; i < cli_n_options; i++)
		if (cli_option_table[i].commands & command->id)
			dump_option(&cli_option_table[i], out);
	wtg_fact_close(out);
	wtg_fact_close(out);
}

void cli_help_dump(FILE *to)
{
	struct wtg_json *json = cli_json_new("cli");
	struct wtg_facts *out = wtg_json_facts(json);

	wtg_fact_open(out, "commands", WTG_LIST);
	for (size_t i = 0; i < cli_n_commands; i++)
		dump_command(&cli_commands[i], out);
	wtg_fact_close(out);
	cli_json_print(json, to);
	wtg_json_free(json);
}
