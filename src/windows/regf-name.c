/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names in a hive: their text and their order. */
#include "windows/regf-cell.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/utf16.h"

/*
 * Lower-case letters and how far it is to the upper-case one.  Our own table, because
 * towupper() depends on the locale and folds what Windows does not (dotless i, long s,
 * micro sign), and because what we look up is ASCII: the rest is for order and courtesy.
 */
static const struct {
	uint16_t first, last;
	uint8_t step; /* 2: upper and lower case take turns */
	int16_t to_upper;
} letters[] = {
	{ 'a', 'z', 1, -32 },
	{ 0x00e0, 0x00f6, 1, -32 }, /* Latin-1, around the division sign */
	{ 0x00f8, 0x00fe, 1, -32 },
	{ 0x00ff, 0x00ff, 1, 121 },
	{ 0x0101, 0x012f, 2, -1 }, /* Latin Extended-A, around the two i */
	{ 0x0133, 0x0137, 2, -1 },
	{ 0x013a, 0x0148, 2, -1 },
	{ 0x014b, 0x0177, 2, -1 },
	{ 0x017a, 0x017e, 2, -1 },
	{ 0x03ac, 0x03ac, 1, -38 }, /* Greek */
	{ 0x03ad, 0x03af, 1, -37 },
	{ 0x03b1, 0x03c1, 1, -32 },
	{ 0x03c2, 0x03c2, 1, -31 },
	{ 0x03c3, 0x03cb, 1, -32 },
	{ 0x03cc, 0x03cc, 1, -64 },
	{ 0x03cd, 0x03ce, 1, -63 },
	{ 0x0430, 0x044f, 1, -32 }, /* Cyrillic */
	{ 0x0450, 0x045f, 1, -80 },
	{ 0x0461, 0x0481, 2, -1 },
	{ 0x048b, 0x04bf, 2, -1 },
	{ 0x04d1, 0x0513, 2, -1 },
	{ 0x0561, 0x0586, 1, -48 }, /* Armenian */
};

static uint16_t upper(uint16_t c)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (c < letters[i].first)
			return c;
		if (c <= letters[i].last && (c - letters[i].first) % letters[i].step == 0)
			return (uint16_t)(c + letters[i].to_upper);
	}
	return c;
}

static size_t length(const struct wtg_regf_name *name)
{
	return name->latin1 ? name->size : name->size / 2;
}

static uint16_t unit(const struct wtg_regf_name *name, size_t i)
{
	return name->latin1 ? name->data[i] : wtg_le16(name->data + 2 * i);
}

int wtg_regf_name_compare(const struct wtg_regf_name *a, const struct wtg_regf_name *b)
{
	size_t n_a = length(a), n_b = length(b);

	for (size_t i = 0; i < n_a && i < n_b; i++) {
		int difference = upper(unit(a, i)) - upper(unit(b, i));

		if (difference != 0)
			return difference;
	}
	return n_a < n_b ? -1 : n_a > n_b;
}

bool wtg_regf_name_is_ascii(const struct wtg_regf_name *name)
{
	for (size_t i = 0; i < length(name); i++)
		if (unit(name, i) >= 0x80)
			return false;
	return true;
}

bool wtg_regf_name_same(const struct wtg_regf_name *a, const struct wtg_regf_name *b)
{
	if (length(a) != length(b))
		return false;
	for (size_t i = 0; i < length(a); i++)
		if (unit(a, i) != unit(b, i))
			return false;
	return true;
}

bool wtg_regf_name_is_text(const struct wtg_regf_name *name)
{
	for (size_t i = 0; i < length(name); i++)
		if (unit(name, i) == 0)
			return false;
	return true;
}

/*
 * Letters with cases that Windows folds and we do not: between those that letters[] has, and
 * behind them Georgian, Cherokee, Coptic, the extensions of Latin and Cyrillic, the wide forms.
 * What has no cases is in between.
 */
bool wtg_regf_name_is_foldable(const struct wtg_regf_name *name)
{
	static const struct {
		uint16_t first, last;
	} unknown[] = {
		{ 0x0180, 0x02bf }, { 0x0345, 0x0345 }, { 0x0370, 0x037f }, { 0x03cf, 0x03ff },
		{ 0x0514, 0x052f }, { 0x0587, 0x0587 }, { 0x10a0, 0x10ff }, { 0x13a0, 0x13ff },
		{ 0x1c80, 0x1fff }, { 0x2100, 0x218f }, { 0x24b6, 0x24e9 }, { 0x2c00, 0x2dff },
		{ 0xa640, 0xa7ff }, { 0xab30, 0xabbf }, { 0xff21, 0xff5a },
	};

	for (size_t i = 0; i < length(name); i++)
		for (size_t j = 0; j < sizeof(unknown) / sizeof(unknown[0]); j++)
			if (unit(name, i) >= unknown[j].first && unit(name, i) <= unknown[j].last)
				return false;
	return true;
}

uint32_t wtg_regf_name_hash(const struct wtg_regf_name *name)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < length(name); i++)
		hash = hash * 37 + upper(unit(name, i));
	return hash;
}

char *wtg_regf_name_text(const struct wtg_regf_name *name)
{
	_cleanup_free_ uint8_t *utf16 = wtg_alloc(length(name) * 2);

	for (size_t i = 0; i < length(name); i++)
		wtg_put_le16(utf16 + 2 * i, unit(name, i));
	return wtg_utf16_to_utf8(utf16, length(name) * 2);
}

char *wtg_regf_fold(const char *utf8)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(utf8);

	for (size_t at = 0; at < utf16.size; at += 2)
		wtg_put_le16(utf16.data + at, upper(wtg_le16(utf16.data + at)));
	return wtg_utf16_to_utf8(utf16.data, utf16.size);
}
