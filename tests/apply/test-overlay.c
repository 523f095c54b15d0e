/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image with an overlay, by each engine, captured back and compared. */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/fdio.h"
#include "corpus.h"
#include "drive.h"
#include "tree.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

#define SIZE (96 * MIB)

#define HIVE "Windows/System32/config/SYSTEM"

static char *source_wim, *source_tree;

static int make_source(void **state)
{
	(void)state;
	source_wim = test_corpus_capture("source.wim", "");
	source_tree = test_tree(source_wim, 1);
	return 0;
}

static int drop_source(void **state)
{
	(void)state;
	free(source_wim);
	free(source_tree);
	return 0;
}

static struct wtg_bytes content(size_t size, uint8_t filler)
{
	struct wtg_bytes bytes = { wtg_alloc(size), size };

	memset(bytes.data, filler, size);
	return bytes;
}

/* Files of all sizes in the place of larger and smaller ones, also of linked, compressed and
 * sparse ones; new ones, in a new directory too; some that are gone. */
static void make_overlay(struct wtg_overlay *overlay)
{
	const struct wtg_bytes none = { 0 };

	wtg_overlay_put(overlay, HIVE, content(300000, 1), none);
	wtg_overlay_put(overlay, "windows/SIZES/3145745 bytes", content(100, 2), none);
	wtg_overlay_put(overlay, "Windows/sizes/0 bytes", content(5000, 3), none);
	wtg_overlay_put(overlay, "Windows/System32/kernel32.dll", content(70000, 4), none);
	wtg_overlay_put(overlay, "compressed/text.txt", content(70000, 5), none);
	wtg_overlay_put(overlay, "sparse.bin", content(70000, 6), none);
	wtg_overlay_put(overlay, "Users/download.exe", content(0, 7), none);
	wtg_overlay_put(overlay, "Users/new file", content(10, 8), none);
	wtg_overlay_put(overlay, "Users/new/deeper/file", content(9000, 9), none);
	wtg_overlay_put(overlay, "Windows/given", content(9, 10),
			wtg_bytes_copy(test_corpus_security, test_corpus_security_size));
	wtg_overlay_drop(overlay, "program files/long file name.TEXT");
	wtg_overlay_drop(overlay, "Windows/System32/another name.dll");
	wtg_overlay_drop(overlay, "Windows/WinSxS/many/file number 399.dat");
	wtg_overlay_drop(overlay, "Windows/was never/there");
}

static void apply(struct test_drive *drive, enum wtg_engine engine,
		  const struct wtg_overlay *overlay)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	struct wtg_application application = { .overlay = overlay, .engine = engine };
	struct wtg_error err = WTG_ERROR_INIT;

	test_drive_open(drive, SIZE);
	test_drive_format(drive, 512);
	assert_good(wtg_image_open(source_wim, &image, &err));
	application.image = image;
	application.edition = wtg_image_edition(image, 0);
	assert_good(wtg_apply(&application, &drive->window, NULL, &err));
}

static char *tree_of(enum wtg_engine engine, const struct wtg_overlay *overlay)
{
	_cleanup_free_ char *volume = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	char *tree;

	apply(&drive, engine, overlay);
	assert_good(wtg_overlay_compare(overlay, &drive.window, &err));
	volume = test_drive_carve(&drive);
	test_assert_clean(volume);
	tree = test_tree_of_volume(volume);
	test_drive_assert_bounds(&drive);
	test_drive_done(&drive);
	return tree;
}

static char *tree_with(enum wtg_engine engine)
{
	_cleanup_(wtg_overlay_done) struct wtg_overlay overlay = { 0 };

	make_overlay(&overlay);
	return tree_of(engine, &overlay);
}

/* The line of a path; NULL: none. */
static const char *line_of(const char *tree, const char *path)
{
	_cleanup_free_ char *start = wtg_text("/%s short=", path);
	const char *line = tree;

	while (line && strncmp(line, start, strlen(start)) != 0) {
		line = strchr(line, '\n');
		line = line && line[1] ? line + 1 : NULL;
	}
	return line;
}

/* A field and its value, from a line; the caller frees. */
static char *field_of(const char *tree, const char *path, const char *field)
{
	_cleanup_free_ char *start = wtg_text(" %s=", field);
	const char *line = line_of(tree, path), *at = line ? strstr(line, start) : NULL;

	if (!at)
		fail_msg("no %s of %s", field, path);
	return wtg_text("%.*s", (int)strcspn(at + 1, " \n"), at + 1);
}

static void assert_same_field(const char *tree, const char *path, const char *with_path,
			      const char *field)
{
	_cleanup_free_ char *found = field_of(tree, path, field);
	_cleanup_free_ char *expected = field_of(source_tree, with_path, field);

	if (strcmp(found, expected) != 0)
		fail_msg("%s: %s, not %s", path, found, expected);
}

static void assert_content(const char *tree, const struct wtg_overlay_file *file)
{
	uint8_t sha1[WTG_SHA1_SIZE];
	char hex[2 * WTG_SHA1_SIZE + 1] = "";
	_cleanup_free_ char *expected = NULL;
	const char *line = line_of(tree, file->path), *end;
	const struct wtg_bytes *bytes = wtg_overlay_content(file);

	wtg_sha1(bytes->data, bytes->size, sha1);
	for (size_t i = 0; i < sizeof(sha1) && bytes->size > 0; i++)
		sprintf(hex + 2 * i, "%02x", sha1[i]);
	expected = wtg_text(" stream=:%zu:%s", bytes->size, hex);
	end = line ? strchr(line, '\n') : NULL;
	if (!end || !memmem(line, (size_t)(end - line), expected, strlen(expected)))
		fail_msg("%s has not%s", file->path, expected);
}

static void check_engine(enum wtg_engine engine)
{
	static const char *const kept[] = { "short", "attributes", "created", "object",
					    "security", "tag" };
	static const char *const replaced[] = { HIVE, "Windows/sizes/0 bytes",
						"Users/download.exe" };
	_cleanup_(wtg_overlay_done) struct wtg_overlay overlay = { 0 };
	_cleanup_free_ char *tree = tree_with(engine);

	make_overlay(&overlay);
	for (size_t i = 0; i < overlay.n_items; i++) {
		const struct wtg_overlay_file *file = &overlay.items[i];

		if (file->drop)
			assert_null(line_of(tree, file->path));
		else if (strncmp(file->path, "windows", 7) != 0)
			assert_content(tree, file);
	}
	assert_null(strstr(tree, "LONGFI~1"));
	assert_non_null(strstr(tree, "/Windows/WinSxS/a component/kernel32.dll short= "
				     "attributes=00000020 links=2"));
	for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++)
		for (size_t k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
			assert_same_field(tree, replaced[i], replaced[i], kept[k]);
	assert_same_field(tree, "Windows/given", "Users/download.exe", "security");
}

static void the_overlay_is_all_that_changes_with_wimlib(void **state)
{
	(void)state;
	check_engine(WTG_ENGINE_WIMLIB);
}

static void and_with_our_own_engine(void **state)
{
	(void)state;
	check_engine(WTG_ENGINE_OWN);
}

/* Drivers are the user's bytes, under names that he chose; where the image has such a file, it is
 * linked with that of the component store. */
static void what_is_lent_takes_one_name_and_leaves_the_other_links(void **state)
{
	static const char *const paths[] = { "Windows/System32/Another Name.dll",
					     "Windows/Gr\xc3\xb6\xc3\x9f" "e/\xd1\x82.sys",
					     "Windows/Gr\xc3\xb6\xc3\x9f" "e/empty" };
	static const enum wtg_engine engines[] = { WTG_ENGINE_WIMLIB, WTG_ENGINE_OWN };
	_cleanup_(wtg_overlay_done) struct wtg_overlay overlay = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files lender = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		wtg_files_add(&lender, paths[i], content(20000 * (2 - i), (uint8_t)(i + 20)));
	for (size_t i = 0; i < 3; i++)
		wtg_overlay_lend(&overlay, paths[i], &lender, i);
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *tree = tree_of(engines[i], &overlay);
		_cleanup_free_ char *links = NULL;

		assert_content(tree, &overlay.items[1]);
		assert_content(tree, &overlay.items[2]);
		assert_non_null(strcasestr(tree, "/Windows/System32/another name.dll short= "
						 "attributes=00000020 links=1"));
		links = field_of(tree, "Windows/System32/kernel32.dll", "links");
		assert_string_equal(links, "links=2");
		assert_same_field(tree, "Windows/System32/kernel32.dll",
				  "Windows/System32/kernel32.dll", "stream");
	}
}

/* Without times: those of what the overlay touches say when this test ran. */
static char *timeless(char *tree)
{
	static const char *const fields[] = { " created=", " written=", " accessed=" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		for (char *at = tree; (at = strstr(at, fields[i]));) {
			at += strlen(fields[i]);
			memset(at, '-', strcspn(at, " \n"));
		}
	return tree;
}

static void both_engines_make_the_same_tree_of_it(void **state)
{
	_cleanup_free_ char *wimlibs = timeless(tree_with(WTG_ENGINE_WIMLIB));
	_cleanup_free_ char *ours = timeless(tree_with(WTG_ENGINE_OWN));

	(void)state;
	test_trees_equal(ours, wimlibs);
}

/* How many of these files' contents lie somewhere on the drive, in a file's slack too. */
static unsigned n_on_drive(const struct test_drive *drive, const char *const paths[], size_t n)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes all = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	unsigned found = 0;

	assert_good(wtg_image_open(source_wim, &image, &err));
	assert_good(wtg_image_read(image, wtg_image_edition(image, 0), paths, n, 16 * MIB, &files,
				   &err));
	assert_int_equal(files.n_items, n);
	assert_good(wtg_read_file(drive->fd, 256 * MIB, "the drive", &all, &err));
	for (size_t i = 0; i < n; i++)
		found += memmem(all.data, all.size, files.items[i].content.data + 4096, 64) != NULL;
	return found;
}

static void what_is_left_out_or_replaced_never_reaches_the_drive(void **state)
{
	static const char *const paths[] = { "Windows/sizes/3145745 bytes", HIVE };
	_cleanup_(wtg_overlay_done) struct wtg_overlay overlay = { 0 };
	struct test_drive drive;
	uint64_t plain_bytes;

	(void)state;
	apply(&drive, WTG_ENGINE_OWN, NULL);
	plain_bytes = drive.ledger.bytes_written;
	assert_int_equal(n_on_drive(&drive, paths, 2), 2);
	test_drive_done(&drive);

	wtg_overlay_drop(&overlay, paths[0]);
	wtg_overlay_put(&overlay, paths[1], content(20000, 1), (struct wtg_bytes){ 0 });
	apply(&drive, WTG_ENGINE_OWN, &overlay);
	assert_int_equal(n_on_drive(&drive, paths, 2), 0);
	assert_true(drive.ledger.bytes_written + 3145745 <= plain_bytes);
	test_drive_done(&drive);
}

/* So that folding ASCII is enough to find what an overlay's paths mean to Windows. */
static void nothing_but_ascii_folds_to_ascii(void **state)
{
	_cleanup_free_ char *path = wtg_text("%s/upcase", test_dir()), *volume = NULL;
	_cleanup_(wtg_bytes_done) struct wtg_bytes upcase = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	_cleanup_fd_ int fd = -1;

	(void)state;
	test_require("ntfscat");
	test_drive_open(&drive, SIZE);
	test_drive_format(&drive, 512);
	volume = test_drive_carve(&drive);
	test_drive_done(&drive);
	free(test_run(NULL, "ntfscat -i 10 '%s' >'%s'", volume, path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_good(wtg_read_file(fd, MIB, path, &upcase, &err));
	assert_int_equal(upcase.size, 2 * 65536);
	assert_int_equal(wtg_le16(upcase.data + 2 * 'z'), 'Z');
	for (size_t i = 128; i < 65536; i++)
		assert_true(wtg_le16(upcase.data + 2 * i) >= 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_overlay_is_all_that_changes_with_wimlib),
		cmocka_unit_test(and_with_our_own_engine),
		cmocka_unit_test(what_is_lent_takes_one_name_and_leaves_the_other_links),
		cmocka_unit_test(both_engines_make_the_same_tree_of_it),
		cmocka_unit_test(what_is_left_out_or_replaced_never_reaches_the_drive),
		cmocka_unit_test(nothing_but_ascii_folds_to_ascii),
	};

	return cmocka_run_group_tests(tests, make_source, drop_source);
}
