/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "drive.h"
#include "volume/ntfs.h"

#define PATH "Windows/System32/config/SYSTEM"

static struct wtg_bytes pattern(size_t size, uint8_t seed)
{
	struct wtg_bytes bytes = { wtg_alloc(size + 1), size };

	for (size_t i = 0; i < size; i++)
		bytes.data[i] = (uint8_t)(i / 7 + i / 4096 + seed);
	return bytes;
}

static void assert_clean(const struct test_drive *drive)
{
	_cleanup_free_ char *path = test_drive_carve(drive);

	test_assert_clean(path);
}

static void open_drive(struct test_drive *drive)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = pattern(300000, 1);
	_cleanup_(wtg_bytes_done) struct wtg_bytes other = pattern(100000, 2);
	_cleanup_(wtg_bytes_done) struct wtg_bytes small = pattern(20, 3);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;

	test_drive_open(drive, 40 * MIB);
	test_drive_format(drive, 512);
	assert_good(wtg_ntfs_open(&drive->window, &volume, &err));
	assert_good(wtg_ntfs_write(volume, PATH, &hive, NULL, &err));
	assert_good(wtg_ntfs_write(volume, "Windows/System32/config/OTHER", &other, NULL, &err));
	assert_good(wtg_ntfs_write(volume, "small", &small, NULL, &err));
	assert_good(wtg_ntfs_close(&volume, &err));
}

static void assert_file(const struct test_drive *drive, const char *path,
			const struct wtg_bytes *content)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
	struct wtg_window reading = drive->window;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;

	reading.ledger = NULL;
	assert_good(wtg_ntfs_open(&reading, &volume, &err));
	assert_good(wtg_ntfs_read(volume, path, 64 * MIB, &found, &err));
	assert_int_equal(found.size, content->size);
	assert_memory_equal(found.data, content->data, found.size);
	wtg_ntfs_abandon(volume);
}

static void another_content_of_any_size_takes_its_place(void **state)
{
	static const size_t sizes[] = { 300000, 300001, 4096, 1, 9 * MIB, 8 * MIB + 5, 70000 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes other = pattern(100000, 2);
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;

	(void)state;
	open_drive(&drive);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes content = pattern(sizes[i], (uint8_t)i);

		assert_good(wtg_ntfs_check_replace(&drive.window, PATH, content.size, &err));
		assert_good(wtg_ntfs_replace(&drive.window, PATH, &content, &err));
		assert_file(&drive, PATH, &content);
		assert_file(&drive, "Windows/System32/config/OTHER", &other);
		assert_clean(&drive);
	}
	test_drive_done(&drive);
}

static void what_it_cannot_be_done_with_is_left_as_it_is(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = pattern(5000, 9);
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = pattern(300000, 1);
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;

	(void)state;
	open_drive(&drive);
	assert_fails(wtg_ntfs_replace(&drive.window, "small", &content, &err), WTG_REFUSED,
		     "in its own record");
	assert_fails(wtg_ntfs_replace(&drive.window, "Windows", &content, &err), WTG_REFUSED,
		     "a directory");
	assert_fails(wtg_ntfs_replace(&drive.window, "absent", &content, &err), WTG_INPUT, "absent");
	assert_fails(wtg_ntfs_check_replace(&drive.window, PATH, 60 * MIB, &err), WTG_UNSUITABLE,
		     "no room");
	assert_file(&drive, PATH, &hive);
	assert_clean(&drive);
	test_drive_done(&drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_content_of_any_size_takes_its_place),
		cmocka_unit_test(what_it_cannot_be_done_with_is_left_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
