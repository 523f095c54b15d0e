/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "step/ventoy-flatten.h"
#include "wtg/text.h"

#define GIB (UINT64_C(1) << 30)

static const struct wtg_disk disk = { .path = (char *)"/dev/sdz", .size_bytes = 4 * GIB,
				      .sector_bytes = 512 };

static void fill(struct wtg_drive_view *view)
{
	memset(view, 0, sizeof(*view));
	view->has_table = true;
	view->table.style = WTG_TABLE_GPT;
	view->table.sector_bytes = 512;
	view->table.signature = 7;
	view->table.end_usable_byte = 4 * GIB - 33 * 512;
	view->table.primary_ok = view->table.protective_mbr = true;
	view->table.n_slots = 128;
	view->table.n_entries = 2;
	view->table.entries[0] = (struct wtg_gpt_entry){ .number = 1, .first_byte = 1 << 20,
							 .size_bytes = GIB, .name = "Ventoy" };
	view->table.entries[1] = (struct wtg_gpt_entry){ .number = 2, .first_byte = 2 * GIB,
							 .size_bytes = GIB, .attributes = 9 };
	view->ventoy.style = WTG_TABLE_GPT;
	view->ventoy.sector_bytes = 512;
	view->ventoy.first = (struct wtg_extent){ 1 << 20, GIB };
	memset(view->ventoy.head, 0x5a, sizeof(view->ventoy.head));
	strcpy(view->ventoy.second_label, "VTOYEFI");
	assert_true(wtg_ventoy_version_parse("1.1.00", &view->ventoy.version));
	view->first_fs = WTG_FS_NTFS;
	wtg_files_add(&view->existing, "ventoy/ventoy.json", wtg_bytes_copy("{}", 2));
	view->unreadable = wtg_text_copy("it is dirty");
	view->system_number = 3;
	view->arch = WTG_ARCH_AMD64;
	view->bios = true;
}

static void what_was_seen_arrives_as_it_was(void **state)
{
	_cleanup_free_ struct wtg_drive_view *view = wtg_alloc(sizeof(*view));
	_cleanup_free_ struct wtg_drive_view *back = wtg_alloc(sizeof(*back));
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };

	(void)state;
	fill(view);
	wtg_drive_view_flatten(view, &packet);
	assert_true(wtg_drive_view_unflatten(&packet, &disk, back));
	assert_memory_equal(&back->table, &view->table, sizeof(view->table));
	assert_memory_equal(&back->ventoy, &view->ventoy, sizeof(view->ventoy));
	assert_int_equal(back->existing.n_items, 1);
	assert_string_equal(back->existing.items[0].path, "ventoy/ventoy.json");
	assert_memory_equal(back->existing.items[0].content.data, "{}", 2);
	assert_string_equal(back->unreadable, "it is dirty");
	assert_int_equal(back->first_fs, WTG_FS_NTFS);
	assert_int_equal(back->system_number, 3);
	assert_int_equal(back->arch, WTG_ARCH_AMD64);
	assert_true(back->bios && !back->vtefi);
	wtg_drive_view_done(view);
	wtg_drive_view_done(back);
}

/* Whoever sends it may have been taken over. */
static void half_of_it_is_refused(void **state)
{
	_cleanup_free_ struct wtg_drive_view *view = wtg_alloc(sizeof(*view));
	_cleanup_free_ struct wtg_drive_view *back = wtg_alloc(sizeof(*back));
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };

	(void)state;
	fill(view);
	wtg_drive_view_flatten(view, &packet);
	for (size_t size = 0; size < packet.size; size += 8) {
		struct wtg_packet part = { packet.data, size, size };

		assert_false(wtg_drive_view_unflatten(&part, &disk, back));
	}
	wtg_drive_view_done(view);
}

static void what_is_not_on_the_drive_is_refused(void **state)
{
	_cleanup_free_ struct wtg_drive_view *view = wtg_alloc(sizeof(*view));
	_cleanup_free_ struct wtg_drive_view *back = wtg_alloc(sizeof(*back));

	(void)state;
	for (int i = 0; i < 5; i++) {
		_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 };

		fill(view);
		if (i == 0)
			view->table.entries[1].size_bytes = 2 * GIB + 1;
		else if (i == 1)
			view->ventoy.first.length = UINT64_MAX;
		else if (i == 2)
			view->table.sector_bytes = 4096;
		else if (i == 3)
			view->table.entries[0].number = 0;
		else
			view->table.style = WTG_TABLE_AUTO;
		wtg_drive_view_flatten(view, &packet);
		assert_false(wtg_drive_view_unflatten(&packet, &disk, back));
		wtg_drive_view_done(view);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_seen_arrives_as_it_was),
		cmocka_unit_test(half_of_it_is_refused),
		cmocka_unit_test(what_is_not_on_the_drive_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
