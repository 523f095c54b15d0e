/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bad input: one clear sentence each, and nothing left behind. */
#include "media.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf16.h"
#include "image/catalog.h"
#include "image/image.h"
#include "image/wim-xml.h"
#include "wtg/text.h"

static void expect_refusal(const char *path, enum wtg_kind kind, const char *part)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_image *image = NULL;

	if (wtg_image_open(path, &image, &err) == 0)
		fail_msg("%s was opened; expected \"%s\"", path, part);
	assert_null(image);
	test_expect_error(&err, kind, part);
}

static void what_is_no_image_is_told_by_name(void **state)
{
	_cleanup_free_ char *empty = wtg_text("%s/empty", test_dir());
	_cleanup_free_ char *text = wtg_text("%s/text", test_dir());
	_cleanup_free_ char *fifo = wtg_text("%s/fifo", test_dir());
	_cleanup_free_ char *none = wtg_text("%s/none", test_dir());

	(void)state;
	test_write_file(empty, "", 0);
	test_write_file(text, "hello", 5);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	expect_refusal(empty, WTG_INPUT, "is empty");
	expect_refusal(text, WTG_INPUT, "neither an ISO nor a WIM");
	expect_refusal(fifo, WTG_INPUT, "not a regular file");
	expect_refusal(none, WTG_INPUT, "No such file");
	expect_refusal(test_dir(), WTG_INPUT, "is a directory");
	expect_refusal("/dev/null", WTG_INPUT, "not a regular file");
}

static void a_disc_without_windows_is_told_so(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_free_ char *plain = wtg_text("%s/plain.iso", test_dir());
	_cleanup_free_ char *readme =
		wtg_text("README.TXT=%s/tree/Windows/Boot/EFI/empty", test_dir());
	_cleanup_free_ char *boot = wtg_text("sources/boot.wim=%s", wim);
	_cleanup_free_ char *stub = media_iso("stub.iso", readme);
	_cleanup_free_ char *setup = media_iso("setup.iso", boot);

	(void)state;
	free(test_run(NULL,
		      "genisoimage -quiet -iso-level 3 -graft-points -o %s "
		      "sources/install.wim=%s",
		      plain, wim));
	expect_refusal(plain, WTG_INPUT, "has no UDF filesystem");
	expect_refusal(stub, WTG_INPUT, "no sources/install.wim, .esd or .swm");
	expect_refusal(setup, WTG_INPUT, "no sources/install.wim, .esd or .swm");
}

/* Whatever the length, a WIM or an ISO that lost its end is not taken. */
static void a_truncated_file_is_found_when_it_is_opened(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX --check");
	_cleanup_free_ char *esd =
		media_wim("solid.esd", "--solid --solid-chunk-size=64K");
	_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);
	_cleanup_free_ char *iso = media_iso("win.iso", grafts);
	_cleanup_free_ char *cut = wtg_text("%s/cut", test_dir());
	const char *const whole[] = { wim, esd, iso };

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		struct stat st;

		assert_int_equal(stat(whole[i], &st), 0);
		free(test_run(NULL, "cp %s %s", whole[i], cut));
		/* genisoimage ends with 300 KiB of padding, which nobody misses. */
		for (off_t left = st.st_size - (i == 2 ? 330000 : 1); left > 0;
		     left -= st.st_size / 23) {
			struct wtg_error err = WTG_ERROR_INIT;
			struct wtg_image *image;

			assert_int_equal(truncate(cut, left), 0);
			if (wtg_image_open(cut, &image, &err) == 0)
				fail_msg("%jd bytes of %s were taken", (intmax_t)left,
					 whole[i]);
			if (left > 40000 && !strstr(err.message, "truncated"))
				fail_msg("%jd bytes: %s", (intmax_t)left, err.message);
			test_expect_error(&err, WTG_INPUT, "");
		}
	}
}

static void bad_xml_is_refused_before_wimlib_sees_it(void **state)
{
	static const struct {
		const char *xml, *part;
	} rows[] = {
		{ "<!DOCTYPE WIM><WIM><IMAGE INDEX=\"1\"/><IMAGE INDEX=\"2\"/></WIM>",
		  "DOCTYPE" },
		{ "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\">"
		  "<!ENTITY b \"&a;&a;&a;&a;&a;&a;\">"
		  "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>"
		  "<WIM><IMAGE INDEX=\"1\"><NAME>&c;"
		  "</NAME></IMAGE><IMAGE INDEX=\"2\"/></WIM>",
		  "DOCTYPE" },
		{ "<!DOCTYPE l [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><WIM>"
		  "<IMAGE INDEX=\"1\"><NAME>&a;</NAME></IMAGE><IMAGE INDEX=\"2\"/></WIM>",
		  "DOCTYPE" },
		{ "<WIM><IMAGE INDEX=\"1\">", "XML of" },
		{ "<SWM><IMAGE INDEX=\"1\"/><IMAGE INDEX=\"2\"/></SWM>", "XML of" },
		{ "<WIM><IMAGE INDEX=\"1\"><NAME>&undeclared;</NAME></IMAGE></WIM>",
		  "XML of" },
		{ "<WIM/>", "holds no image" },
		{ "<WIM><IMAGE INDEX=\"1\"/></WIM>",
		  "has 2 images, and its XML tells of 1" },
		{ "<WIM><IMAGE INDEX=\"1\"/><IMAGE INDEX=\"1\"/></WIM>", "number" },
		{ "<WIM><IMAGE INDEX=\"1\"/><IMAGE INDEX=\"3\"/></WIM>", "number" },
		{ "<WIM><IMAGE INDEX=\"1\"/><IMAGE/></WIM>", "number" },
		{ "<WIM><IMAGE INDEX=\"2\"/><IMAGE INDEX=\"-1\"/></WIM>", "number" },
		{ "<WIM><ESD><ENCRYPTED/></ESD><IMAGE INDEX=\"1\"/>"
		  "<IMAGE INDEX=\"2\"/></WIM>",
		  "encrypted ESD" },
		{ "", "XML of" },
	};
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *grafts = wtg_text("sources/install.esd=%s", wim);
		_cleanup_free_ char *iso = NULL;

		media_xml(wim, rows[i].xml, 0);
		expect_refusal(wim, WTG_INPUT, rows[i].part);
		iso = media_iso("xml.iso", grafts);
		expect_refusal(iso, WTG_INPUT, rows[i].part);
	}
}

static void xml_names_are_kept_as_they_are_and_numbers_bounded(void **state)
{
	static const char xml[] =
		"<?xml version=\"1.0\" encoding=\"UTF-16\"?>"
		"<WIM><TOTALBYTES>1</TOTALBYTES>"
		"<IMAGE INDEX=\"2\"><DESCRIPTION>only\n<![CDATA[<this>]]>"
		"</DESCRIPTION><TOTALBYTES>9223372036854775807</TOTALBYTES>"
		"<FILECOUNT>18446744073709551615</FILECOUNT></IMAGE>"
		"<IMAGE INDEX=\"1\"><NAME>Ünïcode &lt;内&gt;</NAME>"
		"<TOTALBYTES>10</TOTALBYTES>"
		"<HARDLINKBYTES>11</HARDLINKBYTES><WINDOWS><ARCH>5</ARCH><VERSION>"
		"<MAJOR>4294967296</MAJOR><MINOR>-1</MINOR><BUILD>0x10</BUILD>"
		"</VERSION></WINDOWS>"
		"</IMAGE></WIM>";
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = wtg_utf16_from_utf8(xml);
	_cleanup_(wtg_editions_done) struct wtg_editions editions = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_wim_xml_parse(wide.data, wide.size, "x", &editions, &err));
	assert_int_equal(editions.n_items, 2);
	assert_string_equal(editions.items[0].name, "Ünïcode <内>");
	assert_int_equal(editions.items[0].size_bytes, 0);
	assert_int_equal(editions.items[0].arch, WTG_ARCH_UNKNOWN);
	assert_int_equal(editions.items[0].major, 0);
	assert_int_equal(editions.items[0].minor, 0);
	assert_int_equal(editions.items[0].build, 0);
	assert_string_equal(editions.items[1].display_name, "only\n<this>");
	assert_null(editions.items[1].name);
	assert_int_equal(editions.items[1].size_bytes, 0);
	assert_int_equal(editions.items[1].n_files, 0);
}

static void a_damaged_tree_is_told_so(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);
	_cleanup_free_ char *iso = NULL;
	const char *paths[2] = { wim };

	(void)state;
	media_patch(wim, media_resource(wim, MEDIA_TREE, 0) + 60, "\xff\x00\xff\x55\xaa",
		    5);
	iso = media_iso("tree.iso", grafts);
	paths[1] = iso;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_image_stat st;

		assert_good(wtg_image_open(paths[i], &image, &err));
		assert_fails(wtg_image_stat(image, wtg_image_edition(image, 0), "x", &st,
					    &err),
			     WTG_INPUT, "damaged or encrypted");
		assert_good(wtg_image_stat(image, wtg_image_edition(image, 1), "x", &st,
					   &err));
	}
}

/* However a file's data is packed, a changed byte in it is found when it is read. */
static void a_damaged_file_is_never_given_out(void **state)
{
	static const char *const options[] = { "--compress=LZX", "--compress=none",
					       "--solid", "--compress=XPRESS" };
	static const char *const everything[] = { "" };

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		_cleanup_free_ char *wim = media_wim("damaged.wim", options[i]);
		_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
		_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;

		/* The first resource lies behind the header, and is larger than that. */
		media_patch(wim, 2000, "\xde\xad\xbe\xef", 4);
		assert_good(wtg_image_open(wim, &image, &err));
		assert_fails(wtg_image_read(image, wtg_image_edition(image, 0),
					    everything, 1, 1 << 30, &files, &err),
			     WTG_INPUT, "damaged");
		assert_int_equal(files.n_items, 0);
	}
}

/* All that planning asks of a tree. */
static int check_tree(struct wtg_image *image, struct wtg_error *err)
{
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;

	return wtg_catalog_read(image, wtg_image_edition(image, 0), &catalog, err);
}

/* wimlib applies such names without a word. */
static void names_that_windows_would_misread_are_found_first(void **state)
{
	static const struct {
		const char *name, *part; /* NULL: nothing is wrong with it */
	} rows[] = {
		{ "plain", NULL },
		{ "Ünï 内", NULL },
		{ "a.b-c_d~1 (2)$", NULL },
		{ "a:b", "separates streams: sub/a:b" },
		{ "a\\b", "a separator of directories: sub/" },
		{ "tab\tbed", "a control character: sub/tab\xef\xbf\xbd" "bed" },
	};
	_cleanup_free_ char *dir = wtg_text("%s/names", test_dir());
	_cleanup_free_ char *wim = wtg_text("%s/names.wim", test_dir());

	(void)state;
	test_require("wimlib-imagex");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
		struct wtg_error err = WTG_ERROR_INIT;

		free(test_run(NULL,
			      "set -e; rm -rf %s %s; mkdir -p %s/sub; "
			      "echo x >'%s/sub/%s'; "
			      "wimlib-imagex capture %s %s",
			      dir, wim, dir, dir, rows[i].name, dir, wim));
		assert_good(wtg_image_open(wim, &image, &err));
		if (!rows[i].part)
			assert_good(check_tree(image, &err));
		else
			assert_fails(check_tree(image, &err), WTG_INPUT, rows[i].part);
	}
}

/* A file's hash, changed in the table: its content is not there any more. */
static void a_file_without_content_is_found_first(void **state)
{
	_cleanup_free_ char *wim = media_wim("lacks.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_fd_ int fd = open(wim, O_RDONLY | O_CLOEXEC);
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t table[8];

	(void)state;
	assert_int_equal(pread(fd, table, 8, 56), 8);
	/* The two trees come first; an entry has 50 bytes, the last 20 are the hash. */
	media_patch(wim, wtg_le64(table) + 2 * 50 + 30, "\1\2\3\4", 4);
	assert_good(wtg_image_open(wim, &image, &err));
	assert_fails(check_tree(image, &err), WTG_INPUT,
		     "does not have the content of Windows/");
}

/* wimlib would make it empty, and say so only in a warning. */
static void an_encrypted_file_is_found_first(void **state)
{
	_cleanup_free_ char *wim = media_wim("efs.wim", "--compress=none");
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	media_attributes(wim, "System32", 0x4010, 0); /* new files in it would be */
	assert_good(wtg_image_open(wim, &image, &err));
	assert_good(check_tree(image, &err));
	wtg_image_close(WTG_STEAL(image));
	media_attributes(wim, "winload.efi", 0x4020, 0);
	assert_good(wtg_image_open(wim, &image, &err));
	assert_fails(check_tree(image, &err), WTG_INPUT,
		     "Windows/System32/winload.efi is encrypted");
}

/* Left out like a link, it would look as if the image did not have it. */
static void a_file_that_compactos_compressed_is_not_read(void **state)
{
	_cleanup_free_ char *wim = media_wim("compact.wim", "--compress=none");
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	static const char *const paths[] = { "Windows/System32" };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	media_attributes(wim, "winload.efi", 0x620, 0x80000017);
	assert_good(wtg_image_open(wim, &image, &err));
	assert_fails(wtg_image_read(image, wtg_image_edition(image, 0), paths, 1, 1 << 30,
				    &files, &err),
		     WTG_INPUT, "winload.efi is compressed in the image as CompactOS");
}

static void a_directory_with_a_separator_in_its_name_is_not_read(void **state)
{
	_cleanup_free_ char *wim = wtg_text("%s/deep.wim", test_dir());
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	static const char *const paths[] = { "Boot" };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	test_require("wimlib-imagex");
	free(test_run(NULL,
		      "set -e; cd %s; mkdir -p 'deep/Boot/up\\and\\away'; "
		      "echo x >'deep/Boot/up\\and\\away/file'; "
		      "wimlib-imagex capture deep %s",
		      test_dir(), wim));
	assert_good(wtg_image_open(wim, &image, &err));
	assert_fails(wtg_image_read(image, wtg_image_edition(image, 0), paths, 1, 1 << 20,
				    &files, &err),
		     WTG_INPUT, "a name in the image is damaged");
}

static void an_incomplete_split_set_names_what_is_missing(void **state)
{
	_cleanup_free_ char *wim = media_wim("whole.wim", "--compress=none");
	_cleanup_free_ char *first = wtg_text("%s/s/install.swm", test_dir());
	_cleanup_free_ char *second = wtg_text("%s/s/install2.swm", test_dir());

	(void)state;
	free(test_run(NULL,
		      "cd %s; mkdir s; wimlib-imagex split whole.wim s/install.swm 1",
		      test_dir()));
	expect_refusal(second, WTG_INPUT, "is part 2 of a split set of");
	free(test_run(NULL, "cd %s/s; mv install2.swm 2", test_dir()));
	expect_refusal(first, WTG_INPUT, "s/install2.swm");
	free(test_run(NULL, "cd %s/s; cp install3.swm install2.swm", test_dir()));
	expect_refusal(first, WTG_INPUT,
		       "install2.swm is not part 2 of the same split set");
	free(test_run(NULL,
		      "cd %s/s; cp 2 install2.swm; printf 0123456789abcdef | "
		      "dd of=install2.swm bs=1 seek=24 conv=notrunc",
		      test_dir()));
	expect_refusal(first, WTG_INPUT,
		       "install2.swm is not part 2 of the same split set");
}

/* Every byte of the header and many of the file table, wrong: no crash. */
static void hostile_numbers_are_survived(void **state)
{
	static const char *const options[] = { "--compress=LZX --check",
					       "--solid --solid-chunk-size=64K" };
	static const char *const boot[] = { "Windows/Boot" };

	(void)state;
	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
		_cleanup_free_ char *wim = media_wim("hostile.wim", options[k]);
		_cleanup_fd_ int fd = open(wim, O_RDWR | O_CLOEXEC);
		uint8_t table[8];

		assert_int_equal(pread(fd, table, 8, 56), 8);
		for (unsigned i = 0; i < 208 + 250; i++) {
			uint64_t at = i < 208 ? i : wtg_le64(table) + i - 208;
			struct wtg_error err = WTG_ERROR_INIT;
			_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
			_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
			uint8_t good, bad;

			assert_int_equal(pread(fd, &good, 1, (off_t)at), 1);
			bad = (uint8_t)(good ^ (i % 2 ? 0xff : 0x11));
			media_patch(wim, at, &bad, 1);
			if (wtg_image_open(wim, &image, &err) == 0)
				(void)wtg_image_read(image, wtg_image_edition(image, 0),
						     boot, 1, 1 << 30, &files, &err);
			wtg_error_done(&err);
			media_patch(wim, at, &good, 1);
		}
	}
}

/* TMPDIR is this test's own: what is in it, somebody left there. */
static void nothing_is_left_behind(void **state)
{
	_cleanup_free_ char *wim = media_wim("lzx.wim", "--compress=LZX");
	_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);
	_cleanup_free_ char *iso = media_iso("win.iso", grafts);
	_cleanup_free_ char *scratch = wtg_text("%s/scratch", test_dir());
	_cleanup_free_ char *left = NULL;
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_int_equal(mkdir(scratch, 0700), 0);
	assert_int_equal(setenv("TMPDIR", scratch, 1), 0);
	assert_good(wtg_image_open(iso, &image, &err));
	left = test_run(NULL, "ls -A %s", scratch);
	assert_string_equal(left, "");

	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_fails(wtg_image_open(iso, &(struct wtg_image *){ NULL }, &err), WTG_SYSTEM,
		     "private directory in /nonexistent");
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_image_is_told_by_name),
		cmocka_unit_test(a_disc_without_windows_is_told_so),
		cmocka_unit_test(a_truncated_file_is_found_when_it_is_opened),
		cmocka_unit_test(bad_xml_is_refused_before_wimlib_sees_it),
		cmocka_unit_test(xml_names_are_kept_as_they_are_and_numbers_bounded),
		cmocka_unit_test(a_damaged_tree_is_told_so),
		cmocka_unit_test(a_damaged_file_is_never_given_out),
		cmocka_unit_test(names_that_windows_would_misread_are_found_first),
		cmocka_unit_test(a_file_without_content_is_found_first),
		cmocka_unit_test(an_encrypted_file_is_found_first),
		cmocka_unit_test(a_file_that_compactos_compressed_is_not_read),
		cmocka_unit_test(a_directory_with_a_separator_in_its_name_is_not_read),
		cmocka_unit_test(an_incomplete_split_set_names_what_is_missing),
		cmocka_unit_test(hostile_numbers_are_survived),
		cmocka_unit_test(nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
