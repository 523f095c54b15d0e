/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "suggest.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

struct parser {
	const struct cli_command *command;
	struct cli_options options;
};

const char *cli_option_kind_name(enum cli_option_kind kind)
{
	static const char *const names[] = {
		[CLI_FLAG] = "flag",   [CLI_TEXT] = "text",	[CLI_TEXTS] = "texts",
		[CLI_FILE] = "file",   [CLI_FILES] = "files",	[CLI_DIR] = "dir",
		[CLI_DIRS] = "dirs",   [CLI_SIZE] = "size",	[CLI_NUMBER] = "number",
		[CLI_CHOICE] = "choice", [CLI_SWITCH] = "switch",
	};

	return names[kind];
}

bool cli_option_repeats(const struct cli_option *option)
{
	return option->kind == CLI_TEXTS || option->kind == CLI_FILES ||
	       option->kind == CLI_DIRS;
}

bool cli_option_names_path(const struct cli_option *option)
{
	return option->kind == CLI_FILE || option->kind == CLI_FILES ||
	       option->kind == CLI_DIR || option->kind == CLI_DIRS;
}

bool cli_option_is_given(const struct cli_options *options, const struct cli_option *option)
{
	size_t row = (size_t)(option - cli_option_table);

	return options->given[row / 64] >> row % 64 & 1;
}

void cli_option_mark_given(struct cli_options *options, const struct cli_option *option)
{
	size_t row = (size_t)(option - cli_option_table);

	options->given[row / 64] |= UINT64_C(1) << row % 64;
}

static bool parse_number(const char *text, uint64_t *ret)
{
	/* A number is a size without a unit. */
	return text[strspn(text, "0123456789")] == '\0' && wtg_size_parse(text, ret);
}

const char *cli_option_word(const struct cli_option *option, unsigned value,
			    size_t *ret_length)
{
	const char *word = option->metavar;

	for (unsigned i = wtg_text_starts(word, "auto|") ? 0 : 1; *word; i++) {
		*ret_length = strcspn(word, "|");
		if (i == value)
			return word;
		word += *ret_length;
		word += *word == '|';
	}
	return NULL;
}

static bool parse_choice(const struct cli_option *option, const char *text, unsigned *ret)
{
	const char *word;
	size_t length;

	/* Some have 0 for their first word, some 1. */
	for (unsigned value = 0; value == 0 || cli_option_word(option, value, &length); value++) {
		word = cli_option_word(option, value, &length);
		if (word && strlen(text) == length && strncmp(word, text, length) == 0) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static int refuse(const struct cli_option *option, const char *text, const char *expected,
		  struct wtg_error *err)
{
	return wtg_fail(err, WTG_USAGE, 0, "option --%s takes %s, not \"%s\"",
			option->name, expected, text);
}

static int add_text(const struct cli_option *option, const char *text, struct wtg_texts *texts,
		    struct wtg_error *err)
{
	if (texts->n_items == WTG_MAX_TEXTS)
		return wtg_fail(err, WTG_USAGE, 0, "option --%s is given more than %d times",
				option->name, WTG_MAX_TEXTS);
	texts->items[texts->n_items++] = text;
	return 0;
}

static int store_value(const struct cli_option *option, const char *text,
		       struct cli_options *options, struct wtg_error *err)
{
	void *at = (char *)options + option->offset;
	_cleanup_free_ char *words = NULL;

	switch (option->kind) {
	case CLI_FLAG:
		*(bool *)at = true;
		return 0;
	case CLI_TEXT:
	case CLI_FILE:
	case CLI_DIR:
		*(const char **)at = text;
		return 0;
	case CLI_TEXTS:
	case CLI_FILES:
	case CLI_DIRS:
		return add_text(option, text, at, err);
	case CLI_SIZE:
		if (!wtg_size_parse(text, at) || *(uint64_t *)at == 0)
			return refuse(option, text, "a size such as 260M or 64GB", err);
		return 0;
	case CLI_NUMBER:
		if (!parse_number(text, at))
			return refuse(option, text, "a number", err);
		return 0;
	case CLI_SWITCH:
		if (!text) {
			*(unsigned *)at = 1;
			return 0;
		}
		/* fall through */
	case CLI_CHOICE:
		words = wtg_text("one of %s", option->metavar);
		if (!parse_choice(option, text, at))
			return refuse(option, text, words, err);
		return 0;
	}
	abort();
}

int cli_option_take(const struct cli_option *option, const char *value,
		    struct cli_options *options, struct wtg_error *err)
{
	if (cli_option_is_given(options, option) && !cli_option_repeats(option))
		return wtg_fail(err, WTG_USAGE, 0, "option --%s is given twice", option->name);
	cli_option_mark_given(options, option);
	if (option->has_offset)
		*(bool *)((char *)options + option->has_offset) = true;
	return store_value(option, value, options, err);
}

const struct cli_option *cli_option_find(const struct cli_command *command, const char *name)
{
	for (size_t i = 0; i < cli_n_options; i++)
		if (cli_option_table[i].commands & command->id &&
		    wtg_text_equal(cli_option_table[i].name, name))
			return &cli_option_table[i];
	return NULL;
}

static bool matches(const struct cli_option *option, const char *argument)
{
	size_t length = strlen(option->name);

	if (argument[1] != '-')
		return option->letter && argument[1] == option->letter && !argument[2];
	return strncmp(argument + 2, option->name, length) == 0 &&
	       (argument[2 + length] == '\0' || argument[2 + length] == '=');
}

static const struct cli_option *find(unsigned commands, const char *argument)
{
	for (size_t i = 0; i < cli_n_options; i++)
		if (cli_option_table[i].commands & commands &&
		    matches(&cli_option_table[i], argument))
			return &cli_option_table[i];
	return NULL;
}

static int unknown(const struct cli_command *command, const char *argument,
		   struct wtg_error *err)
{
	_cleanup_free_ char *name =
		wtg_text("%.*s", (int)strcspn(argument, "="), argument);
	const char *word = name + strspn(name, "-");
	struct cli_suggestion nearest = { 0 };

	if (find(~0U, argument))
		return wtg_fail(err, WTG_USAGE, 0, "%s has no option %s", command->name,
				name);
	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option *option = &cli_option_table[i];

		if (!(option->commands & command->id))
			continue;
		if (name[1] == '-' && *word && wtg_text_starts(option->name, word)) {
			wtg_fail(err, WTG_USAGE, 0, "option %s is abbreviated", name);
			return wtg_hint(err, "Whole names only: write --%s.",
					option->name);
		}
		cli_suggest(&nearest, word, option->name);
	}
	wtg_fail(err, WTG_USAGE, 0, "unknown option %s", name);
	if (nearest.word)
		return wtg_hint(err, "Did you mean --%s?", nearest.word);
	return wtg_hint(err, "'wtgctl help %s' lists the options.", command->name);
}

/* The value in "--name=value", or else the next argument, which *arg then becomes.  One
 * that looks like an option is more likely a forgotten value. */
static int take_value(const struct cli_option *option, char ***arg, const char **ret,
		      struct wtg_error *err)
{
	const char *equals = (**arg)[1] == '-' ? strchr(**arg, '=') : NULL;

	if (option->kind == CLI_FLAG) {
		if (equals)
			return wtg_fail(err, WTG_USAGE, 0, "option --%s takes no value",
					option->name);
		return 0;
	}
	if (option->kind == CLI_SWITCH && !equals)
		return 0;
	*ret = equals ? equals + 1 : (*arg)[1];
	if (!*ret || !**ret || (!equals && wtg_text_starts(*ret, "--")))
		return wtg_fail(err, WTG_USAGE, 0, "option --%s needs a value: --%s %s",
				option->name, option->name, option->metavar);
	if (!equals)
		++*arg;
	return 0;
}

static int parse_one(struct parser *parser, char ***arg, struct wtg_error *err)
{
	const struct cli_option *option = find(parser->command->id, **arg);
	const char *value = NULL;

	if (!option)
		return unknown(parser->command, **arg, err);
	if (take_value(option, arg, &value, err) < 0)
		return -1;
	return cli_option_take(option, value, &parser->options, err);
}

int cli_options_parse(const struct cli_command *command, char **argv,
		      struct cli_options *ret, struct wtg_error *err)
{
	struct parser parser = { .command = command, .options.operands = argv };
	bool ended = false;

	if (cli_n_options > CLI_MAX_OPTIONS)
		abort();
	for (char **arg = argv; *arg; arg++) {
		if (ended || (*arg)[0] != '-' || (*arg)[1] == '\0')
			argv[parser.options.n_operands++] = *arg;
		else if (strcmp(*arg, "--") == 0)
			ended = true;
		else if (parse_one(&parser, &arg, err) < 0)
			return -1;
	}
	if (parser.options.quiet && parser.options.verbose)
		return wtg_fail(err, WTG_USAGE, 0,
				"--quiet and --verbose contradict each other");
	*ret = parser.options;
	return 0;
}

void cli_options_done(struct cli_options *options)
{
	for (size_t i = 0; i < options->n_texts; i++)
		free(options->texts[i]);
	free(options->texts);
	options->texts = NULL;
	options->n_texts = 0;
}
