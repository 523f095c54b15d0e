/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read out of good images, against what wimlib-imagex says of them. */
#include "media.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/image.h"
#include "wtg/text.h"

/* One row for each kind of container; all hold the same tree and editions. */
static const struct {
	const char *container, *name, *options;
} kinds[] = {
	{ "wim", "lzx.wim", "--compress=LZX --check" },
	{ "wim", "xpress.wim", "--compress=XPRESS" },
	{ "wim", "none.wim", "--compress=none" },
	{ "wim", "pipable.wim", "--compress=LZX --pipable" },
	{ "esd", "solid.esd", "--solid" },
	{ "esd", "solid-small.esd", "--solid --solid-chunk-size=64K" },
};

static char *make_bare(size_t i)
{
	return media_wim(kinds[i].name, kinds[i].options);
}

static char *make_iso(size_t i)
{
	_cleanup_free_ char *wim = make_bare(i);
	_cleanup_free_ char *grafts = wtg_text("Sources/Install.%s=%s",
					       i % 2 ? "WIM" : kinds[i].container, wim);

	return media_iso("win.iso", grafts);
}

static struct wtg_image *open_good(const char *path)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_image *image = NULL;

	assert_good(wtg_image_open(path, &image, &err));
	return image;
}

/* The files below a path are those, with those contents, of the tree that was captured. */
static void expect_tree(struct wtg_image *image, const char *path, size_t n_expected)
{
	const struct wtg_edition *edition = wtg_image_edition(image, 0);
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_image_read(image, edition, &path, 1, 100 << 20, &files, &err));
	assert_int_equal(files.n_items, n_expected);
	for (size_t i = 0; i < files.n_items; i++) {
		const struct wtg_file *file = &files.items[i];
		_cleanup_free_ char *copy = wtg_text("%s/copy", test_dir());
		int status;

		test_write_file(copy, file->content.data, file->content.size);
		free(test_run(&status, "cmp '%s/%s' %s", media_tree(), file->path, copy));
		if (status != 0)
			fail_msg("%s differs", file->path);
	}
}

static void check_contents(struct wtg_image *image)
{
	expect_tree(image, "windows/BOOT", 4); /* without the two links */
	expect_tree(image, "Windows/System32/config/system", 1);
	expect_tree(image, "Windows/System32", 4);
	expect_tree(image, "Windows/Boot/EFI/out", 0);
	expect_tree(image, "Windows/none", 0);
	expect_tree(image, "", 8);
}

static void files_are_read_in_place_from_every_kind_of_wim(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		_cleanup_free_ char *path = make_bare(i);
		_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(path);

		print_message("# %s\n", path);
		assert_int_equal(wtg_image_fetch_bytes(image, wtg_image_edition(image, 0)), 0);
		check_contents(image);
	}
}

static void files_are_read_in_place_from_every_kind_of_iso(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		_cleanup_free_ char *path = make_iso(i);
		_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(path);

		print_message("# %s in %s\n", kinds[i].name, path);
		assert_true(wtg_image_fetch_bytes(image, wtg_image_edition(image, 0)) > 0);
		check_contents(image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_in_place_from_every_kind_of_wim),
		cmocka_unit_test(files_are_read_in_place_from_every_kind_of_iso),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
