/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "profile-lines.h"
#include "suggest.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

const char *cli_profile_why_not(const struct cli_option *option)
{
	if (wtg_text_equal(option->group, "Safety"))
		return "is for the command line alone: only who has the drive before him can "
		       "say so";
	if (!option->group || (wtg_text_equal(option->group, "Running") &&
			       !wtg_text_equal(option->name, "verify")))
		return "is for the command line alone: it is of one run";
	return NULL;
}

/* One without the other would give an account somebody else's password. */
static const char *partner_of(const struct cli_option *option)
{
	if (wtg_text_equal(option->name, "user"))
		return "password-file";
	return wtg_text_equal(option->name, "password-file") ? "user" : NULL;
}

/* Did somebody speak of it who comes first? */
static bool is_settled(const struct cli_command *command, const struct cli_options *before,
		       const struct cli_option *option)
{
	const char *partner = partner_of(option);

	return cli_option_is_given(before, option) ||
	       (partner && cli_option_is_given(before, cli_option_find(command, partner)));
}

static const char *keep(struct cli_options *options, char *text)
{
	char **texts = reallocarray(options->texts, options->n_texts + 1, sizeof(*texts));

	if (!texts)
		abort();
	options->texts = texts;
	options->texts[options->n_texts++] = text;
	return text;
}

/* Text as a profile or the environment has it; path is that of the profile, or NULL. */
static int take(const struct cli_option *option, const char *text, const char *path,
		struct cli_options *options, struct wtg_error *err)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (option->kind == CLI_FLAG) {
		if (wtg_text_equal(text, "yes"))
			return cli_option_take(option, NULL, options, err);
		if (!wtg_text_equal(text, "no"))
			return wtg_fail(err, WTG_USAGE, 0, "option --%s takes yes or no, not \"%s\"",
					option->name, text);
		if (cli_option_is_given(options, option))
			return wtg_fail(err, WTG_USAGE, 0, "option --%s is given twice",
					option->name);
		cli_option_mark_given(options, option);
		return 0;
	}
	if (slash && cli_option_names_path(option) && *text != '/' && !wtg_text_equal(text, "-"))
		text = keep(options, wtg_text("%.*s/%s", (int)(slash - path), path, text));
	else
		text = keep(options, wtg_text_copy(text));
	return cli_option_take(option, text, options, err);
}

/* ------------------------------------------------------------------ the environment */

static char *variable_of(const struct cli_option *option)
{
	char *name = wtg_text("WTGCTL_%s", option->name);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}

static int fill_from_environment(const struct cli_command *command, struct cli_options *options,
				 struct wtg_error *err)
{
	const struct cli_options before = *options;

	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option *option = &cli_option_table[i];
		_cleanup_free_ char *name = variable_of(option);
		const char *text = getenv(name), *why = cli_profile_why_not(option);

		if (!(option->commands & command->id) || !text || !*text)
			continue;
		if (why)
			return wtg_fail(err, WTG_USAGE, 0, "%s in the environment: --%s %s", name,
					option->name, why);
		if (!is_settled(command, &before, option) &&
		    take(option, text, NULL, options, err) < 0)
			return wtg_while(err, "%s in the environment", name);
	}
	return 0;
}

/* ------------------------------------------------------------------ the profile */

static int fail_key(const struct cli_command *command, const char *key, struct wtg_error *err)
{
	const char *word = key + strspn(key, "-");
	struct cli_suggestion nearest = { 0 };

	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option *option = &cli_option_table[i];

		if (!(option->commands & command->id) || cli_profile_why_not(option))
			continue;
		if (*word && wtg_text_starts(option->name, word))
			nearest = (struct cli_suggestion){ .word = option->name };
		else
			cli_suggest(&nearest, word, option->name);
	}
	wtg_fail(err, WTG_USAGE, 0, "there is no option \"%s\"", key);
	if (nearest.word)
		return wtg_hint(err, "Did you mean \"%s\"?", nearest.word);
	return wtg_hint(err, "Keys are the options of '%s' without their dashes.", command->name);
}

static int take_line(const struct cli_command *command, const struct cli_profile_line *line,
		     const char *path, struct cli_options *options, struct wtg_error *err)
{
	const struct cli_option *option = cli_option_find(command, line->key);
	const char *why = option ? cli_profile_why_not(option) : NULL;

	if (!option)
		return fail_key(command, line->key, err);
	if (why)
		return wtg_fail(err, WTG_USAGE, 0, "--%s %s", option->name, why);
	return take(option, line->value, path, options, err);
}

/* Also those sections that are not asked for: a mistake is better found today. */
static int check_all(const struct cli_command *command, const struct cli_profile_lines *lines,
		     struct wtg_error *err)
{
	int status = 0;

	for (size_t section = 0; status == 0 && section < lines->n_sections; section++) {
		_cleanup_(cli_options_done) struct cli_options options = { 0 };

		for (size_t i = 0; status == 0 && i < lines->n_items; i++) {
			const struct cli_profile_line *line = &lines->items[i];

			if (line->section != section)
				continue;
			status = take_line(command, line, lines->path, &options, err);
			if (status < 0)
				wtg_while(err, "%s, line %u", lines->path, line->number);
		}
	}
	return status;
}

static int fill_from_section(const struct cli_command *command,
			     const struct cli_profile_lines *lines, size_t section,
			     struct cli_options *options, struct wtg_error *err)
{
	const struct cli_options before = *options;

	for (size_t i = 0; i < lines->n_items; i++) {
		const struct cli_profile_line *line = &lines->items[i];

		if (line->section == section &&
		    !is_settled(command, &before, cli_option_find(command, line->key)) &&
		    take_line(command, line, lines->path, options, err) < 0)
			return -1;
	}
	return 0;
}

static int hint_sections(const struct cli_profile_lines *lines, struct wtg_error *err)
{
	char *list = wtg_text_copy("");

	for (size_t i = 1; i < lines->n_sections; i++) {
		_cleanup_free_ char *before = list;

		list = wtg_text("%s%s%s", before, *before ? ", " : "", lines->sections[i]);
	}
	if (lines->n_sections > 1)
		wtg_hint(err, "It has: %s. Write --profile %s:SECTION.", list, lines->path);
	else
		wtg_hint(err, "It has none: write --profile %s.", lines->path);
	free(list);
	return -1;
}

/* name NULL: none is asked for. */
static int find_section(const struct cli_profile_lines *lines, const char *name, size_t *ret,
			struct wtg_error *err)
{
	*ret = 0;
	if (!name && lines->n_sections == 1)
		return 0;
	if (!name) {
		wtg_fail(err, WTG_USAGE, 0, "the profile %s has sections, and none is named",
			 lines->path);
		return hint_sections(lines, err);
	}
	for (size_t i = 1; i < lines->n_sections; i++)
		if (wtg_text_equal(lines->sections[i], name)) {
			*ret = i;
			return 0;
		}
	wtg_fail(err, WTG_USAGE, 0, "the profile %s has no section \"%s\"", lines->path, name);
	return hint_sections(lines, err);
}

static int fill_from_profile(const struct cli_command *command, struct cli_options *options,
			     struct wtg_error *err)
{
	_cleanup_(cli_profile_lines_done) struct cli_profile_lines lines = { 0 };
	_cleanup_free_ char *path = wtg_text_copy(options->profile);
	/* A name with a colon is a file's, if there is one. */
	char *colon = access(path, F_OK) < 0 ? strrchr(path, ':') : NULL;
	size_t section;

	if (colon)
		*colon = '\0';
	if (cli_profile_read(path, &lines, err) < 0 || check_all(command, &lines, err) < 0 ||
	    find_section(&lines, colon ? colon + 1 : NULL, &section, err) < 0)
		return -1;
	if (section > 0 && fill_from_section(command, &lines, section, options, err) < 0)
		return -1;
	return fill_from_section(command, &lines, 0, options, err);
}

int cli_profile_fill(const struct cli_command *command, struct cli_options *options,
		     struct wtg_error *err)
{
	if (fill_from_environment(command, options, err) < 0)
		return -1;
	return options->profile ? fill_from_profile(command, options, err) : 0;
}
