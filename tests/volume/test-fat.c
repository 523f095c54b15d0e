/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/fat-read.h"
#include "volume/fat.h"
#include "wtg/text.h"

#define MIB (1ull << 20)
#define ESP_BYTES (260 * MIB)
#define START_BYTES MIB

static const struct wtg_fat_format esp = {
	.serial = 0x1234abcd,
	.start_bytes = START_BYTES,
	.sector_bytes = 512,
	.time = 1700000000, /* 2023-11-14 22:13:20 */
};

static void add(struct wtg_files *files, const char *path, size_t size)
{
	struct wtg_bytes content = { .data = wtg_alloc(size), .size = size };

	for (size_t i = 0; i < size; i++)
		content.data[i] =
			(uint8_t)(i * 31 + i / 256 + (uint8_t)path[strlen(path) - 1]);
	wtg_files_add(files, path, content);
}

/* What lies on an EFI system partition, and what is hard about names. */
static struct wtg_files example(void)
{
	static const char *const hard[] = {
		"EFI/Microsoft/Boot/BCD", /* 8.3 as it is */
		"EFI/Microsoft/Boot/zh-CN/内存.mui",
		"EFI/Microsoft/Boot/qps-ploc/memtest.efi.mui",
		("EFI/Microsoft/Boot/CIPolicies/Active/"
		 "{5DAC656C-21AD-4A02-AB49-649917162E70}.cip"),
		"efi/microsoft/BOOT/in the same directory.txt",
		"EFI/Boot/ěščř.txt",
		"EFI/Boot/😀.x",
		"EFI/Boot/.hidden",
		"EFI/Boot/longname one.txt",
		"EFI/Boot/longname two.txt",
		"EFI/Boot/LONGNA~1.TXT",
		"EFI/Boot/no extension",
		"EFI/Boot/many.dots.in.it",
		"a[b]/[!x]/a[b].txt",
		"-dash/100%",
		"exactly13char/exactly26characters0123456",
	};
	struct wtg_files files = { 0 };
	char name[300] = "long/";

	add(&files, "EFI/Microsoft/Boot/bootmgfw.efi", 1500001);
	add(&files, "EFI/Boot/bootx64.efi", 4096);
	add(&files, "empty", 0);
	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++)
		add(&files, hard[i], 100 + i);
	memset(name + 5, 'n', 255);
	add(&files, name, 5);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "many/%d has a long name.dat", i);
		add(&files, name, 10);
	}
	return files;
}

/* A window full of somebody's old bytes, in a file, so that other programs can look. */
static int dirty_file(const char *name, uint64_t size_bytes, uint64_t dirty_bytes,
		      char **ret_path)
{
	int fd = test_file(name, size_bytes, ret_path);
	_cleanup_free_ uint8_t *old = wtg_alloc(MIB);

	memset(old, 0xa5, MIB);
	for (uint64_t at = 0; at < dirty_bytes; at += MIB)
		assert_int_equal(wtg_pwrite_all(fd, old, MIB, at), 0);
	return fd;
}

static void make(const char *name, uint64_t size_bytes,
		 const struct wtg_fat_format *format, const struct wtg_files *files,
		 char **ret_path)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_fd_ int fd = dirty_file(name, size_bytes, 8 * MIB, ret_path);
	struct wtg_window w = test_window(fd, size_bytes, &ledger);

	assert_good(wtg_fat_make(&w, format, files, &err));
	assert_int_equal(ledger.failure, 0);
}

static struct wtg_fat *reopen(const char *path, uint64_t size_bytes, int *ret_fd)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window w;
	struct wtg_fat *fat;
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	*ret_fd = dup(fileno(f));
	fclose(f);
	w = test_window(*ret_fd, size_bytes, NULL);
	assert_good(wtg_fat_open(&w, &fat, &err));
	return fat;
}

static void expect_files(struct wtg_fat *fat, const struct wtg_files *files)
{
	_cleanup_(wtg_files_done) struct wtg_files back = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_fat_read_tree(fat, "", 100 * MIB, &back, &err));
	assert_int_equal(back.n_items, files->n_items);
	for (size_t i = 0; i < files->n_items; i++) {
		const struct wtg_file *file = &files->items[i];
		const struct wtg_file *other = wtg_files_find(&back, file->path);

		if (!other)
			fail_msg("%s is missing", file->path);
		assert_int_equal(other->content.size, file->content.size);
		assert_memory_equal(other->content.data, file->content.data,
				    file->content.size);
	}
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void an_esp_is_real_fat32_in_both_sector_sizes(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = example();

	(void)state;
	test_require("fsck.fat");
	for (uint32_t sector = 512; sector <= 4096; sector *= 8) {
		struct wtg_fat_format format = esp;
		_cleanup_free_ char *path = NULL, *said = NULL;
		_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
		_cleanup_fd_ int fd = -1;
		struct wtg_fat_info info;

		format.sector_bytes = sector;
		make("esp", ESP_BYTES, &format, &files, &path);
		fat = reopen(path, ESP_BYTES, &fd);
		wtg_fat_info(fat, &info);
		assert_int_equal(info.bits, 32);
		assert_true(info.n_clusters >= 65525);
		assert_int_equal(info.sector_bytes, sector);
		assert_int_equal(info.cluster_bytes, 4096);
		assert_int_equal(info.hidden_sectors, START_BYTES / sector);
		assert_int_equal(info.serial, 0x1234abcd);
		assert_string_equal(info.label, "");
		expect_files(fat, &files);
		said = test_run(NULL, "fsck.fat -nv %s", path);
		has(said, "32 bit entries");
		has(said, "63 sectors/track, 255 heads");
		has(said, "334 files, ");
	}
}

static void other_programs_read_the_same_files(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = example();
	_cleanup_free_ char *path = NULL, *mdir = NULL, *zip = NULL, *fsstat = NULL;

	(void)state;
	test_require("mdir");
	test_require("7z");
	test_require("fsstat");
	make("others", ESP_BYTES, &esp, &files, &path);
	mdir = test_run(NULL, "export LC_ALL=C.UTF-8 TZ=UTC0; mdir -i %s ::/EFI/Boot",
			path);
	has(mdir, "BOOTX64  EFI      4096 2023-11-14  22:13  bootx64.efi");
	has(mdir, "ěščř.txt");
	has(mdir, "LONGNA~1 TXT       110 2023-11-14  22:13 \n");
	has(mdir, "longname two.txt");
	zip = test_run(NULL,
		       "export LC_ALL=C.UTF-8; cd %s && rm -rf out && 7z x -oout %s",
		       test_dir(), path);
	has(zip, "Everything is Ok");
	has(zip, "Files: 320");
	for (size_t i = 0; i < files.n_items; i++) {
		const struct wtg_file *file = &files.items[i];
		_cleanup_free_ char *out = wtg_text("%s/out/%s", test_dir(), file->path);
		_cleanup_(wtg_bytes_done) struct wtg_bytes back = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;
		FILE *f;

		/* One directory, two spellings. */
		if (wtg_text_starts(file->path, "efi/"))
			memcpy(strstr(out, "efi/m"), "EFI/Microsoft/Boot", 18);
		f = fopen(out, "rb");
		if (!f)
			fail_msg("7z did not find %s", file->path);
		assert_good(wtg_read_file(fileno(f), 10 * MIB, out, &back, &err));
		fclose(f);
		assert_int_equal(back.size, file->content.size);
		assert_memory_equal(back.data, file->content.data, back.size);
	}
	fsstat = test_run(NULL, "fsstat -f fat32 %s", path);
	has(fsstat, "Volume ID: 0x1234abcd");
}

static void the_same_files_give_the_same_bytes_whatever_was_there_before(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = example();
	_cleanup_free_ char *one = NULL, *two = NULL, *said = NULL;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_file first = files.items[0];
	_cleanup_fd_ int fd = test_file("two", ESP_BYTES, &two);
	struct wtg_window w = test_window(fd, ESP_BYTES, &ledger);

	(void)state;
	make("one", ESP_BYTES, &esp, &files, &one);
	memmove(files.items, files.items + 1, (files.n_items - 1) * sizeof(first));
	files.items[files.n_items - 1] = first;
	assert_good(wtg_fat_make(&w, &esp, &files, &err));
	/* Everything that the volume calls its own was written, in few, large pieces. */
	assert_true(ledger.bytes_written > 2 * MIB && ledger.bytes_written < 8 * MIB);
	assert_true(ledger.n_writes <= 2);
	said = test_run(NULL, "cmp -n %ju %s %s", (uintmax_t)ledger.bytes_written, one,
			two);
}

static void a_label_is_upper_case_and_in_both_places(void **state)
{
	struct wtg_fat_format format = esp;
	_cleanup_free_ char *path = NULL, *said = NULL;
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	_cleanup_fd_ int fd = -1;
	struct wtg_fat_info info;
	struct wtg_window w = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	test_require("fsck.fat");
	format.label = "My Data";
	make("label", 100 * MIB, &format, NULL, &path);
	fat = reopen(path, 100 * MIB, &fd);
	wtg_fat_info(fat, &info);
	assert_string_equal(info.label, "MY DATA");
	assert_int_equal(info.cluster_bytes, 1024);
	said = test_run(NULL, "fsck.fat -n %s && fatlabel %s", path, path);
	has(said, "MY DATA");
	w.length = 100 * MIB;
	format.label = "twelve chars";
	assert_fails(wtg_fat_make(&w, &format, NULL, &err), WTG_USAGE, "11 characters");
	format.label = "a:b";
	assert_fails(wtg_fat_make(&w, &format, NULL, &err), WTG_USAGE, "forbids");
	format.label = "Größe";
	assert_fails(wtg_fat_make(&w, &format, NULL, &err), WTG_USAGE, "forbids");
}

static void the_least_size_is_the_least(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (uint32_t sector = 512; sector <= 4096; sector *= 8) {
		uint64_t least = wtg_fat_least_bytes(sector);
		struct wtg_fat_format format = esp;
		_cleanup_free_ char *path = NULL;
		_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
		_cleanup_fd_ int fd = -1;
		struct wtg_fat_info info;

		assert_true(least < (sector == 512 ? 34 * MIB : ESP_BYTES));
		assert_fails(wtg_fat_check(least - 1, sector, NULL, &err), WTG_UNSUITABLE,
			     "too small for FAT32");
		assert_good(wtg_fat_check(least, sector, NULL, &err));
		format.sector_bytes = sector;
		make("least", least, &format, NULL, &path);
		fat = reopen(path, least, &fd);
		wtg_fat_info(fat, &info);
		assert_true(info.n_clusters >= 65525);
	}
	assert_fails(wtg_fat_check(2048ull << 30, 512, NULL, &err), WTG_UNSUITABLE,
		     "2 TiB");
	assert_fails(wtg_fat_check(ESP_BYTES, 520, NULL, &err), WTG_UNSUITABLE, "520");
}

static void large_volumes_have_clusters_as_windows_makes_them(void **state)
{
	static const struct {
		uint64_t size_bytes;
		uint32_t sector_bytes, cluster_bytes;
	} rows[] = {
		{ 8ull << 30, 512, 4096 },
		{ 16ull << 30, 4096, 8192 },
		{ 64ull << 30, 512, 32768 },
		{ (2ull << 40) - 512, 512, 65536 },
	};

	(void)state;
	test_require("fsck.fat");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_fat_format format = esp;
		_cleanup_free_ char *path = NULL;
		_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
		_cleanup_fd_ int fd = -1;
		struct wtg_fat_info info;

		format.sector_bytes = rows[i].sector_bytes;
		make("large", rows[i].size_bytes, &format, NULL, &path);
		fat = reopen(path, rows[i].size_bytes, &fd);
		wtg_fat_info(fat, &info);
		assert_int_equal(info.cluster_bytes, rows[i].cluster_bytes);
		assert_true(info.size_bytes + 64 * rows[i].sector_bytes >
			    rows[i].size_bytes);
		if (i < 3)
			free(test_run(NULL, "fsck.fat -n %s", path));
	}
}

static void what_does_not_fit_is_refused_and_what_fits_exactly_is_written(void **state)
{
	uint64_t size_bytes = wtg_fat_least_bytes(512);
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	_cleanup_free_ char *path = NULL, *said = NULL;
	_cleanup_fd_ int fd = -1;
	struct wtg_error err = WTG_ERROR_INIT;
	/* The root and "d" take a cluster of 512 bytes each. */
	uint64_t room = (65525 + 16 - 2) * 512;

	(void)state;
	test_require("fsck.fat");
	add(&files, "d/large", room);
	assert_good(wtg_fat_check(size_bytes, 512, &files, &err));
	make("full", size_bytes, &esp, &files, &path);
	fat = reopen(path, size_bytes, &fd);
	expect_files(fat, &files);
	said = test_run(NULL, "fsck.fat -n %s", path);
	/* More than a track, which is how far the least size can be rounded up. */
	add(&files, "d/small", 64 * 512);
	assert_fails(wtg_fat_check(size_bytes, 512, &files, &err), WTG_UNSUITABLE,
		     "room for");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_esp_is_real_fat32_in_both_sector_sizes),
		cmocka_unit_test(other_programs_read_the_same_files),
		cmocka_unit_test(
			the_same_files_give_the_same_bytes_whatever_was_there_before),
		cmocka_unit_test(a_label_is_upper_case_and_in_both_places),
		cmocka_unit_test(the_least_size_is_the_least),
		cmocka_unit_test(large_volumes_have_clusters_as_windows_makes_them),
		cmocka_unit_test(
			what_does_not_fit_is_refused_and_what_fits_exactly_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
