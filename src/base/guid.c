/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/guid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which byte on disk each pair of hexadecimal digits of the text is. */
static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool wtg_guid_parse(const char *text, struct wtg_guid *ret)
{
	struct wtg_guid guid;
	bool braces = text[0] == '{';
	const char *c = text + braces;

	for (int i = 0; i < 16; i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *c++ != '-')
			return false;
		high = digit(*c);
		low = high < 0 ? -1 : digit(c[1]);
		if (low < 0)
			return false;
		guid.bytes[order[i]] = (uint8_t)(high << 4 | low);
		c += 2;
	}
	if (strcmp(c, braces ? "}" : "") != 0)
		return false;
	*ret = guid;
	return true;
}

struct wtg_guid wtg_guid_const(const char *text)
{
	struct wtg_guid guid;

	if (!wtg_guid_parse(text, &guid))
		abort();
	return guid;
}

const char *wtg_guid_format(const struct wtg_guid *guid, char text[static WTG_GUID_TEXT_SIZE])
{
	char *o = text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*o++ = '-';
		o += snprintf(o, 3, "%02x", guid->bytes[order[i]]);
	}
	return text;
}

bool wtg_guid_equal(const struct wtg_guid *a, const struct wtg_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool wtg_guid_is_zero(const struct wtg_guid *guid)
{
	static const struct wtg_guid zero;

	return wtg_guid_equal(guid, &zero);
}

void wtg_guid_make_v4(struct wtg_guid *guid)
{
	guid->bytes[7] = (guid->bytes[7] & 0x0f) | 0x40;
	guid->bytes[8] = (guid->bytes[8] & 0x3f) | 0x80;
}
