/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/reg-text.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"

#define MAX_BYTES (16u << 20)
#define MAX_LINES 200000

static int bad_text(const char *name, unsigned line, const char *what, struct wtg_error *err)
{
	return wtg_fail(err, WTG_INPUT, 0, "%s, line %u: %s", name, line, what);
}

/* Units of UTF-16 in which every surrogate has its other half. */
static int check_utf16(const uint8_t *data, size_t size, const char *name, struct wtg_error *err)
{
	unsigned line = 1;

	if (size % 2 != 0)
		return wtg_fail(err, WTG_INPUT, 0, "%s is UTF-16 and ends in half a character",
				name);
	for (size_t at = 0; at < size; at += 2) {
		uint16_t unit = wtg_le16(data + at);
		uint16_t next = at + 4 <= size ? wtg_le16(data + at + 2) : 0;

		if (unit == 0)
			return bad_text(name, line, "a NUL, which no text has", err);
		if (unit >= 0xdc00 && unit <= 0xdfff)
			return bad_text(name, line, "half a character", err);
		if (unit >= 0xd800 && unit <= 0xdbff) {
			if (next < 0xdc00 || next > 0xdfff)
				return bad_text(name, line, "half a character", err);
			at += 2;
		}
		line += unit == '\n';
	}
	return 0;
}

static int check_utf8(const char *text, size_t size, const char *name, struct wtg_error *err)
{
	unsigned line = 1;

	for (size_t at = 0, n; at < size; at += n) {
		uint32_t c;

		n = wtg_utf8_next(text + at, size - at, &c);
		if (n == 0) {
			bad_text(name, line, "neither UTF-16 nor UTF-8", err);
			return wtg_hint(err, "regedit exports UTF-16; editors can save as UTF-8.");
		}
		if (c == 0)
			return bad_text(name, line, "a NUL, which no text has", err);
		line += c == '\n';
	}
	return 0;
}

static int check_length(const char *text, const char *name, struct wtg_error *err)
{
	size_t n = 1;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	if (n > MAX_LINES)
		return wtg_fail(err, WTG_INPUT, 0, "%s has %zu lines, at most %d are read", name, n,
				MAX_LINES);
	return 0;
}

int wtg_reg_text(const struct wtg_bytes *script, const char *name, char **ret,
		 struct wtg_error *err)
{
	const uint8_t *data = script->data;
	size_t size = script->size;
	_cleanup_free_ char *text = NULL;

	if (size > MAX_BYTES)
		return wtg_fail(err, WTG_INPUT, 0, "%s has %zu bytes, at most %u are read", name,
				size, MAX_BYTES);
	if (size >= 2 && memcmp(data, "\xff\xfe", 2) == 0) {
		if (check_utf16(data + 2, size - 2, name, err) < 0)
			return -1;
		text = wtg_utf16_to_utf8(data + 2, size - 2);
	} else {
		size_t mark = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

		if (check_utf8((const char *)data + mark, size - mark, name, err) < 0)
			return -1;
		text = wtg_alloc(size - mark + 1);
		memcpy(text, data + mark, size - mark);
	}
	if (check_length(text, name, err) < 0)
		return -1;
	*ret = WTG_STEAL(text);
	return 0;
}
