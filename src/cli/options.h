/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of every command are rows of one table; parsing, help, completions and the
 * check of the man page all walk it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "member.h"
#include "progress.h"
#include "wtg/error.h"
#include "wtg/request.h"

struct cli_command;

/* Which commands take an option. */
enum cli_command_id {
	CLI_LIST = 1 << 0,
	CLI_INFO = 1 << 1,
	CLI_CREATE = 1 << 2, /* and plan, which is create --dry-run */
	CLI_VERIFY = 1 << 3,
	CLI_STATUS = 1 << 4,
	CLI_HELP = 1 << 5,
	CLI_VERSION = 1 << 6,
	CLI_VENTOY_INSTALL = 1 << 7,
	CLI_VENTOY_UPGRADE = 1 << 8,
	CLI_VENTOY_ENTRY = 1 << 9,
	CLI_VENTOY_STATUS = 1 << 10,
	CLI_REPAIR = 1 << 11,
};

#define CLI_MAX_OPTIONS 128 /* rows of the table */

/* What the user said on the command line. */
struct cli_options {
	struct wtg_request request;
	bool all, json, quiet, verbose, help, remove;
	const char *emit;
	const char *profile; /* "FILE" or "FILE:SECTION" */
	bool print_profile;
	struct wtg_texts confirm; /* serials of drives, paths of files */
	enum cli_progress_mode progress;
	char **operands; /* borrowed from argv */
	size_t n_operands;
	uint64_t given[CLI_MAX_OPTIONS / 64]; /* a bit for each row of the table */
	char **texts; /* owned: what did not come from argv (profile.h) */
	size_t n_texts;
};
void cli_options_done(struct cli_options *options);

enum cli_option_kind {
	CLI_FLAG,
	CLI_TEXT,
	CLI_TEXTS, /* may be repeated, as all whose names end so */
	CLI_FILE, /* a text that names a file: shells complete it */
	CLI_FILES,
	CLI_DIR,
	CLI_DIRS,
	CLI_SIZE,
	CLI_NUMBER,
	CLI_CHOICE, /* one word of metavar, "a|b|c" */
	CLI_SWITCH, /* the same, only behind "=", or nothing, which means the first word */
};

struct cli_option {
	const char *name;
	char letter; /* or 0 */
	enum cli_option_kind kind;
	const char *metavar;
	size_t offset;	   /* of the value in struct cli_options */
	size_t has_offset; /* of a bool that says that there is one; 0: zero means no */
	const char *group; /* of help; NULL: not shown there, and not completed */
	unsigned commands; /* of enum cli_command_id */
	const char *help;
};

extern const struct cli_option cli_option_table[];
extern const size_t cli_n_options;

/* "flag", "text", "texts", "file", "files", "dir", "dirs", "size", "number", "choice" or
 * "switch". */
const char *cli_option_kind_name(enum cli_option_kind kind);
bool cli_option_repeats(const struct cli_option *option);
bool cli_option_names_path(const struct cli_option *option);
bool cli_option_is_given(const struct cli_options *options, const struct cli_option *option);
void cli_option_mark_given(struct cli_options *options, const struct cli_option *option);

/* By its whole name; NULL: the command has none of that name. */
const struct cli_option *cli_option_find(const struct cli_command *command, const char *name);

/* Mark it as given and store its value; value is borrowed, and NULL for a flag.  Kind WTG_USAGE
 * where it does not take that, or was given before and may not be repeated. */
int cli_option_take(const struct cli_option *option, const char *value,
		    struct cli_options *options, struct wtg_error *err);

/* A choice's word for a value of its enum, as long as *ret_length; NULL: it has none. */
const char *cli_option_word(const struct cli_option *option, unsigned value,
			    size_t *ret_length);

/*
 * Parse the NULL-terminated arguments that follow the command's name; they are reordered,
 * operands first.  Exact names only: on a tool that erases, "--over" is a mistake.  Fails
 * with kind WTG_USAGE.
 */
int cli_options_parse(const struct cli_command *command, char **argv,
		      struct cli_options *ret, struct wtg_error *err);
