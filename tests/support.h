/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the C tests share.  Include it first: it brings cmocka with what that needs. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/window.h"
#include "wtg/error.h"

/* Assert that a call that fills in err went well (result >= 0), or say what it said. */
#define assert_good(call)                                                                \
	do {                                                                             \
		if ((call) < 0)                                                          \
			fail_msg("%s: %s", #call, err.message);                          \
	} while (0)

/* Assert that it failed with that kind and a message that contains part; err is fresh after. */
#define assert_fails(call, expected_kind, part)                                          \
	do {                                                                             \
		assert_true((call) < 0);                                                 \
		test_expect_error(&err, expected_kind, part);                            \
	} while (0)

void test_expect_error(struct wtg_error *err, enum wtg_kind kind, const char *part);

/* Skip this test and say why: the first line of that. */
void test_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The bytes of one of the real hives (WTGCTL_TEST_HIVES), unpacked if it is NAME.xz.  Where
 * the variable is not set, says so and skips the test. */
struct wtg_bytes test_hive(const char *name);

/* Is a program there?  Tests that need an oracle skip, loudly, without it. */
void test_require(const char *program);

/* Run a command in sh and give what it prints on stdout and stderr (the caller frees);
 * *ret_status, if not NULL, its exit status; otherwise anything but 0 fails the test. */
char *test_run(int *ret_status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A fresh directory that is removed when the program ends. */
const char *test_dir(void);

/* A sparse file of that size in test_dir(), open for reading and writing; *ret_path, if not
 * NULL, is the caller's. */
int test_file(const char *name, uint64_t size_bytes, char **ret_path);

void test_write_file(const char *path, const void *data, size_t size);

/* A window over the whole of fd, with a ledger of the test's own if that is not NULL. */
struct wtg_window test_window(int fd, uint64_t size_bytes, struct wtg_ledger *ledger);
