/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "recipe/layout.h"
#include "step/status.h"
#include "step/step.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define DISK_BYTES (16 * GIB)

static struct wtg_drive_view view;
static const struct wtg_request nothing;

static void add(unsigned number, uint64_t first_mib, uint64_t mib, const char *type)
{
	struct wtg_gpt_entry *entry = &view.table.entries[view.table.n_entries++];

	*entry = (struct wtg_gpt_entry){
		.number = number,
		.type = wtg_guid_const(type),
		.first_byte = first_mib * MIB,
		.size_bytes = mib * MIB,
	};
}

#define DATA "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"
#define MSR "e3c9e316-0b5c-4db8-817d-f92df00215ae"

static void start(enum wtg_table_style style)
{
	memset(&view, 0, sizeof(view));
	view.has_table = true;
	view.table.style = style;
	view.table.sector_bytes = 512;
	view.table.signature = 0x12345678;
	view.table.first_usable_byte = MIB;
	view.table.end_usable_byte = DISK_BYTES - (style == WTG_TABLE_GPT ? 33 * 512 : 0);
	view.table.n_slots = style == WTG_TABLE_GPT ? 128 : 4;
	view.table.primary_ok = view.table.backup_ok = view.table.same = true;
	view.table.protective_mbr = style == WTG_TABLE_GPT;
}

/* As its installer leaves it, with 8 GiB of files. */
static void start_ventoy(enum wtg_table_style style)
{
	struct wtg_ventoy_seen *v = &view.ventoy;

	start(style);
	add(1, 1, 8 * 1024, DATA);
	add(2, 1 + 8 * 1024, 32, DATA);
	v->style = style;
	v->sector_bytes = 512;
	v->first = (struct wtg_extent){ MIB, 8 * GIB };
	v->second = (struct wtg_extent){ MIB + 8 * GIB, 32 * MIB };
	memcpy(v->second_name, "VTOYEFI", 8);
	memcpy(v->second_label, "VTOYEFI", 8);
	memcpy(v->head, "\xeb\x63\x90", 3);
	memcpy(v->head + 0x190, "VT\0Ge\0HD\0Rd\0 Er\r", 16);
	memcpy(v->head + 510, "\x55\xaa", 2);
	v->head[92] = style == WTG_TABLE_GPT ? 0x22 : 1;
	v->second_attributes = UINT64_C(1) << 63;
	v->first_type = 7;
	v->second_type = 0xef;
	v->first_active = style == WTG_TABLE_MBR;
	v->second_is_fat = v->has_cpio = v->has_localboot = v->has_fuse = true;
}

static int decide(const struct wtg_request *request, struct wtg_layout *ret, struct wtg_error *err)
{
	const struct wtg_disk disk = { .path = (char *)"/dev/sdz", .size_bytes = DISK_BYTES,
				       .sector_bytes = 512 };
	const struct wtg_site site = { request, &disk, 0, 2 * GIB, &view };

	return wtg_layout_decide(&site, ret, err);
}

static void behind_ventoy_come_three_and_four(void **state)
{
	static const enum wtg_table_style styles[] = { WTG_TABLE_GPT, WTG_TABLE_MBR };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_layout_partition p[WTG_LAYOUT_MAX];
		struct wtg_layout l;

		start_ventoy(styles[i]);
		assert_good(decide(&nothing, &l, &err));
		assert_int_equal(l.style, styles[i]);
		assert_true(l.beside);
		assert_int_equal(l.first_number, 3);
		assert_int_equal(wtg_layout_partitions(&l, p), 2);
		assert_string_equal(p[0].role, "esp");
		assert_int_equal(l.esp.offset, MIB + 8 * GIB + 32 * MIB);
		assert_int_equal(l.windows.offset, l.esp.offset + l.esp.length);
		assert_true(l.windows.length > 7 * GIB);
		/* Ventoy's own two are those that are there. */
		assert_memory_equal(&l.data, &view.ventoy.first, sizeof(l.data));
		assert_memory_equal(&l.vtoyefi, &view.ventoy.second, sizeof(l.vtoyefi));
		/* The record has a MiB of its own behind everything. */
		assert_true(l.marker_offset >= l.windows.offset + l.windows.length);
		assert_true(l.marker_offset + 4096 <= view.table.end_usable_byte);
	}
}

static void a_ventoy_that_its_loader_refuses_is_left_alone(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_layout l;

	(void)state;
	start_ventoy(WTG_TABLE_GPT);
	view.ventoy.first.offset += MIB;
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "must at 2048");
	start_ventoy(WTG_TABLE_MBR);
	view.ventoy.second.length /= 2;
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "65536");
	start_ventoy(WTG_TABLE_MBR);
	view.table.signature = 0;
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "no signature");
}

static void slots_that_are_taken_are_told(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_layout l;

	(void)state;
	start_ventoy(WTG_TABLE_MBR);
	add(3, 9000, 10, DATA);
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "room for four");
	start_ventoy(WTG_TABLE_GPT);
	add(3, 9000, 10, DATA);
	assert_good(decide(&nothing, &l, &err));
	assert_int_equal(l.first_number, 4);
	start_ventoy(WTG_TABLE_GPT);
	add(4, 9000, 10, DATA);
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "no partition 3");
}

static void the_largest_stretch_of_a_gpt_drive_is_taken(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_layout_partition p[WTG_LAYOUT_MAX];
	struct wtg_layout l;

	(void)state;
	start(WTG_TABLE_GPT);
	add(1, 3 * 1024, 1024, DATA); /* 3 GiB before it */
	add(2, 10 * 1024, 1024, DATA); /* 6 between them, 5 behind */
	assert_good(decide(&nothing, &l, &err));
	assert_int_equal(l.esp.offset, 4 * GIB);
	assert_int_equal(wtg_layout_partitions(&l, p), 3);
	assert_string_equal(p[1].role, "msr");
	assert_int_equal(l.first_number, 3);
	assert_int_equal(l.windows.offset + l.windows.length, 10 * GIB - MIB);
	assert_int_equal(l.marker_offset, 10 * GIB - MIB / 2);
	add(3, 15 * 1024, 16, MSR);
	assert_good(decide(&nothing, &l, &err));
	assert_int_equal(wtg_layout_partitions(&l, p), 2);
	assert_int_equal(l.first_number, 4);
}

static void a_drive_without_room_or_with_no_sound_table_is_refused(void **state)
{
	struct wtg_request large = { .windows_size_bytes = 9 * GIB };
	struct wtg_request small = { .windows_size_bytes = GIB };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_layout l;

	(void)state;
	start(WTG_TABLE_GPT);
	add(1, 1, 15 * 1024, DATA);
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "the largest free space");
	start(WTG_TABLE_GPT);
	add(1, 1, 16 * 1024 - 8, DATA);
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "no free space");
	start_ventoy(WTG_TABLE_GPT);
	assert_fails(decide(&large, &l, &err), WTG_UNSUITABLE, "more than");
	assert_fails(decide(&small, &l, &err), WTG_UNSUITABLE, "the edition needs");
	view.has_table = false;
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "no partition table");
	start(WTG_TABLE_MBR);
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "no Ventoy");
	start(WTG_TABLE_GPT);
	view.table.primary_ok = false;
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "damaged");
	start(WTG_TABLE_GPT);
	view.table.hybrid_mbr = true;
	assert_fails(decide(&nothing, &l, &err), WTG_UNSUITABLE, "partitions of its own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behind_ventoy_come_three_and_four),
		cmocka_unit_test(a_ventoy_that_its_loader_refuses_is_left_alone),
		cmocka_unit_test(slots_that_are_taken_are_told),
		cmocka_unit_test(the_largest_stretch_of_a_gpt_drive_is_taken),
		cmocka_unit_test(a_drive_without_room_or_with_no_sound_table_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
