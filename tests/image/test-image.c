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
	{ "esd", "solid.esd", "--solid --solid-chunk-size=64M" },
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

/* The files below a path are those, with those contents, of the tree that was captured.
 */
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
		check_contents(image);
	}
}

static uint64_t oracle_number(const char *wim, unsigned index, const char *field)
{
	_cleanup_free_ char *said =
		test_run(NULL, "wimlib-imagex info %s %u | sed -n 's/^%s: *//p'", wim,
			 index, field);

	return strtoull(said, NULL, 10);
}

static void editions_are_what_wimlib_imagex_says(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(wim);
	const struct wtg_edition *home = wtg_image_edition(image, 0);
	const struct wtg_edition *pro = wtg_image_edition(image, 1);

	(void)state;
	assert_int_equal(wtg_image_n_editions(image), 2);
	assert_string_equal(wtg_image_path(image), wim);
	assert_string_equal(home->selector, "1");
	assert_string_equal(home->name, "Win Home");
	assert_string_equal(home->display_name, "Windows 11 Home");
	assert_string_equal(home->description, "The home one");
	assert_string_equal(home->edition_id, "Core");
	assert_string_equal(home->installation_type, "Client");
	assert_string_equal(home->languages, "en-US, de-DE");
	assert_string_equal(home->default_language, "en-US");
	assert_int_equal(home->arch, WTG_ARCH_AMD64);
	assert_int_equal(home->major, 10);
	assert_int_equal(home->minor, 0);
	assert_int_equal(home->build, 26100);
	assert_int_equal(home->revision, 1742);
	assert_int_equal(home->n_files, oracle_number(wim, 1, "File Count"));
	assert_int_equal(home->n_dirs, oracle_number(wim, 1, "Directory Count"));
	assert_int_equal(home->size_bytes,
			 oracle_number(wim, 1, "Total Bytes") -
				 oracle_number(wim, 1, "Hard Link Bytes"));
	assert_true(oracle_number(wim, 1, "Hard Link Bytes") > 0);

	assert_string_equal(pro->selector, "2");
	assert_int_equal(pro->index, 2);
	assert_string_equal(pro->display_name, "Win Pro");
	assert_null(pro->description);
	assert_int_equal(pro->arch, WTG_ARCH_ARM64);
}

static void an_edition_is_chosen_by_name_id_or_index(void **state)
{
	static const struct {
		const char *text;
		unsigned index;
	} rows[] = {
		{ "1", 1 },	   { "2", 2 },
		{ "core", 1 },	   { "PROFESSIONAL", 2 },
		{ "win pro", 2 },  { "Windows 11 Home", 1 },
		{ "Win Home", 1 },
	};
	static const char *const none[] = { "3", "0", "", "Home", "01", "-1", "x64/1" };
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(wim);
	const struct wtg_edition *chosen = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_good(wtg_image_choose(image, rows[i].text, &chosen, &err));
		assert_int_equal(chosen->index, rows[i].index);
	}
	chosen = NULL;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_fails(wtg_image_choose(image, none[i], &chosen, &err), WTG_USAGE,
			     "holds no edition");
	assert_true(wtg_image_choose(image, NULL, &chosen, &err) < 0);
	assert_string_equal(err.hint,
			    "Choose with --edition: 1 (Windows 11 Home, amd64), "
			    "2 (Win Pro, arm64).");
	test_expect_error(&err, WTG_USAGE, "2 editions, and none was chosen");
	assert_null(chosen);
}

static void the_only_edition_needs_no_choice(void **state)
{
	_cleanup_free_ char *wim = media_wim("one.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	const struct wtg_edition *chosen;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	free(test_run(NULL, "wimlib-imagex delete %s 2", wim));
	image = open_good(wim);
	assert_good(wtg_image_choose(image, NULL, &chosen, &err));
	assert_ptr_equal(chosen, wtg_image_edition(image, 0));
}

static void architectures_on_one_disc_are_told_apart(void **state)
{
	_cleanup_free_ char *x64 = media_wim("x64.wim", "--compress=LZX");
	_cleanup_free_ char *x86 = media_wim("x86.esd", "--solid");
	_cleanup_free_ char *grafts = wtg_text(
		"x64/sources/install.wim=%s X86/SOURCES/INSTALL.ESD=%s", x64, x86);
	_cleanup_free_ char *iso = media_iso("multi.iso", grafts);
	_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(iso);
	const struct wtg_edition *chosen;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_int_equal(wtg_image_n_editions(image), 4);
	assert_good(wtg_image_choose(image, "x86/2", &chosen, &err));
	assert_ptr_equal(chosen, wtg_image_edition(image, 3));
	assert_fails(wtg_image_choose(image, "2", &chosen, &err), WTG_USAGE,
		     "means 2 editions");
	assert_true(wtg_image_choose(image, "2", &chosen, &err) < 0);
	assert_non_null(strstr(err.hint, "x64/2 ("));
	assert_null(strstr(err.hint, "x64/1 ("));
	wtg_error_done(&err);
	check_contents(image);
	unlink(iso);
}

static void a_split_set_is_one_image(void **state)
{
	_cleanup_free_ char *wim = media_wim("whole.wim", "--compress=none");
	_cleanup_free_ char *first = wtg_text("%s/install.swm", test_dir());
	_cleanup_free_ char *grafts = NULL, *iso = NULL, *facts = NULL;
	_cleanup_(wtg_image_closep) struct wtg_image *bare = NULL, *disc = NULL;

	(void)state;
	free(test_run(NULL,
		      "cd %s; wimlib-imagex split whole.wim install.swm 1; "
		      "mv install2.swm INSTALL2.SWM; ls install3.swm",
		      test_dir()));
	bare = open_good(first);
	assert_true(wtg_image_file_bytes(bare) > 3 << 20);
	check_contents(bare);

	grafts = wtg_text(
		"$(cd %s; for f in *.swm *.SWM; do echo sources/$f=$PWD/$f; done)",
		test_dir());
	iso = media_iso("split.iso", grafts);
	disc = open_good(iso);
	check_contents(disc);
}

static void names_are_looked_up_whatever_the_case(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(wim);
	const struct wtg_edition *edition = wtg_image_edition(image, 0);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_image_stat st;

	(void)state;
	assert_good(wtg_image_stat(image, edition, "WINDOWS/system32/WinLoad.EFI", &st,
				   &err));
	assert_true(st.exists && !st.is_dir && !st.is_reparse);
	assert_int_equal(st.size_bytes, 3000000);
	assert_good(wtg_image_stat(image, edition, "windows/boot", &st, &err));
	assert_true(st.exists && st.is_dir);
	assert_good(wtg_image_stat(image, edition, "Windows/Boot/EFI/out", &st, &err));
	assert_true(st.exists && st.is_reparse);
	assert_good(wtg_image_stat(image, edition, "Windows/none/x", &st, &err));
	assert_false(st.exists);
	/* The second edition was captured one level deeper. */
	assert_good(
		wtg_image_stat(image, wtg_image_edition(image, 1), "Windows", &st, &err));
	assert_false(st.exists);
}

static void more_than_was_allowed_is_not_read(void **state)
{
	static const char *const paths[] = { "Windows/System32",
					     "Windows/System32/config" };
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(wim);
	const struct wtg_edition *edition = wtg_image_edition(image, 0);
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	uint64_t size_bytes;

	(void)state;
	assert_good(wtg_image_read(image, edition, paths, 2, UINT64_MAX, &files, &err));
	assert_int_equal(files.n_items, 4); /* the second path is inside of the first */
	size_bytes = wtg_files_size_bytes(&files);
	wtg_files_done(&files);
	assert_fails(
		wtg_image_read(image, edition, paths, 2, size_bytes - 1, &files, &err),
		WTG_INPUT, "too large");
	assert_int_equal(files.n_items, 0);
	assert_good(wtg_image_read(image, edition, paths, 2, size_bytes, &files, &err));
}

static void an_image_describes_what_it_brings_and_what_it_lacks(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(wim);
	_cleanup_(wtg_image_warnings_done) struct wtg_image_warnings none = { 0 };
	_cleanup_(wtg_image_warnings_done) struct wtg_image_warnings some = { 0 };
	struct wtg_json *json = wtg_json_new();
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *line = NULL;

	(void)state;
	wtg_image_describe(image, wtg_json_facts(json));
	wtg_edition_describe(wtg_image_edition(image, 0), wtg_json_facts(json));
	line = wtg_json_line(json);
	wtg_json_free(json);
	assert_non_null(strstr(line, "\"container\":\"wim\""));
	assert_non_null(strstr(line, "\"version\":\"10.0.26100.1742\""));
	assert_good(wtg_image_warn(image, wtg_image_edition(image, 0), &none, &err));
	assert_int_equal(none.n_items, 0);
	assert_good(wtg_image_warn(image, wtg_image_edition(image, 1), &some, &err));
	assert_int_equal(some.n_items, 3);
	assert_string_equal(some.items[0].id, "wpprecorder");
	assert_false(some.items[0].fatal);
	assert_string_equal(some.items[1].id, "no-bootmgfw");
	assert_true(some.items[1].fatal);
	assert_string_equal(some.items[2].id, "no-winload");
	assert_true(some.items[2].fatal);
}

/* Microsoft's install.wim passes 4 GiB, where ISO 9660 ends: here the XML lies behind it.
 */
static void a_wim_over_4_gib_is_read_from_udf(void **state)
{
	_cleanup_free_ char *wim = media_wim("big.wim", "--compress=LZX");
	_cleanup_free_ char *iso = wtg_text("%s/big.iso", test_dir());
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	const char *const said = "<WIM><IMAGE INDEX=\"1\"><NAME>far</NAME></IMAGE>"
				 "<IMAGE INDEX=\"2\"><NAME>away</NAME></IMAGE></WIM>";

	(void)state;
	test_require("genisoimage");
	media_xml(wim, said, 4400ull << 20);
	free(test_run(
		NULL,
		"genisoimage -quiet -udf -allow-limited-size -iso-level 3 -graft-points "
		"sources/install.wim=%s | dd of=%s conv=sparse bs=1M status=none",
		wim, iso));
	image = open_good(iso);
	assert_string_equal(wtg_image_edition(image, 1)->name, "away");
	check_contents(image);
	unlink(wim);
	unlink(iso);
}

static int fail_as_told(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
			struct wtg_error *err)
{
	const enum wtg_kind *kind = context;

	(void)progress;
	(void)reply;
	return wtg_fail(err, *kind, 0, "no room");
}

/* The kind decides on the exit status, and on whether the image is what the user looks at. */
static void a_full_drive_is_not_blamed_on_the_image(void **state)
{
	static const struct {
		enum wtg_kind finds, said, heard;
	} rows[] = {
		{ WTG_UNSUITABLE, WTG_UNSUITABLE, WTG_UNSUITABLE },
		{ WTG_UNSUITABLE, WTG_INPUT, WTG_INPUT },
		{ WTG_UNSUITABLE, WTG_REFUSED, WTG_INPUT },
		{ WTG_OK, WTG_UNSUITABLE, WTG_INPUT },
	};
	_cleanup_free_ char *path = make_bare(0);
	_cleanup_(wtg_image_closep) struct wtg_image *image = open_good(path);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct wtg_image_errand errand = { .work = fail_as_told,
							 .finds = rows[i].finds };
		enum wtg_kind said = rows[i].said;
		struct wtg_error err = WTG_ERROR_INIT;

		assert_fails(wtg_image_confine(image, &errand, &said, NULL, NULL, &err),
			     rows[i].heard, "no room");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_in_place_from_every_kind_of_wim),
		cmocka_unit_test(files_are_read_in_place_from_every_kind_of_iso),
		cmocka_unit_test(editions_are_what_wimlib_imagex_says),
		cmocka_unit_test(an_edition_is_chosen_by_name_id_or_index),
		cmocka_unit_test(the_only_edition_needs_no_choice),
		cmocka_unit_test(architectures_on_one_disc_are_told_apart),
		cmocka_unit_test(a_split_set_is_one_image),
		cmocka_unit_test(names_are_looked_up_whatever_the_case),
		cmocka_unit_test(more_than_was_allowed_is_not_read),
		cmocka_unit_test(an_image_describes_what_it_brings_and_what_it_lacks),
		cmocka_unit_test(a_wim_over_4_gib_is_read_from_udf),
		cmocka_unit_test(a_full_drive_is_not_blamed_on_the_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
