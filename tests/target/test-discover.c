/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives that this machine does not have: runs below umockdev-run with drives.umockdev. */
#include "support.h"

#include <stdio.h>
#include <sys/sysmacros.h>

#include "target/discover.h"
#include "wtg/text.h"

static struct wtg_disk discover(unsigned major_number, unsigned minor_number)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_disk disk = { 0 };

	assert_good(wtg_discover_drive(makedev(major_number, minor_number), &disk, &err));
	return disk;
}

static void a_stick_is_known_without_udevd(void **state)
{
	_cleanup_(wtg_disk_done) struct wtg_disk disk = discover(65, 0);

	(void)state;
	assert_string_equal(disk.path, "/dev/sdq");
	assert_string_equal(disk.model, "Ultra Fit");
	assert_string_equal(disk.vendor, "SanDisk");
	assert_string_equal(disk.serial, "4C530001230920115405");
	assert_string_equal(disk.bus, "usb");
	assert_int_equal(disk.usb_mbits, 5000);
	assert_false(disk.removable);
	assert_false(disk.read_only);
	assert_int_equal(disk.size_bytes, 120164352ull * 512);
	assert_int_equal(disk.sector_bytes, 512);
	assert_int_equal(disk.physical_sector_bytes, 4096);
	assert_int_equal(disk.diskseq, 42);
	assert_true(disk.device == makedev(65, 0));
	assert_true(disk.exists);
}

static void what_udev_knows_comes_first(void **state)
{
	_cleanup_(wtg_disk_done) struct wtg_disk disk = discover(65, 16);

	(void)state;
	assert_string_equal(disk.model, "Samsung SSD 860 EVO 500GB");
	assert_string_equal(disk.serial, "S3Z1NB0K123456");
	assert_string_equal(disk.wwn, "0x5002538e40a1b2c3");
	assert_string_equal(disk.bus, "ata");
	assert_int_equal(disk.usb_mbits, 0);
	assert_string_equal(disk.ignored, "UDISKS_SYSTEM");
	assert_true(disk.read_only);
}

static void a_sata_drive_in_a_usb_enclosure_is_usb(void **state)
{
	_cleanup_(wtg_disk_done) struct wtg_disk disk = discover(65, 32);

	(void)state;
	assert_string_equal(disk.bus, "usb");
	assert_int_equal(disk.usb_mbits, 480);
	assert_string_equal(disk.serial, "WD-WX41A2345678");
	assert_int_equal(disk.sector_bytes, 4096);
	/* The kernel counts in 512 bytes whatever the sectors are. */
	assert_int_equal(disk.size_bytes, 3907029168ull * 512);
}

static void a_card_in_a_reader_of_its_own_is_mmc(void **state)
{
	_cleanup_(wtg_disk_done) struct wtg_disk disk = discover(179, 72);

	(void)state;
	assert_string_equal(disk.bus, "mmc");
	assert_string_equal(disk.model, "SD64G");
	assert_string_equal(disk.serial, "0x1234abcd");
}

static void what_is_not_a_whole_drive_is_refused(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_disk disk;

	(void)state;
	assert_fails(wtg_discover_drive(makedev(65, 1), &disk, &err), WTG_REFUSED,
		     "/dev/sdq1 is a partition of /dev/sdq");
	assert_fails(wtg_discover_drive(makedev(253, 77), &disk, &err), WTG_REFUSED,
		     "/dev/dm-77 is a mapped device");
	assert_fails(wtg_discover_drive(makedev(11, 9), &disk, &err), WTG_REFUSED,
		     "/dev/sr9 is an optical drive");
	assert_fails(wtg_discover_drive(makedev(99, 99), &disk, &err), WTG_SYSTEM,
		     "does not describe block device 99:99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stick_is_known_without_udevd),
		cmocka_unit_test(what_udev_knows_comes_first),
		cmocka_unit_test(a_sata_drive_in_a_usb_enclosure_is_usb),
		cmocka_unit_test(a_card_in_a_reader_of_its_own_is_mmc),
		cmocka_unit_test(what_is_not_a_whole_drive_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
