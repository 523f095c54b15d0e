/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/answers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

/* NetBIOS names: 16 bytes, of which the last is the service's. */
#define MAX_CHARACTERS 15

/* Fewer of a serial's or of chance's characters tell too few drives apart. */
#define MIN_CHARACTERS 4
#define MAX_RANDOM 8

#define SERIAL "%serial%"
#define RANDOM "%random%"

int wtg_computer_name_check(const char *name, struct wtg_error *err)
{
	size_t length = strlen(name);

	if (length == 0 || length > MAX_CHARACTERS)
		return wtg_fail(err, WTG_USAGE, 0,
				"--computer-name \"%s\": 1 to %d characters make one, not %zu",
				name, MAX_CHARACTERS, length);
	for (const char *c = name; *c; c++)
		if (!isascii((unsigned char)*c) || (!isalnum((unsigned char)*c) && *c != '-'))
			return wtg_fail(err, WTG_USAGE, 0,
					"--computer-name %s: letters a to z, digits and hyphens "
					"make one",
					name);
	if (name[0] == '-' || name[length - 1] == '-')
		return wtg_fail(err, WTG_USAGE, 0,
				"--computer-name %s: it neither begins nor ends with a hyphen",
				name);
	if (strspn(name, "0123456789") == length)
		return wtg_fail(err, WTG_USAGE, 0,
				"--computer-name %s: digits alone are none, to Windows", name);
	return 0;
}

/* What can be of a computer's name. */
static char *clean(const char *serial)
{
	char *cleaned = wtg_alloc(strlen(serial) + 1), *to = cleaned;

	for (const char *c = serial; *c; c++)
		if (isascii((unsigned char)*c) && isalnum((unsigned char)*c))
			*to++ = *c;
	return cleaned;
}

/* From the seed's first bytes on; the next pattern goes on where this one ended. */
static char *draw(const uint8_t seed[16], size_t *at, size_t n)
{
	char *digits = wtg_alloc(n + 1);

	for (size_t i = 0; i < n; i++, ++*at) {
		uint8_t byte = seed[*at / 2 % 16];

		digits[i] = "0123456789ABCDEF"[*at % 2 ? byte & 15 : byte >> 4];
	}
	return digits;
}

/* How many patterns there are, and characters beside them; false: one that is not known. */
static bool measure(const char *pattern, size_t *ret_patterns, size_t *ret_plain)
{
	size_t patterns = 0, plain = 0;

	while (*pattern) {
		if (wtg_text_starts(pattern, SERIAL) || wtg_text_starts(pattern, RANDOM)) {
			patterns++;
			pattern += strlen(SERIAL);
		} else if (*pattern == '%') {
			return false;
		} else {
			plain++;
			pattern++;
		}
	}
	*ret_patterns = patterns;
	*ret_plain = plain;
	return true;
}

bool wtg_computer_name_varies(const char *pattern)
{
	return pattern && (strstr(pattern, SERIAL) || strstr(pattern, RANDOM));
}

/* A serial's end differs from drive to drive; its beginning is often the maker's. */
static char *fill(const char *pattern, const char *serial, const uint8_t seed[16], size_t room)
{
	size_t length = strlen(serial), at = 0;
	char *name = wtg_text("%s", "");

	while (*pattern) {
		bool is_serial = wtg_text_starts(pattern, SERIAL);
		bool is_random = wtg_text_starts(pattern, RANDOM);
		char *digits = is_random ? draw(seed, &at, room < MAX_RANDOM ? room : MAX_RANDOM) :
					   NULL;
		char *before = name;

		if (is_serial)
			name = wtg_text("%s%s", before,
					serial + (length > room ? length - room : 0));
		else if (is_random)
			name = wtg_text("%s%s", before, digits);
		else
			name = wtg_text("%s%c", before, *pattern);
		free(before);
		free(digits);
		pattern += is_serial || is_random ? strlen(SERIAL) : 1;
	}
	return name;
}

int wtg_computer_name(const char *pattern, const char *serial, const uint8_t seed[16],
		      char **ret, struct wtg_error *err)
{
	_cleanup_free_ char *cleaned = clean(serial ? serial : ""), *name = NULL;
	size_t patterns, plain, room;

	_Static_assert(sizeof(SERIAL) == sizeof(RANDOM), "as long as each other");
	if (!measure(pattern, &patterns, &plain))
		return wtg_fail(err, WTG_USAGE, 0,
				"--computer-name %s: of patterns there are %s and %s",
				pattern, SERIAL, RANDOM);
	room = patterns > 0 && plain < MAX_CHARACTERS ? (MAX_CHARACTERS - plain) / patterns : 0;
	if (patterns > 0 && room < MIN_CHARACTERS)
		return wtg_fail(err, WTG_USAGE, 0,
				"--computer-name %s: of %d characters that leaves fewer than %d for "
				"what tells drives apart",
				pattern, MAX_CHARACTERS, MIN_CHARACTERS);
	if (strstr(pattern, SERIAL) && !*cleaned)
		return wtg_fail(err, WTG_USAGE, 0,
				"--computer-name %s: the target has no serial number", pattern);
	name = fill(pattern, cleaned, seed, room);
	if (wtg_computer_name_check(name, err) < 0)
		return -1;
	*ret = WTG_STEAL(name);
	return 0;
}
