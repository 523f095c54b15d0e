/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "example.h"

static void expect_example(const struct wtg_gpt *gpt, uint32_t sector_bytes)
{
	struct wtg_table table = example(sector_bytes);

	assert_true(gpt->primary_ok && gpt->backup_ok && gpt->same &&
		    gpt->protective_mbr);
	assert_memory_equal(&gpt->disk, &table.disk, 16);
	assert_int_equal(gpt->n_entries, table.n_partitions);
	for (size_t i = 0; i < table.n_partitions; i++) {
		const struct wtg_gpt_entry *entry = &gpt->entries[i];
		const struct wtg_partition *p = &table.partitions[i];

		assert_int_equal(entry->number, i + 1);
		assert_memory_equal(&entry->type, &p->type, 16);
		assert_memory_equal(&entry->id, &p->id, 16);
		assert_int_equal(entry->first_byte, p->first_byte);
		assert_int_equal(entry->size_bytes, p->size_bytes);
		assert_int_equal(entry->attributes, p->attributes);
		assert_string_equal(entry->name, p->name);
	}
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void our_reader_finds_what_was_written_in_both_sector_sizes(void **state)
{
	static const struct {
		uint32_t sector_bytes;
		uint64_t size_bytes;
	} rows[] = {
		{ 512, DRIVE_BYTES },
		{ 4096, DRIVE_BYTES },
		/* Plain files can have any size. */
		{ 512, DRIVE_BYTES + 511 },
		{ 4096, DRIVE_BYTES + 4095 },
		{ 512, 3ull << 40 },
		{ 4096, 15ull << 40 },
	};
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_gpt gpt;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = written("both", rows[i].sector_bytes, rows[i].size_bytes, NULL);
		struct wtg_window w = test_window(fd, rows[i].size_bytes, NULL);

		assert_int_equal(wtg_gpt_read(&w, rows[i].sector_bytes, &gpt, &err), 1);
		expect_example(&gpt, rows[i].sector_bytes);
		close(fd);
	}
}

static void other_programs_read_the_same_table(void **state)
{
	_cleanup_free_ char *path = NULL, *sgdisk = NULL, *esp = NULL, *data = NULL,
			    *parted = NULL, *sfdisk = NULL, *mmls = NULL;

	(void)state;
	test_require("sgdisk");
	test_require("parted");
	test_require("mmls");
	close(written("others", 512, DRIVE_BYTES, &path));
	sgdisk = test_run(NULL, "sgdisk -v %s", path);
	has(sgdisk, "No problems found");
	esp = test_run(NULL, "sgdisk -i 1 %s", path);
	has(esp, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
	has(esp, "10101010-1010-4010-9010-101010101010");
	has(esp, "'EFI system partition'");
	data = test_run(NULL, "export LC_ALL=C.UTF-8; sgdisk -i 3 %s", path);
	has(data, "Attribute flags: 8000000000000000");
	has(data, "'Größe 内存'");
	sfdisk = test_run(NULL, "sfdisk --verify %s && sfdisk -d %s", path, path);
	has(sfdisk, "No errors detected");
	has(sfdisk, "label-id: 11223344-5566-4788-99AA-BBCCDDEEFF00");
	has(sfdisk, "start=        2048, size=      532480");
	mmls = test_run(NULL, "mmls %s", path);
	has(mmls, "0000002048   0000534527   0000532480   EFI system partition");
	parted = test_run(NULL, "parted -sm %s unit B print", path);
	has(parted, "1:1048576B:273678335B:272629760B:");
	has(parted, "3:290455552B:605040639B:314585088B:");
}

static void a_drive_with_4096_byte_sectors_is_read_by_sfdisk(void **state)
{
	_cleanup_free_ char *path = NULL, *loop = NULL, *sfdisk = NULL;
	int status;

	(void)state;
	close(written("loop", 4096, DRIVE_BYTES, &path));
	loop = test_run(&status, "losetup -b 4096 -r --show -f %s", path);
	if (status != 0)
		test_skip("no loop device with 4096-byte sectors: %s", loop);
	loop[strcspn(loop, "\n")] = '\0';
	sfdisk = test_run(NULL, "sfdisk -d %s; s=$?; losetup -d %s; exit $s", loop, loop);
	has(sfdisk, "sector-size: 4096");
	has(sfdisk, "start=         256, size=       66560");
	has(sfdisk, "start=       70912, size=       76803");
	assert_null(strstr(sfdisk, "corrupt"));
}

static void nothing_old_remains_in_the_mbr(void **state)
{
	int fd = written("old", 4096, DRIVE_BYTES, NULL);
	static const uint8_t zeros[446];
	uint8_t sector[4096];

	(void)state;
	assert_int_equal(wtg_pread_all(fd, sector, sizeof(sector), 0), 0);
	assert_memory_equal(sector, zeros, 440);
	assert_memory_equal(sector + 512, zeros, sizeof(zeros));
	close(fd);
}

static void the_same_table_gives_the_same_bytes(void **state)
{
	_cleanup_free_ char *one = NULL, *two = NULL, *said = NULL;

	(void)state;
	close(written("one", 512, DRIVE_BYTES, &one));
	close(written("two", 512, DRIVE_BYTES, &two));
	said = test_run(NULL, "cmp %s %s", one, two);
}

static void a_table_that_makes_no_sense_is_refused_before_a_write(void **state)
{
	static const char *const long_name = "0123456789012345678901234567890123456";
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	int fd = test_file("refused", DRIVE_BYTES, NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, &ledger), tiny = w;
	struct wtg_table good = example(512), t;

	(void)state;
	tiny.length = MIB;
	assert_fails(wtg_table_write(&tiny, &good, &err), WTG_UNSUITABLE, "too small");
	t = example(520);
	assert_fails(wtg_table_write(&w, &t, &err), WTG_UNSUITABLE, "520");
	t = good;
	t.partitions[2].size_bytes = DRIVE_BYTES;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_UNSUITABLE,
		     "partition 3 does not fit");
	t.partitions[2].size_bytes = UINT64_MAX - 511;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_UNSUITABLE,
		     "partition 3 does not fit");
	t = good;
	/* One sector more than there is between the last partition's start and the
	 * backup. */
	t.partitions[2].size_bytes = DRIVE_BYTES - 277 * MIB - 32 * 512;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_UNSUITABLE,
		     "partition 3 does not fit");
	t = good;
	t.partitions[1].first_byte -= 512;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM,
		     "partitions 1 and 2 overlap");
	t = good;
	t.partitions[0].first_byte += 1;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "whole sectors");
	t = good;
	t.partitions[0].size_bytes = 0;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "whole sectors");
	t = good;
	t.partitions[0].first_byte = 65536;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "before 1 MiB");
	t = good;
	t.partitions[0].name = long_name;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "longer than 36");
	t.partitions[0].name = "\xff";
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "cannot be written");
	t = good;
	t.n_partitions = WTG_MAX_PARTITIONS + 1;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "17 partitions");
	assert_int_equal(ledger.n_writes, 0);

	t = good;
	t.partitions[2].size_bytes = DRIVE_BYTES - 277 * MIB - 33 * 512;
	t.partitions[0].name = long_name + 1;
	assert_good(wtg_table_write(&w, &t, &err));
	close(fd);
}

static void partitions_keep_their_slots_whatever_their_order_on_the_drive(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	int fd = test_file("order", DRIVE_BYTES, NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, &ledger);
	struct wtg_table t = example(512);
	struct wtg_partition first = t.partitions[0];
	struct wtg_gpt gpt;

	(void)state;
	t.partitions[0] = t.partitions[2];
	t.partitions[2] = first;
	assert_good(wtg_table_write(&w, &t, &err));
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
	assert_int_equal(gpt.entries[0].first_byte, 277 * MIB);
	assert_int_equal(gpt.entries[2].first_byte, MIB);
	assert_ptr_equal(wtg_gpt_find(&gpt, &first.type), &gpt.entries[2]);
	assert_null(wtg_gpt_find(&gpt, &t.disk));
	close(fd);
}

/*
 * The writes as the drive sees them: a run that is cut off after any of them leaves
 * either no table, or one that is whole.
 */
static void a_write_cut_short_leaves_no_half_table(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	static const uint64_t order[][2] = {
		{ DRIVE_BYTES - 512 - 16384, 16384 },
		{ DRIVE_BYTES - 512, 512 },
		{ 1024, 16384 },
		{ 512, 512 },
		{ 0, 512 },
	};
	int whole = written("whole", 512, DRIVE_BYTES, NULL), fd;
	struct wtg_window w;
	struct wtg_gpt gpt;
	uint8_t buffer[16384];

	(void)state;
	fd = test_file("cut", DRIVE_BYTES, NULL);
	w = test_window(fd, DRIVE_BYTES, NULL);
	for (size_t i = 0; i < 5; i++) {
		int found = wtg_gpt_read(&w, 512, &gpt, &err);

		/* The backup header is the second write. */
		assert_int_equal(found, i >= 2);
		if (found)
			assert_false(gpt.protective_mbr);
		assert_int_equal(wtg_pread_all(whole, buffer, order[i][1], order[i][0]),
				 0);
		assert_int_equal(wtg_pwrite_all(fd, buffer, order[i][1], order[i][0]), 0);
	}
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
	expect_example(&gpt, 512);
	close(fd);
	close(whole);
}

/* As Ventoy beside a Windows has it. */
static struct wtg_table mbr_example(void)
{
	return (struct wtg_table){
		.style = WTG_TABLE_MBR,
		.signature = 0x89abcdef,
		.sector_bytes = 512,
		.partitions = {
			{ .first_byte = MIB, .size_bytes = 200 * MIB + 512, .mbr_type = 0x07,
			  .active = true },
			{ .first_byte = 201 * MIB + 512, .size_bytes = 32 * MIB, .mbr_type = 0xef },
			{ .first_byte = 234 * MIB, .size_bytes = 260 * MIB, .mbr_type = 0x0c },
			/* To the last sector. */
			{ .first_byte = 494 * MIB, .size_bytes = 106 * MIB, .mbr_type = 0x07 },
		},
		.n_partitions = 4,
	};
}

static void an_mbr_is_read_the_same_by_other_programs(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_free_ char *path = NULL, *sfdisk = NULL, *parted = NULL, *mmls = NULL;
	_cleanup_fd_ int fd = test_file("mbr", DRIVE_BYTES, &path);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, &ledger);
	struct wtg_table table = mbr_example();

	(void)state;
	test_require("parted");
	test_require("mmls");
	assert_good(wtg_table_write(&w, &table, &err));
	assert_int_equal(ledger.n_writes, 1);
	sfdisk = test_run(NULL, "sfdisk --verify %s && sfdisk -d %s", path, path);
	has(sfdisk, "No errors detected");
	has(sfdisk, "label: dos\nlabel-id: 0x89abcdef\n");
	has(sfdisk, "start=        2048, size=      409601, type=7, bootable");
	has(sfdisk, "start=      411649, size=       65536, type=ef\n");
	has(sfdisk, "start=      479232, size=      532480, type=c\n");
	has(sfdisk, "start=     1011712, size=      217088, type=7\n");
	parted = test_run(NULL, "parted -sm %s unit s print", path);
	has(parted, ":msdos:");
	has(parted, "4:1011712s:1228799s:217088s:");
	mmls = test_run(NULL, "mmls %s", path);
	has(mmls, "0000479232   0001011711   0000532480   Win95 FAT32 (0x0c)");
}

static void boot_code_and_signature_go_before_either_table(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = test_file("boot-code", DRIVE_BYTES, NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, &ledger);
	struct wtg_table tables[] = { mbr_example(), example(512) };
	uint8_t code[WTG_BOOT_CODE_BYTES], sector[512];
	struct wtg_gpt gpt;

	(void)state;
	memset(code, 0x90, sizeof(code));
	for (size_t i = 0; i < 2; i++) {
		tables[i].boot_code = code;
		tables[i].signature = 0x89abcdef;
		assert_good(wtg_table_write(&w, &tables[i], &err));
		assert_int_equal(wtg_pread_all(fd, sector, sizeof(sector), 0), 0);
		assert_memory_equal(sector, code, sizeof(code));
		assert_memory_equal(sector + 440, "\xef\xcd\xab\x89\0\0", 6);
		assert_memory_equal(sector + 510, "\x55\xaa", 2);
	}
	assert_int_equal(wtg_gpt_read(&w, 512, &gpt, &err), 1);
	assert_true(gpt.protective_mbr);
}

static void an_mbr_that_makes_no_sense_is_refused_before_a_write(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	uint64_t most = (1ull << 32) * 512;
	_cleanup_fd_ int fd = test_file("refused-mbr", most + 512, NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, &ledger);
	struct wtg_table t = mbr_example();

	(void)state;
	t.n_partitions = 5;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_UNSUITABLE, "4 primary partitions");
	t = mbr_example();
	t.partitions[2].active = true;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "2 partitions are active");
	t = mbr_example();
	t.partitions[2].mbr_type = 0;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "partition 3 has no type");
	t = mbr_example();
	t.style = WTG_TABLE_AUTO;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_SYSTEM, "no kind of partition table");
	t = mbr_example();
	w.length = most + 512;
	assert_fails(wtg_table_write(&w, &t, &err), WTG_UNSUITABLE, "too large for an MBR");
	assert_int_equal(ledger.n_writes, 0);

	w.length = most;
	t.partitions[3].size_bytes = most - 494 * MIB;
	assert_good(wtg_table_write(&w, &t, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_reader_finds_what_was_written_in_both_sector_sizes),
		cmocka_unit_test(other_programs_read_the_same_table),
		cmocka_unit_test(a_drive_with_4096_byte_sectors_is_read_by_sfdisk),
		cmocka_unit_test(nothing_old_remains_in_the_mbr),
		cmocka_unit_test(the_same_table_gives_the_same_bytes),
		cmocka_unit_test(a_table_that_makes_no_sense_is_refused_before_a_write),
		cmocka_unit_test(
			partitions_keep_their_slots_whatever_their_order_on_the_drive),
		cmocka_unit_test(a_write_cut_short_leaves_no_half_table),
		cmocka_unit_test(an_mbr_is_read_the_same_by_other_programs),
		cmocka_unit_test(boot_code_and_signature_go_before_either_table),
		cmocka_unit_test(an_mbr_that_makes_no_sense_is_refused_before_a_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
