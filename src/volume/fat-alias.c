/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat-alias.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wctype.h>

#include "base/utf16.h"

#define ENTRY_BYTES 32
#define ATTRIBUTE_LONG_NAME 0x0f
#define UNITS_AN_ENTRY 13
#define MAX_NAME_UNITS 255

/* ---------------------------------------------------------------- long names */

/* Windows opens these as devices, whatever follows the first dot. */
static bool is_device_name(const char *name, size_t length)
{
	static const char *const devices[] = { "CON", "PRN", "AUX", "NUL" };
	const char *dot = memchr(name, '.', length);
	size_t n = dot ? (size_t)(dot - name) : length;

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (n == 3 && strncasecmp(name, devices[i], 3) == 0)
			return true;
	return n == 4 && name[3] >= '1' && name[3] <= '9' &&
	       (strncasecmp(name, "COM", 3) == 0 || strncasecmp(name, "LPT", 3) == 0);
}

const char *wtg_fat_judge_name(const char *name, size_t length)
{
	size_t units = 0, at = 0;

	if (length == 0)
		return "a name in it is empty";
	if (name[length - 1] == '.' || name[length - 1] == ' ')
		return "a name in it ends with a dot or a space";
	if (is_device_name(name, length))
		return "Windows takes a name in it for a device";
	while (at < length) {
		uint32_t c;
		size_t n = wtg_utf8_next(name + at, length - at, &c);

		if (n == 0)
			return "a name in it is not UTF-8";
		if (c < 0x20 || c == 0x7f || (c < 0x80 && strchr("\"*:<>?\\|", (int)c)))
			return "a name in it has a character that FAT forbids";
		units += c > 0xffff ? 2 : 1;
		at += n;
	}
	return units > MAX_NAME_UNITS ? "a name in it is longer than 255 characters"
				      : NULL;
}

uint32_t wtg_fat_long_entries(size_t n_units)
{
	return (uint32_t)((n_units + UNITS_AN_ENTRY - 1) / UNITS_AN_ENTRY);
}

static uint8_t sum_of(const uint8_t alias[static 11])
{
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + alias[i]);
	return sum;
}

uint8_t *wtg_fat_put_long_name(uint8_t *to, const struct wtg_bytes *name16,
			       const uint8_t alias[static 11])
{
	static const uint8_t places[UNITS_AN_ENTRY] = { 1,  3,	5,  7,	9,  14, 16,
							18, 20, 22, 24, 28, 30 };
	size_t n_units = name16->size / 2;
	unsigned n = wtg_fat_long_entries(n_units);

	for (unsigned part = n; part > 0; part--) {
		to[0] = (uint8_t)(part == n ? part | 0x40 : part);
		to[11] = ATTRIBUTE_LONG_NAME;
		to[13] = sum_of(alias);
		for (size_t i = 0; i < UNITS_AN_ENTRY; i++) {
			size_t unit = (size_t)(part - 1) * UNITS_AN_ENTRY + i;

			/* A NUL after the name, then ones. */
			wtg_put_le16(to + places[i],
				     unit < n_units ? wtg_le16(name16->data + 2 * unit)
				     : unit == n_units ? 0
						       : 0xffff);
		}
		to += ENTRY_BYTES;
	}
	return to;
}

static wint_t upper(locale_t letters, uint32_t c)
{
	if (letters)
		return towupper_l((wint_t)c, letters);
	return c < 0x80 ? (wint_t)toupper((int)c) : (wint_t)c;
}

bool wtg_fat_names_equal(locale_t letters, const char *a, const char *b)
{
	while (*a && *b) {
		uint32_t x, y;
		size_t n = wtg_utf8_next(a, strlen(a), &x), m = wtg_utf8_next(b, strlen(b), &y);

		if (n == 0 || m == 0 || upper(letters, x) != upper(letters, y))
			return false;
		a += n;
		b += m;
	}
	return *a == *b;
}

/* ---------------------------------------------------------------- 8.3 names */

static bool is_short_char(char c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("!#$%&'()-@^_`{}~", c));
}

/* Fill a field of an 8.3 name; true if text is there whole. */
static bool put_short(uint8_t *field, size_t size, const char *text, size_t length)
{
	bool whole = length <= size;
	size_t n = 0;

	for (size_t i = 0; i < length && n < size; i++) {
		bool good = is_short_char(text[i]);

		whole = whole && good;
		if (text[i] == ' ' || text[i] == '.' || (text[i] & 0xc0) == 0x80)
			continue;
		field[n++] = good ? (uint8_t)toupper((unsigned char)text[i]) : '_';
	}
	return whole && n == length;
}

bool wtg_fat_alias_propose(const char *name, uint8_t ret[static 11], bool *ret_needs_long_name)
{
	const char *dot = strrchr(name, '.');
	size_t length = dot ? (size_t)(dot - name) : strlen(name);
	bool whole, same = true;

	memset(ret, ' ', 11);
	whole = length > 0 && put_short(ret, 8, name, length);
	if (dot)
		whole = put_short(ret + 8, 3, dot + 1, strlen(dot + 1)) && whole;
	for (const char *c = name; *c; c++)
		same = same && !islower((unsigned char)*c);
	*ret_needs_long_name = !whole || !same;
	return whole;
}

void wtg_fat_alias_number(uint8_t alias[static 11], uint32_t number)
{
	char tail[12];
	size_t n = (size_t)snprintf(tail, sizeof(tail), "~%u", number), stem = 0;

	while (stem < 8 - n && alias[stem] != ' ')
		stem++;
	memset(alias + stem, ' ', 8 - stem);
	memcpy(alias + stem, tail, n);
}

/* ---------------------------------------------------------------- times */

uint32_t wtg_fat_timestamp(uint64_t seconds)
{
	time_t t = (time_t)seconds;
	uint32_t date = 1 << 5 | 1, time = 0;
	struct tm tm;

	if (gmtime_r(&t, &tm) && tm.tm_year >= 80 && tm.tm_year <= 207) {
		date = (uint32_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday);
		time = (uint32_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
	}
	return date << 16 | time;
}

uint8_t wtg_fat_hundredths(uint64_t seconds)
{
	return seconds % 2 ? 100 : 0;
}
