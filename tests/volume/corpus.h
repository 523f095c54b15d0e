/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume with one of all that NTFS can hold, made with libntfs-3g's own device. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

/* Make the file at path an NTFS volume of that size, and fill it. */
void test_corpus_volume(const char *path, uint64_t size_bytes);

/* One of 64 MiB as the only image of a new WIM, name in test_dir(), captured with these options of
 * wimlib-imagex; the path is the caller's. */
char *test_corpus_capture(const char *name, const char *options);

/* Turn a file of the volume in the file at path into what Windows' own compression of
 * system files (CompactOS) leaves: a reparse point that says so. */
void test_corpus_mark_compact(const char *path, const char *file);

/* The same to the end: a new file of that content, packed so (see ntfs-wof.c).  From damage on,
 * counted in the stream, if that is not NULL, there is noise. */
enum { TEST_XPRESS4K, TEST_LZX, TEST_XPRESS8K, TEST_XPRESS16K };
void test_corpus_compact(const char *path, const char *file, unsigned algorithm,
			 const struct wtg_bytes *content, const size_t *damage);

/* The security descriptor that /Users and what it holds have, self-relative. */
extern const uint8_t test_corpus_security[];
extern const unsigned test_corpus_security_size;
