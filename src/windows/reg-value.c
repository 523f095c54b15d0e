/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind a value's '='. */
#include "windows/reg-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/regf.h"
#include "wtg/text.h"

/* REG_NONE to REG_QWORD: Windows knows no more. */
#define MAX_TYPE 11

static void append(struct wtg_bytes *bytes, size_t *capacity, uint8_t byte)
{
	wtg_grow(&bytes->data, capacity, bytes->size, 1);
	bytes->data[bytes->size++] = byte;
}

int wtg_reg_quoted(struct wtg_reg_scan *scan, char **ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes text = { 0 };
	unsigned first = scan->line;
	size_t capacity = 0;
	const char *c = scan->at + 1;

	for (; *c != '"'; c++) {
		if (*c == '\0') {
			scan->line = first;
			return wtg_reg_fail(scan, err, "the text in quotes does not end");
		}
		if (*c == '\\' && c[1] != '\\' && c[1] != '"')
			return wtg_reg_fail(scan, err,
					    "a '\\' in quotes must be doubled ('\\\\')");
		c += *c == '\\';
		scan->line += *c == '\n'; /* regedit writes line breaks as they are */
		append(&text, &capacity, (uint8_t)*c);
	}
	append(&text, &capacity, 0);
	scan->at = c + 1;
	*ret = (char *)text.data;
	text = (struct wtg_bytes){ 0 };
	return 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to eight hex digits; gives how many there are, 0 for none, 9 for too many. */
static unsigned read_hex(struct wtg_reg_scan *scan, uint32_t *ret)
{
	unsigned n = 0;
	uint32_t number = 0;

	for (; n < 9 && digit(*scan->at) >= 0; n++)
		number = number << 4 | (uint32_t)digit(*scan->at++);
	*ret = number;
	return n;
}

/* Blanks, and a '\' at the end of a line, by which it goes on in the next. */
static void skip_continuation(struct wtg_reg_scan *scan)
{
	wtg_reg_skip_blanks(scan);
	while (*scan->at == '\\') {
		const char *end = scan->at + 1;

		end += strspn(end, " \t\r");
		if (*end != '\n')
			return;
		scan->at = end + 1;
		scan->line++;
		wtg_reg_skip_blanks(scan);
	}
}

/* "01,02,ff" */
static int read_bytes(struct wtg_reg_scan *scan, struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	size_t capacity = 0;

	skip_continuation(scan);
	while (!wtg_reg_at_end(scan)) {
		uint32_t byte;
		unsigned n = read_hex(scan, &byte);

		if (n == 0 || n > 2)
			return wtg_reg_fail(scan, err, "no list of bytes in hex digits");
		append(&bytes, &capacity, (uint8_t)byte);
		skip_continuation(scan);
		if (*scan->at == ',')
			scan->at++;
		else if (!wtg_reg_at_end(scan))
			return wtg_reg_fail(scan, err, "no list of bytes in hex digits");
		skip_continuation(scan);
	}
	*ret = bytes;
	bytes = (struct wtg_bytes){ 0 };
	return 0;
}

/* REGEDIT4 has a byte for each character of a text. */
static int widen(const struct wtg_reg_scan *scan, struct wtg_bytes *bytes, struct wtg_error *err)
{
	struct wtg_bytes wide = { wtg_alloc(bytes->size * 2), bytes->size * 2 };

	for (size_t i = 0; i < bytes->size; i++) {
		if (bytes->data[i] >= 0x80) {
			wtg_bytes_done(&wide);
			return wtg_reg_fail(scan, err,
					    "a text that is not ASCII, in whatever code page: "
					    "version 5.00 has Unicode");
		}
		wtg_put_le16(wide.data + 2 * i, bytes->data[i]);
	}
	wtg_bytes_done(bytes);
	*bytes = wide;
	return 0;
}

static bool is_text(uint32_t type)
{
	return type == WTG_REG_SZ || type == WTG_REG_EXPAND_SZ || type == WTG_REG_MULTI_SZ;
}

/* Behind "hex": "(2):…" or ":…". */
static int read_data(struct wtg_reg_scan *scan, const char *value, struct wtg_error *err)
{
	struct wtg_bytes bytes = { 0 };
	uint32_t type = WTG_REG_BINARY;

	if (*scan->at == '(') {
		unsigned n;

		scan->at++;
		n = read_hex(scan, &type);
		if (n == 0 || n > 8 || *scan->at++ != ')')
			return wtg_reg_fail(scan, err, "no type of values in \"hex(…)\"");
	}
	if (type > MAX_TYPE)
		return wtg_reg_fail(scan, err, "hex(%x) is no type of values that Windows knows",
				    type);
	if (*scan->at++ != ':')
		return wtg_reg_fail(scan, err, "no ':' behind \"hex\"");
	if (read_bytes(scan, &bytes, err) < 0)
		return -1;
	if (scan->ansi && is_text(type) && widen(scan, &bytes, err) < 0) {
		wtg_bytes_done(&bytes);
		return -1;
	}
	wtg_wish_bytes(scan->wishes, scan->hive, scan->key, value, type, bytes);
	return 0;
}

static bool take(struct wtg_reg_scan *scan, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(scan->at, word, n) != 0)
		return false;
	scan->at += n;
	return true;
}

int wtg_reg_value(struct wtg_reg_scan *scan, const char *value, struct wtg_error *err)
{
	_cleanup_free_ char *text = NULL;
	uint32_t number;
	unsigned n;

	if (take(scan, "-")) {
		wtg_wish_key(scan->wishes, scan->hive, WTG_EDIT_DELETE, scan->key, value);
	} else if (take(scan, "dword:")) {
		wtg_reg_skip_blanks(scan);
		n = read_hex(scan, &number);
		if (n == 0 || n > 8)
			return wtg_reg_fail(scan, err, "no number of up to eight hex digits");
		wtg_wish_number(scan->wishes, scan->hive, scan->key, value, number);
	} else if (take(scan, "hex")) {
		if (read_data(scan, value, err) < 0)
			return -1;
	} else if (*scan->at == '"') {
		if (wtg_reg_quoted(scan, &text, err) < 0)
			return -1;
		wtg_wish_text(scan->wishes, scan->hive, scan->key, value, WTG_REG_SZ, text);
	} else {
		return wtg_reg_fail(scan, err,
				    "neither a text in quotes nor dword:, hex: or '-' behind '='");
	}
	return 0;
}
