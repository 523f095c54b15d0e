/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A profile: its lines, and what options they come to. */
#include "fuzz.h"

#include <unistd.h>

#include "commands.h"
#include "profile-lines.h"
#include "profile.h"
#include "wtg/text.h"

static const struct cli_command create = { .name = "create", .id = CLI_CREATE };

/* Nothing was cut or put together: each value is a stretch of the input. */
static void check_lines(const struct cli_profile_lines *lines, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < lines->n_items; i++) {
		const struct cli_profile_line *line = &lines->items[i];

		FUZZ_ASSERT(line->section < lines->n_sections && line->number > 0);
		FUZZ_ASSERT(!cli_profile_why_no_line(line->key, line->value));
		FUZZ_ASSERT(memmem(data, size, line->value, strlen(line->value)));
	}
}

static int fill(const void *text, size_t size, struct cli_options *options,
		struct wtg_error *err)
{
	int fd = fuzz_file(text, size), status;
	char path[64];

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	options->profile = path;
	status = cli_profile_fill(&create, options, err);
	options->profile = NULL;
	close(fd);
	return status;
}

/* What the profile of a profile says is the same. */
static void check_round(const struct cli_options *options)
{
	_cleanup_(cli_options_done) struct cli_options again = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *text = cli_profile_text(options, &err), *second = NULL;

	if (!text) {
		FUZZ_ASSERT(err.kind == WTG_USAGE); /* too long, with the directory before it */
		return;
	}
	FUZZ_ASSERT(fill(text, strlen(text), &again, &err) == 0);
	second = cli_profile_text(&again, &err);
	FUZZ_ASSERT(wtg_text_equal(text, second));
	FUZZ_ASSERT(memcmp(again.given, options->given, sizeof(again.given)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(cli_profile_lines_done) struct cli_profile_lines lines = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(cli_options_done) struct cli_options options = { 0 };

	if (cli_profile_parse((const char *)data, size, "profile", &lines, &err) < 0) {
		FUZZ_ASSERT(err.kind == WTG_USAGE && err.message);
		return 0;
	}
	check_lines(&lines, data, size);
	if (fill(data, size, &options, &err) < 0) {
		FUZZ_ASSERT(err.kind == WTG_USAGE && err.message);
		return 0;
	}
	FUZZ_ASSERT(!options.request.overwrite && !options.request.allow_fixed);
	FUZZ_ASSERT(options.confirm.n_items == 0 && options.request.max_size_bytes == 0);
	check_round(&options);
	return 0;
}
