/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: words that end with NULs, the first of them the command. */
#include "fuzz.h"

#include "base/alloc.h"
#include "commands.h"
#include "options.h"
#include "wtg/text.h"

#define MAX_WORDS 64

static size_t split(char *text, size_t size, char *words[static MAX_WORDS + 1])
{
	size_t n = 0;

	for (size_t at = 0; at < size && n < MAX_WORDS; at += strlen(text + at) + 1)
		words[n++] = text + at;
	words[n] = NULL;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *text = wtg_alloc(size + 1);
	char *words[MAX_WORDS + 1];
	const struct cli_command *command;
	struct cli_options options;
	size_t n;

	memcpy(text, data, size);
	n = split(text, size, words);
	if (n == 0)
		return 0;
	if (cli_command_find(words[0], words[1], &command, &err) < 0)
		command = &cli_commands[size % cli_n_commands];
	wtg_error_done(&err);
	if (cli_options_parse(command, words + 1, &options, &err) < 0) {
		FUZZ_ASSERT(err.kind == WTG_USAGE && err.message);
		return 0;
	}
	FUZZ_ASSERT(options.n_operands < n);
	for (size_t i = 0; i < options.n_operands; i++)
		FUZZ_ASSERT(options.operands[i]);
	return 0;
}
