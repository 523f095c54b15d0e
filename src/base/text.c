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

/*
 * What may not reach a terminal: controls, line and paragraph separators, and what shows as
 * nothing, so that two names look like one, or reorders what follows it (Unicode 15's
 * Default_Ignorable_Code_Point, which has Bidi_Control in it).
 */
static const struct {
	uint32_t first, last;
} harmful[] = {
	{ 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad },
	{ 0x034f, 0x034f },   { 0x061c, 0x061c },   { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },
	{ 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff },
};

bool wtg_char_is_harmless(uint32_t c)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (c >= harmful[i].first && c <= harmful[i].last)
			return false;
	return true;
}

char *wtg_text_printable(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t length = strlen(text);
	char *out = wtg_alloc(length * 3 + 1), *o = out;

	for (size_t at = 0; at < length;) {
		uint32_t c;
		size_t n = wtg_utf8_next(text + at, length - at, &c);

		if (n == 0 || !wtg_char_is_harmless(c)) {
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
