/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "recipe/identity.h"
#include "recipe/layout.h"
#include "step/step.h"
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

static void windows_takes_what_the_others_leave(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { 0 };
	struct wtg_disk disk = disk_of(64000000000, 512);
	struct wtg_layout l;

	(void)state;
	assert_good(wtg_layout_decide(&request, &disk, 0, least(), &l, &err));
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
	assert_good(wtg_layout_decide(&request, &disk, 0, least(), &l, &err));
	assert_int_equal(l.data.length, 10 * GIB);
	assert_int_equal(l.data.offset, l.windows.offset + l.windows.length);

	request.data_size_bytes = 0;
	request.windows_size_bytes = 20 * GIB;
	assert_good(wtg_layout_decide(&request, &disk, 0, least(), &l, &err));
	assert_int_equal(l.windows.length, 20 * GIB);
	assert_int_equal(l.data.length, 0);

	request.data_fs = WTG_DATA_FS_NTFS;
	assert_good(wtg_layout_decide(&request, &disk, 0, least(), &l, &err));
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

		assert_good(wtg_layout_decide(&request, &disk, 0, least(), &l, &err));
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
	assert_fails(wtg_layout_decide(&request, &disk, 0, least(), &l, &err), WTG_UNSUITABLE,
		     "has 2.1 GB (2 GiB), this image and layout need 2.5 GB");
	assert_fails(wtg_layout_decide(&request, &tiny, 0, least(), &l, &err), WTG_UNSUITABLE, "need");
	assert_good(wtg_layout_decide(&request, &fit, 0, least(), &l, &err));
	request.data_size_bytes = MIB;
	assert_fails(wtg_layout_decide(&request, &fit, 0, least(), &l, &err), WTG_UNSUITABLE,
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
	assert_fails(wtg_layout_decide(&fs_only, &disk, 0, least(), &l, &err), WTG_USAGE, "--data-fs");
	assert_fails(wtg_layout_decide(&small_esp, &disk, 0, least(), &l, &err), WTG_USAGE,
		     "--esp-size");
	assert_fails(wtg_layout_decide(&much, &disk, 0, least(), &l, &err), WTG_UNSUITABLE, "more than");
	assert_fails(wtg_layout_decide(&huge, &disk, 0, least(), &l, &err), WTG_UNSUITABLE, "needs");
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
	assert_fails(wtg_layout_decide(&windows, &disk, 0, least(), &l, &err), WTG_UNSUITABLE,
		     "the Windows partition would have 1 MiB");
	assert_fails(wtg_layout_decide(&data, &disk, 0, least(), &l, &err), WTG_UNSUITABLE,
		     "the data partition would have 1 MiB, the least is 64 MiB");
	rest.windows_size_bytes = disk.size_bytes - 278 * MIB - 2 * MIB;
	assert_fails(wtg_layout_decide(&rest, &disk, 0, least(), &l, &err), WTG_UNSUITABLE,
		     "the data partition would have 2 MiB");
	rest.windows_size_bytes += 2 * MIB;
	assert_fails(wtg_layout_decide(&rest, &disk, 0, least(), &l, &err), WTG_UNSUITABLE,
		     "the data partition would have 0 bytes");
}

static void several_drives_get_the_layout_of_the_smallest(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_request request = { 0 };
	struct wtg_disk less = disk_of(61000000000, 512), more = disk_of(64000000000, 512);
	struct wtg_layout a, b;

	(void)state;
	assert_good(wtg_layout_decide(&request, &less, less.size_bytes, least(), &a, &err));
	assert_good(wtg_layout_decide(&request, &more, less.size_bytes, least(), &b, &err));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_takes_what_the_others_leave),
		cmocka_unit_test(partitions_never_overlap_and_lie_on_whole_mebibytes),
		cmocka_unit_test(a_drive_that_is_too_small_is_refused_with_both_numbers),
		cmocka_unit_test(sizes_that_contradict_each_other_are_refused),
		cmocka_unit_test(a_size_that_is_too_small_is_refused_not_ignored),
		cmocka_unit_test(a_seed_gives_the_same_identifiers_and_none_gives_new_ones),
		cmocka_unit_test(several_drives_get_the_layout_of_the_smallest),
		cmocka_unit_test(a_seed_gives_each_of_several_drives_its_own_identifiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
