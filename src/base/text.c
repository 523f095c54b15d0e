/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf16.h"

char *wtg_text(const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	return text ? text : wtg_alloc(1);
}

char *wtg_text_copy(const char *text)
{
	return text ? wtg_copy(text, strlen(text) + 1) : NULL;
}

bool wtg_text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool wtg_text_equal_fold(const char *a, const char *b)
{
	return a && b ? strcasecmp(a, b) == 0 : a == b;
}

bool wtg_text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool wtg_text_ends(const char *text, const char *suffix)
{
	size_t length = strlen(text), n = strlen(suffix);

	return length >= n && strcmp(text + length - n, suffix) == 0;
}

/* What may not reach a terminal: controls, line and paragraph separators, and the marks
 * that reorder what follows them. */
static bool is_harmless(uint32_t c)
{
	return !(c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0xfeff ||
		 (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
		 (c >= 0x2060 && c <= 0x206f));
}

char *wtg_text_printable(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t length = strlen(text);
	char *out = wtg_alloc(length * 3 + 1), *o = out;

	for (size_t at = 0; at < length;) {
		uint32_t c;
		size_t n = wtg_utf8_next(text + at, length - at, &c);

		if (n == 0 || !is_harmless(c)) {
			memcpy(o, replacement, 3);
			o += 3;
		} else {
			memcpy(o, text + at, n);
			o += n;
		}
		at += n ? n : 1;
	}
	*o = '\0';
	return out;
}
