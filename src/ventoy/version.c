/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ventoy/payload.h"

#include <string.h>

#define MAX_NUMBER 9999

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number at *text, which moves behind it; of no more than four digits. */
static bool take_number(const char **text, unsigned *ret)
{
	unsigned value = 0;

	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); (*text)++) {
		value = value * 10 + (unsigned)(**text - '0');
		if (value > MAX_NUMBER)
			return false;
	}
	*ret = value;
	return true;
}

static bool take_dot(const char **text)
{
	return *(*text)++ == '.';
}

/* What shows as one word: no space, nothing beyond ASCII. */
static size_t word_length(const char *text)
{
	size_t n = 0;

	while (text[n] > ' ' && text[n] < 0x7f)
		n++;
	return n;
}

bool wtg_ventoy_version_parse(const char *text, struct wtg_ventoy_version *ret)
{
	struct wtg_ventoy_version version = { 0 };
	const char *at = text;
	size_t length = word_length(text);

	if (!take_number(&at, &version.major) || !take_dot(&at) ||
	    !take_number(&at, &version.minor) || !take_dot(&at) ||
	    !take_number(&at, &version.patch))
		return false;
	if (length >= sizeof(version.text))
		length = sizeof(version.text) - 1;
	memcpy(version.text, text, length);
	*ret = version;
	return true;
}

bool wtg_ventoy_version_before(const struct wtg_ventoy_version *v, unsigned major,
			       unsigned minor, unsigned patch)
{
	if (v->major != major)
		return v->major < major;
	if (v->minor != minor)
		return v->minor < minor;
	return v->patch < patch;
}
