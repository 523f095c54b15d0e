/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf16.h"

#include <string.h>

#include "base/alloc.h"

size_t wtg_utf8_next(const char *text, size_t length, uint32_t *ret_char)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t n;
	uint32_t c;

	if (length == 0)
		return 0;
	if (s[0] < 0x80) {
		*ret_char = s[0];
		return 1;
	}
	n = s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] >= 0xf8 || n > length)
		return 0;
	c = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret_char = c;
	return n;
}

bool wtg_utf8_is_valid(const char *text, size_t length)
{
	uint32_t c;

	for (size_t n; length > 0; text += n, length -= n) {
		n = wtg_utf8_next(text, length, &c);
		if (n == 0)
			return false;
	}
	return true;
}

struct wtg_bytes wtg_utf16_from_utf8(const char *text)
{
	size_t length = strlen(text), at = 0;
	struct wtg_bytes out = { .data = wtg_alloc(length * 2 + 2) };

	while (at < length) {
		uint32_t c = 0xfffd;
		size_t n = wtg_utf8_next(text + at, length - at, &c);

		at += n ? n : 1;
		if (c >= 0x10000) {
			wtg_put_le16(out.data + out.size, (uint16_t)(0xd7c0 + (c >> 10)));
			out.size += 2;
			c = 0xdc00 | (c & 0x3ff);
		}
		wtg_put_le16(out.data + out.size, (uint16_t)c);
		out.size += 2;
	}
	out.size += 2; /* the NUL, zeroed at allocation */
	return out;
}

/* A surrogate, in the three bytes that UTF-8 would have for it. */
static size_t next_surrogate(const char *text, size_t length, uint32_t *ret_unit)
{
	const unsigned char *s = (const unsigned char *)text;

	if (length < 3 || s[0] != 0xed || (s[1] & 0xe0) != 0xa0 || (s[2] & 0xc0) != 0x80)
		return 0;
	*ret_unit = 0xd000u | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
	return 3;
}

size_t wtg_utf16_put_wtf8(uint8_t *ret, const char *text)
{
	size_t left = strlen(text), n_units = 0;

	while (left > 0) {
		uint32_t c = 0;
		size_t n = wtg_utf8_next(text, left, &c);

		if (n == 0)
			n = next_surrogate(text, left, &c);
		if (n == 0)
			return SIZE_MAX;
		text += n;
		left -= n;
		if (c >= 0x10000) {
			wtg_put_le16(ret + 2 * n_units++, (uint16_t)(0xd7c0 + (c >> 10)));
			c = 0xdc00 | (c & 0x3ff);
		}
		wtg_put_le16(ret + 2 * n_units++, (uint16_t)c);
	}
	return n_units;
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

char *wtg_utf16_to_utf8(const void *utf16le, size_t size)
{
	const uint8_t *s = utf16le;
	size_t n_units = size / 2, length = 0;
	char *out = wtg_alloc(n_units * 3 + 1);

	for (size_t i = 0; i < n_units; i++) {
		uint32_t c = wtg_le16(s + 2 * i);
		uint32_t low = i + 1 < n_units ? wtg_le16(s + 2 * i + 2) : 0;

		if (c == 0)
			break;
		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i++;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		length += put_utf8(out + length, c);
	}
	return out;
}
