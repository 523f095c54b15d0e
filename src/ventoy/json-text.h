/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON that is its user's: items are put into it and taken out, and every other byte
 * stays where it is: order, spaces, line ends, numbers as they were written.  To parse it
 * and write it anew would lose these; and Ventoy reads the text itself in its own way (a
 * string is what stands between the quotes, no escape is undone; of two keys alike the
 * first counts), which a parsed tree hides.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "wtg/error.h"

/*
 * Is it one JSON object (RFC 8259) in UTF-8, a byte order mark before it allowed as
 * Ventoy does, and nested less than 32 deep?  Else kind WTG_INPUT with path and line.
 * *ret is a copy, ended by NUL.
 */
int wtg_json_text_read(const struct wtg_bytes *bytes, const char *path, char **ret,
		       struct wtg_error *err);

/* An element of an array, or a member of an object with what its key has between the
 * quotes: places in a text that was read. */
struct wtg_json_item {
	size_t start, end;
	size_t key, key_end; /* both 0 in an array */
	size_t value;	     /* and on to end */
	size_t previous_end; /* 0: it is the first */
};

size_t wtg_json_top(const char *text); /* the outermost object */

/* Step through the array or object at container; a zeroed item before the first. */
bool wtg_json_next(const char *text, size_t container, struct wtg_json_item *item);

/* The first member of that name; whatever it is that stands at object. */
bool wtg_json_member(const char *text, size_t object, const char *key,
		     struct wtg_json_item *ret);

bool wtg_json_key_is(const char *text, const struct wtg_json_item *item, const char *key);

/* Between its quotes; NULL if the value is no string.  The caller frees. */
char *wtg_json_string(const char *text, const struct wtg_json_item *item);

/* Put an item behind all others, laid out as the last of them; taking it out again gives
 * the same text as before.  *text is replaced. */
void wtg_json_put(char **text, size_t container, const char *item);
void wtg_json_take(char **text, size_t container, const struct wtg_json_item *item);
