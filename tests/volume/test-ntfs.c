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
#include "volume/ntfs.h"
#include "wtg/text.h"

#define MIB        (UINT64_C(1) << 20)
#define START      (17 * MIB)
#define SERIAL     UINT64_C(0x1122334455667788)
#define OLD        0xa5

/* A drive with old content, and the window of a partition on it. */
struct drive {
	char *path;
	int fd;
	struct wtg_ledger ledger;
	struct wtg_window window;
};

static void drive_open(struct drive *drive, uint64_t size)
{
	_cleanup_free_ uint8_t *old = wtg_alloc(MIB);

	memset(drive, 0, sizeof(*drive));
	drive->fd = test_file("drive", START + size + MIB, &drive->path);
	memset(old, OLD, MIB);
	for (uint64_t at = 0; at < START + size + MIB; at += MIB)
		if (wtg_pwrite_all(drive->fd, old, MIB, at) < 0)
			fail_msg("cannot fill the drive");
	drive->window = (struct wtg_window){ .fd = drive->fd, .offset = START, .length = size,
					     .ledger = &drive->ledger };
}

static void drive_done(struct drive *drive)
{
	close(drive->fd);
	free(drive->path);
	wtg_ledger_done(&drive->ledger);
}

static void format(struct drive *drive, uint32_t sector_bytes)
{
	const struct wtg_ntfs_format how = { .label = "Wíndows", .serial = SERIAL,
					     .start_bytes = START, .sector_bytes = sector_bytes };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_ntfs_format(&drive->window, &how, &err));
}

/* The volume as a plain file, which is what other programs can look at. */
static char *carve(const struct drive *drive)
{
	char *path = wtg_text("%s.volume", drive->path);

	free(test_run(NULL, "dd if='%s' of='%s' bs=1M skip=%llu count=%llu status=none",
		      drive->path, path, (unsigned long long)(START / MIB),
		      (unsigned long long)(drive->window.length / MIB)));
	return path;
}

static void assert_clean(const struct drive *drive)
{
	_cleanup_free_ char *path = carve(drive), *fix = NULL, *resize = NULL, *info = NULL;

	fix = test_run(NULL, "ntfsfix -n '%s'", path);
	assert_non_null(strstr(fix, "processed successfully"));
	resize = test_run(NULL, "ntfsresize -i -f '%s'", path);
	assert_non_null(strstr(resize, "You might resize"));
	info = test_run(NULL, "ntfsinfo -m '%s'", path);
	assert_non_null(strstr(info, "Volume Flags: 0x0000"));
}

static void check_format(uint32_t sector_bytes, uint64_t size)
{
	struct drive drive;
	uint8_t boot[512], copy[512], byte;

	drive_open(&drive, size);
	format(&drive, sector_bytes);
	assert_int_equal(wtg_pread_all(drive.fd, boot, 512, START), 0);
	assert_int_equal(wtg_pread_all(drive.fd, copy, 512, START + size - sector_bytes), 0);
	assert_memory_equal(boot, copy, 512);
	assert_memory_equal(boot + 3, "NTFS    ", 8);
	assert_int_equal(wtg_le16(boot + 0x0b), sector_bytes);
	assert_int_equal(boot[0x0d], 4096 / sector_bytes);
	assert_int_equal(wtg_le16(boot + 0x18), 63);
	assert_int_equal(wtg_le16(boot + 0x1a), 255);
	assert_int_equal(wtg_le32(boot + 0x1c), START / sector_bytes);
	assert_int_equal(wtg_le64(boot + 0x28), size / sector_bytes - 1);
	assert_true(wtg_le64(boot + 0x48) == SERIAL);
	/* Nothing outside of the window was touched. */
	assert_int_equal(wtg_pread_all(drive.fd, &byte, 1, START - 1), 0);
	assert_int_equal(byte, OLD);
	assert_int_equal(wtg_pread_all(drive.fd, &byte, 1, START + size), 0);
	assert_int_equal(byte, OLD);
	assert_clean(&drive);
	drive_done(&drive);
}

static void a_formatted_volume_says_what_firmware_and_windows_need(void **state)
{
	(void)state;
	test_require("mkntfs");
	check_format(512, 40 * MIB);
	check_format(4096, 48 * MIB);
}

static void formatting_is_reproducible_with_source_date_epoch(void **state)
{
	_cleanup_free_ char *first = NULL, *second = NULL, *moved = NULL;
	struct drive drive;

	(void)state;
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
	drive_open(&drive, 40 * MIB);
	format(&drive, 512);
	first = carve(&drive);
	moved = wtg_text("%s.first", first);
	assert_int_equal(rename(first, moved), 0);
	sleep(1);
	format(&drive, 512);
	second = carve(&drive);
	free(test_run(NULL, "cmp '%s' '%s'", moved, second));
	unsetenv("SOURCE_DATE_EPOCH");
	drive_done(&drive);
}

static void a_start_that_a_boot_sector_cannot_hold_is_refused(void **state)
{
	const struct wtg_ntfs_format how = { .start_bytes = UINT64_C(1) << 42,
					     .sector_bytes = 512 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct drive drive;

	(void)state;
	drive_open(&drive, 40 * MIB);
	assert_fails(wtg_ntfs_format(&drive.window, &how, &err), WTG_UNSUITABLE, "4398046511104");
	assert_int_equal(drive.ledger.n_writes, 0);
	drive_done(&drive);
}

static void info_tells_label_serial_and_sizes(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs_info info;
	struct wtg_window reading;
	struct wtg_ntfs *volume;
	struct drive drive;

	(void)state;
	drive_open(&drive, 40 * MIB);
	format(&drive, 512);
	reading = drive.window;
	reading.ledger = NULL;
	assert_good(wtg_ntfs_open(&reading, &volume, &err));
	assert_good(wtg_ntfs_info(volume, &info, &err));
	assert_string_equal(info.label, "Wíndows");
	assert_true(info.serial == SERIAL);
	assert_int_equal(info.cluster_bytes, 4096);
	assert_int_equal(info.size_bytes, 40 * MIB - 4096);
	assert_true(info.free_bytes > 30 * MIB && info.free_bytes < 40 * MIB);
	assert_false(info.dirty);
	assert_false(info.hibernated);
	assert_good(wtg_ntfs_close(&volume, &err));
	assert_null(volume);
	drive_done(&drive);
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
	struct drive drive;

	(void)state;
	setenv("LC_ALL", "C", 1);
	drive_open(&drive, 40 * MIB);
	format(&drive, 512);
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
	drive_done(&drive);
}

static void a_replaced_file_may_grow_and_shrink(void **state)
{
	static const size_t sizes[] = { 0, 300, 4096, 3000000, 20 << 20, 5000, 10, 0, 70000 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;
	struct drive drive;

	(void)state;
	drive_open(&drive, 64 * MIB);
	format(&drive, 512);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes content = { wtg_alloc(sizes[i]),
								       sizes[i] };
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
	drive_done(&drive);
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
	return test_run(NULL, "ntfssecaudit -v '%s' '%s' | grep '^        0'", volume, path);
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
	assert_good(wtg_ntfs_read(volume, "Windows/WinSxS/a component/kernel32.dll", 1 << 20,
				  &found, &err));
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
	assert_fails(wtg_ntfs_read(volume, "Windows/sizes/4096 bytes", 5000, &found, &err),
		     WTG_INPUT, "CompactOS");
	assert_fails(wtg_ntfs_write(volume, "Windows/sizes/4096 bytes", &content, NULL, &err),
		     WTG_INPUT, "CompactOS");
	assert_fails(wtg_ntfs_read(volume, "Windows", 5000, &found, &err), WTG_INPUT, "directory");
	assert_fails(wtg_ntfs_read(volume, "Windows/no", 5000, &found, &err), WTG_INPUT,
		     "Windows/no");
	assert_fails(wtg_ntfs_read(volume, "Windows/sizes/4097 bytes", 4096, &found, &err),
		     WTG_INPUT, "4097 bytes, at most 4096");
	assert_fails(wtg_ntfs_write(volume, "a:b", &content, NULL, &err), WTG_SYSTEM, "a:b");
	assert_fails(wtg_ntfs_write(volume, "", &content, NULL, &err), WTG_SYSTEM, "directory");
	/* Native compression and holes are libntfs-3g's to read. */
	assert_good(wtg_ntfs_read(volume, "compressed/text.txt", 1 << 20, &found, &err));
	assert_int_equal(found.size, 300001);
	assert_memory_equal(found.data + 13 * 20000, "compressible ", 13);
	assert_good(wtg_ntfs_close(&volume, &err));
	wtg_ledger_done(&ledger);
}

static void what_is_no_clean_ntfs_is_not_opened(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bytes hibernated = { 0 };
	struct wtg_ntfs *volume = NULL;
	struct wtg_window reading;
	struct wtg_ntfs_info info;
	struct drive drive;

	(void)state;
	drive_open(&drive, 40 * MIB);
	assert_fails(wtg_ntfs_open(&drive.window, &volume, &err), WTG_INPUT, "no NTFS");
	assert_null(volume);

	format(&drive, 512);
	hibernated.size = 8192;
	hibernated.data = wtg_alloc(hibernated.size);
	memcpy(hibernated.data, "hibr", 4);
	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	assert_good(wtg_ntfs_write(volume, "hiberfil.sys", &hibernated, NULL, &err));
	assert_good(wtg_ntfs_close(&volume, &err));
	wtg_bytes_done(&hibernated);
	assert_fails(wtg_ntfs_open(&drive.window, &volume, &err), WTG_INPUT, "hibernated");
	reading = drive.window;
	reading.ledger = NULL;
	assert_good(wtg_ntfs_open(&reading, &volume, &err));
	assert_good(wtg_ntfs_info(volume, &info, &err));
	assert_true(info.hibernated);
	assert_fails(wtg_ntfs_remove(volume, "hiberfil.sys", &err), WTG_SYSTEM, "hiberfil.sys");
	wtg_ntfs_abandon(volume);
	drive_done(&drive);
}

static void an_abandoned_volume_is_as_it_was(void **state)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;
	struct drive drive;

	(void)state;
	drive_open(&drive, 40 * MIB);
	format(&drive, 512);
	before = test_run(NULL, "sha256sum '%s'", drive.path);
	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	write_text(volume, "Windows/file", "text");
	wtg_ntfs_abandon(volume);
	after = test_run(NULL, "sha256sum '%s'", drive.path);
	assert_string_equal(before, after);
	drive_done(&drive);
}

/* The descriptor turns read-only underneath: every write fails with EBADF. */
static void a_lost_write_is_told_when_the_volume_is_closed(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs *volume;
	struct drive drive;
	int fd;

	(void)state;
	drive_open(&drive, 40 * MIB);
	format(&drive, 512);
	assert_good(wtg_ntfs_open(&drive.window, &volume, &err));
	write_text(volume, "Windows/file", "text");
	fd = open(drive.path, O_RDONLY | O_CLOEXEC);
	assert_true(dup2(fd, drive.fd) >= 0);
	close(fd);
	assert_fails(wtg_ntfs_close(&volume, &err), WTG_SYSTEM, "write to the drive at byte");
	assert_null(volume);
	drive_done(&drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_formatted_volume_says_what_firmware_and_windows_need),
		cmocka_unit_test(formatting_is_reproducible_with_source_date_epoch),
		cmocka_unit_test(a_start_that_a_boot_sector_cannot_hold_is_refused),
		cmocka_unit_test(info_tells_label_serial_and_sizes),
		cmocka_unit_test(files_are_written_and_found_whatever_the_case_and_the_locale),
		cmocka_unit_test(a_replaced_file_may_grow_and_shrink),
		cmocka_unit_test(compressed_sparse_and_linked_files_are_replaced_too),
		cmocka_unit_test(new_files_inherit_and_replaced_ones_keep_their_security),
		cmocka_unit_test(removing_takes_the_short_name_and_leaves_other_links),
		cmocka_unit_test(what_cannot_be_read_is_refused_by_name),
		cmocka_unit_test(what_is_no_clean_ntfs_is_not_opened),
		cmocka_unit_test(an_abandoned_volume_is_as_it_was),
		cmocka_unit_test(a_lost_write_is_told_when_the_volume_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
