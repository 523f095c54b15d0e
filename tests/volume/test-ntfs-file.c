/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "corpus.h"
#include "drive.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

static void assert_clean(const struct test_drive *drive)
{
	_cleanup_free_ char *path = test_drive_carve(drive);

	test_assert_clean(path);
}

static struct wtg_bytes text(const char *s)
{
	return (struct wtg_bytes){ (uint8_t *)(uintptr_t)s, strlen(s) };
}

static void write_text(struct wtg_ntfs *volume, const char *path, const char *content)
{
	struct wtg_bytes bytes = text(content);
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_ntfs_write(volume, path, &bytes, NULL, &err));
}

static void assert_content(struct wtg_ntfs *volume, const char *path, const char *content)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_ntfs_read(volume, path, 4096, &found, &err));
	assert_int_equal(found.size, strlen(content));
	assert_memory_equal(found.data, content, found.size);
}

static void files_are_written_and_found_whatever_the_case_and_the_locale(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;
	struct test_drive drive;

	(void)state;
	setenv("LC_ALL", "C", 1);
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	write_text(volume, "Windows/Panther/unattend.xml", "<first/>");
	write_text(volume, "windows/PANTHER/Unattend.XML", "<second/>");
	write_text(volume, "/Ünïcode/日本語 😀.txt", "hello");
	assert_good(wtg_ntfs_close(&volume, &err));

	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	assert_content(volume, "WINDOWS/panther/UNATTEND.xml", "<second/>");
	assert_content(volume, "ünÏCODE/日本語 😀.TXT", "hello");
	assert_true(wtg_ntfs_exists(volume, "windows"));
	assert_false(wtg_ntfs_exists(volume, "windows/absent"));
	assert_false(wtg_ntfs_exists(volume, "Windows/Panther/unattend.xml/below"));
	assert_good(wtg_ntfs_close(&volume, &err));
	assert_clean(&drive);
	test_drive_done(&drive);
}

static void a_replaced_file_may_grow_and_shrink(void **state)
{
	static const size_t sizes[] = { 0,    300, 4096, 3000000, 20 << 20,
					5000, 10,  0,	 70000 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 64 * MIB);
	test_drive_format(&drive, 512);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes content = {
			wtg_alloc(sizes[i]), sizes[i]
		};
		_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };

		memset(content.data, (int)i + 1, sizes[i]);
		assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
		assert_good(wtg_ntfs_write(volume, "hive", &content, NULL, &err));
		assert_good(wtg_ntfs_close(&volume, &err));
		assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
		assert_good(wtg_ntfs_read(volume, "hive", 32 << 20, &found, &err));
		assert_good(wtg_ntfs_close(&volume, &err));
		assert_int_equal(found.size, sizes[i]);
		assert_memory_equal(found.data, content.data, sizes[i]);
		assert_clean(&drive);
	}
	test_drive_done(&drive);
}

static void compressed_sparse_and_linked_files_are_replaced_too(void **state)
{
	static const char *const paths[] = { "compressed/text.txt", "sparse.bin",
					     "Windows/System32/kernel32.dll",
					     "Users/download.exe" };
	static const char *const same[] = { "Windows/WinSxS/a component/KERNEL32.dll",
					    "Windows/System32/another name.dll" };
	_cleanup_free_ char *path = wtg_text("%s/corpus", test_dir());
	_cleanup_free_ char *fix = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	struct wtg_ntfs *volume;
	_cleanup_fd_ int fd = -1;

	(void)state;
	test_corpus_volume(path, 64 * MIB);
	fd = open(path, O_RDWR | O_CLOEXEC);
	struct wtg_window window = test_window(fd, 64 * MIB, &ledger);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_good(wtg_ntfs_open(&window, &volume, &err));
		write_text(volume, paths[i], paths[i]);
		assert_good(wtg_ntfs_close(&volume, &err));
		assert_good(wtg_ntfs_open(&window, &volume, &err));
		assert_content(volume, paths[i], paths[i]);
		assert_good(wtg_ntfs_close(&volume, &err));
	}
	assert_good(wtg_ntfs_open(&window, &volume, &err));
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_content(volume, same[i], "Windows/System32/kernel32.dll");
	assert_good(wtg_ntfs_close(&volume, &err));
	wtg_ledger_done(&ledger);
	fix = test_run(NULL, "ntfsfix -n '%s' && ntfsresize -i -f '%s'", path, path);
	assert_non_null(strstr(fix, "You might resize"));
}

/* The security descriptor of a file, as ntfssecaudit dumps it. */
static char *security_of(const char *volume, const char *path)
{
	return test_run(NULL, "ntfssecaudit -v '%s' '%s' | grep '^        0'", volume,
			path);
}

static void new_files_inherit_and_replaced_ones_keep_their_security(void **state)
{
	_cleanup_free_ char *path = wtg_text("%s/corpus", test_dir());
	struct wtg_bytes given = { (uint8_t *)(uintptr_t)test_corpus_security,
				   test_corpus_security_size };
	struct wtg_bytes content = text("content");
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	struct wtg_ntfs *volume;
	_cleanup_fd_ int fd = -1;
	char *before, *after, *of_new, *of_given, *of_below;

	(void)state;
	test_require("ntfssecaudit");
	if (geteuid() != 0)
		test_skip("ntfssecaudit works for root only");
	test_corpus_volume(path, 64 * MIB);
	before = security_of(path, "/Users/download.exe");
	fd = open(path, O_RDWR | O_CLOEXEC);
	struct wtg_window window = test_window(fd, 64 * MIB, &ledger);
	assert_good(wtg_ntfs_open(&window, &volume, &err));
	assert_good(wtg_ntfs_write(volume, "users/DOWNLOAD.exe", &content, NULL, &err));
	assert_good(wtg_ntfs_write(volume, "Users/new", &content, NULL, &err));
	assert_good(wtg_ntfs_write(volume, "Users/a/b", &content, NULL, &err));
	assert_good(wtg_ntfs_write(volume, "Windows/given", &content, &given, &err));
	assert_good(wtg_ntfs_close(&volume, &err));
	wtg_ledger_done(&ledger);

	after = security_of(path, "/Users/download.exe");
	assert_string_equal(before, after);
	/* Everybody may read (12 00 a9), an entry that is marked as inherited (10). */
	of_new = security_of(path, "/Users/new");
	assert_non_null(strstr(of_new, "00101400\n        000020  a9001200"));
	of_below = security_of(path, "/Users/a/b");
	assert_non_null(strstr(of_below, "00101400\n        000020  a9001200"));
	of_given = security_of(path, "/Windows/given");
	assert_string_equal(of_given, before);
	free(before);
	free(after);
	free(of_new);
	free(of_given);
	free(of_below);
}

static void removing_takes_the_short_name_and_leaves_other_links(void **state)
{
	_cleanup_free_ char *path = wtg_text("%s/corpus", test_dir());
	_cleanup_free_ char *fix = NULL;
	_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	struct wtg_ntfs *volume;
	_cleanup_fd_ int fd = -1;

	(void)state;
	test_corpus_volume(path, 64 * MIB);
	fd = open(path, O_RDWR | O_CLOEXEC);
	struct wtg_window window = test_window(fd, 64 * MIB, &ledger);
	assert_good(wtg_ntfs_open(&window, &volume, &err));
	assert_true(wtg_ntfs_exists(volume, "PROGRA~1/LONGFI~1.TEX"));
	assert_good(wtg_ntfs_remove(volume, "Program Files/long file name.TEXT", &err));
	assert_good(wtg_ntfs_remove(volume, "Windows/System32/kernel32.dll", &err));
	assert_good(wtg_ntfs_remove(volume, "Windows/absent/file", &err));
	assert_good(wtg_ntfs_remove(volume, "Users/download.exe", &err));
	assert_fails(wtg_ntfs_remove(volume, "Windows", &err), WTG_SYSTEM, "not empty");
	assert_good(wtg_ntfs_close(&volume, &err));

	assert_good(wtg_ntfs_open(&window, &volume, &err));
	assert_false(wtg_ntfs_exists(volume, "PROGRA~1/LONGFI~1.TEX"));
	assert_false(wtg_ntfs_exists(volume, "Program Files/Long File Name.text"));
	assert_false(wtg_ntfs_exists(volume, "Windows/System32/kernel32.dll"));
	assert_good(wtg_ntfs_read(volume, "Windows/WinSxS/a component/kernel32.dll",
				  1 << 20, &found, &err));
	assert_int_equal(found.size, 123456);
	assert_good(wtg_ntfs_close(&volume, &err));
	wtg_ledger_done(&ledger);
	fix = test_run(NULL, "ntfsfix -n '%s' && ntfsresize -i -f '%s'", path, path);
	assert_non_null(strstr(fix, "You might resize"));
}

static void what_cannot_be_read_is_refused_by_name(void **state)
{
	_cleanup_free_ char *path = wtg_text("%s/corpus", test_dir());
	_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bytes content = text("content");
	struct wtg_ledger ledger = { 0 };
	struct wtg_ntfs *volume;
	_cleanup_fd_ int fd = -1;

	(void)state;
	test_corpus_volume(path, 64 * MIB);
	test_corpus_mark_compact(path, "Windows/sizes/4096 bytes");
	fd = open(path, O_RDWR | O_CLOEXEC);
	struct wtg_window window = test_window(fd, 64 * MIB, &ledger);
	assert_good(wtg_ntfs_open(&window, &volume, &err));
	assert_fails(wtg_ntfs_read(volume, "Windows/sizes/4096 bytes", 5000, &found,
				   &err),
		     WTG_INPUT, "WofCompressedData");
	assert_fails(wtg_ntfs_write(volume, "Windows/sizes/4096 bytes", &content, NULL,
				    &err),
		     WTG_INPUT, "CompactOS");
	assert_fails(wtg_ntfs_read(volume, "Windows", 5000, &found, &err), WTG_INPUT,
		     "directory");
	assert_fails(wtg_ntfs_read(volume, "Windows/no", 5000, &found, &err), WTG_INPUT,
		     "Windows/no");
	assert_fails(wtg_ntfs_read(volume, "Windows/sizes/4097 bytes", 4096, &found,
				   &err),
		     WTG_INPUT, "4097 bytes, at most 4096");
	assert_fails(wtg_ntfs_write(volume, "a:b", &content, NULL, &err), WTG_SYSTEM,
		     "a:b");
	assert_fails(wtg_ntfs_write(volume, "", &content, NULL, &err), WTG_SYSTEM,
		     "directory");
	/* Native compression and holes are libntfs-3g's to read. */
	assert_good(wtg_ntfs_read(volume, "compressed/text.txt", 1 << 20, &found, &err));
	assert_int_equal(found.size, 300001);
	assert_memory_equal(found.data + 13 * 20000, "compressible ", 13);
	assert_good(wtg_ntfs_close(&volume, &err));
	wtg_ledger_done(&ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			files_are_written_and_found_whatever_the_case_and_the_locale),
		cmocka_unit_test(a_replaced_file_may_grow_and_shrink),
		cmocka_unit_test(compressed_sparse_and_linked_files_are_replaced_too),
		cmocka_unit_test(new_files_inherit_and_replaced_ones_keep_their_security),
		cmocka_unit_test(removing_takes_the_short_name_and_leaves_other_links),
		cmocka_unit_test(what_cannot_be_read_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
