/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "example.h"
#include "volume/mbr.h"
#include "volume/partitions.h"

static struct wtg_error err = WTG_ERROR_INIT;

/* A drive of DRIVE_BYTES that sfdisk makes by a script. */
static int by_sfdisk(const char *name, const char *script, char **ret_path)
{
	_cleanup_free_ char *path = NULL;
	int fd;

	test_require("sfdisk");
	fd = test_file(name, DRIVE_BYTES, &path);
	free(test_run(NULL, "printf '%s' | sfdisk -q %s", script, path));
	if (ret_path)
		*ret_path = WTG_STEAL(path);
	return fd;
}

static int read_table(int fd, struct wtg_partitions *ret)
{
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);

	return wtg_partitions_read(&w, 512, ret, &err);
}

static struct wtg_partitions *table_of(int fd)
{
	struct wtg_partitions *table = wtg_alloc(sizeof(*table));

	assert_good(read_table(fd, table));
	return table;
}

/* As Ventoy lays out a drive with an MBR. */
#define VENTOY                                                                           \
	"label: dos\nlabel-id: 0x1234abcd\n"                                             \
	"start=2048, size=409600, type=7, bootable\nstart=411648, size=65536, type=ef\n"

static void an_mbr_by_sfdisk_is_read_as_it_was_written(void **state)
{
	_cleanup_fd_ int fd = by_sfdisk("mbr", VENTOY, NULL);
	_cleanup_free_ struct wtg_partitions *table = table_of(fd);

	(void)state;
	assert_int_equal(table->style, WTG_TABLE_MBR);
	assert_int_equal(table->signature, 0x1234abcd);
	assert_int_equal(table->n_entries, 2);
	assert_int_equal(table->n_slots, 4);
	assert_int_equal(table->end_usable_byte, DRIVE_BYTES);
	assert_false(table->extended);
	assert_int_equal(table->entries[0].number, 1);
	assert_int_equal(table->entries[0].first_byte, MIB);
	assert_int_equal(table->entries[0].size_bytes, 200 * MIB);
	assert_int_equal(table->entries[0].mbr_type, 7);
	assert_true(table->entries[0].active);
	assert_int_equal(table->entries[1].number, 2);
	assert_int_equal(table->entries[1].mbr_type, 0xef);
	assert_false(table->entries[1].active);
	assert_ptr_equal(wtg_partitions_number(table, 2), &table->entries[1]);
	assert_null(wtg_partitions_number(table, 3));
	assert_int_equal(wtg_partitions_room(table, 2), 3);
	assert_int_equal(wtg_partitions_room(table, 3), 0);
}

static void a_gpt_is_read_with_its_signature(void **state)
{
	_cleanup_fd_ int fd = written("gpt", 512, DRIVE_BYTES, NULL);
	_cleanup_free_ struct wtg_partitions *table = NULL;

	(void)state;
	assert_int_equal(wtg_pwrite_all(fd, "\x44\x33\x22\x11", 4, 440), 0);
	table = table_of(fd);
	assert_int_equal(table->style, WTG_TABLE_GPT);
	assert_int_equal(table->signature, 0x11223344);
	assert_int_equal(table->n_slots, 128);
	assert_true(table->primary_ok && table->backup_ok && table->same &&
		    table->protective_mbr);
	assert_int_equal(table->n_entries, 3);
	assert_int_equal(wtg_partitions_room(table, 125), 4);
	assert_int_equal(wtg_partitions_room(table, 126), 0);
}

static void slots_behind_the_last_one_count_as_room(void **state)
{
	_cleanup_fd_ int fd = by_sfdisk("slots", "label: dos\n2: start=2048, size=2048, type=7\n",
					NULL);
	_cleanup_free_ struct wtg_partitions *table = table_of(fd);

	(void)state;
	assert_int_equal(wtg_partitions_room(table, 2), 3);
	assert_int_equal(wtg_partitions_room(table, 3), 0);
}

static void logical_partitions_are_noted(void **state)
{
	_cleanup_fd_ int fd = by_sfdisk("extended",
					"label: dos\nstart=2048, size=4096, type=7\n"
					"start=8192, size=409600, type=f\n5: size=2048, type=7\n",
					NULL);
	_cleanup_free_ struct wtg_partitions *table = table_of(fd);

	(void)state;
	assert_true(table->extended);
	assert_int_equal(table->n_entries, 2);
	assert_int_equal(table->entries[1].mbr_type, 0x0f);
}

static void expect_free(const struct wtg_partitions *table, size_t n, uint64_t offset,
			uint64_t length)
{
	struct wtg_extent free_stretch;

	assert_true(wtg_partitions_free(table, n, &free_stretch));
	assert_int_equal(free_stretch.offset, offset);
	assert_int_equal(free_stretch.length, length);
}

static void free_space_is_what_no_partition_has_in_whole_mebibytes(void **state)
{
	/* The first not at the start, the slots not in the drive's order, odd ends. */
	_cleanup_fd_ int fd = by_sfdisk("free",
					"label: dos\nstart=819201, size=2047, type=7\n"
					"start=20480, size=204801, type=7\n",
					NULL);
	_cleanup_free_ struct wtg_partitions *table = table_of(fd);
	struct wtg_extent none = { 7, 7 };

	(void)state;
	expect_free(table, 0, MIB, 9 * MIB);
	expect_free(table, 1, 111 * MIB, 289 * MIB);
	expect_free(table, 2, 401 * MIB, 199 * MIB);
	assert_false(wtg_partitions_free(table, 3, &none));
	assert_int_equal(none.offset, 7);
}

static void a_gpt_drive_has_free_space_up_to_its_backup(void **state)
{
	_cleanup_fd_ int fd = written("free-gpt", 512, DRIVE_BYTES, NULL);
	_cleanup_free_ struct wtg_partitions *table = table_of(fd);

	(void)state;
	/* 577 MiB and 12 KiB are used; the last MiB is not whole. */
	expect_free(table, 0, 578 * MIB, 21 * MIB);
}

static void a_drive_that_grew_has_the_space_that_it_grew_by(void **state)
{
	_cleanup_fd_ int fd = written("grown", 512, DRIVE_BYTES, NULL);
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	struct wtg_window w = test_window(fd, 2 * DRIVE_BYTES, NULL);

	(void)state;
	assert_int_equal(ftruncate(fd, 2 * DRIVE_BYTES), 0);
	assert_int_equal(wtg_partitions_read(&w, 512, table, &err), 1);
	assert_false(table->backup_ok);
	assert_int_equal(table->end_usable_byte, 2 * DRIVE_BYTES - 33 * 512);
	expect_free(table, 0, 578 * MIB, 621 * MIB);
}

static void a_file_system_without_a_table_is_none(void **state)
{
	static const char *const makers[] = { "mkfs.fat -F 32", "mkfs.fat -F 16", "mkfs.exfat",
					      "mkntfs -qF -s 512 -p 0 -H 16 -S 63" };
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));

	(void)state;
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		_cleanup_free_ char *path = NULL, *said = NULL;
		/* Over a GPT that nobody sees any more. */
		_cleanup_fd_ int fd = written("volume", 512, DRIVE_BYTES, &path);

		free(test_run(NULL, "dd if=/dev/zero of=%s bs=512 count=1 conv=notrunc", path));
		said = test_run(NULL, "cp %s %s.x && %s %s.x 2>&1 && dd if=%s.x of=%s bs=512 "
				      "count=1 conv=notrunc",
				path, path, makers[i], path, path, path);
		assert_int_equal(read_table(fd, table), 0);
	}
}

static void a_blank_drive_has_no_table(void **state)
{
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	_cleanup_fd_ int fd = test_file("blank", DRIVE_BYTES, NULL);
	struct wtg_window tiny = test_window(fd, 100, NULL);

	(void)state;
	assert_int_equal(read_table(fd, table), 0);
	assert_int_equal(wtg_partitions_read(&tiny, 512, table, &err), 0);
	assert_fails(wtg_partitions_read(&tiny, 520, table, &err), WTG_UNSUITABLE, "520");
}

static void what_an_mbr_does_not_protect_is_left_over(void **state)
{
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	_cleanup_fd_ int fd = written("left-over", 512, DRIVE_BYTES, NULL);
	_cleanup_fd_ int mbr = by_sfdisk("over", VENTOY, NULL);
	uint8_t sector[512], zeros[512] = { 0 };

	(void)state;
	/* As a write of a GPT that was cut before its end leaves it. */
	assert_int_equal(wtg_pwrite_all(fd, zeros, 512, 0), 0);
	assert_int_equal(read_table(fd, table), 1);
	assert_int_equal(table->style, WTG_TABLE_GPT);
	assert_false(table->protective_mbr);

	assert_int_equal(wtg_pread_all(mbr, sector, 512, 0), 0);
	assert_int_equal(wtg_pwrite_all(fd, sector, 512, 0), 0);
	assert_int_equal(read_table(fd, table), 1);
	assert_int_equal(table->style, WTG_TABLE_MBR);
	assert_int_equal(table->n_entries, 2);
}

static void tables_that_make_no_sense_are_said_to(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t first, size; /* of the third */
		const char *says;
	} rows[] = {
		{ 7, 2048, 8, "partitions 1 and 3 overlap" },
		{ 7, DRIVE_BYTES / 512 - 1, 2, "partition 3 is not on the drive" },
		{ 7, UINT32_MAX, UINT32_MAX, "partition 3 is not on the drive" },
		{ 7, 0, 8, "partition 3 is not on the drive" },
		{ 7, 600000, 0, "partition 3 has no size" },
		{ 0, 600000, 8, "partition 3 has no type" },
		{ 0xee, 600000, 8, "partition 3 protects a GPT" },
		{ 0xee, 1, 8, "there is none" },
	};
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	_cleanup_fd_ int fd = by_sfdisk("nonsense", VENTOY, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t entry[16] = { [4] = rows[i].type };

		wtg_put_le32(entry + 8, rows[i].first);
		wtg_put_le32(entry + 12, rows[i].size);
		assert_int_equal(wtg_pwrite_all(fd, entry, 16, 446 + 32), 0);
		assert_fails(read_table(fd, table), WTG_INPUT, rows[i].says);
	}
}

static void flags_that_no_table_has_make_it_none(void **state)
{
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	_cleanup_fd_ int fd = by_sfdisk("flags", VENTOY, NULL);

	(void)state;
	assert_int_equal(wtg_pwrite_all(fd, "\x41", 1, 446 + 48), 0);
	assert_int_equal(read_table(fd, table), 0);
}

/* Whose sector 0 is made of many things: GRUB's boot code, and one that names a file system. */
static void boot_code_does_not_hide_a_table(void **state)
{
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	_cleanup_fd_ int fd = by_sfdisk("boot-code", VENTOY, NULL);
	static const uint8_t grub[] = { 0xeb, 0x63, 0x90 };

	(void)state;
	assert_int_equal(wtg_pwrite_all(fd, grub, 3, 0), 0);
	assert_int_equal(wtg_pwrite_all(fd, "FAT32 or NTFS?", 14, 82), 0);
	assert_int_equal(read_table(fd, table), 1);
	assert_int_equal(table->n_entries, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mbr_by_sfdisk_is_read_as_it_was_written),
		cmocka_unit_test(a_gpt_is_read_with_its_signature),
		cmocka_unit_test(slots_behind_the_last_one_count_as_room),
		cmocka_unit_test(logical_partitions_are_noted),
		cmocka_unit_test(free_space_is_what_no_partition_has_in_whole_mebibytes),
		cmocka_unit_test(a_gpt_drive_has_free_space_up_to_its_backup),
		cmocka_unit_test(a_drive_that_grew_has_the_space_that_it_grew_by),
		cmocka_unit_test(a_file_system_without_a_table_is_none),
		cmocka_unit_test(a_blank_drive_has_no_table),
		cmocka_unit_test(what_an_mbr_does_not_protect_is_left_over),
		cmocka_unit_test(tables_that_make_no_sense_are_said_to),
		cmocka_unit_test(flags_that_no_table_has_make_it_none),
		cmocka_unit_test(boot_code_does_not_hide_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
