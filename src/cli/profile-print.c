/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "profile-lines.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

/* What was said, as a profile would. */
struct said {
	char *items[WTG_MAX_TEXTS];
	size_t n_items;
};

static void said_done(struct said *said)
{
	for (size_t i = 0; i < said->n_items; i++)
		free(said->items[i]);
}

/* Where the profile will be read from is not known. */
static char *text_of(const struct cli_option *option, const char *text)
{
	_cleanup_free_ char *here = NULL;

	if (!cli_option_names_path(option) || *text == '/' || wtg_text_equal(text, "-"))
		return wtg_text_copy(text);
	here = getcwd(NULL, 0);
	return here ? wtg_text("%s/%s", here, text) : wtg_text_copy(text);
}

static void find_said(const struct cli_options *options, const struct cli_option *option,
		      struct said *ret)
{
	const void *at = (const char *)options + option->offset;
	const struct wtg_texts *texts = at;
	const char *word;
	size_t length;

	switch (option->kind) {
	case CLI_FLAG:
		ret->items[ret->n_items++] = wtg_text_copy(*(const bool *)at ? "yes" : "no");
		return;
	case CLI_TEXT:
	case CLI_FILE:
	case CLI_DIR:
		ret->items[ret->n_items++] = text_of(option, *(const char *const *)at);
		return;
	case CLI_TEXTS:
	case CLI_FILES:
	case CLI_DIRS:
		for (size_t i = 0; i < texts->n_items; i++)
			ret->items[ret->n_items++] = text_of(option, texts->items[i]);
		return;
	case CLI_SIZE:
	case CLI_NUMBER:
		ret->items[ret->n_items++] = wtg_text("%" PRIu64, *(const uint64_t *)at);
		return;
	case CLI_CHOICE:
	case CLI_SWITCH:
		word = cli_option_word(option, *(const unsigned *)at, &length);
		ret->items[ret->n_items++] = wtg_text("%.*s", (int)length, word);
		return;
	}
	abort();
}

static int check(const struct cli_option *option, const struct said *said, struct wtg_error *err)
{
	for (size_t i = 0; i < said->n_items; i++) {
		const char *why = cli_profile_why_no_line(option->name, said->items[i]);

		if (why)
			return wtg_fail(err, WTG_USAGE, 0,
					"--%s cannot stand in a profile: \"%s\" %s", option->name,
					said->items[i], why);
	}
	return 0;
}

static void add_json(struct wtg_facts *out, const struct cli_options *options,
		     const struct cli_option *option, const struct said *said)
{
	const void *at = (const char *)options + option->offset;

	if (option->kind == CLI_FLAG) {
		wtg_fact_truth(out, option->name, *(const bool *)at);
	} else if (option->kind == CLI_SIZE || option->kind == CLI_NUMBER) {
		wtg_fact_number(out, option->name, *(const uint64_t *)at);
	} else if (!cli_option_repeats(option)) {
		wtg_fact_text(out, option->name, said->items[0]);
	} else {
		wtg_fact_open(out, option->name, WTG_LIST);
		for (size_t i = 0; i < said->n_items; i++)
			wtg_fact_text(out, NULL, said->items[i]);
		wtg_fact_close(out);
	}
}

static void add_text(char **text, const struct cli_option *option, const struct said *said)
{
	for (size_t i = 0; i < said->n_items; i++) {
		_cleanup_free_ char *before = *text;

		*text = wtg_text("%s%s = %s\n", before, option->name, said->items[i]);
	}
}

/* The i-th row, if it was said and may be in a profile. */
static const struct cli_option *said_option(const struct cli_options *options, size_t i)
{
	const struct cli_option *option = &cli_option_table[i];
	bool belongs = cli_option_is_given(options, option) && !cli_profile_why_not(option);

	return belongs ? option : NULL;
}

char *cli_profile_text(const struct cli_options *options, struct wtg_error *err)
{
	_cleanup_free_ char *text = wtg_text_copy("");

	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option *option = said_option(options, i);
		_cleanup_(said_done) struct said said = { 0 };

		if (!option)
			continue;
		find_said(options, option, &said);
		if (check(option, &said, err) < 0)
			return NULL;
		add_text(&text, option, &said);
	}
	return WTG_STEAL(text);
}

static void print_json(const struct cli_options *options)
{
	struct wtg_json *json = cli_json_new("profile");
	struct wtg_facts *out = wtg_json_facts(json);

	wtg_fact_open(out, "options", WTG_OBJECT);
	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option *option = said_option(options, i);
		_cleanup_(said_done) struct said said = { 0 };

		if (!option)
			continue;
		find_said(options, option, &said);
		add_json(out, options, option, &said);
	}
	wtg_fact_close(out);
	cli_json_print(json, stdout);
	wtg_json_free(json);
}

/* What is lost on the way is not to be missed later. */
static void tell_left_out(const struct cli_options *options)
{
	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option *option = &cli_option_table[i];
		const char *why = cli_profile_why_not(option);

		if (why && cli_option_is_given(options, option) &&
		    !wtg_text_equal(option->name, "profile") &&
		    !wtg_text_equal(option->name, "print-profile") &&
		    !wtg_text_equal(option->name, "json"))
			fprintf(stderr, "wtgctl: left out: --%s %s\n", option->name, why);
	}
}

int cli_profile_print(const struct cli_options *options, struct wtg_error *err)
{
	_cleanup_free_ char *text = cli_profile_text(options, err);

	if (!text)
		return -1;
	if (options->json)
		print_json(options);
	else
		fputs(text, stdout);
	if (!options->quiet)
		tell_left_out(options);
	return 0;
}
