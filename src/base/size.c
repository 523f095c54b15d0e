/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "wtg/cleanup.h"
#include "wtg/text.h"

static char *scaled(uint64_t bytes, unsigned base, const char *const units[], size_t n_units)
{
	uint64_t unit = 1, tenths;
	size_t i = 0;

	while (i + 1 < n_units && bytes / unit >= base) {
		unit *= base;
		i++;
	}
	if (i == 0)
		return wtg_text("%" PRIu64 " %s", bytes, units[0]);

	/* Rounded to tenths without floating point, which would round 2^63 wrongly. */
	tenths = bytes / unit * 10 + ((bytes % unit) * 10 + unit / 2) / unit;
	if (tenths % 10 == 0 || tenths >= 10000)
		return wtg_text("%" PRIu64 " %s", (tenths + 5) / 10, units[i]);
	return wtg_text("%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[i]);
}

char *wtg_size_text(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };

	return scaled(bytes, 1024, units, sizeof(units) / sizeof(units[0]));
}

char *wtg_size_drive_text(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB" };
	_cleanup_free_ char *sold = scaled(bytes, 1000, units, sizeof(units) / sizeof(units[0]));
	_cleanup_free_ char *measured = wtg_size_text(bytes);

	return wtg_text("%s (%s)", sold, measured);
}

static bool unit_of(const char *suffix, uint64_t *ret)
{
	static const char letters[] = "KMGT";
	const char *letter;
	unsigned base = 1024;
	uint64_t unit = 1;

	if (*suffix == '\0') {
		*ret = 1;
		return true;
	}
	letter = strchr(letters, *suffix);
	if (!letter)
		return false;
	if (strcmp(suffix + 1, "B") == 0)
		base = 1000;
	else if (suffix[1] != '\0' && strcmp(suffix + 1, "iB") != 0)
		return false;
	for (ptrdiff_t i = 0; i <= letter - letters; i++)
		unit *= base;
	*ret = unit;
	return true;
}

bool wtg_size_parse(const char *text, uint64_t *ret_bytes)
{
	uint64_t value = 0, unit;
	const char *c = text;

	for (; *c >= '0' && *c <= '9'; c++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return false;
	if (c == text || !unit_of(c, &unit) || __builtin_mul_overflow(value, unit, &value) ||
	    value > INT64_MAX)
		return false;
	*ret_bytes = value;
	return true;
}
