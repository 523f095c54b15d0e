/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/fat.h"
#include "wtg/text.h"

#define MIB (1ull << 20)

static const struct wtg_fat_format data = {
	.label = "Größe 内",
	.serial = 0xcafe1234,
	.start_bytes = 300 * MIB,
	.sector_bytes = 512,
};

static void make(const char *name, uint64_t size_bytes, uint32_t sector_bytes,
		 char **ret_path)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_fd_ int fd = test_file(name, size_bytes, ret_path);
	struct wtg_window w = test_window(fd, size_bytes, &ledger);
	_cleanup_free_ uint8_t *old = wtg_alloc(4 * MIB);
	struct wtg_fat_format format = data;

	test_require("mkfs.exfat");
	memset(old, 0xa5, 4 * MIB);
	assert_int_equal(wtg_pwrite_all(fd, old, 4 * MIB, 0), 0);
	format.sector_bytes = sector_bytes;
	assert_good(wtg_exfat_make(&w, &format, &err));
	assert_int_equal(ledger.failure, 0);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void other_programs_accept_a_volume_with_512_byte_sectors(void **state)
{
	static const uint64_t sizes[] = { 64 * MIB, 3000 * MIB + 512, 200ull << 30 };

	(void)state;
	test_require("fsck.exfat");
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *path = NULL, *fsck = NULL, *dump = NULL,
				    *blkid = NULL;

		make("volume", sizes[i], 512, &path);
		fsck = test_run(NULL, "export LC_ALL=C.UTF-8; fsck.exfat -n -v %s", path);
		has(fsck, "clean. directories 1, files 0");
		has(fsck, "label: Größe 内");
		dump = test_run(NULL, "dump.exfat %s", path);
		has(dump, "0xcafe1234");
		blkid = test_run(NULL, "blkid -p -o export %s", path);
		has(blkid, "TYPE=exfat");
		has(blkid, "UUID=CAFE-1234");
	}
}

static void clusters_are_as_large_as_asked_for(void **state)
{
	static const uint32_t sizes[] = { 32768, 131072 };

	(void)state;
	test_require("mkfs.exfat");
	test_require("fsck.exfat");
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;
		_cleanup_free_ char *path = NULL, *fsck = NULL, *want = NULL;
		_cleanup_fd_ int fd = test_file("volume", 600 * MIB, &path);
		struct wtg_window w = test_window(fd, 600 * MIB, &ledger);
		struct wtg_fat_format format = data;

		format.cluster_bytes = sizes[i];
		assert_good(wtg_exfat_make(&w, &format, &err));
		fsck = test_run(NULL, "fsck.exfat -n -v %s", path);
		want = wtg_text("cluster size: %u.00 KB", sizes[i] / 1024);
		has(fsck, want);
		has(fsck, "clean.");
	}
}

static void a_loop_device_with_4096_byte_sectors_is_accepted(void **state)
{
	_cleanup_free_ char *path = NULL, *loop = NULL, *fsck = NULL;
	int status;

	(void)state;
	test_require("fsck.exfat");
	make("volume", 300 * MIB, 4096, &path);
	loop = test_run(&status, "losetup -b 4096 -r --show -f %s", path);
	if (status != 0)
		test_skip("no loop device with 4096-byte sectors: %s", loop);
	loop[strcspn(loop, "\n")] = '\0';
	fsck = test_run(
		NULL,
		"fsck.exfat -n -v %s && dump.exfat %s | tr -s ' \\t' ' '; s=$?; losetup -d %s; exit $s",
		loop, loop, loop);
	has(fsck, "sector size:  4.00 KB");
	has(fsck, "clean. directories 1, files 0");
	has(fsck, "Volume Length(sectors): 76800\n");
}

/* exFAT specification, figure 1, by an own computation. */
static void expect_checksum(const uint8_t *region, size_t sector)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 11 * sector; i++)
		if (i != 106 && i != 107 && i != 112)
			sum = ((sum & 1) ? 0x80000000u : 0) + (sum >> 1) + region[i];
	for (size_t i = 11 * sector; i < 12 * sector; i += 4)
		assert_int_equal(wtg_le32(region + i), sum);
}

static void the_boot_region_says_where_the_partition_starts_twice(void **state)
{
	(void)state;
	for (uint32_t sector = 512; sector <= 4096; sector *= 8) {
		_cleanup_free_ char *path = NULL;
		_cleanup_free_ uint8_t *regions = wtg_alloc(24 * sector);
		_cleanup_fd_ int fd = -1;

		make("region", 100 * MIB, sector, &path);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_int_equal(wtg_pread_all(fd, regions, 24 * sector, 0), 0);
		assert_int_equal(wtg_le64(regions + 64), 300 * MIB / sector);
		assert_int_equal(wtg_le64(regions + 72), 100 * MIB / sector);
		assert_int_equal(1u << regions[108], sector);
		for (size_t i = 1; i <= 8; i++)
			assert_int_equal(wtg_le32(regions + (i + 1) * sector - 4),
					 0xaa550000);
		expect_checksum(regions, sector);
		assert_memory_equal(regions, regions + 12 * sector, 12 * sector);
	}
}

static void the_same_plan_gives_the_same_bytes(void **state)
{
	_cleanup_free_ char *one = NULL, *two = NULL, *said = NULL;

	(void)state;
	/* mkfs.exfat draws its serial from the clock. */
	make("one", 64 * MIB, 512, &one);
	make("two", 64 * MIB, 512, &two);
	said = test_run(NULL, "cmp %s %s", one, two);
}

static void what_exfat_cannot_be_is_refused(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_fat_format format = data;
	struct wtg_window w = { .length = 64 * MIB };

	(void)state;
	test_require("mkfs.exfat");
	format.label = "twelve chars";
	assert_fails(wtg_exfat_make(&w, &format, &err), WTG_USAGE, "11 characters");
	format.label = NULL;
	format.sector_bytes = 520;
	assert_fails(wtg_exfat_make(&w, &format, &err), WTG_UNSUITABLE, "520");
	format.sector_bytes = 512;
	w.length = 65536;
	assert_fails(wtg_exfat_make(&w, &format, &err), WTG_UNSUITABLE,
		     "too small for exFAT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_programs_accept_a_volume_with_512_byte_sectors),
		cmocka_unit_test(clusters_are_as_large_as_asked_for),
		cmocka_unit_test(a_loop_device_with_4096_byte_sectors_is_accepted),
		cmocka_unit_test(the_boot_region_says_where_the_partition_starts_twice),
		cmocka_unit_test(the_same_plan_gives_the_same_bytes),
		cmocka_unit_test(what_exfat_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
