/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/inf-inner.h"
#include "wtg/text.h"

/* Windows-1252 where it is not Latin-1: 0x80 to 0x9f (unicode.org, CP1252.TXT; the five that it
 * leaves open are the controls that Windows makes of them). */
static const uint16_t cp1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

static char *from_ansi(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *wide = wtg_alloc(2 * size + 2);

	for (size_t i = 0; i < size; i++)
		wtg_put_le16(wide + 2 * i, data[i] >= 0x80 && data[i] < 0xa0
						   ? cp1252[data[i] - 0x80]
						   : data[i]);
	return wtg_utf16_to_utf8(wide, 2 * size);
}

static char *from_utf16be(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *swapped = wtg_alloc(size + 2);

	for (size_t i = 0; i + 1 < size; i += 2) {
		swapped[i] = data[i + 1];
		swapped[i + 1] = data[i];
	}
	return wtg_utf16_to_utf8(swapped, size);
}

static bool is_utf8(const uint8_t *data, size_t size)
{
	uint32_t c;

	for (size_t at = 0, n; at < size; at += n) {
		n = wtg_utf8_next((const char *)data + at, size - at, &c);
		if (n == 0)
			return false;
	}
	return true;
}

/* Two bytes to a character although nothing says so: the first is ASCII, as in any INF. */
static bool is_wide(const uint8_t *data, size_t size)
{
	return size >= 4 && data[0] && !data[1] && data[2] && !data[3];
}

static bool has_nul(const uint8_t *data, size_t size, size_t width)
{
	for (size_t i = 0; i + width <= size; i += width)
		if (data[i] == 0 && (width == 1 || data[i + 1] == 0))
			return true;
	return false;
}

int wtg_inf_decode(const struct wtg_bytes *text, char **ret, struct wtg_error *err)
{
	const uint8_t *data = text->data;
	size_t size = text->size, width = 1;
	bool big = size >= 2 && data[0] == 0xfe && data[1] == 0xff;

	if (big || (size >= 2 && data[0] == 0xff && data[1] == 0xfe)) {
		width = 2;
		data += 2;
		size -= 2;
	} else if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		size -= 3;
	} else if (is_wide(data, size)) {
		width = 2;
	}
	if (has_nul(data, size, width))
		return wtg_fail(err, WTG_INPUT, 0, "it is not text");
	if (width == 2)
		*ret = big ? from_utf16be(data, size) : wtg_utf16_to_utf8(data, size);
	else if (is_utf8(data, size))
		*ret = wtg_text("%.*s", (int)size, size ? (const char *)data : "");
	else
		*ret = from_ansi(data, size);
	return 0;
}
