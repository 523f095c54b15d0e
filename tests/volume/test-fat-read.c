/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/fat-read.h"
#include "wtg/text.h"

#define MIB (1u << 20)

/* A volume of mkfs.fat's, filled by mtools: our own maker has no part in it. */
struct volume {
	struct wtg_bytes bytes;
	int fd;
	struct wtg_window window;
};

static struct volume foreign(const char *options, uint64_t size_bytes)
{
	_cleanup_free_ char *path = NULL, *said = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct volume v = { .fd = test_file("volume", size_bytes, &path) };

	test_require("mkfs.fat");
	test_require("mcopy");
	said = test_run(
		NULL,
		"export LC_ALL=C.UTF-8; cd %s && rm -rf src && mkdir src && cd src && "
		"seq 10000 > numbers && : > empty && seq 3 > 'A long name.txt' && "
		"seq 4 > 内存.mui && seq 5 > lower.txt && seq 6 > UPPER.TXT && "
		"mkfs.fat --invariant %s -n LABEL %s && "
		"mmd -i %s ::/d ::/d/e ::/d/e/f && "
		"mcopy -i %s -Q numbers empty lower.txt UPPER.TXT ::/ && "
		"mcopy -i %s -Q numbers 'A long name.txt' 内存.mui ::/d/e && "
		"mcopy -i %s -Q lower.txt ::/d/gone.txt && mdel -i %s ::/d/gone.txt && "
		"for i in $(seq 40); do echo ::/d/e/f/file-number-$i.txt; done > list && "
		"for i in $(seq 40); do echo $i > file-number-$i.txt; done && "
		"mcopy -i %s -Q file-number-*.txt ::/d/e/f",
		test_dir(), options, path, path, path, path, path, path, path);
	assert_good(wtg_read_file(v.fd, size_bytes, path, &v.bytes, &err));
	v.window = test_window(v.fd, size_bytes, NULL);
	return v;
}

static void volume_done(struct volume *v)
{
	wtg_bytes_done(&v->bytes);
	close(v->fd);
}

static void expect_text(struct wtg_fat *fat, const char *path, const char *text)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	int r = wtg_fat_read(fat, path, MIB, &bytes, &err);

	if (r != 1)
		fail_msg("%s: %d %s", path, r, err.message ? err.message : "");
	assert_int_equal(bytes.size, strlen(text));
	assert_memory_equal(bytes.data, text, bytes.size);
}

static void volumes_of_every_width_are_read(void **state)
{
	static const struct {
		const char *options;
		uint64_t size_bytes;
		unsigned bits;
		uint32_t cluster_bytes;
	} rows[] = {
		{ "-F 12 -s 1", 1440 * 1024, 12, 512 },
		{ "-F 12 -s 4 -S 1024", 4 * MIB, 12, 4096 },
		{ "-F 16 -s 1", 8 * MIB, 16, 512 },
		{ "-F 16 -s 4 -S 4096", 100 * MIB, 16, 16384 },
		{ "-F 32 -s 1 -h 77", 34 * MIB, 32, 512 },
		{ "-F 32 -s 2 -f 1", 80 * MIB, 32, 1024 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(volume_done) struct volume v =
			foreign(rows[i].options, rows[i].size_bytes);
		_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
		_cleanup_(wtg_files_done) struct wtg_files files = { 0 }, some = { 0 };
		_cleanup_(wtg_bytes_done) struct wtg_bytes numbers = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_fat_info info;

		assert_good(wtg_fat_open(&v.window, &fat, &err));
		wtg_fat_info(fat, &info);
		assert_int_equal(info.bits, rows[i].bits);
		assert_int_equal(info.cluster_bytes, rows[i].cluster_bytes);
		assert_int_equal(info.serial, 0x1234abcd);
		assert_string_equal(info.label, "LABEL");
		if (i == 4)
			assert_int_equal(info.hidden_sectors, 77);

		expect_text(fat, "lower.txt", "1\n2\n3\n4\n5\n");
		expect_text(fat, "upper.txt", "1\n2\n3\n4\n5\n6\n");
		expect_text(fat, "D/E/a LONG name.TXT", "1\n2\n3\n");
		expect_text(fat, "d/e/ALONGN~1.TXT", "1\n2\n3\n");
		expect_text(fat, "d/e/内存.mui", "1\n2\n3\n4\n");
		expect_text(fat, "d/e/f/file-number-37.txt", "37\n");
		expect_text(fat, "empty", "");
		assert_int_equal(wtg_fat_read(fat, "numbers", MIB, &numbers, &err), 1);
		assert_int_equal(numbers.size, 48894);
		assert_memory_equal(numbers.data + 48888, "10000\n", 6);

		assert_good(wtg_fat_read_tree(fat, "", MIB, &files, &err));
		assert_int_equal(files.n_items, 4 + 3 + 40);
		assert_non_null(wtg_files_find(&files, "lower.txt"));
		assert_non_null(wtg_files_find(&files, "d/e/内存.mui"));
		assert_good(wtg_fat_read_tree(fat, "d/e/f", MIB, &some, &err));
		assert_int_equal(some.n_items, 40);
		assert_string_equal(some.items[0].path, "d/e/f/file-number-1.txt");
	}
}

static void what_is_not_there_is_not_found_and_limits_hold(void **state)
{
	_cleanup_(volume_done) struct volume v = foreign("-F 16 -s 1", 8 * MIB);
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_files files = { 0 };
	struct wtg_bytes bytes = { 0 };

	(void)state;
	assert_good(wtg_fat_open(&v.window, &fat, &err));
	assert_int_equal(wtg_fat_read(fat, "nothing", MIB, &bytes, &err), 0);
	assert_int_equal(wtg_fat_read(fat, "d", MIB, &bytes, &err), 0);
	assert_int_equal(wtg_fat_read(fat, "", MIB, &bytes, &err), 0);
	assert_int_equal(wtg_fat_read(fat, "lower.txt/x", MIB, &bytes, &err), 0);
	assert_int_equal(wtg_fat_read(fat, "d/gone.txt", MIB, &bytes, &err), 0);
	assert_int_equal(wtg_fat_read(fat, "d/..", MIB, &bytes, &err), 0);
	assert_int_equal(wtg_fat_read(fat, "LABEL", MIB, &bytes, &err), 0);
	assert_fails(wtg_fat_read(fat, "numbers", 48893, &bytes, &err), WTG_INPUT,
		     "48894 bytes");
	assert_fails(wtg_fat_read_tree(fat, "", 50000, &files, &err), WTG_INPUT,
		     "make sense");
	assert_good(wtg_fat_read_tree(fat, "nothing", MIB, &files, &err));
	assert_int_equal(files.n_items, 0);
	assert_null(bytes.data);
}

static void what_is_not_fat_is_said_to_be_none(void **state)
{
	static const struct {
		unsigned at, size;
		uint32_t value;
		const char *sentence;
	} rows[] = {
		{ 510, 2, 0, "no FAT boot sector" },
		{ 11, 2, 0, "no FAT boot sector" },
		{ 11, 2, 513, "no FAT boot sector" },
		{ 11, 2, 32768, "no FAT boot sector" },
		{ 13, 1, 0, "no FAT boot sector" },
		{ 13, 1, 3, "no FAT boot sector" },
		{ 14, 2, 0, "makes no sense" },
		{ 16, 1, 0, "makes no sense" },
		{ 16, 1, 200, "makes no sense" },
		{ 36, 4, 0, "makes no sense" },
		{ 32, 4, UINT32_MAX, "makes no sense" },
		{ 36, 4, UINT32_MAX, "areas do not fit" },
		{ 36, 4, 4, "FAT is too short" },
		{ 17, 2, 512, "areas do not fit" },
		{ 22, 2, 500, "areas do not fit" },
		{ 44, 4, 0, "the root: its chain of clusters starts nowhere" },
		{ 44, 4, UINT32_MAX, "the root: its chain of clusters starts nowhere" },
	};
	_cleanup_(volume_done) struct volume v = foreign("-F 32 -s 1", 34 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_fat *fat = NULL;
	struct wtg_window w = v.window;
	uint8_t saved[512];

	(void)state;
	memcpy(saved, v.bytes.data, sizeof(saved));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t boot[512], value[4];

		memcpy(boot, saved, sizeof(boot));
		wtg_put_le32(value, rows[i].value);
		memcpy(boot + rows[i].at, value, rows[i].size);
		assert_int_equal(wtg_pwrite_all(v.fd, boot, sizeof(boot), 0), 0);
		assert_fails(wtg_fat_open(&w, &fat, &err), WTG_INPUT, rows[i].sentence);
	}
	assert_int_equal(wtg_pwrite_all(v.fd, saved, sizeof(saved), 0), 0);
	w.length = 34 * MIB - MIB;
	assert_fails(wtg_fat_open(&w, &fat, &err), WTG_INPUT, "makes no sense");
	w.length = 100;
	assert_fails(wtg_fat_open(&w, &fat, &err), WTG_INPUT, "no FAT boot sector");
	assert_null(fat);
}

/* Where bytes first are in the volume. */
static size_t find(const struct volume *v, const void *what, size_t size)
{
	const uint8_t *at = memmem(v->bytes.data, v->bytes.size, what, size);

	assert_non_null(at);
	return (size_t)(at - v->bytes.data);
}

static void poke(const struct volume *v, size_t at, const void *data, size_t size)
{
	assert_int_equal(wtg_pwrite_all(v->fd, data, size, at), 0);
}

static void circles_and_dead_ends_are_named(void **state)
{
	_cleanup_(volume_done) struct volume v = foreign("-F 16 -s 1", 8 * MIB);
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_files files = { 0 };
	struct wtg_bytes bytes = { 0 };
	size_t d = find(&v, "D          \x10", 12), e = find(&v, "E          \x10", 12);
	size_t numbers = find(&v, "NUMBERS    ", 11);
	uint16_t d_cluster = wtg_le16(v.bytes.data + d + 26);
	uint8_t two[2];

	(void)state;
	assert_good(wtg_fat_open(&v.window, &fat, &err));
	/* /d/e is /d. */
	poke(&v, e + 26, v.bytes.data + d + 26, 2);
	assert_fails(wtg_fat_read_tree(fat, "", MIB, &files, &err), WTG_INPUT,
		     "\"d/e\": it contains itself");
	poke(&v, e + 26, "\0\0", 2);
	assert_fails(wtg_fat_read_tree(fat, "", MIB, &files, &err), WTG_INPUT,
		     "\"d/e\" is nowhere");
	poke(&v, e + 26, "\xff\x7f", 2);
	assert_fails(wtg_fat_read_tree(fat, "", MIB, &files, &err), WTG_INPUT,
		     "starts nowhere");
	/* The chain of /d bites its tail. */
	wtg_put_le16(two, d_cluster);
	poke(&v, wtg_le16(v.bytes.data + 14) * 512u + d_cluster * 2u, two, 2);
	wtg_fat_close(fat);
	assert_good(wtg_fat_open(&v.window, &fat, &err));
	assert_fails(wtg_fat_read(fat, "d/x", MIB, &bytes, &err), WTG_INPUT,
		     "has no end");
	/* A file that claims more than its chain has, and more than the volume has. */
	poke(&v, numbers + 28, "\x00\x00\x02\x00", 4);
	assert_fails(wtg_fat_read(fat, "numbers", MIB, &bytes, &err), WTG_INPUT,
		     "too short");
	poke(&v, numbers + 28, "\x00\x00\x00\x01", 4);
	assert_fails(wtg_fat_read(fat, "numbers", 64 * MIB, &bytes, &err), WTG_INPUT,
		     "on a volume of");
	assert_null(bytes.data);
}

static void names_that_could_leave_their_directory_are_made_harmless(void **state)
{
	_cleanup_(volume_done) struct volume v = foreign("-F 16 -s 1", 8 * MIB);
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	/* "A long name.txt" becomes "../ong name.txt", "UPPER.TXT" "/PPER.TXT". */
	poke(&v, find(&v, "A\0 \0l\0o", 7), ".\0.\0/\0", 6);
	poke(&v, find(&v, "UPPER   TXT", 11), "/", 1);
	assert_good(wtg_fat_open(&v.window, &fat, &err));
	assert_good(wtg_fat_read_tree(fat, "", MIB, &files, &err));
	assert_non_null(wtg_files_find(&files, "d/e/..\xef\xbf\xbdong name.txt"));
	assert_non_null(wtg_files_find(&files, "\xef\xbf\xbdPPER.TXT"));
	expect_text(fat, "d/e/ALONGN~1.TXT", "1\n2\n3\n");
}

static void a_long_name_with_a_wrong_checksum_is_not_believed(void **state)
{
	_cleanup_(volume_done) struct volume v = foreign("-F 16 -s 1", 8 * MIB);
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	poke(&v, find(&v, "ALONGN~1TXT", 11), "B", 1);
	assert_good(wtg_fat_open(&v.window, &fat, &err));
	assert_good(wtg_fat_read_tree(fat, "d/e", MIB, &files, &err));
	assert_null(wtg_files_find(&files, "d/e/A long name.txt"));
	assert_non_null(wtg_files_find(&files, "d/e/BLONGN~1.TXT"));
}

/* Everything a caller can do with a volume; whether it works is not the question. */
static int read_everything(const struct wtg_window *w)
{
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	int r;

	r = wtg_fat_open(w, &fat, &err);
	if (r == 0)
		r = wtg_fat_read_tree(fat, "", MIB, &files, &err);
	if (r == 0)
		r = wtg_fat_read(fat, "d/e/f/file-number-1.txt", MIB, &bytes, &err);
	if (r < 0) {
		assert_true(err.kind == WTG_INPUT);
		assert_non_null(err.message);
	}
	wtg_error_done(&err);
	return r;
}

/* A place worth garbling: the boot sector, the FAT, or directories and small files. */
static size_t some_place(const struct volume *v, uint32_t random)
{
	const uint8_t *boot = v->bytes.data;
	size_t fat_at = wtg_le16(boot + 14) * 512u;
	size_t fat_sectors =
		wtg_le16(boot + 22) ? wtg_le16(boot + 22) : wtg_le32(boot + 36);
	size_t behind_at = fat_at + 2 * fat_sectors * 512;

	switch (random % 8) {
	case 0:
		return random / 8 % 90;
	case 1:
	case 2:
	case 3:
		return fat_at + random / 8 % 1000;
	}
	return behind_at + random / 8 % 120000;
}

static void a_garbled_volume_is_an_error_and_nothing_worse(void **state)
{
	static const char *const options[] = { "-F 12 -s 1", "-F 16 -s 1", "-F 32 -s 1" };
	static const uint64_t size_bytes[] = { 1 * MIB, 4 * MIB, 34 * MIB };
	struct wtg_error err = WTG_ERROR_INIT;
	uint32_t random = 1;
	unsigned n_good = 0, n_bad = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(volume_done) struct volume v =
			foreign(options[i], size_bytes[i]);
		struct volume copy = { 0 };

		assert_good(wtg_memory_file_from("garbled", &v.bytes, &copy.fd, &err));
		copy.window = test_window(copy.fd, v.bytes.size, NULL);
		for (unsigned round = 0; round < 1000; round++) {
			size_t places[4];

			for (size_t k = 0; k < 4; k++) {
				uint8_t byte;

				random = random * 1664525 + 1013904223;
				places[k] = some_place(&v, random >> 5);
				byte = (uint8_t)(v.bytes.data[places[k]] ^
						 1 << (random >> 29));
				if (round % 3 == 0)
					byte = round % 2 ? 0xff : 0;
				poke(&copy, places[k], &byte, 1);
			}
			if (read_everything(&copy.window) < 0)
				n_bad++;
			else
				n_good++;
			for (size_t k = 0; k < 4; k++)
				poke(&copy, places[k], v.bytes.data + places[k], 1);
		}
		close(copy.fd);
	}
	/* Both happen, or the test asks nothing. */
	assert_true(n_good > 100);
	assert_true(n_bad > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes_of_every_width_are_read),
		cmocka_unit_test(what_is_not_there_is_not_found_and_limits_hold),
		cmocka_unit_test(what_is_not_fat_is_said_to_be_none),
		cmocka_unit_test(circles_and_dead_ends_are_named),
		cmocka_unit_test(
			names_that_could_leave_their_directory_are_made_harmless),
		cmocka_unit_test(a_long_name_with_a_wrong_checksum_is_not_believed),
		cmocka_unit_test(a_garbled_volume_is_an_error_and_nothing_worse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
