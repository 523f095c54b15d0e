/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of a profile, which says of them only that they are some: what the keys mean is
 * profile-fill.c's.
 */
#pragma once

#include <stddef.h>

#include "wtg/error.h"

struct cli_profile_line {
	size_t section; /* its index; 0: before the first */
	char *key, *value;
	unsigned number; /* in the file, from 1 */
};

struct cli_profile_lines {
	char *path; /* for messages */
	struct cli_profile_line *items;
	size_t n_items, capacity;
	char **sections; /* the first is "", what is common to all */
	size_t n_sections;
};
void cli_profile_lines_done(struct cli_profile_lines *lines);

/* Of a file of at most 1 MiB; kind WTG_INPUT where there is none that can be read, else as
 * below. */
int cli_profile_read(const char *path, struct cli_profile_lines *ret, struct wtg_error *err);

/*
 * Of size bytes; path is for messages.  Kind WTG_USAGE, with the line, for what is no profile.
 * Nothing is cut or guessed at: what inih, as it is built here or there, would take for a
 * comment behind a value, for the rest of a value or for too long is refused.
 */
int cli_profile_parse(const char *text, size_t size, const char *path,
		      struct cli_profile_lines *ret, struct wtg_error *err);

/* Why key = value cannot be a line ("is in quotes"); NULL: it can. */
const char *cli_profile_why_no_line(const char *key, const char *value);
