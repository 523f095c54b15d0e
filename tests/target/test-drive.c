/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real block devices: loop devices, which need root.  Without that every test skips. */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "target/target.h"
#include "wtg/text.h"

#define SIZE (128ull << 20)

/* What each test leaves behind is undone after it, the last first, even when it fails. */
static struct {
	char **items;
	size_t n_items, capacity;
} undo;

static int undo_all(void **state)
{
	(void)state;
	while (undo.n_items > 0) {
		char *command = undo.items[--undo.n_items];

		free(test_run(&(int){ 0 }, "%s", command));
		free(command);
	}
	free(undo.items);
	undo.items = NULL;
	undo.capacity = 0;
	return 0;
}

/* Attach a file to a loop device and give its node; the caller frees. */
static char *attach(const char *options, const char *path)
{
	int status;
	char *node = test_run(&status, "losetup -f --show %s %s", options, path);

	if (status != 0)
		test_skip("no loop devices here: %s", node);
	node[strcspn(node, "\n")] = '\0';
	WTG_APPEND(&undo, wtg_text("losetup -d %s", node));
	return node;
}

static char *loop_of(const char *name, const char *options)
{
	_cleanup_free_ char *path = NULL;

	if (geteuid() != 0)
		test_skip("loop devices need root");
	close(test_file(name, SIZE, &path));
	return attach(options, path);
}

static struct wtg_target *open_good(const char *path)
{
	const struct wtg_request request = { .target = path };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_target *target = NULL;

	assert_good(wtg_target_open(&request, &target, &err));
	return target;
}

static void expect_judged(const char *node, const char *rule, const char *part)
{
	_cleanup_(wtg_target_closep) struct wtg_target *target = open_good(node);
	const struct wtg_safety safety = { .overwrite = true };
	struct wtg_verdict v = wtg_safety_judge(wtg_target_disk(target), &safety);

	if (!wtg_text_equal(v.rule, rule) || !strstr(v.sentence, part))
		fail_msg("expected %s \"%s\", got %s \"%s\"", rule, part,
			 v.rule ? v.rule : "nothing", v.sentence ? v.sentence : "");
	wtg_verdict_done(&v);
}

static void expect_busy(const struct wtg_target *target, const char *part)
{
	struct wtg_error err = WTG_ERROR_INIT;
	bool created;
	int fd;

	assert_fails(wtg_target_probe_free(target, &err), WTG_SYSTEM, part);
	assert_fails(wtg_target_open_exclusive(target, &fd, &created, &err), WTG_SYSTEM, part);
}

static void a_free_loop_device_is_a_target(void **state)
{
	_cleanup_free_ char *node = loop_of("free", ""), *link_path = NULL, *seq = NULL;
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	const struct wtg_request sized = { .target = node, .file_size_bytes = SIZE };
	const struct wtg_safety safety = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_disk *disk;
	struct wtg_target *none = NULL;
	bool created = true;
	int fd, fresh;

	(void)state;
	link_path = wtg_text("%s/by-id", test_dir());
	assert_int_equal(symlink(node, link_path), 0);
	target = open_good(link_path);
	disk = wtg_target_disk(target);
	assert_string_equal(disk->path, node);
	assert_string_equal(disk->bus, "loop");
	assert_int_equal(disk->size_bytes, SIZE);
	assert_int_equal(disk->sector_bytes, 512);
	seq = test_run(NULL, "cat /sys/block/%s/diskseq", node + strlen("/dev/"));
	assert_int_equal(disk->diskseq, strtoull(seq, NULL, 10));
	assert_string_equal(wtg_target_name(target), node);
	assert_good(wtg_target_judge(target, &safety, &err));
	assert_good(wtg_target_probe_free(target, &err));
	assert_good(wtg_target_open_exclusive(target, &fd, &created, &err));
	assert_false(created);
	assert_good(wtg_target_open_fresh(target, &fresh, &err));
	close(fresh);
	close(fd);
	assert_fails(wtg_target_open(&sized, &none, &err), WTG_USAGE, "--size is for files");
}

static void a_mounted_drive_is_refused_by_its_mount_point(void **state)
{
	_cleanup_free_ char *node = loop_of("mounted", ""), *point = NULL, *image = NULL;
	_cleanup_free_ char *expected = NULL, *here = getcwd(NULL, 0);
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	const struct wtg_safety safety = { .overwrite = true };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { .target = node };
	int status;

	(void)state;
	test_require("mke2fs");
	point = wtg_text("%s/a point", test_dir());
	image = wtg_text("%s/win.iso", point);
	target = open_good(node);
	free(test_run(&status, "mke2fs -q %s && mkdir '%s' && mount -t ext2 %s '%s' && "
			       "touch '%s'", node, point, node, point, image));
	if (status != 0)
		test_skip("cannot mount here");
	WTG_APPEND(&undo, wtg_text("umount '%s'", point));
	expected = wtg_text("%s is in use: %s is mounted on %s", node, node, point);
	expect_judged(node, "mounted", expected);
	expect_busy(target, expected);

	wtg_target_close(WTG_STEAL(target));
	request.image = image;
	assert_good(wtg_target_open(&request, &target, &err));
	assert_fails(wtg_target_judge(target, &safety, &err), WTG_REFUSED, "the image lies on");

	assert_int_equal(chdir(point), 0);
	expect_judged(node, "cwd-disk", "the current directory lies on");
	assert_int_equal(chdir(here), 0);
}

static void swap_is_refused(void **state)
{
	_cleanup_free_ char *node = loop_of("swap", ""), *expected = NULL;
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	int status;

	(void)state;
	test_require("mkswap");
	free(test_run(NULL, "mkswap %s", node));
	target = open_good(node);
	free(test_run(&status, "swapon %s", node));
	if (status != 0)
		test_skip("cannot swap here");
	WTG_APPEND(&undo, wtg_text("swapoff %s", node));
	expected = wtg_text("%s carries the active swap space %s", node, node);
	expect_judged(node, "swap", expected);
	expect_busy(target, expected);
}

/* The kernel lets a drive be opened exclusively while loop devices stand on it. */
static void a_loop_on_top_is_found_though_the_kernel_sees_none(void **state)
{
	_cleanup_free_ char *node = loop_of("below", ""), *above = NULL, *expected = NULL;
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	int fd;

	(void)state;
	target = open_good(node);
	above = attach("", node);
	expected = wtg_text("%s is behind %s (%s)", node, above, node);
	expect_judged(node, "held", expected);
	expect_busy(target, expected);
	fd = open(node, O_RDWR | O_EXCL);
	assert_true(fd >= 0);
	close(fd);
}

static void a_file_behind_a_loop_is_held(void **state)
{
	_cleanup_free_ char *node = loop_of("behind", ""), *path = NULL, *expected = NULL;

	(void)state;
	path = wtg_text("%s/behind", test_dir());
	expected = wtg_text("%s is behind %s", path, node);
	expect_judged(path, "held", expected);
}

static void a_second_owner_is_refused_and_the_first_named(void **state)
{
	_cleanup_free_ char *node = loop_of("owned", ""), *expected = NULL;
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	int ready[2];
	char byte;
	pid_t child;

	(void)state;
	target = open_good(node);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct wtg_error err = WTG_ERROR_INIT;
		bool created;
		int fd;

		if (wtg_target_open_exclusive(target, &fd, &created, &err) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	WTG_APPEND(&undo, wtg_text("kill -9 %d", (int)child));
	assert_int_equal(read(ready[0], &byte, 1), 1);
	expected = wtg_text("process %d (test-drive)", (int)child);
	expect_busy(target, expected);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	free(undo.items[--undo.n_items]);
}

static void a_drive_plugged_into_the_same_place_is_another(void **state)
{
	_cleanup_free_ char *node = loop_of("first", ""), *path = NULL;
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	bool created;
	int fd;

	(void)state;
	/* The target's own descriptor keeps a loop device from going. */
	target = open_good(node);
	close(test_file("second", SIZE, &path));
	close(wtg_target_fd(target));
	free(test_run(NULL, "losetup -d %s && losetup %s %s", node, node, path));
	assert_int_equal(dup2(open("/dev/null", O_RDONLY), wtg_target_fd(target)),
			 wtg_target_fd(target));
	assert_fails(wtg_target_open_exclusive(target, &fd, &created, &err), WTG_REFUSED,
		     "not what it was");
	assert_fails(wtg_target_probe_free(target, &err), WTG_REFUSED, "not what it was");
	assert_fails(wtg_target_open_fresh(target, &fd, &err), WTG_REFUSED, "not what it was");
}

static void sectors_of_4096_bytes_are_known(void **state)
{
	_cleanup_free_ char *node = loop_of("native", "-b 4096");
	_cleanup_(wtg_target_closep) struct wtg_target *target = NULL;
	const struct wtg_disk *disk;

	(void)state;
	test_require("sfdisk");
	free(test_run(NULL, "printf 'label: gpt\\nstart=256,size=4096,name=one\\n' | sfdisk %s",
		      node));
	target = open_good(node);
	disk = wtg_target_disk(target);
	assert_int_equal(disk->sector_bytes, 4096);
	assert_int_equal(disk->n_contents, 2);
	assert_string_equal(disk->contents[0].type, "gpt");
	assert_int_equal(disk->contents[1].offset_bytes, 1 << 20);
	assert_int_equal(disk->contents[1].size_bytes, 16 << 20);
	assert_string_equal(disk->contents[1].name, "one");
}

static void sectors_of_2048_bytes_do_not_suit(void **state)
{
	_cleanup_free_ char *node = loop_of("odd", "-b 2048");

	(void)state;
	expect_judged(node, "sector-size", "sectors of 2048 bytes");
}

static void a_read_only_drive_is_refused(void **state)
{
	_cleanup_free_ char *node = loop_of("ro", "-r"), *expected = NULL;

	(void)state;
	expected = wtg_text("%s is read-only", node);
	expect_judged(node, "read-only", expected);
}

static void a_partition_is_refused_and_its_drive_named(void **state)
{
	_cleanup_free_ char *node = loop_of("parted", ""), *part = NULL, *expected = NULL;
	_cleanup_free_ char *point = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { 0 };
	struct wtg_target *target = NULL;
	int status;

	(void)state;
	test_require("sfdisk");
	free(test_run(NULL, "printf 'label: gpt\\nsize=64MiB\\n' | sfdisk %s", node));
	part = wtg_text("%sp1", node);
	free(test_run(&status, "partx -a %s; test -b %s", node, part));
	if (status != 0)
		test_skip("no partition nodes here");
	WTG_APPEND(&undo, wtg_text("partx -d %s", node));
	request.target = part;
	expected = wtg_text("%s is a partition of %s", part, node);
	assert_true(wtg_target_open(&request, &target, &err) < 0);
	assert_non_null(strstr(err.hint, node));
	test_expect_error(&err, WTG_REFUSED, expected);

	/* And what is mounted there is mounted on the drive. */
	point = wtg_text("%s/part", test_dir());
	free(test_run(&status, "mke2fs -q %s && mkdir %s && mount -t ext2 %s %s", part, point, part,
		      point));
	if (status != 0)
		test_skip("cannot mount a partition here");
	WTG_APPEND(&undo, wtg_text("umount %s", point));
	free(expected);
	expected = wtg_text("%s is in use: %s is mounted on %s", node, part, point);
	expect_judged(node, "mounted", expected);
}

static void expect_lsblk_agrees(const struct wtg_disk *disk)
{
	_cleanup_free_ char *theirs = test_run(
		NULL, "lsblk -bdno TYPE,SIZE,LOG-SEC,RO,RM %s | tr -s ' '", disk->path);
	_cleanup_free_ char *ours =
		wtg_text("%s %ju %u %d %d\n", wtg_text_equal(disk->bus, "loop") ? "loop" : "disk",
			 (uintmax_t)disk->size_bytes, disk->sector_bytes, disk->read_only,
			 disk->removable);

	assert_string_equal(theirs, ours);
}

static void the_list_has_drives_only_and_lsblk_agrees(void **state)
{
	_cleanup_free_ char *node = loop_of("listed", "");
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_disk_list list;
	bool found = false;

	(void)state;
	assert_good(wtg_disk_list(&list, &err));
	for (size_t i = 0; i < list.n_items; i++) {
		const struct wtg_disk *disk = &list.items[i];

		assert_string_not_equal(disk->path, "/dev/zram0");
		if (i > 0)
			assert_true(strverscmp(list.items[i - 1].path, disk->path) < 0);
		if (strcmp(disk->path, node) == 0)
			found = true;
		else if (wtg_text_equal(disk->bus, "loop"))
			continue; /* somebody else's, who may be taking it away */
		expect_lsblk_agrees(disk);
	}
	assert_true(found);
	wtg_disk_list_done(&list);
}

static void the_disk_we_run_from_is_refused(void **state)
{
	const struct wtg_safety everything = {
		.allow_fixed = true, .overwrite = true, .max_size_bytes = UINT64_MAX,
	};
	_cleanup_free_ char *source = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_disk_list list;
	int status;
	bool found = false;

	(void)state;
	source = test_run(&status, "findmnt -no SOURCE / | grep '^/dev/'");
	if (status != 0)
		test_skip("the root is on no drive here");
	assert_good(wtg_disk_list(&list, &err));
	for (size_t i = 0; i < list.n_items; i++) {
		struct wtg_verdict v = wtg_safety_judge(&list.items[i], &everything);

		if (wtg_text_equal(v.rule, "system-disk")) {
			found = true;
			assert_non_null(strstr(v.sentence, "is mounted on /"));
			assert_null(v.override);
		}
		wtg_verdict_done(&v);
	}
	assert_true(found);
	wtg_disk_list_done(&list);
}

#define DRIVE_TEST(fn) cmocka_unit_test_teardown(fn, undo_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DRIVE_TEST(a_free_loop_device_is_a_target),
		DRIVE_TEST(a_mounted_drive_is_refused_by_its_mount_point),
		DRIVE_TEST(swap_is_refused),
		DRIVE_TEST(a_loop_on_top_is_found_though_the_kernel_sees_none),
		DRIVE_TEST(a_file_behind_a_loop_is_held),
		DRIVE_TEST(a_second_owner_is_refused_and_the_first_named),
		DRIVE_TEST(a_drive_plugged_into_the_same_place_is_another),
		DRIVE_TEST(sectors_of_4096_bytes_are_known),
		DRIVE_TEST(sectors_of_2048_bytes_do_not_suit),
		DRIVE_TEST(a_read_only_drive_is_refused),
		DRIVE_TEST(a_partition_is_refused_and_its_drive_named),
		DRIVE_TEST(the_list_has_drives_only_and_lsblk_agrees),
		DRIVE_TEST(the_disk_we_run_from_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
