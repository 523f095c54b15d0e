/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* asprintf() that cannot fail (out of memory ends the program).  The caller frees. */
char *wtg_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* strdup() that cannot fail; NULL gives NULL. */
char *wtg_text_copy(const char *text);

bool wtg_text_equal(const char *a, const char *b);      /* NULL equals only NULL */
bool wtg_text_equal_fold(const char *a, const char *b); /* ASCII case ignored */
bool wtg_text_starts(const char *text, const char *prefix);
bool wtg_text_ends(const char *text, const char *suffix);

/*
 * A copy that is safe to show on a terminal: valid UTF-8, with control characters, escape
 * sequences, line breaks, bidirectional overrides and what cannot be seen replaced by
 * U+FFFD.  Device labels and image names come from strangers.
 */
char *wtg_text_printable(const char *text);

/* Does wtg_text_printable() keep it? */
bool wtg_char_is_harmless(uint32_t c);

/* "260 MiB", "59.6 GiB": at most one decimal, binary units.  The caller frees. */
char *wtg_size_text(uint64_t bytes);

/* "64 GB (59.6 GiB)": as drives are sold and as they are measured.  The caller frees. */
char *wtg_size_drive_text(uint64_t bytes);

/*
 * Parse "260M", "64GiB", "2T", "1048576", "64GB" (K M G T, KiB… are powers of 1024; KB MB GB
 * TB are powers of 1000, as drives are sold).  No sign, no fraction, no spaces.  False if it
 * is anything else or does not fit 63 bits; *ret is then unchanged.
 */
bool wtg_size_parse(const char *text, uint64_t *ret_bytes);
