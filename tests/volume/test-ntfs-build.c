/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "plant.h"
#include "volume/ntfs-build-internal.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

/* Once what they need is there. */
#include <ntfs-3g/bitmap.h>
#include <ntfs-3g/device.h>

#define READONLY  0x1
#define HIDDEN    0x2
#define DIRECTORY 0x10
#define ARCHIVE   0x20

#define MAX_BYTES ((size_t)64 << 20)

static struct wtg_ntfs *open_volume(const struct test_drive *drive)
{
	struct wtg_window reading = drive->window;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;

	reading.ledger = NULL;
	assert_good(wtg_ntfs_open(&reading, &volume, &err));
	return volume;
}

/* The file at path holds that pattern, and libntfs-3g finds it by name. */
static void assert_reads(struct wtg_ntfs *volume, const char *path, size_t size, uint8_t seed)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_ntfs_read(volume, path, MAX_BYTES, &content, &err));
	assert_int_equal(content.size, size);
	for (size_t i = 0; i < size; i++)
		if (content.data[i] != plant_byte(seed, i))
			fail_msg("%s differs at byte %zu", path, i);
}

static void build_on(struct test_drive *drive, struct plant *plant, uint64_t size_bytes,
		     uint32_t sector_bytes)
{
	struct wtg_error err = WTG_ERROR_INIT;

	test_drive_open(drive, size_bytes);
	test_drive_format(drive, sector_bytes);
	assert_good(plant_build(plant, &drive->window, &err));
	test_drive_assert_bounds(drive);
}

static void assert_clean(const struct test_drive *drive)
{
	_cleanup_free_ char *path = test_drive_carve(drive);

	test_assert_clean(path);
	unlink(path);
}

/* Sizes around the boundary of what a record holds. */
static void check_sizes(uint32_t sector_bytes)
{
	struct test_drive drive;
	struct wtg_ntfs *volume;
	struct plant plant;
	uint32_t dir;

	plant_open(&plant);
	dir = plant_add(&plant, 0, "sizes", NULL, DIRECTORY);
	for (unsigned size = 0; size < 4200; size += size % 8 == 7 ? 1 : 7) {
		_cleanup_free_ char *name = wtg_text("%u bytes", size);
		uint32_t file = plant_add(&plant, dir, name, NULL, ARCHIVE);

		plant_stream(&plant, file, "", size, (uint8_t)size);
	}
	plant_stream(&plant, plant_add(&plant, dir, "large", "LARGE~1", READONLY), "",
		     5000001, 77);
	build_on(&drive, &plant, 80 * MIB, sector_bytes);
	volume = open_volume(&drive);
	for (unsigned size = 0; size < 4200; size += size % 8 == 7 ? 1 : 7) {
		_cleanup_free_ char *name = wtg_text("sizes/%u bytes", size);

		assert_reads(volume, name, size, (uint8_t)size);
	}
	assert_reads(volume, "SIZES/large~1", 5000001, 77);
	wtg_ntfs_abandon(volume);
	assert_clean(&drive);
	test_drive_done(&drive);
	plant_done(&plant);
}

static void content_of_every_size_reads_back(void **state)
{
	(void)state;
	test_require("ntfsfix");
	check_sizes(512);
	check_sizes(4096);
}

/* Of n files in one directory, each third with a short name. */
static char *file_name(unsigned i)
{
	return wtg_text("%c%u file number %u.%s", i % 2 ? 'a' : 'B', i * 7919 % 1000, i,
			i % 5 ? "dll" : "Ünïcödé");
}

static void check_large_directory(uint32_t sector_bytes, unsigned n_files)
{
	_cleanup_free_ char *path = NULL, *said = NULL;
	struct test_drive drive;
	struct wtg_ntfs *volume;
	struct plant plant;
	uint32_t dir;

	plant_open(&plant);
	dir = plant_add(&plant, 0, "many", NULL, DIRECTORY);
	for (unsigned i = 0; i < n_files; i++) {
		_cleanup_free_ char *name = file_name(i), *dos = wtg_text("FILE~%X", i);

		plant_stream(&plant,
			     plant_add(&plant, dir, name, i % 3 ? NULL : dos, ARCHIVE), "",
			     i % 50, (uint8_t)i);
	}
	build_on(&drive, &plant, 128 * MIB, sector_bytes);
	volume = open_volume(&drive);
	for (unsigned i = 0; i < n_files; i++) {
		_cleanup_free_ char *name = file_name(i);
		_cleanup_free_ char *full = wtg_text("Many/%s", name);
		_cleanup_free_ char *dos = wtg_text("many/file~%x", i);

		assert_reads(volume, full, i % 50, (uint8_t)i);
		if (i % 3 == 0)
			assert_reads(volume, dos, i % 50, (uint8_t)i);
	}
	assert_false(wtg_ntfs_exists(volume, "many/file~1"));
	wtg_ntfs_abandon(volume);
	assert_clean(&drive);
	path = test_drive_carve(&drive);
	said = test_run(NULL, "fls -r '%s' | grep -c 'file number'", path);
	assert_int_equal(strtoul(said, NULL, 10), n_files);
	unlink(path);
	test_drive_done(&drive);
	plant_done(&plant);
}

static void five_thousand_entries_are_found_by_both_names(void **state)
{
	(void)state;
	test_require("fls");
	check_large_directory(512, 5000);
	check_large_directory(4096, 1500);
}

/* All counts of entries from none to three blocks full: whatever is left for the last one. */
static void directories_of_every_size_are_whole(void **state)
{
	struct test_drive drive;
	struct wtg_ntfs *volume;
	struct plant plant;

	(void)state;
	test_require("ntfsfix");
	plant_open(&plant);
	for (unsigned n = 0; n <= 120; n++) {
		_cleanup_free_ char *name = wtg_text("d%u", n);
		uint32_t dir = plant_add(&plant, 0, name, NULL, DIRECTORY);

		for (unsigned i = 0; i < n; i++) {
			_cleanup_free_ char *child = wtg_text("child number %u", i);

			plant_stream(&plant, plant_add(&plant, dir, child, NULL, ARCHIVE), "",
				     1, (uint8_t)i);
		}
	}
	build_on(&drive, &plant, 96 * MIB, 512);
	volume = open_volume(&drive);
	for (unsigned n = 0; n <= 120; n++)
		for (unsigned i = 0; i < n; i++) {
			_cleanup_free_ char *child = wtg_text("d%u/child number %u", n, i);

			assert_reads(volume, child, 1, (uint8_t)i);
		}
	wtg_ntfs_abandon(volume);
	assert_clean(&drive);
	test_drive_done(&drive);
	plant_done(&plant);
}

/* What libntfs-3g does to it later: the indexes and bitmaps are such that it can. */
static void a_built_volume_can_be_written_to(void **state)
{
	struct wtg_bytes text = { (uint8_t *)(uintptr_t)"text", 4 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	struct wtg_ntfs *volume;
	struct plant plant;
	uint32_t dir;

	(void)state;
	test_require("ntfsfix");
	plant_open(&plant);
	dir = plant_add(&plant, 0, "full", NULL, DIRECTORY);
	for (unsigned i = 0; i < 2000; i++) {
		_cleanup_free_ char *name = file_name(i);

		plant_add(&plant, dir, name, NULL, ARCHIVE);
	}
	build_on(&drive, &plant, 64 * MIB, 512);
	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	for (unsigned i = 0; i < 2000; i++) {
		_cleanup_free_ char *name = file_name(i);
		_cleanup_free_ char *old = wtg_text("full/%s", name);
		_cleanup_free_ char *new = wtg_text("full/%u new", i * 31 % 2000);

		assert_good(wtg_ntfs_write(volume, new, &text, NULL, &err));
		assert_good(wtg_ntfs_remove(volume, old, &err));
	}
	assert_true(wtg_ntfs_exists(volume, "full/1999 new"));
	assert_good(wtg_ntfs_close(&volume, &err));
	assert_clean(&drive);
	test_drive_done(&drive);
	plant_done(&plant);
}

static void a_volume_that_is_too_small_is_told(void **state)
{
	_cleanup_(wtg_ntfs_build_abandonp) struct wtg_ntfs_builder *builder = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_run_of_clusters run;
	uint64_t last = 0, n_clusters = 0;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_fails(wtg_ntfs_build_begin(&drive.window, 60000, &builder, &err),
		     WTG_UNSUITABLE, "the volume is");
	assert_good(wtg_ntfs_build_begin(&drive.window, 10, &builder, &err));
	while (wtg_ntfs_build_reserve(builder, 700, &run, &err) == 0) {
		assert_true(run.first_lcn >= last && run.n_clusters > 0);
		assert_true(run.n_clusters <= 700);
		last = run.first_lcn + run.n_clusters;
		n_clusters += run.n_clusters;
	}
	test_expect_error(&err, WTG_UNSUITABLE, "full");
	/* Most of it can be had: the rest is metadata and room for it. */
	assert_true(n_clusters * 4096 > 28 * MIB);
	test_drive_done(&drive);
}

static s64 refuse_pread(struct ntfs_device *dev, void *buffer, s64 count, s64 at)
{
	(void)dev, (void)buffer, (void)count, (void)at;
	errno = EIO;
	return -1;
}

static s64 refuse_pwrite(struct ntfs_device *dev, const void *buffer, s64 count, s64 at)
{
	(void)dev, (void)buffer, (void)count, (void)at;
	errno = EIO;
	return -1;
}

static void reserving_reads_and_writes_nothing(void **state)
{
	struct ntfs_device_operations mute = { .pread = refuse_pread, .pwrite = refuse_pwrite };
	struct ntfs_device_operations *operations;
	struct wtg_ntfs_builder *builder;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_run_of_clusters run;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_good(wtg_ntfs_build_begin(&drive.window, 10, &builder, &err));
	operations = builder->volume->dev->d_ops;
	builder->volume->dev->d_ops = &mute;
	while (wtg_ntfs_build_reserve(builder, 7, &run, &err) == 0)
		;
	test_expect_error(&err, WTG_UNSUITABLE, "full");
	builder->volume->dev->d_ops = operations;
	wtg_ntfs_build_abandon(builder);
	test_drive_done(&drive);
}

/* As libntfs-3g's own allocator would, which does not know yet what was given out. */
static void a_cluster_that_somebody_else_took_is_told(void **state)
{
	struct wtg_build_inode root = { .attributes = DIRECTORY };
	struct wtg_ntfs_builder *builder;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_run_of_clusters run;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_good(wtg_ntfs_build_begin(&drive.window, 1, &builder, &err));
	assert_good(wtg_ntfs_build_reserve(builder, 7, &run, &err));
	assert_int_equal(ntfs_bitmap_set_run(builder->volume->lcnbmp_na,
					     (s64)run.first_lcn + 3, 1), 0);
	assert_good(wtg_ntfs_build_inode(builder, 0, &root, &err));
	assert_fails(wtg_ntfs_build_end(&builder, &err), WTG_SYSTEM, "took cluster");
	test_drive_done(&drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_of_every_size_reads_back),
		cmocka_unit_test(five_thousand_entries_are_found_by_both_names),
		cmocka_unit_test(directories_of_every_size_are_whole),
		cmocka_unit_test(a_built_volume_can_be_written_to),
		cmocka_unit_test(a_volume_that_is_too_small_is_told),
		cmocka_unit_test(reserving_reads_and_writes_nothing),
		cmocka_unit_test(a_cluster_that_somebody_else_took_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
