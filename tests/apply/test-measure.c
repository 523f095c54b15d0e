/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/measure.h"
#include "corpus.h"
#include "drive.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

#define SIZE (96 * MIB)

static char *source_wim;

static int make_source(void **state)
{
	(void)state;
	source_wim = test_corpus_capture("source.wim", "");
	return 0;
}

static int drop_source(void **state)
{
	(void)state;
	free(source_wim);
	return 0;
}

static struct wtg_measure measure(const struct wtg_overlay *overlay)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	_cleanup_(wtg_tree_done) struct wtg_tree tree = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_image_open(source_wim, &image, &err));
	assert_good(wtg_catalog_read(image, wtg_image_edition(image, 0), &catalog, &err));
	assert_good(wtg_tree_weave(catalog, overlay, &tree, &err));
	return wtg_measure(&tree);
}

static uint64_t used_bytes(const struct test_drive *drive)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs_info info;
	struct wtg_ntfs *volume;

	assert_good(wtg_ntfs_open(&drive->window, &volume, &err));
	assert_good(wtg_ntfs_info(volume, &info, &err));
	assert_good(wtg_ntfs_close(&volume, &err));
	return info.size_bytes - info.free_bytes;
}

/* Our own engine writes the zeros of a sparse file, wimlib does not. */
#define HOLE_BYTES (8 * MIB)

static void check_volume(enum wtg_engine engine, uint64_t spared_bytes)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_application application = { .engine = engine };
	const struct wtg_measure m = measure(NULL);
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	uint64_t empty, used;

	test_drive_open(&drive, SIZE);
	test_drive_format(&drive, 512);
	empty = used_bytes(&drive);
	assert_good(wtg_image_open(source_wim, &image, &err));
	application.image = image;
	application.edition = wtg_image_edition(image, 0);
	application.content_bytes = m.content_bytes;
	assert_good(wtg_apply(&application, &drive.window, NULL, &err));
	used = used_bytes(&drive) - empty;
	test_drive_done(&drive);
	print_message("# %llu bytes used, %llu measured\n", (unsigned long long)used,
		      (unsigned long long)m.volume_bytes);
	assert_true(used <= m.volume_bytes);
	assert_true(m.volume_bytes - spared_bytes <= used + used / 20);
}

static void our_own_engine_takes_a_little_less_than_is_measured(void **state)
{
	(void)state;
	check_volume(WTG_ENGINE_OWN, 0);
}

static void so_does_wimlib(void **state)
{
	(void)state;
	check_volume(WTG_ENGINE_WIMLIB, HOLE_BYTES);
}

static void the_overlay_counts(void **state)
{
	_cleanup_(wtg_overlay_done) struct wtg_overlay overlay = { 0 };
	const struct wtg_measure before = measure(NULL);
	struct wtg_measure after;

	(void)state;
	wtg_overlay_drop(&overlay, "Windows/sizes/3145745 bytes");
	wtg_overlay_put(&overlay, "Windows/sizes/65536 bytes", wtg_bytes_copy("0123456789", 10),
			(struct wtg_bytes){ 0 });
	wtg_overlay_put(&overlay, "Windows/added", wtg_bytes_copy("0123456789", 10),
			(struct wtg_bytes){ 0 });
	/* Two more names of the same file keep what it holds. */
	wtg_overlay_drop(&overlay, "Windows/System32/kernel32.dll");
	after = measure(&overlay);
	assert_int_equal(before.content_bytes - after.content_bytes,
			 3145745 + 65536 - 10 - 10);
	assert_int_equal(before.n_files, after.n_files);
	assert_true(before.volume_bytes - after.volume_bytes > 3145745 + 65536);
}

/* Units of UTF-16LE, as a name has them. */
static struct wtg_name16 name16(const char *text)
{
	struct wtg_bytes utf16 = wtg_utf16_from_utf8(text);

	return (struct wtg_name16){ utf16.data, (uint16_t)(utf16.size / 2 - 1) };
}

/* A root with two files and a directory that has a third, "a name|ASHORT~1"; how many files it has
 * then, or -1. */
static int weave_over(const char *const names[4], const struct wtg_overlay *overlay,
		      struct wtg_error *err)
{
	struct wtg_catalog_inode inodes[5];
	struct wtg_catalog_name of[4];
	const struct wtg_catalog catalog = {
		.inodes = inodes, .n_inodes = 5, .names = of, .n_names = 4
	};
	_cleanup_(wtg_tree_done) struct wtg_tree tree = { 0 };
	int r;

	for (uint32_t i = 0; i < 5; i++)
		inodes[i] = (struct wtg_catalog_inode){ .attributes = i < 2 ? 0x10 : 0x20,
							.security = WTG_NONE,
							.reparse_blob = WTG_NONE,
							.first_name = i ? i - 1 : 0,
							.n_names = i ? 1 : 0 };
	for (uint32_t i = 0; i < 4; i++) {
		const char *bar = strchrnul(names[i], '|');
		_cleanup_free_ char *name = wtg_text("%.*s", (int)(bar - names[i]), names[i]);

		of[i] = (struct wtg_catalog_name){ .inode = i + 1,
						   .parent = i == 3 ? 1 : 0,
						   .name = name16(name),
						   .short_name = name16(*bar ? bar + 1 : "") };
	}
	r = wtg_tree_weave(&catalog, overlay, &tree, err);
	for (uint32_t i = 0; i < 4; i++) {
		free((void *)of[i].name.data);
		free((void *)of[i].short_name.data);
	}
	return r < 0 ? -1 : (int)tree.n_numbers - 2;
}

/* Windows would open one of the two, and we cannot know which. */
static void an_overlay_does_not_choose_between_twins(void **state)
{
	static const struct {
		const char *names[4], *path, *part;
		int n_put, n_dropped; /* files, then */
	} rows[] = {
		{ { "dir", "SYSTEM", "other", "file" }, "system", NULL, 3, 2 },
		{ { "dir", "SYSTEM", "System", "file" }, "SYSTEM", "the image has SYSTEM twice", 0, 0 },
		{ { "dir", "other", "OTHER", "file" }, "SYSTEM", NULL, 4, 3 },
		{ { "dir", "other", "DIR", "file" }, "dir/file", "the image has dir twice", 0, 0 },
		{ { "dir", "file", "File", "file" }, "Dir/File", NULL, 3, 2 },
		/* by their short names */
		{ { "dir", "my system|SYSTEM", "other", "file" }, "system", NULL, 3, 2 },
		{ { "dir", "my system|SYSTEM", "System", "file" }, "SYSTEM",
		  "the image has SYSTEM twice", 0, 0 },
		{ { "my dir|DIR", "other", "third", "a file|FILE" }, "dir/file", NULL, 3, 2 },
		{ { "my dir|DIR", "other", "dir", "file" }, "dir/file", "the image has dir twice", 0, 0 },
		{ { "dir", "same|SAME", "other", "file" }, "Same", NULL, 3, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int drop = 0; drop <= 1; drop++) {
			_cleanup_(wtg_overlay_done) struct wtg_overlay overlay = { 0 };
			struct wtg_error err = WTG_ERROR_INIT;

			if (drop)
				wtg_overlay_drop(&overlay, rows[i].path);
			else
				wtg_overlay_put(&overlay, rows[i].path, wtg_bytes_copy("x", 1),
						(struct wtg_bytes){ 0 });
			if (rows[i].part)
				assert_fails(weave_over(rows[i].names, &overlay, &err), WTG_INPUT,
					     rows[i].part);
			else
				assert_int_equal(weave_over(rows[i].names, &overlay, &err),
						 drop ? rows[i].n_dropped : rows[i].n_put);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_engine_takes_a_little_less_than_is_measured),
		cmocka_unit_test(so_does_wimlib),
		cmocka_unit_test(the_overlay_counts),
		cmocka_unit_test(an_overlay_does_not_choose_between_twins),
	};

	return cmocka_run_group_tests(tests, make_source, drop_source);
}
