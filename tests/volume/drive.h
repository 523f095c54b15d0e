/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive that was used before, in a file: every byte of it is TEST_DRIVE_OLD. */
#pragma once

#include "base/window.h"

#define MIB             (UINT64_C(1) << 20)
#define TEST_DRIVE_OLD   0xa5
#define TEST_DRIVE_START (17 * MIB) /* of the partition that the window is */

struct test_drive {
	char *path;
	int fd;
	struct wtg_ledger ledger;
	struct wtg_window window;
};

/* With a partition of that many bytes, a whole number of MiB, and a MiB after it. */
void test_drive_open(struct test_drive *drive, uint64_t size_bytes);
void test_drive_done(struct test_drive *drive);

/* Make the partition an NTFS volume, label Wíndows, serial 0x1122334455667788. */
void test_drive_format(struct test_drive *drive, uint32_t sector_bytes);

/* Copy the partition to a plain file, for other programs to look at; its path is the
 * caller's. */
char *test_drive_carve(const struct test_drive *drive);

/* Assert that nothing before and after the partition was touched. */
void test_drive_assert_bounds(const struct test_drive *drive);

/* Assert that ntfsfix, ntfsresize, ntfsinfo, fsstat and apply/ntfs-walk.py find nothing wrong
 * with the volume in a plain file. */
void test_assert_clean(const char *volume_path);
