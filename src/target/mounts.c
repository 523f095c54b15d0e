/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/alloc.h"
#include "wtg/text.h"

/* The kernel writes blank, tab, newline and backslash in these files as \ooo. */
static char *unescape(const char *text)
{
	char *out = wtg_alloc(strlen(text) + 1), *o = out;

	while (*text) {
		unsigned value;

		if (text[0] == '\\' && sscanf(text + 1, "%3o", &value) == 1 &&
		    strspn(text + 1, "01234567") >= 3) {
			*o++ = (char)value;
			text += 4;
			continue;
		}
		*o++ = *text++;
	}
	return out;
}

/* Split a line at blanks, in place; gives the number of fields found, at most max. */
static size_t split(char *line, char *fields[], size_t max)
{
	size_t n = 0;
	char *rest = NULL;

	for (char *f = strtok_r(line, " \t", &rest); f && n < max;
	     f = strtok_r(NULL, " \t", &rest))
		fields[n++] = f;
	return n;
}

/* 36 35 8:1 /root /mount/point rw,noatime [optional fields...] - ext4 /dev/sda1 rw */
static void parse_mount(char *line, struct wtg_mounts *mounts)
{
	char *f[64];
	size_t n = split(line, f, sizeof(f) / sizeof(f[0])), dash = 6;
	struct wtg_mount mount = { 0 };
	unsigned major_number, minor_number;

	while (dash < n && strcmp(f[dash], "-") != 0)
		dash++;
	if (dash + 2 >= n || sscanf(f[0], "%" SCNu64, &mount.id) != 1 ||
	    sscanf(f[2], "%u:%u", &major_number, &minor_number) != 2)
		return;
	mount.device = makedev(major_number, minor_number);
	mount.point = unescape(f[4]);
	mount.type = unescape(f[dash + 1]);
	mount.source = unescape(f[dash + 2]);
	mount.options = unescape(dash + 3 < n ? f[dash + 3] : "");
	WTG_APPEND(mounts, mount);
}

void wtg_mounts_parse(const char *text, struct wtg_mounts *mounts)
{
	_cleanup_free_ char *copy = wtg_text_copy(text);
	char *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		parse_mount(line, mounts);
}

const struct wtg_mount *wtg_mounts_find(const struct wtg_mounts *mounts, uint64_t id)
{
	for (size_t i = 0; i < mounts->n_items; i++)
		if (mounts->items[i].id == id)
			return &mounts->items[i];
	return NULL;
}

/* /dev/sdb2  partition  1048572  0  -2 */
static void parse_swap(char *line, struct wtg_swaps *swaps)
{
	char *f[5];
	struct wtg_swap swap = { 0 };

	if (split(line, f, 5) < 2 || f[0][0] != '/')
		return; /* the heading */
	swap.path = unescape(f[0]);
	swap.is_file = strcmp(f[1], "file") == 0;
	WTG_APPEND(swaps, swap);
}

void wtg_swaps_parse(const char *text, struct wtg_swaps *swaps)
{
	_cleanup_free_ char *copy = wtg_text_copy(text);
	char *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		parse_swap(line, swaps);
}
