/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of reading what the user gave in files of his own (custom.h). */
#pragma once

#include "base/bytes.h"
#include "wtg/error.h"

/*
 * A password: one line of UTF-8 text, in a regular file or what comes through a pipe ("-" is
 * standard input, "/dev/fd/3" another descriptor); neither the line's end nor a byte order mark
 * belongs to it.  *exposed becomes path where others than the file's owner may read it.  The
 * caller wipes and frees *ret.
 */
int wtg_custom_read_password(const char *path, char **ret, const char **exposed,
			     struct wtg_error *err);

/* Add all regular files in a directory and below, as "NAME/sub/dir/file", where NAME is the
 * directory's own, with a number if another has that.  Kind
 * WTG_INPUT where none of them is an INF. */
int wtg_custom_read_drivers(const char *dir, struct wtg_files *files, struct wtg_error *err);

/* By path, whatever the case; two that Windows would take for one are refused. */
int wtg_custom_sort_drivers(struct wtg_files *files, struct wtg_error *err);
