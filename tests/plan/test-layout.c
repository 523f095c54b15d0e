/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "recipe/identity.h"
#include "recipe/layout.h"
#include "step/step.h"
#include "wtg/recipe.h"
#include "wtg/text.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static struct wtg_disk disk_of(uint64_t size_bytes, uint32_t sector_bytes)
{
	return (struct wtg_disk){
		.path = (char *)"/dev/sdz",
		.size_bytes = size_bytes,
		.sector_bytes = sector_bytes,
	};
}

#define FILES_BYTES (2 * GIB)

static uint64_t least(void)
{
	return wtg_layout_windows_least(FILES_BYTES);
}

static int decide_for_several(const struct wtg_request *request, const struct wtg_disk *disk,
			      uint64_t smallest, struct wtg_layout *ret, struct wtg_error *err)
{
	const struct wtg_site site = { request, disk, smallest, least(), NULL };

	return wtg_request_check(request, err) < 0 ? -1 : wtg_layout_decide(&site, ret, err);
}

static int decide(const struct wtg_request *request, const struct wtg_disk *disk,
		  struct wtg_layout *ret, struct wtg_error *err)
{
	return decide_for_several(request, disk, 0, ret, err);
}

static void windows_takes_what_the_others_leave(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { 0 };
	struct wtg_disk disk = disk_of(64000000000, 512);
	struct wtg_layout l;

	(void)state;
	assert_good(decide(&request, &disk, &l, &err));
	assert_int_equal(l.esp.offset, MIB);
	assert_int_equal(l.esp.length, 260 * MIB);
	assert_int_equal(l.msr.offset, 261 * MIB);
	assert_int_equal(l.msr.length, 16 * MIB);
	assert_int_equal(l.windows.offset, 277 * MIB);
	assert_int_equal(l.data.length, 0);
	/* The backup table keeps its place at the end. */
	assert_true(l.windows.offset + l.windows.length <= disk.size_bytes - 33 * 512);
	assert_true(disk.size_bytes - l.windows.offset - l.windows.length < 3 * MIB);

	request.data_size_bytes = 10 * GIB;
	assert_good(decide(&request, &disk, &l, &err));
	assert_int_equal(l.data.length, 10 * GIB);
	assert_int_equal(l.data.offset, l.windows.offset + l.windows.length);

	request.data_size_bytes = 0;
	request.windows_size_bytes = 20 * GIB;
	assert_good(decide(&request, &disk, &l, &err));
	assert_int_equal(l.windows.length, 20 * GIB);
	assert_int_equal(l.data.length, 0);

	request.data_fs = WTG_DATA_FS_NTFS;
	assert_good(decide(&request, &disk, &l, &err));
	assert_true(l.data.length > 38 * GIB);
}

static void partitions_never_overlap_and_lie_on_whole_mebibytes(void **state)
{
	static const uint64_t sizes[] = { 4 * GIB, 8000000001, 31 * GIB + 5, 2048 * GIB };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_request request = { .data_size_bytes = 300 * MIB + 7 };
		struct wtg_disk disk = disk_of(sizes[i], i % 2 ? 4096 : 512);
		struct wtg_layout_partition p[WTG_LAYOUT_MAX];
		struct wtg_layout l;
		uint64_t end = MIB;
		size_t n;

		assert_good(decide(&request, &disk, &l, &err));
		n = wtg_layout_partitions(&l, p);
		assert_int_equal(n, 4);
		for (size_t j = 0; j < n; j++) {
			assert_int_equal(p[j].extent->offset, end);
			assert_int_equal(p[j].extent->offset % MIB, 0);
			assert_int_equal(p[j].extent->length % MIB, 0);
			end += p[j].extent->length;
		}
		assert_true(end + 33 * disk.sector_bytes <= disk.size_bytes);
	}
}

static void a_drive_that_is_too_small_is_refused_with_both_numbers(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { 0 };
	struct wtg_disk disk = disk_of(2 * GIB, 512), tiny = disk_of(1000, 512);
	struct wtg_disk fit = disk_of(278 * MIB + wtg_layout_windows_least(FILES_BYTES), 512);
	struct wtg_layout l;

	(void)state;
	assert_fails(decide(&request, &disk, &l, &err), WTG_UNSUITABLE,
		     "has 2.1 GB (2 GiB), this image and layout need 2.5 GB");
	assert_fails(decide(&request, &tiny, &l, &err), WTG_UNSUITABLE, "need");
	assert_good(decide(&request, &fit, &l, &err));
	request.data_size_bytes = MIB;
	assert_fails(decide(&request, &fit, &l, &err), WTG_UNSUITABLE,
		     "the edition needs");
}

static void sizes_that_contradict_each_other_are_refused(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_disk disk = disk_of(32 * GIB, 512);
	struct wtg_request fs_only = { .data_fs = WTG_DATA_FS_EXFAT };
	struct wtg_request small_esp = { .esp_size_bytes = 50 * MIB };
	struct wtg_request much = { .windows_size_bytes = 20 * GIB, .data_size_bytes = 20 * GIB };
	struct wtg_request huge = { .data_size_bytes = INT64_MAX };
	struct wtg_layout l;

	(void)state;
	assert_fails(decide(&fs_only, &disk, &l, &err), WTG_USAGE, "--data-fs");
	assert_fails(decide(&small_esp, &disk, &l, &err), WTG_USAGE,
		     "--esp-size");
	assert_fails(decide(&much, &disk, &l, &err), WTG_UNSUITABLE, "more than");
	assert_fails(decide(&huge, &disk, &l, &err), WTG_UNSUITABLE, "needs");
}

/* Rounded to whole MiB, a size that was given must not become "not given". */
static void a_size_that_is_too_small_is_refused_not_ignored(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_disk disk = disk_of(32 * GIB, 512);
	struct wtg_request windows = { .windows_size_bytes = 1 }, data = { .data_size_bytes = 1 };
	struct wtg_request rest = { .data_fs = WTG_DATA_FS_NTFS };
	struct wtg_layout l;

	(void)state;
	assert_fails(decide(&windows, &disk, &l, &err), WTG_UNSUITABLE,
		     "the Windows partition would have 1 MiB");
	assert_fails(decide(&data, &disk, &l, &err), WTG_UNSUITABLE,
		     "the data partition would have 1 MiB, the least is 64 MiB");
	rest.windows_size_bytes = disk.size_bytes - 278 * MIB - 2 * MIB;
	assert_fails(decide(&rest, &disk, &l, &err), WTG_UNSUITABLE,
		     "the data partition would have 2 MiB");
	rest.windows_size_bytes += 2 * MIB;
	assert_fails(decide(&rest, &disk, &l, &err), WTG_UNSUITABLE,
		     "the data partition would have 0 bytes");
}

/* ------------------------------------------------------------------ with Ventoy */

static void ventoys_two_partitions_lie_where_its_loader_wants_them(void **state)
{
	static const enum wtg_table_style styles[] = { WTG_TABLE_AUTO, WTG_TABLE_GPT, WTG_TABLE_MBR };
	static const uint64_t sizes[] = { 8 * GIB, 64000000000, 16 * GIB + 512 };

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_request request = { .ventoy = "v", .table = styles[i % 3] };
		struct wtg_disk disk = disk_of(sizes[i / 3], 512);
		struct wtg_layout_partition p[WTG_LAYOUT_MAX];
		struct wtg_layout l;
		uint64_t end = MIB;

		assert_good(decide(&request, &disk, &l, &err));
		assert_int_equal(l.style, i % 3 == 2 ? WTG_TABLE_MBR : WTG_TABLE_GPT);
		assert_true(l.bios == (i % 3 == 2));
		assert_int_equal(wtg_layout_partitions(&l, p), 4);
		assert_string_equal(p[0].role, "ventoy");
		assert_string_equal(p[1].role, "vtoyefi");
		assert_string_equal(p[2].role, "esp");
		assert_string_equal(p[3].role, "windows");
		assert_int_equal(p[1].extent->length, 32 * MIB);
		for (size_t j = 0; j < 4; j++) {
			assert_int_equal(p[j].extent->offset, end);
			assert_int_equal(p[j].extent->length % MIB, 0);
			end += p[j].extent->length;
		}
		/* Ventoy's loader fills the usual gap: the record lies behind everything. */
		assert_true(l.marker_offset >= end);
		assert_true(l.marker_offset + 4096 <= disk.size_bytes - 33 * 512);
	}
}

static void files_and_windows_share_a_drive_with_ventoy(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { .ventoy = "v" };
	struct wtg_disk disk = disk_of(64 * GIB, 512), small = disk_of(4 * GIB, 512);
	const struct wtg_site alone = { &request, &disk, 0, 0, NULL };
	struct wtg_layout l;

	(void)state;
	assert_good(decide(&request, &disk, &l, &err));
	assert_true(l.windows.length > 31 * GIB && l.data.length > 31 * GIB);
	assert_good(decide(&request, &small, &l, &err)); /* Windows first: the half is too little */
	assert_int_equal(l.windows.length, least());

	request.data_size_bytes = 10 * GIB;
	assert_good(decide(&request, &disk, &l, &err));
	assert_int_equal(l.data.length, 10 * GIB);
	assert_true(l.windows.length > 53 * GIB);
	request.windows_size_bytes = 20 * GIB; /* and the rest stays free */
	assert_good(decide(&request, &disk, &l, &err));
	assert_int_equal(l.data.length, 10 * GIB);
	assert_int_equal(l.windows.length, 20 * GIB);

	assert_good(wtg_layout_decide(&alone, &l, &err));
	assert_int_equal(l.data.length, 10 * GIB);
	assert_int_equal(l.esp.length + l.windows.length, 0);
	request.data_size_bytes = 0;
	assert_good(wtg_layout_decide(&alone, &l, &err));
	assert_true(l.data.length > 63 * GIB);
}

static void a_drive_that_ventoy_could_not_start_from_is_refused(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request gpt = { .ventoy = "v" }, mbr = { .ventoy = "v", .table = WTG_TABLE_MBR };
	struct wtg_disk big_sectors = disk_of(64 * GIB, 4096), large = disk_of(3000 * GIB, 512);
	struct wtg_disk small = disk_of(2 * GIB, 512), fits = disk_of(2048 * GIB, 512);
	struct wtg_request much = { .ventoy = "v", .data_size_bytes = 63 * GIB };
	struct wtg_request little = { .ventoy = "v", .data_size_bytes = 1 };
	struct wtg_disk disk = disk_of(64 * GIB, 512);
	struct wtg_layout l;

	(void)state;
	assert_fails(decide(&gpt, &big_sectors, &l, &err), WTG_UNSUITABLE, "512 only");
	assert_fails(decide(&mbr, &large, &l, &err), WTG_UNSUITABLE, "an MBR reaches 2 TiB");
	assert_good(decide(&mbr, &fits, &l, &err));
	assert_good(decide(&gpt, &large, &l, &err));
	assert_fails(decide(&gpt, &small, &l, &err), WTG_UNSUITABLE,
		     "has 2.1 GB (2 GiB), this image and layout need 2.6 GB");
	assert_fails(decide(&much, &disk, &l, &err), WTG_UNSUITABLE, "the edition needs");
	assert_fails(decide(&little, &disk, &l, &err), WTG_UNSUITABLE, "the least is 64 MiB");
}

static void a_request_that_contradicts_itself_is_refused(void **state)
{
	static const struct wtg_request requests[] = {
		{ .beside = true, .ventoy = "v" },
		{ .beside = true, .table = WTG_TABLE_MBR },
		{ .beside = true, .overwrite = true },
		{ .beside = true, .file_size_bytes = GIB },
		{ .beside = true, .data_size_bytes = GIB },
		{ .beside = true, .data_fs = WTG_DATA_FS_NTFS },
		{ .ventoy = "v", .windows_first = true, .ventoy_first = true },
		{ .ventoy_sha256 = "00" },
		{ .windows_first = true },
		{ .entry_title = "t" },
		{ .ventoy = "v", .has_entry_timeout = true },
	};
	static const struct wtg_request good[] = {
		{ .beside = true, .windows_size_bytes = GIB, .ventoy_first = true },
		{ .ventoy = "v", .ventoy_sha256 = "00", .data_fs = WTG_DATA_FS_NTFS },
		{ .beside = true, .entry_default = true, .has_entry_timeout = true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct wtg_error err = WTG_ERROR_INIT;

		assert_fails(wtg_request_check(&requests[i], &err), WTG_USAGE, "-");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct wtg_error err = WTG_ERROR_INIT;

		assert_good(wtg_request_check(&good[i], &err));
	}
}

static void several_drives_get_the_layout_of_the_smallest(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { 0 };
	struct wtg_disk less = disk_of(61000000000, 512), more = disk_of(64000000000, 512);
	struct wtg_layout a, b;

	(void)state;
	assert_good(decide_for_several(&request, &less, less.size_bytes, &a, &err));
	assert_good(decide_for_several(&request, &more, less.size_bytes, &b, &err));
	assert_memory_equal(&a.windows, &b.windows, sizeof(a.windows));
	assert_int_equal(b.disk_bytes, more.size_bytes); /* where the second table goes */
}

static void a_seed_gives_each_of_several_drives_its_own_identifiers(void **state)
{
	struct wtg_identity first = wtg_identity_draw("fleet 7", 0);
	struct wtg_identity second = wtg_identity_draw("fleet 7", 1);
	struct wtg_identity again = wtg_identity_draw("fleet 7", 1);

	(void)state;
	assert_memory_equal(&second, &again, sizeof(again));
	assert_false(wtg_guid_equal(&first.disk, &second.disk));
	assert_false(wtg_guid_equal(&first.windows, &second.windows));
	assert_true(first.windows_serial != second.windows_serial);
	assert_true(first.run_id != second.run_id);
}

static void a_seed_gives_the_same_identifiers_and_none_gives_new_ones(void **state)
{
	struct wtg_identity a = wtg_identity_draw("fleet 7", 0), b = wtg_identity_draw("fleet 7", 0);
	struct wtg_identity c = wtg_identity_draw("fleet 8", 0), d = wtg_identity_draw(NULL, 0);
	struct wtg_identity e = wtg_identity_draw(NULL, 0);
	const struct wtg_guid *const all[] = { &a.disk, &a.esp, &a.msr, &a.windows, &a.data,
					       &a.osloader, &a.resume };

	(void)state;
	assert_memory_equal(&a, &b, sizeof(a));
	assert_false(wtg_guid_equal(&a.disk, &c.disk));
	assert_false(wtg_guid_equal(&d.disk, &e.disk));
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(all[i]->bytes[7] >> 4, 4); /* version */
		assert_int_equal(all[i]->bytes[8] >> 6, 2); /* variant */
		for (size_t j = 0; j < i; j++)
			assert_false(wtg_guid_equal(all[i], all[j]));
	}
}

static const struct wtg_request mbr = { .table = WTG_TABLE_MBR };

static void an_mbr_drive_has_an_active_system_partition_and_no_msr(void **state)
{
	struct wtg_disk disk = disk_of(64 * GIB, 512);
	struct wtg_layout_partition partitions[WTG_LAYOUT_MAX];
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_layout l;

	(void)state;
	assert_good(decide(&mbr, &disk, &l, &err));
	assert_int_equal(l.style, WTG_TABLE_MBR);
	assert_true(l.bios);
	assert_int_equal(l.first_number, 1);
	assert_int_equal(wtg_layout_partitions(&l, partitions), 2);
	assert_string_equal(partitions[0].role, "esp");
	assert_int_equal(partitions[0].extent->offset, MIB);
	assert_int_equal(partitions[0].extent->length, 350 * MIB);
	assert_int_equal(partitions[0].mbr_type, 0x0c);
	assert_true(partitions[0].active);
	assert_string_equal(partitions[1].role, "windows");
	assert_int_equal(partitions[1].extent->offset, 351 * MIB);
	assert_int_equal(partitions[1].mbr_type, 0x07);
	assert_false(partitions[1].active);
	/* As a GPT would lie, and so it can become one. */
	assert_int_equal(partitions[1].extent->offset + partitions[1].extent->length,
			 64 * GIB - MIB);
}

static void an_mbr_drive_takes_sizes_as_others_do(void **state)
{
	struct wtg_request request = { .table = WTG_TABLE_MBR, .esp_size_bytes = 200 * MIB,
				       .data_size_bytes = 4 * GIB };
	struct wtg_disk disk = disk_of(64 * GIB, 512);
	struct wtg_layout_partition partitions[WTG_LAYOUT_MAX];
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_layout l;

	(void)state;
	assert_good(decide(&request, &disk, &l, &err));
	assert_int_equal(wtg_layout_partitions(&l, partitions), 3);
	assert_int_equal(l.esp.length, 200 * MIB);
	assert_int_equal(l.windows.offset, 201 * MIB);
	assert_string_equal(partitions[2].role, "data");
	assert_int_equal(l.data.length, 4 * GIB);
	assert_int_equal(l.data.offset, l.windows.offset + l.windows.length);
}

static void what_an_mbr_cannot_describe_is_refused(void **state)
{
	const uint64_t most = UINT64_C(2) << 40;
	struct wtg_disk large_sectors = disk_of(64 * GIB, 4096), fits = disk_of(most, 512);
	struct wtg_disk large = disk_of(most + 512, 512);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_layout l;

	(void)state;
	assert_fails(decide(&mbr, &large_sectors, &l, &err), WTG_UNSUITABLE, "4096 bytes");
	assert_good(decide(&mbr, &fits, &l, &err));
	assert_fails(decide(&mbr, &large, &l, &err), WTG_UNSUITABLE, "2 TiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_takes_what_the_others_leave),
		cmocka_unit_test(partitions_never_overlap_and_lie_on_whole_mebibytes),
		cmocka_unit_test(a_drive_that_is_too_small_is_refused_with_both_numbers),
		cmocka_unit_test(sizes_that_contradict_each_other_are_refused),
		cmocka_unit_test(a_size_that_is_too_small_is_refused_not_ignored),
		cmocka_unit_test(ventoys_two_partitions_lie_where_its_loader_wants_them),
		cmocka_unit_test(files_and_windows_share_a_drive_with_ventoy),
		cmocka_unit_test(a_drive_that_ventoy_could_not_start_from_is_refused),
		cmocka_unit_test(a_request_that_contradicts_itself_is_refused),
		cmocka_unit_test(a_seed_gives_the_same_identifiers_and_none_gives_new_ones),
		cmocka_unit_test(several_drives_get_the_layout_of_the_smallest),
		cmocka_unit_test(a_seed_gives_each_of_several_drives_its_own_identifiers),
		cmocka_unit_test(an_mbr_drive_has_an_active_system_partition_and_no_msr),
		cmocka_unit_test(an_mbr_drive_takes_sizes_as_others_do),
		cmocka_unit_test(what_an_mbr_cannot_describe_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
