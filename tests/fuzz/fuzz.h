/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the harnesses share.  Each is one function of libFuzzer's form, gives a stranger's
 * bytes to one of our readers, and asserts what that reader promises; any error is a good
 * answer, a crash, a leak, a hang or a broken promise is a finding.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/window.h"
#include "wtg/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert() also there when NDEBUG is set. */
#define FUZZ_ASSERT(what)                                                                \
	do {                                                                             \
		if (!(what))                                                             \
			fuzz_broken(#what, __FILE__, __LINE__);                          \
	} while (0)
void fuzz_broken(const char *what, const char *file, int line)
	__attribute__((noreturn));

/* The input as the readers take it; borrowed, for reading only. */
struct wtg_bytes fuzz_bytes(const uint8_t *data, size_t size);

/* The input as a string, up to its first NUL; the caller frees. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Is it a path as struct wtg_file wants it: parts that are neither empty nor "." nor ".."? */
bool fuzz_is_path(const char *path);

/* A file in memory that holds the input; the caller closes it. */
int fuzz_file(const uint8_t *data, size_t size);

/*
 * A drive or disc in memory out of a short input: le32 number of blocks, then any number
 * of blocks that are not empty, each after its le32 number.  (seeds.c makes such inputs.)
 * What does not fit is left out; at most 64 MiB.  The caller closes the file.
 */
int fuzz_disk(const uint8_t *data, size_t size, uint32_t block_bytes,
	      uint64_t *ret_bytes);

/* A volume that make() makes once, and that can be had fresh any number of times. */
struct fuzz_volume {
	uint64_t size_bytes; /* a multiple of 4096 */
	int (*make)(const struct wtg_window *window, struct wtg_error *err);
	struct wtg_bytes *pages; /* those that are not empty; filled in */
};

/* The caller closes the file in memory. */
int fuzz_volume(struct fuzz_volume *volume);

/* Put the checksums of a partition table right, sectors of 512 bytes: whoever can write a
 * table can write them, too. */
void fuzz_mend_gpt(int fd, uint64_t disk_bytes);

/* Reads all of it. */
struct wtg_window fuzz_window(int fd, uint64_t size_bytes);

/* Valid UTF-8, and no control characters (C0, DEL, C1; but line ends) or bidi overrides. */
void fuzz_check_harmless(const char *text);

/* Let a thing describe itself: as JSON, which is JSON again, and to people, harmlessly. */
void fuzz_describe(void (*describe)(const void *thing, struct wtg_facts *out),
		   const void *thing);
