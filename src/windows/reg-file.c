/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/reg-file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "windows/reg-inner.h"
#include "windows/reg-text.h"
#include "wtg/text.h"

int wtg_reg_fail(const struct wtg_reg_scan *scan, struct wtg_error *err, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		wtg_out_of_memory();
	va_end(args);
	return wtg_fail(err, WTG_INPUT, 0, "%s, line %u: %s", scan->name, scan->line, what);
}

void wtg_reg_because(const struct wtg_reg_scan *scan, size_t first, unsigned line)
{
	wtg_wishes_because(scan->wishes, first, "--registry %s, line %u", scan->name, line);
}

void wtg_reg_skip_blanks(struct wtg_reg_scan *scan)
{
	scan->at += strspn(scan->at, " \t\r");
}

bool wtg_reg_at_end(const struct wtg_reg_scan *scan)
{
	const char *end = scan->at + strspn(scan->at, " \t\r");

	return *end == '\0' || *end == '\n' || *end == ';';
}

/* Behind what a line says there may be a comment. */
static int end_line(struct wtg_reg_scan *scan, struct wtg_error *err)
{
	if (!wtg_reg_at_end(scan))
		return wtg_reg_fail(scan, err, "more in the line than there should be");
	scan->at += strcspn(scan->at, "\n");
	return 0;
}

/* Names have ']' in them, too: the last one counts behind which nothing comes. */
static const char *find_bracket(const struct wtg_reg_scan *scan)
{
	const char *end = scan->at + strcspn(scan->at, "\n");

	while (--end > scan->at) {
		struct wtg_reg_scan rest = { .at = end + 1 };

		if (*end == ']' && wtg_reg_at_end(&rest))
			return end;
	}
	return NULL;
}

/* "[HKEY_LOCAL_MACHINE\SOFTWARE\Company]", or, for a key that is to be deleted, "[-HKEY_…]". */
static int read_key(struct wtg_reg_scan *scan, struct wtg_error *err)
{
	const char *end = find_bracket(scan);
	_cleanup_free_ char *path = NULL;
	size_t first = scan->wishes->n_items;

	if (!end)
		return wtg_reg_fail(scan, err, "a key that does not end in ']'");
	scan->deleted = scan->at[1] == '-';
	scan->at += 1 + scan->deleted;
	path = wtg_text("%.*s", (int)(end - scan->at), scan->at);
	free(scan->key);
	scan->key = NULL;
	if (wtg_reg_locate(scan, path, &scan->hive, &scan->key, err) < 0)
		return -1;
	scan->in_key = true;
	scan->at = end + 1;
	wtg_wish_key(scan->wishes, scan->hive,
		     scan->deleted ? WTG_EDIT_DELETE_KEY : WTG_EDIT_MAKE_KEY, scan->key, NULL);
	wtg_reg_because(scan, first, scan->line);
	return end_line(scan, err);
}

/* "\"name\"=…", or "@=…" for the key's default. */
static int read_value(struct wtg_reg_scan *scan, struct wtg_error *err)
{
	_cleanup_free_ char *value = NULL;
	size_t first = scan->wishes->n_items;
	unsigned line = scan->line;

	if (!scan->in_key)
		return wtg_reg_fail(scan, err, "a value before any key");
	if (scan->deleted)
		return wtg_reg_fail(scan, err, "a value of a key that is deleted");
	if (*scan->at == '@') {
		value = wtg_text_copy("");
		scan->at++;
	} else if (wtg_reg_quoted(scan, &value, err) < 0) {
		return -1;
	}
	wtg_reg_skip_blanks(scan);
	if (*scan->at++ != '=')
		return wtg_reg_fail(scan, err, "no '=' behind the value's name");
	wtg_reg_skip_blanks(scan);
	if (wtg_reg_value(scan, value, err) < 0)
		return -1;
	wtg_reg_because(scan, first, line);
	return end_line(scan, err);
}

static int read_lines(struct wtg_reg_scan *scan, struct wtg_error *err)
{
	for (;;) {
		int result = 0;

		wtg_reg_skip_blanks(scan);
		switch (*scan->at) {
		case '\0':
			return 0;
		case '\n':
			scan->at++;
			scan->line++;
			break;
		case ';':
			scan->at += strcspn(scan->at, "\n");
			break;
		case '[':
			result = read_key(scan, err);
			break;
		case '"':
		case '@':
			result = read_value(scan, err);
			break;
		default:
			return wtg_reg_fail(scan, err, "neither a key nor a value nor a comment");
		}
		if (result < 0)
			return -1;
	}
}

static bool is_ascii_up_to(const char *text, unsigned *ret_line)
{
	unsigned line = 1;

	for (; *text; text++) {
		line += *text == '\n';
		*ret_line = line;
		if ((uint8_t)*text >= 0x80)
			return false;
	}
	return true;
}

/* The first line says what it is. */
static int read_head(struct wtg_reg_scan *scan, struct wtg_error *err)
{
	static const char version_5[] = "Windows Registry Editor Version 5.00";
	static const char version_4[] = "REGEDIT4";
	const char *text = scan->at;

	if (wtg_text_starts(text, version_5)) {
		scan->at += sizeof(version_5) - 1;
	} else if (wtg_text_starts(text, version_4)) {
		scan->at += sizeof(version_4) - 1;
		scan->ansi = true;
	} else {
		return wtg_reg_fail(scan, err,
				    "no registry script: it starts with neither \"%s\" nor \"%s\"",
				    version_5, version_4);
	}
	if (scan->ansi && !is_ascii_up_to(text, &scan->line))
		return wtg_reg_fail(scan, err,
				    "a character that is not ASCII, in whatever code page: version "
				    "5.00 has Unicode");
	scan->line = 1;
	return end_line(scan, err);
}

int wtg_reg_parse(const struct wtg_bytes *script, const char *name, struct wtg_wishes *wishes,
		  struct wtg_error *err)
{
	struct wtg_reg_scan scan = { .name = name, .line = 1, .wishes = wishes };
	_cleanup_free_ char *text = NULL;
	int result;

	if (wtg_reg_text(script, name, &text, err) < 0)
		return -1;
	scan.at = text;
	result = read_head(&scan, err) < 0 || read_lines(&scan, err) < 0 ? -1 : 0;
	free(scan.key);
	return result;
}
