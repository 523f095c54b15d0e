/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "example.h"
#include "volume/partitions.h"

#define SECTOR 512

static struct wtg_error err = WTG_ERROR_INIT;

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

/* Two partitions as a Windows beside something has them, behind 400 MiB. */
static struct wtg_addition addition(enum wtg_table_style style, unsigned first_number)
{
	struct wtg_addition what = {
		.style = style,
		.sector_bytes = SECTOR,
		.first_number = first_number,
		.partitions = {
			{ .name = "EFI system partition", .first_byte = 400 * MIB,
			  .size_bytes = 64 * MIB, .mbr_type = 0x0c },
			{ .name = "Basic data partition", .first_byte = 464 * MIB,
			  .size_bytes = 100 * MIB, .mbr_type = 0x07,
			  .attributes = NO_DRIVE_LETTER },
		},
		.n_partitions = 2,
	};

	what.partitions[0].type = wtg_guid_const(ESP);
	what.partitions[1].type = wtg_guid_const(BASIC);
	what.partitions[0].id = wtg_guid_const("aaaaaaaa-1111-4111-8111-111111111111");
	what.partitions[1].id = wtg_guid_const("bbbbbbbb-2222-4222-8222-222222222222");
	return what;
}

/* Other people's bytes in sectors first to before end, as boot loaders have there. */
static void fill(int fd, uint64_t first, uint64_t end)
{
	uint8_t sector[SECTOR];

	for (uint64_t i = first; i < end; i++) {
		memset(sector, (int)(i % 251 + 1), sizeof(sector));
		assert_int_equal(wtg_pwrite_all(fd, sector, sizeof(sector), i * SECTOR), 0);
	}
}

static int copy_of(const char *path, const char *name, char **ret_path)
{
	_cleanup_free_ char *copy = NULL;
	int fd = test_file(name, DRIVE_BYTES, &copy);

	free(test_run(NULL, "cp --sparse=always %s %s", path, copy));
	if (ret_path)
		*ret_path = WTG_STEAL(copy);
	return fd;
}

/* A GPT as its owner made it with other tools: odd attributes, names, places and slots, usable
 * from sector 34 on, with boot code, a signature and a loader in the gap. */
static char *make_odd_gpt(void)
{
	char *path;
	_cleanup_fd_ int fd = test_file("odd", DRIVE_BYTES, &path);

	test_require("sgdisk");
	free(test_run(NULL,
		      "sgdisk -a 1 -n 1:2048:309599 -t 1:0700 -c 1:Ventoy "
		      "-n 2:309600:375135 -t 2:0700 -c 2:VTOYEFI -A 2:set:63 "
		      "-n 4:375137:400001 -c 4:'Größe 内存' -A 4:set:0 -A 4:set:62 "
		      "-n 3:400005:400005 -t 3:8300 -A 3:set:2 %s",
		      path));
	fill(fd, 34, 2048);
	assert_int_equal(wtg_pwrite_all(fd, "\xeb\x63\x90 somebody's boot code", 23, 0), 0);
	assert_int_equal(wtg_pwrite_all(fd, "\x78\x56\x34\x12", 4, 440), 0);
	return path;
}

/* Once: sgdisk takes a second to write one. */
static int odd_gpt(const char *name, char **ret_path)
{
	static char *odd;

	if (!odd)
		odd = make_odd_gpt();
	return copy_of(odd, name, ret_path);
}

static int ventoy_mbr(const char *name, char **ret_path)
{
	_cleanup_free_ char *path = NULL;
	int fd;

	test_require("sfdisk");
	fd = test_file(name, DRIVE_BYTES, &path);
	free(test_run(NULL,
		      "printf 'label: dos\nlabel-id: 0x1234abcd\n"
		      "start=2048, size=309601, type=7, bootable\n"
		      "start=311649, size=65536, type=ef\n' | sfdisk -q %s",
		      path));
	fill(fd, 1, 2048);
	assert_int_equal(wtg_pwrite_all(fd, "\xeb\x63\x90 somebody's boot code", 23, 0), 0);
	if (ret_path)
		*ret_path = WTG_STEAL(path);
	return fd;
}

static uint8_t *map(int fd)
{
	uint8_t *bytes = mmap(NULL, DRIVE_BYTES, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(bytes, MAP_FAILED);
	return bytes;
}

static int add(int fd, const struct wtg_addition *what, struct wtg_ledger *ledger)
{
	struct wtg_window w = test_window(fd, DRIVE_BYTES, ledger);

	return wtg_table_add(&w, what, &err);
}

static void added(int fd, const struct wtg_addition *what)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };

	assert_good(add(fd, what, &ledger));
}

static struct wtg_partitions *table_of(int fd)
{
	struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);

	assert_good(wtg_partitions_read(&w, SECTOR, table, &err));
	return table;
}

/* Bytes [at, at + size) of the drive may have changed. */
struct allowed {
	uint64_t at, size;
};

static void expect_no_other_change(const uint8_t *before, const uint8_t *after,
				   const struct allowed *allowed, size_t n)
{
	uint64_t at = 0;

	for (size_t i = 0; i <= n; i++) {
		uint64_t end = i < n ? allowed[i].at : DRIVE_BYTES;

		for (; at < end; at += 4096 - at % 4096 < end - at ? 4096 - at % 4096 : end - at) {
			uint64_t size = 4096 - at % 4096;

			size = size < end - at ? size : end - at;
			if (memcmp(before + at, after + at, size) != 0)
				fail_msg("changed between byte %llu and %llu",
					 (unsigned long long)at, (unsigned long long)(at + size));
		}
		if (i < n)
			at = allowed[i].at + allowed[i].size;
	}
}

static void nothing_else_on_a_gpt_drive_changes(void **state)
{
	static const struct allowed allowed[] = {
		{ SECTOR + 16, 4 },            /* checksum of the header */
		{ SECTOR + 88, 4 },            /* of its slots */
		{ 2 * SECTOR + 4 * 128, 256 }, /* slots 5 and 6 */
		{ DRIVE_BYTES - 33 * SECTOR + 4 * 128, 256 },
		{ DRIVE_BYTES - SECTOR + 16, 4 },
		{ DRIVE_BYTES - SECTOR + 88, 4 },
	};
	struct wtg_addition what = addition(WTG_TABLE_GPT, 5);
	_cleanup_free_ char *path = NULL, *sgdisk = NULL, *sfdisk = NULL, *parted = NULL;
	_cleanup_fd_ int fd = odd_gpt("gpt", &path);
	_cleanup_fd_ int old = odd_gpt("old", NULL);
	uint8_t *before = map(old), *after = map(fd);

	(void)state;
	added(fd, &what);
	expect_no_other_change(before, after, allowed, 6);
	sgdisk = test_run(NULL, "export LC_ALL=C.UTF-8; sgdisk -v %s; sgdisk -i 4 %s; "
				"sgdisk -i 5 %s; sgdisk -i 6 %s",
			  path, path, path, path);
	has(sgdisk, "No problems found");
	has(sgdisk, "'Größe 内存'");
	has(sgdisk, "Attribute flags: 4000000000000001");
	has(sgdisk, "First sector: 819200 (at 400.0 MiB)");
	has(sgdisk, "Partition unique GUID: AAAAAAAA-1111-4111-8111-111111111111");
	has(sgdisk, "Attribute flags: 8000000000000000");
	sfdisk = test_run(NULL, "sfdisk --verify %s && sfdisk -d %s", path, path);
	has(sfdisk, "No errors detected");
	has(sfdisk, "first-lba: 34");
	has(sfdisk, "start=      400005, size=           1");
	parted = test_run(NULL, "parted -sm %s unit B print", path);
	has(parted, "6:486539264B:591396863B:104857600B:");
	munmap(before, DRIVE_BYTES);
	munmap(after, DRIVE_BYTES);
}

static void nothing_else_on_an_mbr_drive_changes(void **state)
{
	static const struct allowed allowed[] = { { 446 + 32, 32 } };
	struct wtg_addition what = addition(WTG_TABLE_MBR, 3);
	_cleanup_free_ char *path = NULL, *sfdisk = NULL, *mmls = NULL;
	_cleanup_fd_ int fd = ventoy_mbr("mbr", &path);
	_cleanup_fd_ int old = copy_of(path, "old", NULL);
	uint8_t *before = map(old), *after = map(fd);

	(void)state;
	test_require("mmls");
	added(fd, &what);
	expect_no_other_change(before, after, allowed, 1);
	sfdisk = test_run(NULL, "sfdisk --verify %s && sfdisk -d %s", path, path);
	has(sfdisk, "No errors detected");
	has(sfdisk, "label-id: 0x1234abcd");
	has(sfdisk, "start=        2048, size=      309601, type=7, bootable");
	has(sfdisk, "start=      819200, size=      131072, type=c");
	has(sfdisk, "start=      950272, size=      204800, type=7");
	mmls = test_run(NULL, "mmls %s", path);
	has(mmls, "0000950272   0001155071   0000204800   NTFS / exFAT");
	munmap(before, DRIVE_BYTES);
	munmap(after, DRIVE_BYTES);
}

/* How many partitions a program sees. */
static unsigned by_sfdisk(const char *path)
{
	_cleanup_free_ char *n = test_run(NULL, "sfdisk -d %s 2>/dev/null | grep -c start=", path);

	return (unsigned)strtoul(n, NULL, 10);
}

static unsigned by_sgdisk(const char *path)
{
	_cleanup_free_ char *n =
		test_run(NULL,
			 "export LC_ALL=C.UTF-8; sgdisk -p %s 2>/dev/null | grep -ac '^  *[0-9]'",
			 path);

	return (unsigned)strtoul(n, NULL, 10);
}

/* What all see: the old partitions, or these and all of the new ones. */
static unsigned judge(const char *path, int fd, unsigned n_old)
{
	_cleanup_free_ struct wtg_partitions *table = table_of(fd);
	unsigned n = (unsigned)table->n_entries;

	assert_true(n == n_old || n == n_old + 2);
	assert_int_equal(by_sfdisk(path), n);
	assert_int_equal(by_sgdisk(path), n);
	return n;
}

static void put(int fd, const struct wtg_table_stretch *stretch, uint64_t from, uint64_t size)
{
	assert_true(from + size <= stretch->bytes.size);
	assert_int_equal(wtg_pwrite_all(fd, stretch->bytes.data + from, size, stretch->at + from),
			 0);
}

static void whenever_it_is_cut_the_table_shows_the_old_or_the_new(void **state)
{
	_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_addition what = addition(WTG_TABLE_GPT, 5);
	_cleanup_free_ char *path = NULL;
	_cleanup_fd_ int fd = odd_gpt("cut", &path);
	_cleanup_fd_ int whole = odd_gpt("whole", NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);

	(void)state;
	assert_good(add(whole, &what, &ledger));
	assert_int_equal(ledger.n_writes, 2);

	assert_good(wtg_table_compose(&w, &what, &change, &err));
	assert_int_equal(judge(path, fd, 4), 4);
	/* The backup, torn anywhere: the primary is what counts. */
	for (uint64_t i = 0; i < change.backup.bytes.size; i += SECTOR) {
		put(fd, &change.backup, i, SECTOR);
		if (i % (8 * SECTOR) == 0 || i + SECTOR == change.backup.bytes.size)
			assert_int_equal(judge(path, fd, 4), 4);
	}
	/* The primary: header and slots. */
	assert_int_equal(change.primary.at, SECTOR);
	assert_int_equal(change.primary.bytes.size, 3 * SECTOR);
	put(fd, &change.primary, 0, 3 * SECTOR);
	assert_int_equal(judge(path, fd, 4), 6);
}

/* A drive that does not keep a write of three sectors together. */
static void a_primary_that_the_drive_tears_has_a_sound_backup(void **state)
{
	struct wtg_addition what = addition(WTG_TABLE_GPT, 8);

	(void)state;
	/* Slots 8 and 9: the last of one sector, the first of the next. */
	for (unsigned lost = 0; lost < 13; lost++) {
		_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };
		_cleanup_free_ struct wtg_partitions *table = NULL;
		_cleanup_free_ char *path = NULL;
		_cleanup_fd_ int fd = odd_gpt("torn", &path);
		struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);

		assert_good(wtg_table_compose(&w, &what, &change, &err));
		put(fd, &change.backup, 0, change.backup.bytes.size);
		/* Header, one sector of slots that stays, and two that change. */
		assert_int_equal(change.primary.bytes.size, 4 * SECTOR);
		for (unsigned i = 0; i < 4; i++)
			if (!(lost & 1u << i))
				put(fd, &change.primary, i * SECTOR, SECTOR);
		table = table_of(fd);
		assert_int_equal(table->n_entries, 6);
		assert_true(table->backup_ok);
		assert_int_equal(table->primary_ok, (lost & ~2u) == 0);
		assert_int_equal(by_sfdisk(path), 6);
	}
}

/* After a cut between the two writes. */
static void the_same_again_completes_what_was_cut(void **state)
{
	_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };
	struct wtg_addition what = addition(WTG_TABLE_GPT, 5);
	_cleanup_free_ char *path = NULL, *sgdisk = NULL;
	_cleanup_fd_ int fd = odd_gpt("again", &path);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);

	(void)state;
	assert_good(wtg_table_compose(&w, &what, &change, &err));
	put(fd, &change.backup, 0, change.backup.bytes.size);
	/* Drawn anew, as a second run does. */
	what.partitions[0].id = wtg_guid_const("cccccccc-1111-4111-8111-111111111111");
	added(fd, &what);
	sgdisk = test_run(NULL, "sgdisk -v %s; sgdisk -i 5 %s", path, path);
	has(sgdisk, "No problems found");
	has(sgdisk, "CCCCCCCC-1111-4111-8111-111111111111");
}

static void a_backup_that_is_damaged_or_elsewhere_is_made_sound(void **state)
{
	static const char *const harms[] = {
		"dd if=/dev/zero of=%s bs=512 count=1 seek=1228799 conv=notrunc",
		"dd if=/dev/urandom of=%s bs=512 count=33 seek=1228767 conv=notrunc",
		/* An image of 300 MiB on a larger drive. */
		"sgdisk -d 4 -d 3 %s && truncate -s 300M %s && sgdisk -e %s && truncate -s 600M %s",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *path = NULL, *sgdisk = NULL, *harm = NULL;
		struct wtg_addition what = addition(WTG_TABLE_GPT, 5);
		_cleanup_fd_ int fd = odd_gpt("harmed", &path);

		harm = test_run(NULL, "printf '%%s' \"%s\" | sed 's,%%s,%s,g'", harms[i], path);
		free(test_run(NULL, "%s", harm));
		added(fd, &what);
		sgdisk = test_run(NULL, "sgdisk -v %s", path);
		has(sgdisk, "No problems found");
	}
}

static void sectors_of_4096_bytes_are_no_different(void **state)
{
	struct wtg_addition what = addition(WTG_TABLE_GPT, 4);
	_cleanup_fd_ int fd = written("large-sectors", 4096, DRIVE_BYTES, NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, NULL);
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));

	(void)state;
	what.sector_bytes = 4096;
	what.n_partitions = 1;
	what.partitions[0].first_byte = 580 * MIB;
	what.partitions[0].size_bytes = 10 * MIB;
	added(fd, &what);
	assert_int_equal(wtg_partitions_read(&w, 4096, table, &err), 1);
	assert_true(table->primary_ok && table->backup_ok && table->same);
	assert_int_equal(table->n_entries, 4);
	assert_int_equal(table->entries[3].first_byte, 580 * MIB);
}

static void an_extended_partition_stays_as_it_is(void **state)
{
	struct wtg_addition what = addition(WTG_TABLE_MBR, 3);
	_cleanup_free_ char *path = NULL, *before = NULL, *after = NULL;
	_cleanup_fd_ int fd = test_file("extended", DRIVE_BYTES, &path);

	(void)state;
	free(test_run(NULL, "printf 'label: dos\nstart=2048, size=4096, type=7\n"
			    "start=8192, size=409600, type=f\n5: size=2048, type=7\n"
			    "6: size=4096, type=83\n' | sfdisk -q %s",
		      path));
	before = test_run(NULL, "sfdisk -d %s | grep start=", path);
	added(fd, &what);
	after = test_run(NULL, "sfdisk -d %s | grep start= | grep -v '[34] : '", path);
	assert_string_equal(after, before);
	assert_int_equal(by_sfdisk(path), 6);
}

static void expect_refusal(int fd, const struct wtg_addition *what, enum wtg_kind kind,
			   const char *part)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };

	assert_fails(add(fd, what, &ledger), kind, part);
	assert_int_equal(ledger.n_writes, 0);
}

static void what_does_not_fit_is_refused_before_a_write(void **state)
{
	_cleanup_fd_ int gpt = odd_gpt("no-gpt", NULL);
	_cleanup_fd_ int mbr = ventoy_mbr("no-mbr", NULL);
	_cleanup_fd_ int blank = test_file("no-table", DRIVE_BYTES, NULL);
	_cleanup_free_ struct wtg_partitions *table = table_of(gpt);
	struct wtg_addition what = addition(WTG_TABLE_GPT, 5);

	(void)state;
	expect_refusal(blank, &what, WTG_UNSUITABLE, "there is no partition table");
	expect_refusal(mbr, &what, WTG_SYSTEM, "of another kind");
	what.first_number = 3;
	expect_refusal(gpt, &what, WTG_UNSUITABLE, "there is a partition 3 already");
	what.first_number = 128;
	expect_refusal(gpt, &what, WTG_UNSUITABLE, "partition 129: the table has 128 slots");
	what.first_number = 5;
	what.partitions[1].size_bytes = 136 * MIB;
	expect_refusal(gpt, &what, WTG_UNSUITABLE, "partition 6 does not fit");
	what.partitions[0].first_byte = 195 * MIB;
	expect_refusal(gpt, &what, WTG_UNSUITABLE, "partition 5 would overlap partition 3");
	what = addition(WTG_TABLE_GPT, 5);
	what.partitions[1].id = table->entries[0].id;
	expect_refusal(gpt, &what, WTG_UNSUITABLE, "partition 6 would have the GUID of partition");

	what = addition(WTG_TABLE_MBR, 4);
	expect_refusal(mbr, &what, WTG_UNSUITABLE, "partition 5: the table has 4 slots");
	what.first_number = 3;
	what.partitions[0].active = true;
	expect_refusal(mbr, &what, WTG_SYSTEM, "partitions 1 and 3 would both be active");
}

static void a_gpt_that_others_would_not_see_is_refused(void **state)
{
	struct wtg_addition what = addition(WTG_TABLE_GPT, 5);
	_cleanup_free_ char *path = NULL;
	_cleanup_fd_ int fd = odd_gpt("unseen", &path);
	uint8_t zeros[SECTOR] = { 0 };

	(void)state;
	free(test_run(NULL, "sgdisk -h 1 %s", path));
	expect_refusal(fd, &what, WTG_UNSUITABLE, "hybrid MBR");
	assert_int_equal(wtg_pwrite_all(fd, zeros, SECTOR, 0), 0);
	expect_refusal(fd, &what, WTG_UNSUITABLE, "no protective MBR");
	close(WTG_STEAL_FD(fd));
	fd = odd_gpt("unseen", NULL);
	assert_int_equal(wtg_pwrite_all(fd, zeros, SECTOR, SECTOR), 0);
	expect_refusal(fd, &what, WTG_UNSUITABLE, "primary GPT is damaged");
}

/* By whoever composed it. */
static void a_composed_table_that_reaches_further_is_not_sent(void **state)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_addition what = addition(WTG_TABLE_GPT, 5);
	_cleanup_fd_ int fd = odd_gpt("taken-over", NULL);
	struct wtg_window w = test_window(fd, DRIVE_BYTES, &ledger);
	static uint8_t bytes[4 * SECTOR];
	const struct {
		struct wtg_table_change change;
		const char *says;
	} rows[] = {
		{ { .primary = { 0, { bytes, SECTOR } } }, "not its own" },
		{ { .primary = { 2 * SECTOR, { bytes, SECTOR } } }, "not its own" },
		{ { .primary = { 34 * SECTOR, { bytes, SECTOR } } }, "not its own" },
		{ { .primary = { 100 * SECTOR, { bytes, SECTOR } } }, "not where it should be" },
		{ { .primary = { UINT64_MAX, { bytes, SECTOR } } }, "not where it should be" },
		{ { .backup = { DRIVE_BYTES - 34 * SECTOR, { bytes, SECTOR } } },
		  "not where it should be" },
		{ { .backup = { DRIVE_BYTES - SECTOR, { bytes, 2 * SECTOR } } },
		  "not where it should be" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_fails(wtg_table_send(&w, &what, &rows[i].change, &err), WTG_SYSTEM,
			     rows[i].says);
		assert_int_equal(ledger.n_writes, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_else_on_a_gpt_drive_changes),
		cmocka_unit_test(nothing_else_on_an_mbr_drive_changes),
		cmocka_unit_test(whenever_it_is_cut_the_table_shows_the_old_or_the_new),
		cmocka_unit_test(a_primary_that_the_drive_tears_has_a_sound_backup),
		cmocka_unit_test(the_same_again_completes_what_was_cut),
		cmocka_unit_test(a_backup_that_is_damaged_or_elsewhere_is_made_sound),
		cmocka_unit_test(sectors_of_4096_bytes_are_no_different),
		cmocka_unit_test(an_extended_partition_stays_as_it_is),
		cmocka_unit_test(what_does_not_fit_is_refused_before_a_write),
		cmocka_unit_test(a_gpt_that_others_would_not_see_is_refused),
		cmocka_unit_test(a_composed_table_that_reaches_further_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
