/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "example.h"

static uint32_t crc(const uint8_t *data, size_t size)
{
	uint32_t c = UINT32_MAX;

	for (size_t i = 0; i < size * 8; i++) {
		c ^= (uint32_t)(data[i / 8] >> i % 8 & 1);
		c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
	}
	return ~c;
}

static void poke(int fd, uint64_t at, uint8_t xor)
{
	uint8_t byte;

	assert_int_equal(wtg_pread_all(fd, &byte, 1, at), 0);
	byte ^= xor;
	assert_int_equal(wtg_pwrite_all(fd, &byte, 1, at), 0);
}

/* Change a field of the primary header or its entries, and make the sums right. */
static void forge(int fd, unsigned header_field, unsigned entries_field, uint32_t value)
{
	uint8_t sectors[512 + 16384];

	assert_int_equal(wtg_pread_all(fd, sectors, sizeof(sectors), 512), 0);
	if (header_field)
		wtg_put_le32(sectors + header_field, value);
	else
		wtg_put_le32(sectors + 512 + entries_field, value);
	wtg_put_le32(sectors + 88, crc(sectors + 512, 16384));
	wtg_put_le32(sectors + 16, 0);
	wtg_put_le32(sectors + 16, crc(sectors, 92));
	assert_int_equal(wtg_pwrite_all(fd, sectors, sizeof(sectors), 512), 0);
}

static void either_copy_is_enough_and_the_other_is_named(void **state)
{
	static const struct {
		uint64_t at;
		bool primary_ok, backup_ok;
	} rows[] = {
		{ 512 + 3, false, true },		    /* signature */
		{ 512 + 16, false, true },		    /* header checksum */
		{ 512 + 57, false, true },		    /* disk GUID */
		{ 1024 + 127, false, true },		    /* first entry */
		{ DRIVE_BYTES - 512, true, false },	    /* backup's signature */
		{ DRIVE_BYTES - 512 - 16384, true, false }, /* backup's first entry */
	};
	struct wtg_error err = WTG_ERROR_INIT;
	int fd = written("either", 512, DRIVE_BYTES, NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);
	struct wtg_gpt gpt;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		poke(fd, rows[i].at, 0x40);
		assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
		assert_int_equal(gpt.primary_ok, rows[i].primary_ok);
		assert_int_equal(gpt.backup_ok, rows[i].backup_ok);
		assert_false(gpt.same);
		assert_int_equal(gpt.n_entries, 3);
		poke(fd, rows[i].at, 0x40);
	}
	poke(fd, 512 + 57, 1);
	poke(fd, DRIVE_BYTES - 512 + 57, 1);
	assert_fails(wtg_gpt_read(&w, 512, &gpt, &err), WTG_INPUT,
		     "wrong header checksum");
	close(fd);
}

static void numbers_that_lie_with_a_right_checksum_are_found(void **state)
{
	static const struct {
		unsigned header_field, entries_field;
		uint32_t value;
		const char *sentence;
	} rows[] = {
		{ 24, 0, 2, "belongs elsewhere" },
		{ 8, 0, 0x20000, "revision" },
		{ 12, 0, 91, "header size" },
		{ 12, 0, UINT32_MAX, "header size" },
		{ 40, 0, 0, "usable space" },
		{ 52, 0, 1, "usable space" },
		{ 84, 0, 256, "checksum of its entries" },
		{ 84, 0, 0, "entry size" },
		{ 84, 0, 130, "entry size" },
		{ 84, 0, 1u << 31, "entry size" },
		{ 80, 0, UINT32_MAX, "number of entries" },
		{ 80, 0, 0, "number of entries" },
		{ 72, 0, 1, "wrong place" },
		{ 76, 0, UINT32_MAX, "wrong place" },
		{ 0, 32, 1, "partition 1 is outside" },
		{ 0, 40, 5, "partition 1 is outside" },
		{ 0, 44, UINT32_MAX, "partition 1 is outside" },
		{ 0, 40, 261 * 2048, "partitions 1 and 2 overlap" },
	};
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_gpt gpt;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = written("lie", 512, DRIVE_BYTES, NULL);
		struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);

		poke(fd, DRIVE_BYTES - 512, 1);
		forge(fd, rows[i].header_field, rows[i].entries_field, rows[i].value);
		assert_fails(wtg_gpt_read(&w, 512, &gpt, &err), WTG_INPUT,
			     rows[i].sentence);
		close(fd);
	}
}

static void a_drive_cut_short_or_of_other_sectors_has_no_good_table(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	int fd = written("short", 512, DRIVE_BYTES, NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);
	struct wtg_gpt gpt;

	(void)state;
	assert_int_equal(wtg_gpt_read(&w, 4096, &gpt, &err), 0);
	w.length = DRIVE_BYTES - MIB;
	assert_fails(wtg_gpt_read(&w, 512, &gpt, &err), WTG_INPUT, "not on the drive");
	w.length = 100;
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 0);
	assert_fails(wtg_gpt_read(&w, 1000, &gpt, &err), WTG_UNSUITABLE, "1000");
	w.length = DRIVE_BYTES + MIB;
	assert_fails(wtg_gpt_read(&w, 512, &gpt, &err), WTG_SYSTEM, "read the drive");
	close(fd);
}

static void a_hybrid_mbr_and_a_missing_one_are_told(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *path = NULL, *said = NULL;
	int fd = written("hybrid", 512, DRIVE_BYTES, &path);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);
	struct wtg_gpt gpt;

	(void)state;
	test_require("sgdisk");
	said = test_run(NULL, "sgdisk -h 1 %s", path);
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
	assert_true(gpt.protective_mbr);
	assert_true(gpt.hybrid_mbr);
	assert_true(gpt.same);
	poke(fd, 510, 0xff);
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
	assert_false(gpt.protective_mbr);
	assert_false(gpt.hybrid_mbr);
	close(fd);
}

static void tables_of_other_programs_are_read(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *path = NULL, *a = NULL, *b = NULL, *c = NULL;
	int fd = test_file("foreign", DRIVE_BYTES, &path);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);
	struct wtg_gpt gpt;

	(void)state;
	test_require("sgdisk");
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 0);
	a = test_run(NULL, "sgdisk -n 7:2048:+100M -t 7:ef00 -c 7:seven -n 2:0:0 %s",
		     path);
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
	assert_true(gpt.same && gpt.protective_mbr && !gpt.hybrid_mbr);
	assert_int_equal(gpt.n_entries, 2);
	assert_int_equal(gpt.entries[0].number, 2);
	assert_int_equal(gpt.entries[1].number, 7);
	assert_int_equal(gpt.entries[1].size_bytes, 100 * MIB);
	assert_string_equal(gpt.entries[1].name, "seven");

	/* More slots than usual, and fewer. */
	b = test_run(NULL,
		     "sgdisk -S 256 -n 200:0:+1M %s || "
		     "{ sgdisk -o -S 256 -n 200:2048:+1M %s; }",
		     path, path);
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
	assert_int_equal(gpt.entries[gpt.n_entries - 1].number, 200);
	c = test_run(NULL,
		     "wipefs -qa %s && printf 'label: gpt\\ntable-length: 8\\n,50M\\n' | "
		     "sfdisk -q %s",
		     path, path);
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
	assert_int_equal(gpt.n_entries, 1);
	assert_true(gpt.same);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_copy_is_enough_and_the_other_is_named),
		cmocka_unit_test(numbers_that_lie_with_a_right_checksum_are_found),
		cmocka_unit_test(a_drive_cut_short_or_of_other_sectors_has_no_good_table),
		cmocka_unit_test(a_hybrid_mbr_and_a_missing_one_are_told),
		cmocka_unit_test(tables_of_other_programs_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
