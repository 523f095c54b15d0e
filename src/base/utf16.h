/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-16LE, as Windows keeps names, and UTF-8, as we do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* A name as NTFS and WIM have it: UTF-16LE, borrowed, not ended by anything; any units, lone
 * surrogates too. */
struct wtg_name16 {
	const uint8_t *data;
	uint16_t n_units;
};

/*
 * Decode the first character of text; gives the number of bytes it takes, 0 if they are not
 * valid UTF-8 (overlong forms, surrogates and values above U+10FFFF included).
 */
size_t wtg_utf8_next(const char *text, size_t length, uint32_t *ret_char);
bool wtg_utf8_is_valid(const char *text, size_t length);

/*
 * UTF-8 to UTF-16LE, including the terminating NUL in size.  Bytes that are not UTF-8 become
 * U+FFFD.  Cannot fail; the caller owns the result.
 */
struct wtg_bytes wtg_utf16_from_utf8(const char *text);

/*
 * WTF-8 (UTF-8 that may hold lone surrogates, as wimlib writes names that Windows allows) to
 * UTF-16LE in ret, which has room for 2 * strlen(text) bytes.  Gives the number of units,
 * SIZE_MAX if text is not WTF-8.
 */
size_t wtg_utf16_put_wtf8(uint8_t *ret, const char *text);

/*
 * size bytes of UTF-16LE (at most; stops at a NUL) to UTF-8.  Lone surrogates become U+FFFD.
 * An odd last byte is ignored.  The caller frees.
 */
char *wtg_utf16_to_utf8(const void *utf16le, size_t size);
