/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "target/holders.h"
#include "target/machine.h"
#include "wtg/text.h"

static void mountinfo_is_read_as_proc_5_says(void **state)
{
	struct wtg_machine m = { 0 };

	(void)state;
	wtg_mounts_parse("36 35 98:0 /mnt1 /mnt\\0402\\134x rw,noatime master:1 shared:7 - ext3 "
			 "/dev/root rw,errors=continue\n"
			 "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
			 "nonsense\n"
			 "28 1 0:45 / /x rw unbindable\n"
			 "29 1 0:46 / /y rw - overlay overlay", &m.mounts);
	assert_int_equal(m.mounts.n_items, 3);
	assert_int_equal(m.mounts.items[0].id, 36);
	assert_true(m.mounts.items[0].device == makedev(98, 0));
	assert_string_equal(m.mounts.items[0].point, "/mnt 2\\x");
	assert_string_equal(m.mounts.items[0].type, "ext3");
	assert_string_equal(m.mounts.items[0].source, "/dev/root");
	assert_string_equal(m.mounts.items[0].options, "rw,errors=continue");
	assert_string_equal(m.mounts.items[1].point, "/");
	assert_string_equal(m.mounts.items[2].type, "overlay");
	assert_string_equal(m.mounts.items[2].options, "");
	assert_ptr_equal(wtg_mounts_find(&m.mounts, 27), &m.mounts.items[1]);
	assert_null(wtg_mounts_find(&m.mounts, 28));
	wtg_machine_done(&m);
}

static void swaps_are_read_without_their_heading(void **state)
{
	struct wtg_machine m = { 0 };

	(void)state;
	wtg_swaps_parse("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
			"/dev/dm-1                               partition\t1048572\t\t0\t\t-2\n"
			"/swap\\040file file 4 0 -3\n", &m.swaps);
	assert_int_equal(m.swaps.n_items, 2);
	assert_string_equal(m.swaps.items[0].path, "/dev/dm-1");
	assert_false(m.swaps.items[0].is_file);
	assert_string_equal(m.swaps.items[1].path, "/swap file");
	assert_true(m.swaps.items[1].is_file);
	wtg_machine_done(&m);
}

/* ------------------------------------------------------------------ made-up machines */

static void add_block(struct wtg_machine *m, const char *name, const char *alias, dev_t device)
{
	struct wtg_block block = { .name = wtg_text_copy(name),
				   .alias = wtg_text_copy(alias), .device = device };

	WTG_APPEND(&m->blocks, block);
}

static void stands_on(struct wtg_machine *m, dev_t upper, dev_t lower)
{
	struct wtg_edge edge = { .upper = upper, .lower = lower };

	WTG_APPEND(&m->edges, edge);
}

static void add_part(struct wtg_machine *m, const char *name, dev_t device, dev_t drive)
{
	add_block(m, name, NULL, device);
	m->blocks.items[m->blocks.n_items - 1].partition = true;
	stands_on(m, device, drive);
	m->edges.items[m->edges.n_items - 1].partition = true;
}

#define SDA makedev(8, 0)
#define SDA1 makedev(8, 1)
#define SDA2 makedev(8, 2)
#define SDB makedev(8, 16)
#define SDB1 makedev(8, 17)
#define MD0 makedev(9, 0)
#define DM0 makedev(253, 0)
#define DM1 makedev(253, 1)
#define LOOP0 makedev(7, 0)
#define OVERLAY makedev(0, 50)

/* /boot on sda1; / and swap on LVM on LUKS on RAID on sda2 and sdb1 */
static void add_server(struct wtg_machine *m)
{
	add_block(m, "sda", NULL, SDA);
	add_part(m, "sda1", SDA1, SDA);
	add_part(m, "sda2", SDA2, SDA);
	add_block(m, "sdb", NULL, SDB);
	add_part(m, "sdb1", SDB1, SDB);
	add_block(m, "md0", NULL, MD0);
	stands_on(m, MD0, SDA2);
	stands_on(m, MD0, SDB1);
	add_block(m, "dm-0", "luks", DM0);
	stands_on(m, DM0, MD0);
	add_block(m, "dm-1", "vg-root", DM1);
	stands_on(m, DM1, DM0);
	wtg_mounts_parse("1 0 253:1 / / rw - ext4 /dev/mapper/vg-root rw\n"
			 "2 1 8:1 / /boot rw - ext4 /dev/sda1 rw\n"
			 "3 1 253:1 /var/log /mnt/log rw - ext4 /dev/mapper/vg-root rw\n"
			 "3 1 253:1 /var/log /mnt/log rw - ext4 /dev/mapper/vg-root rw\n"
			 "4 1 0:5 / /proc rw - proc proc rw\n", &m->mounts);
	wtg_swaps_parse("/dev/dm-0 partition 4 0 -2", &m->swaps);
	m->swaps.items[0].place.device = DM0;
}

static char *holders_of(const struct wtg_machine *m, dev_t device)
{
	struct wtg_disk disk = { .path = wtg_text_copy("the drive"), .device = device };
	char *text = wtg_text_copy("");

	wtg_holders_find(m, &disk);
	for (size_t i = 0; i < disk.n_holders; i++) {
		char *longer = wtg_text("%s%s %s %s%s\n", text,
					wtg_holder_kind_name(disk.holders[i].kind),
					disk.holders[i].part, disk.holders[i].holder,
					disk.holders[i].system ? " !" : "");

		free(text);
		text = longer;
	}
	wtg_disk_done(&disk);
	return text;
}

static void a_server_on_raid_is_found_on_both_its_drives(void **state)
{
	struct wtg_machine m = { 0 };
	_cleanup_free_ char *sda = NULL, *sdb = NULL;

	(void)state;
	add_server(&m);
	sda = holders_of(&m, SDA);
	sdb = holders_of(&m, SDB);
	assert_string_equal(sda, "mount /dev/sda2 / !\n"
				 "mount /dev/sda1 /boot !\n"
				 "mount /dev/sda2 /mnt/log\n"
				 "swap /dev/sda2 /dev/dm-0\n"
				 "md /dev/sda2 /dev/md0\n"
				 "dm /dev/sda2 /dev/dm-0 (luks)\n"
				 "dm /dev/sda2 /dev/dm-1 (vg-root)\n");
	assert_string_equal(sdb, "mount /dev/sdb1 / !\n"
				 "mount /dev/sdb1 /mnt/log\n"
				 "swap /dev/sdb1 /dev/dm-0\n"
				 "md /dev/sdb1 /dev/md0\n"
				 "dm /dev/sdb1 /dev/dm-0 (luks)\n"
				 "dm /dev/sdb1 /dev/dm-1 (vg-root)\n");
	wtg_machine_done(&m);
}

static void a_live_system_is_found_on_its_stick(void **state)
{
	struct wtg_machine m = { 0 };
	_cleanup_free_ char *sda = NULL, *sdb = NULL;

	(void)state;
	/* An overlay on a squashfs on a loop device on a file on the stick. */
	add_block(&m, "sda", NULL, SDA);
	add_block(&m, "sdb", NULL, SDB);
	add_part(&m, "sdb1", SDB1, SDB);
	add_block(&m, "loop0", "/run/live/medium/live/filesystem.squashfs", LOOP0);
	stands_on(&m, LOOP0, SDB1);
	stands_on(&m, OVERLAY, LOOP0);
	wtg_mounts_parse("1 0 0:50 / / rw - overlay overlay rw\n"
			 "2 1 8:17 / /run/live/medium ro - iso9660 /dev/sdb1 ro\n"
			 "3 1 7:0 / /run/live/rootfs ro - squashfs /dev/loop0 ro\n", &m.mounts);
	sda = holders_of(&m, SDA);
	sdb = holders_of(&m, SDB);
	assert_string_equal(sda, "");
	assert_string_equal(sdb, "mount /dev/sdb1 / !\n"
				 "mount /dev/sdb1 /run/live/medium !\n"
				 "mount /dev/sdb1 /run/live/rootfs\n"
				 "loop /dev/sdb1 /dev/loop0 "
				 "(/run/live/medium/live/filesystem.squashfs)\n");
	wtg_machine_done(&m);
}

static void add_loop(struct wtg_machine *m, const char *name, const char *file, dev_t device,
		     struct wtg_place place)
{
	add_block(m, name, file, device);
	m->blocks.items[m->blocks.n_items - 1].file = place;
	stands_on(m, device, place.device);
}

#define LOOP1 makedev(7, 1)
#define LOOP2 makedev(7, 2)

static void what_uses_a_drive_uses_the_loop_devices_on_it(void **state)
{
	struct wtg_machine m = { 0 };
	_cleanup_free_ char *below = NULL, *above = NULL;

	(void)state;
	add_server(&m);
	add_loop(&m, "loop0", "/dev/sda", LOOP0, (struct wtg_place){ SDA, 0 });
	add_loop(&m, "loop1", "/dev/loop0", LOOP1, (struct wtg_place){ LOOP0, 0 });
	wtg_mounts_parse("9 1 7:1 / /mnt/upper rw - ext4 /dev/loop1 rw", &m.mounts);
	below = holders_of(&m, SDA);
	above = holders_of(&m, LOOP1);
	assert_non_null(strstr(below, "mount /dev/sda /mnt/upper\n"));
	assert_non_null(strstr(below, "loop /dev/sda /dev/loop1 (/dev/loop0)\n"));
	assert_string_equal(above, "mount /dev/loop1 /mnt/upper\n"
				   "mount /dev/sda2 / !\n"
				   "mount /dev/sda1 /boot !\n"
				   "mount /dev/sda2 /mnt/log\n"
				   "swap /dev/sda2 /dev/dm-0\n"
				   "md /dev/sda2 /dev/md0\n"
				   "dm /dev/sda2 /dev/dm-0 (luks)\n"
				   "dm /dev/sda2 /dev/dm-1 (vg-root)\n");
	wtg_machine_done(&m);
}

static void loop_devices_over_one_file_are_told_of_each_other(void **state)
{
	struct wtg_machine m = { 0 };
	_cleanup_free_ char *first = NULL, *third = NULL;

	(void)state;
	add_block(&m, "sda", NULL, SDA);
	add_loop(&m, "loop0", "/drive.img", LOOP0, (struct wtg_place){ SDA, 12 });
	add_loop(&m, "loop1", "/drive.img", LOOP1, (struct wtg_place){ SDA, 12 });
	add_loop(&m, "loop2", "/other.img", LOOP2, (struct wtg_place){ SDA, 13 });
	first = holders_of(&m, LOOP0);
	third = holders_of(&m, LOOP2);
	assert_string_equal(first, "loop /drive.img /dev/loop1\n");
	assert_string_equal(third, "");
	wtg_machine_done(&m);
}

static void the_file_behind_a_loop_device_is_carried_by_it(void **state)
{
	struct wtg_disk disk = { .path = wtg_text_copy("/dev/loop1"), .device = LOOP1 };
	char name[] = "/tmp/wtgctl-test-XXXXXX";
	struct wtg_machine m = { 0 };
	struct wtg_place place;
	int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0);
	assert_true(wtg_machine_locate(&m, name, &place));
	add_loop(&m, "loop0", name, LOOP0, place);
	add_loop(&m, "loop1", "/dev/loop0", LOOP1, (struct wtg_place){ LOOP0, 0 });
	assert_true(wtg_disk_carries(&m, &disk, name));
	assert_false(wtg_disk_carries(&m, &disk, "/proc"));
	close(fd);
	unlink(name);
	wtg_disk_done(&disk);
	wtg_machine_done(&m);
}

static void a_circle_of_devices_ends(void **state)
{
	struct wtg_machine m = { 0 };

	(void)state;
	stands_on(&m, DM0, DM1);
	stands_on(&m, DM1, DM0);
	assert_true(wtg_machine_part(&m, DM0, SDA) == 0);
	stands_on(&m, DM1, SDA);
	assert_true(wtg_machine_part(&m, DM0, SDA) == SDA);
	add_loop(&m, "loop0", "/dev/loop1", LOOP0, (struct wtg_place){ LOOP1, 0 });
	add_loop(&m, "loop1", "/dev/loop0", LOOP1, (struct wtg_place){ LOOP0, 0 });
	free(holders_of(&m, LOOP0));
	wtg_machine_done(&m);
}

static void a_drive_with_a_slash_in_its_name_is_named(void **state)
{
	struct wtg_machine m = { 0 };
	_cleanup_free_ char *name = NULL, *none = NULL;

	(void)state;
	add_block(&m, "cciss!c0d0", NULL, SDA);
	name = wtg_machine_name(&m, SDA);
	none = wtg_machine_name(&m, SDB);
	assert_string_equal(name, "/dev/cciss/c0d0");
	assert_string_equal(none, "device 8:16");
	wtg_machine_done(&m);
}

static void this_machine_agrees_with_findmnt(void **state)
{
	_cleanup_free_ char *said = NULL, *expected = NULL;
	const struct wtg_mount *mount = NULL;
	struct wtg_machine m;
	struct wtg_place place;
	int status;

	(void)state;
	test_require("findmnt");
	said = test_run(&status, "findmnt -no MAJ:MIN /");
	if (status != 0)
		test_skip("nothing is mounted on / here");
	wtg_machine_look(&m);
	assert_true(wtg_machine_locate(&m, "/", &place));
	for (size_t i = 0; i < m.mounts.n_items; i++)
		if (strcmp(m.mounts.items[i].point, "/") == 0)
			mount = &m.mounts.items[i];
	assert_non_null(mount);
	expected = wtg_text("%u:%u", major(mount->device), minor(mount->device));
	assert_non_null(strstr(said, expected));
	assert_true(place.device == mount->device);
	wtg_machine_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mountinfo_is_read_as_proc_5_says),
		cmocka_unit_test(swaps_are_read_without_their_heading),
		cmocka_unit_test(a_server_on_raid_is_found_on_both_its_drives),
		cmocka_unit_test(a_live_system_is_found_on_its_stick),
		cmocka_unit_test(what_uses_a_drive_uses_the_loop_devices_on_it),
		cmocka_unit_test(loop_devices_over_one_file_are_told_of_each_other),
		cmocka_unit_test(the_file_behind_a_loop_device_is_carried_by_it),
		cmocka_unit_test(a_circle_of_devices_ends),
		cmocka_unit_test(a_drive_with_a_slash_in_its_name_is_named),
		cmocka_unit_test(this_machine_agrees_with_findmnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
