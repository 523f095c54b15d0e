/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "target/confirm.h"
#include "target/target.h"
#include "wtg/text.h"

#define SIZE (64ull << 20)

static struct wtg_target *open_good(const char *path, uint64_t size_bytes)
{
	const struct wtg_request request = { .target = path, .file_size_bytes = size_bytes };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_target *target = NULL;

	assert_good(wtg_target_open(&request, &target, &err));
	return target;
}

static void expect_no_target(const char *path, uint64_t size_bytes, enum wtg_kind kind,
			     const char *part)
{
	const struct wtg_request request = { .target = path,
					     .file_size_bytes = size_bytes,
					     .image = "windows.iso" };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_target *target = NULL;

	assert_fails(wtg_target_open(&request, &target, &err), kind, part);
	assert_null(target);
}

static char *in_dir(const char *name)
{
	return wtg_text("%s/%s", test_dir(), name);
}

static void an_absent_file_is_made_by_the_run_alone(void **state)
{
	_cleanup_free_ char *path = in_dir("absent.img");
	_cleanup_(wtg_target_closep) struct wtg_target *target = open_good(path, SIZE);
	const struct wtg_disk *disk = wtg_target_disk(target);
	const struct wtg_safety safety = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	bool created = false;
	struct stat st;
	int fd, fresh;

	(void)state;
	assert_true(disk->is_file && disk->empty && !disk->exists);
	assert_int_equal(disk->size_bytes, SIZE);
	assert_int_equal(wtg_target_fd(target), -1);
	assert_null(wtg_target_name(target));
	assert_true(wtg_target_confirmed(target, NULL, false));
	assert_true(wtg_target_confirmed(target, path, false));
	assert_false(wtg_target_confirmed(target, "other.img", false));
	assert_good(wtg_target_judge(target, &safety, &err));
	assert_good(wtg_target_probe_free(target, &err));
	assert_int_equal(access(path, F_OK), -1);

	umask(027);
	assert_good(wtg_target_open_exclusive(target, &fd, &created, &err));
	assert_true(created);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, SIZE);
	assert_int_equal(st.st_blocks, 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_good(wtg_target_open_fresh(target, &fresh, &err));
	close(fresh);
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static void a_file_of_holes_has_nothing_to_lose(void **state)
{
	_cleanup_free_ char *path = NULL;
	const struct wtg_safety safety = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_target *target;
	bool created = true;
	int fd = test_file("holes.img", SIZE, &path), exclusive;

	(void)state;
	target = open_good(path, 0);
	assert_true(wtg_target_disk(target)->empty);
	assert_null(wtg_target_name(target));
	assert_good(wtg_target_judge(target, &safety, &err));
	assert_good(wtg_target_open_exclusive(target, &exclusive, &created, &err));
	assert_false(created);
	close(exclusive);
	wtg_target_close(target);

	/* Zeros that were written are data all the same: somebody wrote them. */
	assert_int_equal(wtg_pwrite_all(fd, "", 1, SIZE / 2), 0);
	target = open_good(path, SIZE);
	assert_false(wtg_target_disk(target)->empty);
	assert_string_equal(wtg_target_name(target), path);
	assert_fails(wtg_target_judge(target, &safety, &err), WTG_REFUSED, "unknown kind");
	wtg_target_close(target);
	close(fd);
}

static void an_empty_file_gets_its_size_from_the_run(void **state)
{
	_cleanup_free_ char *path = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_target *target;
	bool created;
	struct stat st;
	int fd;

	(void)state;
	close(test_file("zero.img", 0, &path));
	expect_no_target(path, 0, WTG_USAGE, "is empty");
	target = open_good(path, SIZE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_good(wtg_target_open_exclusive(target, &fd, &created, &err));
	assert_false(created);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, SIZE);
	close(fd);
	wtg_target_close(target);
}

static void a_size_must_agree_with_the_file(void **state)
{
	_cleanup_free_ char *path = NULL, *absent = in_dir("absent.img");

	(void)state;
	close(test_file("sized.img", SIZE, &path));
	expect_no_target(path, SIZE + 512, WTG_USAGE, "has 67108864 bytes already");
	expect_no_target(absent, 0, WTG_USAGE, "does not exist");
	expect_no_target(absent, 1000001, WTG_USAGE, "not a multiple of 512");
	wtg_target_close(open_good(path, SIZE));
}

/* Two runs at once: the second must not take what the first has made for an empty file. */
static void a_file_that_was_filled_meanwhile_is_refused(void **state)
{
	_cleanup_free_ char *path = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	int fd = test_file("filled.img", SIZE, &path), writable;
	struct wtg_target *target = open_good(path, 0);
	bool created;

	(void)state;
	assert_int_equal(pwrite(fd, "x", 1, 12345), 1);
	assert_fails(wtg_target_open_exclusive(target, &writable, &created, &err),
		     WTG_REFUSED, "something was written to it");
	wtg_target_close(target);
	close(fd);
}

static void who_only_looks_wants_what_is_there(void **state)
{
	_cleanup_free_ char *path = NULL, *absent = in_dir("absent.img");
	const struct wtg_request request = { .target = absent };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_target *target = NULL;

	(void)state;
	assert_fails(wtg_target_open(&request, &target, &err), WTG_SYSTEM,
		     "No such file or directory");
	close(test_file("nothing.img", 0, &path));
	target = open_good(path, 0);
	assert_int_equal(wtg_target_disk(target)->size_bytes, 0);
	wtg_target_close(target);
}

static void what_is_no_file_or_drive_is_refused(void **state)
{
	_cleanup_free_ char *fifo = in_dir("fifo"), *dangling = in_dir("dangling"),
			    *lost = in_dir("no/such/dir.img");

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("nowhere", dangling), 0);
	expect_no_target(NULL, 0, WTG_USAGE, "no target");
	expect_no_target("", SIZE, WTG_USAGE, "no target");
	expect_no_target(test_dir(), 0, WTG_REFUSED, "is a directory");
	expect_no_target(fifo, SIZE, WTG_REFUSED, "is a pipe");
	expect_no_target("/dev/null", 0, WTG_REFUSED, "is a character device");
	expect_no_target(dangling, SIZE, WTG_USAGE, "is a link to nothing");
	expect_no_target(lost, SIZE, WTG_SYSTEM, "No such file or directory");
	/* Where a drive has been unplugged nobody wants a file of its name. */
	expect_no_target("/dev/sdzzz", SIZE, WTG_SYSTEM, "open /dev/sdzzz");
	assert_int_equal(access("/dev/sdzzz", F_OK), -1);
}

static void memory_below_dev_holds_files_like_any_directory(void **state)
{
	struct wtg_request request = { .target = "/dev/shm/wtgctl-test-of-no-file",
				       .file_size_bytes = SIZE };
	struct wtg_target *target = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	if (access("/dev/shm", W_OK) < 0) {
		print_message("SKIPPED: there is no /dev/shm to write to\n");
		skip();
	}
	assert_good(wtg_target_open(&request, &target, &err));
	assert_true(wtg_target_disk(target)->is_file);
	wtg_target_close(target);
}

static void the_image_is_no_target(void **state)
{
	_cleanup_free_ char *path = NULL, *link_path = in_dir("image.link");
	const struct wtg_safety safety = { .overwrite = true };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { 0 };
	struct wtg_target *target = NULL;

	(void)state;
	close(test_file("image.iso", SIZE, &path));
	assert_int_equal(symlink(path, link_path), 0);
	request.target = path;
	request.image = link_path;
	assert_good(wtg_target_open(&request, &target, &err));
	assert_fails(wtg_target_judge(target, &safety, &err), WTG_REFUSED, "is the image itself");
	wtg_target_close(target);
}

static void expect_refused_now(struct wtg_target *target, enum wtg_kind kind, const char *part)
{
	struct wtg_error err = WTG_ERROR_INIT;
	bool created;
	int fd = -1;

	assert_fails(wtg_target_open_exclusive(target, &fd, &created, &err), kind, part);
	assert_int_equal(fd, -1);
	if (wtg_target_disk(target)->exists)
		assert_fails(wtg_target_probe_free(target, &err), kind, part);
}

static void a_file_that_took_the_place_of_another_is_refused(void **state)
{
	_cleanup_free_ char *path = NULL, *other = NULL;
	struct wtg_target *target;
	struct stat st;

	(void)state;
	close(test_file("mine.img", SIZE, &path));
	close(test_file("other.img", SIZE, &other));

	target = open_good(path, 0);
	assert_int_equal(truncate(path, SIZE + 512), 0);
	expect_refused_now(target, WTG_REFUSED, "its size has changed");
	assert_int_equal(truncate(path, SIZE), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(other, path), 0);
	expect_refused_now(target, WTG_REFUSED, "it is another file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(other, path), 0);
	expect_refused_now(target, WTG_REFUSED, "it is another file");
	assert_int_equal(unlink(path), 0);
	expect_refused_now(target, WTG_SYSTEM, "No such file");
	wtg_target_close(target);

	target = open_good(path, SIZE);
	test_write_file(path, "precious", 8);
	expect_refused_now(target, WTG_SYSTEM, "File exists");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8);
	wtg_target_close(target);
}

/* Fork a process that has path open, and locked if how says, for that long. */
static pid_t open_elsewhere(const char *path, int flags, int how, unsigned for_ms)
{
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int fd = open(path, flags);

		if (fd < 0 || (how && flock(fd, how) < 0) || write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep(for_ms * 1000);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void who_else_can_write_to_it_is_named_and_who_reads_does_no_harm(void **state)
{
	_cleanup_free_ char *path = NULL, *who = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_target *target;
	pid_t reader, writer;

	(void)state;
	close(test_file("shared.img", SIZE, &path));
	target = open_good(path, 0);
	reader = open_elsewhere(path, O_RDONLY, 0, 60000);
	assert_good(wtg_target_probe_free(target, &err));
	writer = open_elsewhere(path, O_WRONLY, 0, 60000);
	who = wtg_text("is in use: process %d (test-file) can write to it", (int)writer);
	expect_refused_now(target, WTG_SYSTEM, who);
	kill(reader, SIGKILL);
	kill(writer, SIGKILL);
	assert_int_equal(waitpid(reader, NULL, 0), reader);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_good(wtg_target_probe_free(target, &err));
	wtg_target_close(target);
}

static void a_locked_file_is_refused_and_the_locker_named(void **state)
{
	_cleanup_free_ char *path = NULL, *who = NULL;
	struct wtg_target *target;
	pid_t child;

	(void)state;
	close(test_file("locked.img", SIZE, &path));
	target = open_good(path, 0);
	child = open_elsewhere(path, O_RDONLY, LOCK_EX, 60000);
	who = wtg_text("process %d (test-file) has locked it", (int)child);
	expect_refused_now(target, WTG_SYSTEM, who);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	wtg_target_close(target);
}

static void a_short_look_of_udevs_is_waited_for(void **state)
{
	_cleanup_free_ char *path = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_target *target;
	bool created;
	pid_t child;
	int fd, other;

	(void)state;
	close(test_file("looked.img", SIZE, &path));
	target = open_good(path, 0);
	child = open_elsewhere(path, O_RDONLY, LOCK_SH, 200);
	assert_good(wtg_target_probe_free(target, &err));
	assert_good(wtg_target_open_exclusive(target, &fd, &created, &err));
	assert_int_equal(waitpid(child, NULL, 0), child);

	/* The lock is ours, not that of the process that waited for it. */
	other = open(path, O_RDONLY);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), -1);
	close(fd);
	assert_int_equal(flock(other, LOCK_SH | LOCK_NB), 0);
	close(other);
	wtg_target_close(target);
}

static void confirmation_is_by_the_name_that_is_shown(void **state)
{
	const struct wtg_disk stick = { .path = (char *)"/dev/sdb", .model = (char *)"Ultra Fit",
					.serial = (char *)"4C530001\x1b" "20406" };
	const struct wtg_disk nameless = { .path = (char *)"/dev/loop1" };
	const struct wtg_disk unseen = { .path = (char *)"/dev/sdd", .serial = (char *)"\x1b" };
	const struct wtg_disk wide = { .path = (char *)"/dev/sde", .serial = (char *)"XÄÖ1234" };
	const struct wtg_disk curt = { .path = (char *)"/dev/sdc", .serial = (char *)"12" };
	_cleanup_free_ char *name = wtg_disk_name(&stick), *path = wtg_disk_name(&nameless);

	(void)state;
	assert_string_equal(name, "4C530001\xef\xbf\xbd" "20406");
	assert_string_equal(path, "/dev/loop1");
	assert_true(wtg_disk_confirmed(&stick, name, false));
	assert_true(wtg_disk_confirmed(&stick, name, true));
	assert_false(wtg_disk_confirmed(&stick, "Ultra Fit", false));
	assert_true(wtg_disk_confirmed(&stick, "Ultra Fit", true));
	assert_false(wtg_disk_confirmed(&stick, "ultra fit", true));
	assert_false(wtg_disk_confirmed(&stick, "20406", true));
	assert_false(wtg_disk_confirmed(&stick, "/dev/sdb", true));
	assert_false(wtg_disk_confirmed(&stick, "", true));
	assert_false(wtg_disk_confirmed(&stick, NULL, true));
	assert_false(wtg_disk_confirmed(&stick, "y", true));
	/* As other programs have it, and as far as it can be typed. */
	assert_true(wtg_disk_confirmed(&stick, stick.serial, false));
	assert_true(wtg_disk_confirmed(&stick, "4C53000120406", true));
	assert_false(wtg_disk_confirmed(&stick, "4C53000120406", false));
	assert_true(wtg_disk_confirmed(&stick, "120406", true));
	assert_false(wtg_disk_confirmed(&stick, "\xef\xbf\xbd", true));
	assert_false(wtg_disk_confirmed(&unseen, "\xef\xbf\xbd\xef\xbf\xbd", true));
	assert_true(wtg_disk_confirmed(&unseen, "\xef\xbf\xbd", false));
	assert_true(wtg_disk_confirmed(&wide, "\xc3\x84" "Ö1234", true));
	assert_false(wtg_disk_confirmed(&wide, "Ö1234", true));
	assert_true(wtg_disk_confirmed(&nameless, "/dev/loop1", false));
	assert_false(wtg_disk_confirmed(&nameless, "/loop1", true));
	assert_true(wtg_disk_confirmed(&curt, "12", true));
	assert_false(wtg_disk_confirmed(&curt, "2", true));
}

static void the_end_of_a_serial_confirms_on_a_terminal(void **state)
{
	const struct wtg_disk stick = { .path = (char *)"/dev/sdb",
					.serial = (char *)"4C530001230920115405" };

	(void)state;
	assert_true(wtg_disk_confirmed(&stick, "115405", true));
	assert_false(wtg_disk_confirmed(&stick, "115405", false));
	assert_false(wtg_disk_confirmed(&stick, "0115405", true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_absent_file_is_made_by_the_run_alone),
		cmocka_unit_test(a_file_of_holes_has_nothing_to_lose),
		cmocka_unit_test(an_empty_file_gets_its_size_from_the_run),
		cmocka_unit_test(a_size_must_agree_with_the_file),
		cmocka_unit_test(a_file_that_was_filled_meanwhile_is_refused),
		cmocka_unit_test(who_only_looks_wants_what_is_there),
		cmocka_unit_test(what_is_no_file_or_drive_is_refused),
		cmocka_unit_test(memory_below_dev_holds_files_like_any_directory),
		cmocka_unit_test(the_image_is_no_target),
		cmocka_unit_test(a_file_that_took_the_place_of_another_is_refused),
		cmocka_unit_test(who_else_can_write_to_it_is_named_and_who_reads_does_no_harm),
		cmocka_unit_test(a_locked_file_is_refused_and_the_locker_named),
		cmocka_unit_test(a_short_look_of_udevs_is_waited_for),
		cmocka_unit_test(confirmation_is_by_the_name_that_is_shown),
		cmocka_unit_test(the_end_of_a_serial_confirms_on_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
