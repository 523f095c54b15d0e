/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "corpus.h"
#include "drive.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

#define SERIAL UINT64_C(0x1122334455667788)

static void assert_clean(const struct test_drive *drive)
{
	_cleanup_free_ char *path = test_drive_carve(drive);

	test_assert_clean(path);
}

static void check_format(uint32_t sector_bytes, uint64_t size)
{
	struct test_drive drive;
	uint8_t boot[512], copy[512];

	test_drive_open(&drive, size);
	test_drive_format(&drive, sector_bytes);
	assert_int_equal(wtg_pread_all(drive.fd, boot, 512, TEST_DRIVE_START), 0);
	assert_int_equal(wtg_pread_all(drive.fd, copy, 512,
				       TEST_DRIVE_START + size - sector_bytes),
			 0);
	assert_memory_equal(boot, copy, 512);
	assert_memory_equal(boot + 3, "NTFS    ", 8);
	assert_int_equal(wtg_le16(boot + 0x0b), sector_bytes);
	assert_int_equal(boot[0x0d], 4096 / sector_bytes);
	assert_int_equal(wtg_le16(boot + 0x18), 63);
	assert_int_equal(wtg_le16(boot + 0x1a), 255);
	assert_int_equal(wtg_le32(boot + 0x1c), TEST_DRIVE_START / sector_bytes);
	assert_int_equal(wtg_le64(boot + 0x28), size / sector_bytes - 1);
	assert_true(wtg_le64(boot + 0x48) == SERIAL);
	test_drive_assert_bounds(&drive);
	assert_clean(&drive);
	test_drive_done(&drive);
}

static void a_formatted_volume_says_what_firmware_and_windows_need(void **state)
{
	(void)state;
	test_require("mkntfs");
	check_format(512, 40 * MIB);
	check_format(4096, 48 * MIB);
}

static void formatting_is_reproducible_with_source_date_epoch(void **state)
{
	_cleanup_free_ char *first = NULL, *second = NULL, *moved = NULL;
	struct test_drive drive;

	(void)state;
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	first = test_drive_carve(&drive);
	moved = wtg_text("%s.first", first);
	assert_int_equal(rename(first, moved), 0);
	test_drive_format(&drive, 512);
	second = test_drive_carve(&drive);
	free(test_run(NULL, "cmp '%s' '%s'", moved, second));
	unsetenv("SOURCE_DATE_EPOCH");
	test_drive_done(&drive);
}

static void a_start_that_a_boot_sector_cannot_hold_is_refused(void **state)
{
	const struct wtg_ntfs_format how = { .start_bytes = UINT64_C(1) << 42,
					     .sector_bytes = 512 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	assert_fails(wtg_ntfs_format(&drive.window, &how, &err), WTG_UNSUITABLE,
		     "4398046511104");
	assert_int_equal(drive.ledger.n_writes, 0);
	test_drive_done(&drive);
}

static void info_tells_label_serial_and_sizes(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs_info info;
	struct wtg_window reading;
	struct wtg_ntfs *volume;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	reading = drive.window;
	reading.ledger = NULL;
	assert_good(wtg_ntfs_open(&reading, &volume, &err));
	assert_good(wtg_ntfs_info(volume, &info, &err));
	assert_string_equal(info.label, "Wíndows");
	assert_true(info.serial == SERIAL);
	assert_int_equal(info.cluster_bytes, 4096);
	assert_int_equal(info.size_bytes, 40 * MIB - 4096);
	assert_true(info.free_bytes > 30 * MIB && info.free_bytes < 40 * MIB);
	assert_false(info.dirty);
	assert_false(info.hibernated);
	assert_good(wtg_ntfs_close(&volume, &err));
	assert_null(volume);
	test_drive_done(&drive);
}

static void what_is_no_clean_ntfs_is_not_opened(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bytes hibernated = { 0 };
	struct wtg_ntfs *volume = NULL;
	struct wtg_window reading;
	struct wtg_ntfs_info info;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	assert_fails(wtg_ntfs_open(&drive.window, &volume, &err), WTG_INPUT, "no NTFS");
	assert_null(volume);

	test_drive_format(&drive, 512);
	hibernated.size = 8192;
	hibernated.data = wtg_alloc(hibernated.size);
	memcpy(hibernated.data, "hibr", 4);
	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	assert_good(wtg_ntfs_write(volume, "hiberfil.sys", &hibernated, NULL, &err));
	assert_good(wtg_ntfs_close(&volume, &err));
	wtg_bytes_done(&hibernated);
	assert_fails(wtg_ntfs_open(&drive.window, &volume, &err), WTG_INPUT,
		     "hibernated");
	reading = drive.window;
	reading.ledger = NULL;
	assert_good(wtg_ntfs_open(&reading, &volume, &err));
	assert_good(wtg_ntfs_info(volume, &info, &err));
	assert_true(info.hibernated);
	assert_fails(wtg_ntfs_remove(volume, "hiberfil.sys", &err), WTG_SYSTEM,
		     "hiberfil.sys");
	wtg_ntfs_abandon(volume);
	test_drive_done(&drive);
}

static void an_abandoned_volume_is_as_it_was(void **state)
{
	struct wtg_bytes text = { (uint8_t *)(uintptr_t)"text", 4 };
	_cleanup_free_ char *before = NULL, *after = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	before = test_run(NULL, "sha256sum '%s'", drive.path);
	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	assert_good(wtg_ntfs_write(volume, "Windows/file", &text, NULL, &err));
	wtg_ntfs_abandon(volume);
	after = test_run(NULL, "sha256sum '%s'", drive.path);
	assert_string_equal(before, after);
	test_drive_done(&drive);
}

/* The descriptor turns read-only underneath: every write fails with EBADF. */
static void a_lost_write_is_told_when_the_volume_is_closed(void **state)
{
	struct wtg_bytes text = { (uint8_t *)(uintptr_t)"text", 4 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;
	struct test_drive drive;
	int fd;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	assert_good(wtg_ntfs_write(volume, "Windows/file", &text, NULL, &err));
	fd = open(drive.path, O_RDONLY | O_CLOEXEC);
	assert_true(dup2(fd, drive.fd) >= 0);
	close(fd);
	assert_fails(wtg_ntfs_close(&volume, &err), WTG_SYSTEM,
		     "write to the drive at byte");
	assert_null(volume);
	test_drive_done(&drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_formatted_volume_says_what_firmware_and_windows_need),
		cmocka_unit_test(formatting_is_reproducible_with_source_date_epoch),
		cmocka_unit_test(a_start_that_a_boot_sector_cannot_hold_is_refused),
		cmocka_unit_test(info_tells_label_serial_and_sizes),
		cmocka_unit_test(what_is_no_clean_ntfs_is_not_opened),
		cmocka_unit_test(an_abandoned_volume_is_as_it_was),
		cmocka_unit_test(a_lost_write_is_told_when_the_volume_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
