/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "plan/marker.h"
#include "plan/plan.h"
#include "step/step.h"
#include "volume/partitions.h"
#include "wtg/text.h"

#define MIB (1ull << 20)
#define DRIVE_BYTES (256 * MIB)
#define MARKER (DRIVE_BYTES - 2 * MIB + 512 * 1024)

static struct wtg_error err = WTG_ERROR_INIT;

/* A drive that somebody uses: 100 MiB of data, VTOYEFI, a loader in the gap, and in its free
 * space what is left of an older life. */
static int make_drive(enum wtg_table_style style, char **ret_path)
{
	static uint8_t page[4096];
	int fd = test_file("drive", DRIVE_BYTES, ret_path);

	for (uint64_t at = 0; at < DRIVE_BYTES; at += 64 * 1024) {
		memset(page, (int)(at / 65536 % 251 + 1), sizeof(page));
		assert_int_equal(wtg_pwrite_all(fd, page, sizeof(page), at), 0);
	}
	memset(page, 0, sizeof(page));
	assert_int_equal(wtg_pwrite_all(fd, page, 512, 0), 0);
	/* An ISO 9660 volume's mark where the first new partition starts. */
	assert_int_equal(wtg_pwrite_all(fd, "\1CD001\1", 7, 140 * MIB + 32768), 0);
	free(test_run(NULL, "printf 'label: %s\nstart=2048, size=204800, type=%s\n"
			    "start=206848, size=65536, type=%s\n' | sfdisk -q --wipe never %s",
		      style == WTG_TABLE_MBR ? "dos" : "gpt",
		      style == WTG_TABLE_MBR ? "7, bootable" : "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
		      style == WTG_TABLE_MBR ? "ef" : "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
		      *ret_path));
	return fd;
}

static struct wtg_layout layout_of(enum wtg_table_style style)
{
	struct wtg_layout layout = {
		.disk_bytes = DRIVE_BYTES,
		.sector_bytes = 512,
		.marker_offset = MARKER,
		.style = style,
		.data = { MIB, 100 * MIB },
		.vtoyefi = { 101 * MIB, 32 * MIB },
		.esp = { 140 * MIB, 40 * MIB },
		.windows = { 180 * MIB, 60 * MIB },
		.beside = true,
		.first_number = 3,
	};

	memset(layout.identity.esp.bytes, 0x11, 16);
	memset(layout.identity.windows.bytes, 0x22, 16);
	return layout;
}

struct scene {
	enum wtg_table_style style;
	char *path;
	int fd;
	uint8_t *before, *after;
	struct wtg_layout layout;
	struct wtg_partitions *there;
	struct wtg_target *target;
	struct wtg_plan *plan;
};

static uint8_t *map(int fd)
{
	uint8_t *bytes = mmap(NULL, DRIVE_BYTES, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(bytes, MAP_FAILED);
	return bytes;
}

static void set_up(struct scene *s, enum wtg_table_style style)
{
	struct wtg_request request = { 0 };
	struct wtg_window window;

	memset(s, 0, sizeof(*s));
	s->style = style;
	s->fd = make_drive(style, &s->path);
	s->after = map(s->fd);
	s->before = wtg_copy(s->after, DRIVE_BYTES);
	s->layout = layout_of(style);
	s->there = wtg_alloc(sizeof(*s->there));
	window = test_window(s->fd, DRIVE_BYTES, NULL);
	assert_int_equal(wtg_partitions_read(&window, 512, s->there, &err), 1);
	assert_int_equal(s->there->n_entries, 2);
	request.target = s->path;
	assert_good(wtg_target_open(&request, &s->target, &err));
	s->plan = wtg_plan_new();
	wtg_plan_set_marker(s->plan, MARKER, 42);
	wtg_step_clear_space(s->plan, s->target, &s->layout, MIB);
	wtg_step_write_table(s->plan, &s->layout, NULL, s->there);
}

static void tear_down(struct scene *s)
{
	wtg_plan_free(s->plan);
	wtg_target_close(s->target);
	munmap(s->after, DRIVE_BYTES);
	free(s->before);
	free(s->there);
	free(s->path);
	close(s->fd);
}

static int run(struct scene *s, struct wtg_account *account)
{
	return wtg_run(s->plan, s->target, WTG_VERIFY_FULL, NULL, account, &err);
}

/* Is the byte one that may change: the record, the table's own, a new partition's ends? */
static bool may_change(enum wtg_table_style style, uint64_t at)
{
	static const struct wtg_extent everywhere[] = {
		{ MARKER, WTG_MARKER_BYTES },
		{ 140 * MIB, MIB }, { 179 * MIB, MIB },
		{ 180 * MIB, MIB }, { 239 * MIB, MIB },
	};
	static const struct wtg_extent gpt[] = {
		{ 512, 1024 }, { DRIVE_BYTES - 33 * 512, 512 }, { DRIVE_BYTES - 512, 512 },
	};
	static const struct wtg_extent mbr[] = { { 446 + 32, 32 } };
	const struct wtg_extent *own = style == WTG_TABLE_MBR ? mbr : gpt;

	for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++)
		if (at >= everywhere[i].offset && at - everywhere[i].offset < everywhere[i].length)
			return true;
	for (size_t i = 0; i < (style == WTG_TABLE_MBR ? 1 : 3); i++)
		if (at >= own[i].offset && at - own[i].offset < own[i].length)
			return true;
	return false;
}

static void expect_no_other_change(const struct scene *s)
{
	for (uint64_t sector = 0; sector < DRIVE_BYTES; sector += 512) {
		if (memcmp(s->before + sector, s->after + sector, 512) == 0)
			continue;
		for (uint64_t at = sector; at < sector + 512; at++)
			if (s->before[at] != s->after[at] && !may_change(s->style, at))
				fail_msg("byte %llu changed", (unsigned long long)at);
	}
}

static void only_free_space_and_the_tables_own_change(void **state)
{
	static const enum wtg_table_style styles[] = { WTG_TABLE_GPT, WTG_TABLE_MBR };

	(void)state;
	test_require("sfdisk");
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *table = NULL;
		struct wtg_account account;
		struct scene s;

		set_up(&s, styles[i]);
		assert_good(run(&s, &account));
		assert_int_equal(account.drive, WTG_DRIVE_COMPLETE);
		expect_no_other_change(&s);
		assert_int_equal(s.after[140 * MIB + 32768 + 1], 0);
		table = test_run(NULL, "sfdisk --verify %s >/dev/null && sfdisk -d %s | grep -c start=",
				 s.path, s.path);
		assert_string_equal(table, "4\n");
		tear_down(&s);
	}
}

static void a_table_that_changed_since_it_was_planned_is_refused(void **state)
{
	struct wtg_account account;
	struct scene s;

	(void)state;
	set_up(&s, WTG_TABLE_MBR);
	/* The first is not active any more. */
	assert_int_equal(wtg_pwrite_all(s.fd, "\0", 1, 446), 0);
	assert_fails(run(&s, &account), WTG_SYSTEM, "is not what it was when it was looked at");
	assert_int_equal(account.drive, WTG_DRIVE_UNTOUCHED);
	tear_down(&s);
}

static void what_cannot_be_added_is_refused_while_the_drive_is_untouched(void **state)
{
	struct wtg_account account;
	struct scene s;

	(void)state;
	set_up(&s, WTG_TABLE_GPT);
	s.layout.esp.offset = 120 * MIB;
	wtg_step_write_table(s.plan, &s.layout, NULL, s.there);
	assert_fails(run(&s, &account), WTG_UNSUITABLE, "partition 3 would overlap partition 2");
	assert_int_equal(account.drive, WTG_DRIVE_UNTOUCHED);
	assert_memory_equal(s.before, s.after, MIB);
	tear_down(&s);
}

static void spoil_describe(const void *params, struct wtg_facts *out)
{
	(void)params;
	(void)out;
}

/* Somebody else's partition gets another type. */
static int spoil(const void *params, struct wtg_writer *writer, struct wtg_error *why)
{
	struct wtg_window sector = wtg_writer_window(writer, 0, 512);

	(void)params;
	return wtg_window_pwrite(&sector, "\x0c", 1, 446 + 16 + 4, why);
}

static void that_another_partition_changed_is_seen_when_verifying(void **state)
{
	static const struct wtg_step_ops spoils = { .name = "spoil", .describe = spoil_describe,
						    .apply = spoil, .free = free };
	struct wtg_account account;
	struct scene s;

	(void)state;
	set_up(&s, WTG_TABLE_MBR);
	wtg_plan_append(s.plan, &spoils, NULL);
	assert_fails(run(&s, &account), WTG_MISMATCH, "the partition table reads back different");
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_free_space_and_the_tables_own_change),
		cmocka_unit_test(a_table_that_changed_since_it_was_planned_is_refused),
		cmocka_unit_test(what_cannot_be_added_is_refused_while_the_drive_is_untouched),
		cmocka_unit_test(that_another_partition_changed_is_seen_when_verifying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
