/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's second readers: what lies on the volume is captured back and compared. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/fdio.h"
#include "corpus.h"
#include "drive.h"
#include "image/catalog.h"
#include "drive.h"
#include "image/catalog.h"
#include "tree.h"
#include "volume/ntfs.h"
#include "wtg/text.h"


#define SIZE (96 * MIB)

static char *source_wim, *source_tree;

static int make_source(void **state)
{
	(void)state;
	source_wim = test_corpus_capture("source.wim", "");
	source_tree = test_tree(source_wim, 1);
	return 0;
}

static void the_source_has_one_of_everything(void **state)
{
	static const char *const things[] = {
		"short=LONGFI~1.TEX",
		"links=3",
		"tag=a0000003",
		"tag=a000000c",
		"attributes=00000830",
		"attributes=00000220",
		"attributes=00002007",
		"object=0102030405",
		"stream=Zone.Identifier:27:",
		"stream=empty:0:",
		"stream=on a directory:70000:",
		"created=1609286400.002000700",
		"a900120001010000",
		"/case TWIN ",
		"/Case twin ",
		"日本語 😀",
		"/Windows/sizes/3145745 bytes ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		if (!strstr(source_tree, things[i]))
			fail_msg("no \"%s\" in the source", things[i]);
}

static int drop_source(void **state)
{
	(void)state;
	free(source_wim);
	free(source_tree);
	return 0;
}

/* A used drive with an empty volume where the partition is. */
static void open_drive(struct test_drive *drive, uint32_t sector_bytes)
{
	test_drive_open(drive, SIZE);
	test_drive_format(drive, sector_bytes);
}

static int apply_with(struct test_drive *drive, const char *wim_path,
		      struct wtg_progress *progress, struct wtg_error *err)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_application application = { 0 };

	if (wtg_image_open(wim_path, &image, err) < 0)
		return -1;
	application.image = image;
	application.edition = wtg_image_edition(image, 0);
	return wtg_apply(&application, &drive->window, progress, err);
}

static int apply(struct test_drive *drive, const char *wim_path, struct wtg_error *err)
{
	return apply_with(drive, wim_path, NULL, err);
}

static void check_that_everything_comes_back(uint32_t sector_bytes)
{
	_cleanup_free_ char *volume = NULL, *tree = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;

	open_drive(&drive, sector_bytes);
	assert_good(apply(&drive, source_wim, &err));
	volume = test_drive_carve(&drive);
	test_assert_clean(volume);
	tree = test_tree_of_volume(volume);
	test_trees_equal(tree, source_tree);
	test_drive_assert_bounds(&drive);
	test_drive_done(&drive);
}

static void everything_in_the_image_comes_back_from_the_volume(void **state)
{
	(void)state;
	check_that_everything_comes_back(512);
}

static void so_it_does_with_sectors_of_4096_bytes(void **state)
{
	(void)state;
	check_that_everything_comes_back(4096);
}

static void the_volume_says_what_one_of_wimapply_says(void **state)
{
	_cleanup_free_ char *volume = wtg_text("%s/plain", test_dir()), *theirs = NULL;

	(void)state;
	free(test_run(NULL,
		      "truncate -s %llu '%s' && mkntfs -Q -F -q '%s' && "
		      "wimlib-imagex apply '%s' 1 '%s'",
		      (unsigned long long)SIZE, volume, volume, source_wim, volume));
	theirs = test_tree_of_volume(volume);
	test_trees_equal(theirs, source_tree);
}

/* Sleuth Kit lists files by walking directories and records itself. */
static void sleuthkit_reads_the_same_bytes(void **state)
{
	_cleanup_free_ char *volume = NULL, *expected = NULL, *found = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;

	(void)state;
	test_require("icat");
	open_drive(&drive, 512);
	assert_good(apply(&drive, source_wim, &err));
	volume = test_drive_carve(&drive);
	found = test_run(NULL,
			 "n=$(ifind -f ntfs -n 'Windows/sizes/3145745 bytes' '%s') && "
			 "icat -f ntfs '%s' $n | sha1sum",
			 volume, volume);
	expected = test_run(NULL,
			    "wimlib-imagex extract '%s' 1 '/Windows/sizes/3145745 bytes' "
			    "--to-stdout | sha1sum",
			    source_wim);
	assert_string_equal(found, expected);
	test_drive_done(&drive);
}

static void a_second_image_in_the_same_process_is_as_good(void **state)
{
	everything_in_the_image_comes_back_from_the_volume(state);
	everything_in_the_image_comes_back_from_the_volume(state);
}

static void nothing_of_the_old_drive_is_left_where_files_lie(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *volume = NULL, *slack = NULL;
	struct test_drive drive;

	(void)state;
	test_require("blkls");
	open_drive(&drive, 512);
	assert_good(apply(&drive, source_wim, &err));
	volume = test_drive_carve(&drive);
	/* The slack of all files, as forensics see it; tr leaves only the old drive's
	 * bytes. */
	slack = test_run(NULL, "blkls -s -f ntfs '%s' | tr -cd '\\245' | wc -c", volume);
	if (atoi(slack) >= 4096)
		fail_msg("%s bytes in the slack may be the old drive's", slack);
	test_drive_done(&drive);
}

static void applies_in_few_large_writes(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	uint64_t before;

	(void)state;
	open_drive(&drive, 512);
	before = drive.ledger.n_writes;
	assert_good(apply(&drive, source_wim, &err));
	if (drive.ledger.n_writes - before > 20)
		fail_msg("%llu writes",
			 (unsigned long long)(drive.ledger.n_writes - before));
	test_drive_done(&drive);
}

/* Every write of the drive goes through here; the one that is to fail does. */
static int faulty_fd = -1;
static unsigned n_writes, failing_write;

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	if (fd == faulty_fd && n_writes++ == failing_write) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, data, size, at);
}

static void whichever_write_is_lost_is_told_and_wins_over_what_wimlib_says(void **state)
{
	unsigned n_lost = 0;

	(void)state;
	for (failing_write = 0;; failing_write++) {
		struct wtg_error err = WTG_ERROR_INIT;
		struct test_drive drive;
		int result;

		open_drive(&drive, 512);
		faulty_fd = drive.fd;
		n_writes = 0;
		result = apply(&drive, source_wim, &err);
		faulty_fd = -1;
		test_drive_done(&drive);
		if (n_writes <= failing_write) {
			assert_good(result);
			break;
		}
		assert_fails(result, WTG_SYSTEM, "write to the drive at byte");
		n_lost++;
	}
	assert_true(n_lost >= 4);
}

struct counter {
	struct wtg_progress progress;
	uint64_t bytes, stop_after;
};

static void count(struct wtg_progress *p, uint64_t bytes)
{
	((struct counter *)p)->bytes += bytes;
}

static bool enough(struct wtg_progress *p)
{
	struct counter *counter = (struct counter *)p;

	return counter->bytes >= counter->stop_after;
}

static void whoever_interrupts_is_heard(void **state)
{
	struct counter counter = { .progress = { count, enough }, .stop_after = MIB };
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;

	(void)state;
	open_drive(&drive, 512);
	assert_fails(apply_with(&drive, source_wim, &counter.progress, &err),
		     WTG_CANCELLED, "");
	test_drive_done(&drive);
}

static void a_damaged_image_is_told(void **state)
{
	_cleanup_free_ char *bad = wtg_text("%s/bad.wim", test_dir());
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;

	(void)state;
	/* In the middle of the blobs, where nothing but a hash tells. */
	free(test_run(NULL,
		      "cp '%s' '%s' && printf damage | dd of='%s' bs=1 seek=2000000 "
		      "conv=notrunc status=none",
		      source_wim, bad, bad));
	open_drive(&drive, 512);
	assert_fails(apply(&drive, bad, &err), WTG_INPUT, "");
	test_drive_done(&drive);
}

/* Change the hash of the blob of that size in the file table: nobody has it any more. */
static void lose_blob(const char *wim, uint64_t size)
{
	_cleanup_fd_ int fd = open(wim, O_RDWR | O_CLOEXEC);
	uint8_t header[24], entry[50];
	uint64_t at, end;

	assert_int_equal(wtg_pread_all(fd, header, sizeof(header), 48), 0);
	at = wtg_le64(header + 8);
	end = at + (wtg_le64(header) & 0x00ffffffffffffffull);
	for (; at < end; at += sizeof(entry)) {
		assert_int_equal(wtg_pread_all(fd, entry, sizeof(entry), at), 0);
		if (wtg_le64(entry + 16) == size) {
			assert_int_equal(wtg_pwrite_all(fd, "\1\2\3\4", 4, at + 30), 0);
			return;
		}
	}
	fail_msg("no blob of %llu bytes", (unsigned long long)size);
}

/* All that planning asks of a tree. */
static int check_tree(struct wtg_image *image, struct wtg_error *err)
{
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;

	return wtg_catalog_read(image, wtg_image_edition(image, 0), &catalog, err);
}

static void a_named_stream_without_content_is_found_first(void **state)
{
	_cleanup_free_ char *wim = wtg_text("%s/lacks.wim", test_dir());
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	free(test_run(NULL, "cp '%s' '%s'", source_wim, wim));
	lose_blob(wim, 70000); /* the stream on a directory */
	assert_good(wtg_image_open(wim, &image, &err));
	assert_fails(check_tree(image, &err), WTG_INPUT,
		     "does not have the content of");
}

#define SHORT_NAME "L\0O\0N\0G\0F\0I\0~\0" "1\0.\0T\0E\0X" /* and the NUL's half */

/* In a WIM that is not compressed: give the n-th unit of that name another value, and the
 * tree, the first in the file table, its new hash. */
static void change_short_name(const char *wim, size_t n, char unit)
{
	_cleanup_fd_ int fd = open(wim, O_RDWR | O_CLOEXEC);
	_cleanup_(wtg_bytes_done) struct wtg_bytes all = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t *entry, *tree, *name;
	size_t size;

	assert_good(wtg_read_file(fd, 64 * MIB, wim, &all, &err));
	entry = all.data + wtg_le64(all.data + 56);
	tree = all.data + wtg_le64(entry + 8);
	size = (size_t)(wtg_le64(entry) & 0x00ffffffffffffffull);
	name = memmem(tree, size, SHORT_NAME, sizeof(SHORT_NAME));
	assert_non_null(name);
	name[2 * n] = (uint8_t)unit;
	wtg_sha1(tree, size, entry + 30);
	assert_int_equal(wtg_pwrite_all(fd, all.data, all.size, 0), 0);
}

static void a_short_name_that_cannot_be_set_is_found_first(void **state)
{
	static const struct {
		size_t n;
		char unit;
	} rows[] = { { 0, 'K' }, { 3, '?' }, { 3, ':' }, { 11, '.' }, { 11, ' ' }, { 0, '\n' } };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *wim = wtg_text("%s/short.wim", test_dir());
		_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;

		free(test_run(NULL,
			      "rm -f '%s'; wimlib-imagex export '%s' 1 '%s' --compress=none",
			      wim, source_wim, wim));
		change_short_name(wim, rows[i].n, rows[i].unit);
		assert_good(wtg_image_open(wim, &image, &err));
		if (i == 0)
			assert_good(check_tree(image, &err));
		else
			assert_fails(check_tree(image, &err), WTG_INPUT,
				     "short name NTFS cannot hold: Program Files/Long File");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_source_has_one_of_everything),
		cmocka_unit_test(everything_in_the_image_comes_back_from_the_volume),
		cmocka_unit_test(so_it_does_with_sectors_of_4096_bytes),
		cmocka_unit_test(the_volume_says_what_one_of_wimapply_says),
		cmocka_unit_test(sleuthkit_reads_the_same_bytes),
		cmocka_unit_test(a_second_image_in_the_same_process_is_as_good),
		cmocka_unit_test(nothing_of_the_old_drive_is_left_where_files_lie),
		cmocka_unit_test(applies_in_few_large_writes),
		cmocka_unit_test(
			whichever_write_is_lost_is_told_and_wins_over_what_wimlib_says),
		cmocka_unit_test(whoever_interrupts_is_heard),
		cmocka_unit_test(a_damaged_image_is_told),
		cmocka_unit_test(a_named_stream_without_content_is_found_first),
		cmocka_unit_test(a_short_name_that_cannot_be_set_is_found_first),
	};

	return cmocka_run_group_tests(tests, make_source, drop_source);
}
