/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes whose numbers are made to cost whoever believes them. */
#include "support.h"

#include <unistd.h>

#include "base/fdio.h"
#include "volume/edit.h"

static void an_exfat_bitmap_that_is_far_too_long_is_not_walked_through(void **state)
{
	const uint64_t size_bytes = 4ull << 30;
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *path = NULL, *said = NULL;
	_cleanup_fd_ int fd = test_file("exfat", size_bytes, &path);
	struct wtg_window window = test_window(fd, size_bytes, NULL);
	uint8_t boot[512], entry[32];
	struct wtg_bytes content = { 0 };
	uint64_t at;

	(void)state;
	test_require("mkfs.exfat");
	said = test_run(NULL, "mkfs.exfat -c 512 %s", path);
	assert_int_equal(wtg_fs_read(&window, "a", 10, &content, &err), 0);
	assert_int_equal(wtg_pread_all(fd, boot, sizeof(boot), 0), 0);
	at = (wtg_le32(boot + 88) + (uint64_t)(wtg_le32(boot + 96) - 2)) * 512;
	do {
		assert_int_equal(wtg_pread_all(fd, entry, sizeof(entry), at), 0);
		assert_int_not_equal(entry[0], 0);
		at += sizeof(entry);
	} while (entry[0] != 0x81);
	wtg_put_le64(entry + 24, wtg_le32(boot + 92) * 512ull); /* all of the clusters */
	assert_int_equal(wtg_pwrite_all(fd, entry, sizeof(entry), at - sizeof(entry)), 0);
	assert_fails(wtg_fs_read(&window, "a", 10, &content, &err), WTG_INPUT, "bytes cannot be");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exfat_bitmap_that_is_far_too_long_is_not_walked_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
