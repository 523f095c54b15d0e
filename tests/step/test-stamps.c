/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "step/stamps.h"
#include "wtg/text.h"

#define KIB (UINT64_C(1) << 10)
#define GIB (UINT64_C(1) << 30)
#define ID 4711
#define PATH "/dev/liar"

/* As sold, as measured, and a size that nothing divides. */
static const uint64_t sizes[] = { 512 << 20,	   8000000000, 64 * GIB, 64023257088,
				  500107862016, 2048 * GIB, 30752636928 + 512 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static uint64_t step_of(uint64_t size)
{
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = wtg_stamps_spread(size);

	return stamps.items[1].offset - stamps.items[0].offset;
}

/* Which stamp does a drive hold at offset after all were written, one after the other, and it
 * wraps around at wrap?  The last that came to the same place. */
static uint64_t found_at(const struct wtg_stamps *stamps, uint64_t offset, uint64_t wrap)
{
	uint64_t found = offset;

	for (size_t i = 0; i < stamps->n_items; i++)
		if (stamps->items[i].offset % wrap == offset % wrap)
			found = stamps->items[i].offset;
	return found;
}

/* What a drive makes of them that wraps around at wrap and keeps nothing from end on. */
static struct wtg_capacity try_drive(struct wtg_stamps *stamps, uint64_t size, uint64_t wrap,
				     uint64_t end)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger nothing = { 0 };
	uint8_t page[WTG_STAMP_BYTES];
	int fd = -1;

	assert_good(wtg_memory_file("drive", size, &fd, &err));
	for (size_t i = 0; i < stamps->n_items; i++) {
		uint64_t offset = stamps->items[i].offset;

		if (offset % wrap >= end)
			continue;
		wtg_stamp_fill(page, ID, found_at(stamps, offset, wrap));
		assert_int_equal(wtg_pwrite_all(fd, page, sizeof(page), offset), 0);
	}
	assert_good(wtg_stamps_look(stamps, fd, ID, &nothing, NULL, &err));
	close(fd);
	return wtg_stamps_conclude(stamps, 0, size);
}

static struct wtg_capacity capacity_of(uint64_t size, uint64_t wrap, uint64_t end)
{
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = wtg_stamps_spread(size);

	return try_drive(&stamps, size, wrap, end);
}

static void some_hundred_lie_all_over_the_drive_in_nobodys_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = wtg_stamps_spread(sizes[i]);

		assert_in_range(stamps.n_items, 96, 129);
		for (size_t j = 0; j < stamps.n_items; j++) {
			uint64_t offset = stamps.items[j].offset;

			assert_int_equal(offset % WTG_STAMP_BYTES, 0);
			assert_int_not_equal(offset, 512 * KIB); /* the run's record */
			assert_true(j == 0 || offset > stamps.items[j - 1].offset);
		}
		/* To the end, but for a page that is not whole. */
		assert_in_range(sizes[i] - stamps.items[stamps.n_items - 1].offset,
				WTG_STAMP_BYTES, 2 * WTG_STAMP_BYTES - 1);
	}
}

static void an_honest_drive_is_believed(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		struct wtg_capacity c = capacity_of(sizes[i], UINT64_MAX, UINT64_MAX);

		assert_false(c.lies);
		assert_false(c.flawed);
		assert_good(wtg_capacity_tell(&c, PATH, sizes[i], &err));
	}
}

static void assert_size(uint64_t size, uint64_t wrap)
{
	struct wtg_capacity c = capacity_of(size, wrap, UINT64_MAX);

	if (!c.lies || c.wrap != wrap || c.at_most != wrap)
		fail_msg("%llu bytes that wrap around at %llu: at %llu, at most %llu",
			 (unsigned long long)size, (unsigned long long)wrap,
			 (unsigned long long)c.wrap, (unsigned long long)c.at_most);
}

static void a_drive_that_wraps_around_at_a_power_of_two_tells_its_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++)
		for (uint64_t wrap = 64 * step_of(sizes[i]); wrap < sizes[i]; wrap *= 2)
			assert_size(sizes[i], wrap);
}

/* A 4096th of the drive is the least that anybody sells as one. */
static void so_does_one_that_wraps_around_at_any_multiple_of_a_small_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		uint64_t step = step_of(sizes[i]);

		for (uint64_t wrap = 65 * step; wrap + 64 * step < sizes[i]; wrap += 251 * step)
			assert_size(sizes[i], wrap);
	}
}

/* Where only twice or eight times its size is a multiple of the step, that shows first. */
static void and_at_others_after_some_more_looks(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		uint64_t step = step_of(sizes[i]);

		for (uint64_t wrap = 65 * step / 2; wrap < sizes[i] / 9; wrap += 1009 * step / 8) {
			struct wtg_capacity c = capacity_of(sizes[i], wrap, UINT64_MAX);
			uint64_t before = 0;

			for (unsigned round = 0; c.wrap != before; round++) {
				struct wtg_stamps stamps;

				assert_true(c.lies && round < 10);
				assert_true(round == 0 || c.wrap < before);
				before = c.wrap;
				assert_true(wtg_stamps_parts(sizes[i], c.wrap, &stamps));
				c = try_drive(&stamps, sizes[i], wrap, UINT64_MAX);
				wtg_stamps_done(&stamps);
			}
			assert_int_equal(c.wrap, wrap);
		}
	}
}

static void a_drive_that_drops_what_it_has_no_room_for_tells_about_where_it_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++)
		for (uint64_t end = 40 * KIB; end + 2 * WTG_STAMP_BYTES < sizes[i];
		     end += sizes[i] / 13) {
			struct wtg_capacity c = capacity_of(sizes[i], UINT64_MAX, end);

			assert_true(c.lies);
			assert_in_range(end, c.at_least, c.at_most);
			assert_true(c.at_most - c.at_least <= sizes[i] / 30);
		}
}

/* Address lines for 32, memory for 20: what f3's author found in real ones. */
static void one_that_does_both_is_not_taken_for_larger_than_it_is(void **state)
{
	struct wtg_capacity c = capacity_of(64 * GIB, 32 * GIB, 20 * GIB);

	(void)state;
	assert_true(c.lies);
	assert_in_range(20 * GIB, c.at_least, c.at_most);
	assert_true(c.at_most - c.at_least <= GIB);
}

static void another_look_is_closer_until_it_is_exact(void **state)
{
	(void)state;
	for (uint64_t size = 5; size < 2000000; size = size * 3 + 1) {
		uint64_t from = 12 * KIB, to = from + size * WTG_STAMP_BYTES;
		uint64_t end = from + size / 3 * WTG_STAMP_BYTES;
		unsigned rounds = 0;

		while (to - from >= WTG_STAMP_BYTES) {
			_cleanup_(wtg_stamps_done) struct wtg_stamps stamps =
				wtg_stamps_between(from, to);
			struct wtg_capacity c;

			assert_in_range(stamps.n_items, 1, 66);
			assert_int_equal(stamps.items[stamps.n_items - 1].offset, to - 4096);
			(void)try_drive(&stamps, to, UINT64_MAX, end);
			c = wtg_stamps_conclude(&stamps, from, to);
			from = c.at_least;
			to = c.at_most;
			assert_in_range(end, from, to);
			assert_true(++rounds < 6);
		}
		assert_int_equal(to, end);
	}
}

static void one_stamp_that_is_lost_among_others_is_no_question_of_size(void **state)
{
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = wtg_stamps_spread(64 * GIB);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_capacity c;

	(void)state;
	(void)try_drive(&stamps, 64 * GIB, UINT64_MAX, UINT64_MAX);
	stamps.items[70].fate = WTG_FATE_LOST;
	stamps.items[stamps.n_items - 1].fate = WTG_FATE_LOST;
	c = wtg_stamps_conclude(&stamps, 0, 64 * GIB);
	assert_false(c.lies);
	assert_int_equal(c.flaw.offset, stamps.items[70].offset);
	assert_fails(wtg_capacity_tell(&c, PATH, 64 * GIB, &err), WTG_MISMATCH,
		     "/dev/liar does not give back what was written to byte");
	/* Nor is a drive that keeps nothing, as worn ones do. */
	c = try_drive(&stamps, 64 * GIB, UINT64_MAX, 0);
	assert_false(c.lies);
	assert_fails(wtg_capacity_tell(&c, PATH, 64 * GIB, &err), WTG_MISMATCH, "byte 20480");
}

static void stamps_of_another_run_or_place_are_not_taken_for_ours(void **state)
{
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = wtg_stamps_between(0, 8192);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger nothing = { 0 };
	uint8_t page[WTG_STAMP_BYTES];
	int fd = test_file("drive", 8192 + 512, NULL);

	(void)state;
	assert_int_equal(stamps.n_items, 2);
	wtg_stamp_fill(page, ID + 1, 0);
	assert_int_equal(wtg_pwrite_all(fd, page, sizeof(page), 0), 0);
	/* A wrap that is no whole number of pages: it is found one sector too far. */
	wtg_stamp_fill(page, ID, 4096);
	assert_int_equal(wtg_pwrite_all(fd, page, sizeof(page), 4096 + 512), 0);
	assert_good(wtg_stamps_look(&stamps, fd, ID, &nothing, NULL, &err));
	assert_int_equal(stamps.items[0].fate, WTG_FATE_LOST);
	assert_int_equal(stamps.items[1].fate, WTG_FATE_ALIAS);
	assert_int_equal(stamps.items[1].apart, 512);
	close(fd);
}

static void what_was_written_over_a_stamp_tells_as_well(void **state)
{
	_cleanup_(wtg_stamps_done) struct wtg_stamps stamps = wtg_stamps_between(40960, 45056);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ledger ledger = { 0 };
	uint8_t page[WTG_STAMP_BYTES] = "payload";
	int fd = test_file("drive", 65536, NULL);
	struct wtg_window w = test_window(fd, 65536, &ledger);

	(void)state;
	assert_good(wtg_window_pwrite(&w, page, sizeof(page), 8192, &err));
	assert_int_equal(wtg_pwrite_all(fd, page, sizeof(page), 40960), 0);
	assert_good(wtg_stamps_look(&stamps, fd, ID, &ledger, NULL, &err));
	assert_int_equal(stamps.items[0].fate, WTG_FATE_ALIAS);
	assert_int_equal(stamps.items[0].apart, 32768);
	wtg_ledger_done(&ledger);
	close(fd);
}

static void the_sentence_tells_the_size_as_bytes_and_for_people(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_capacity c = { .lies = true, .at_least = 8 * GIB, .at_most = 8 * GIB };

	(void)state;
	assert_fails(wtg_capacity_tell(&c, PATH, 64 * GIB, &err), WTG_CAPACITY,
		     "/dev/liar says that it has 68.7 GB (64 GiB), but keeps only the first "
		     "8589934592 bytes, 8.6 GB (8 GiB)");
	c.at_least = 7 * GIB;
	assert_fails(wtg_capacity_tell(&c, PATH, 64 * GIB, &err), WTG_CAPACITY,
		     "but keeps at most the first 8589934592 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(some_hundred_lie_all_over_the_drive_in_nobodys_way),
		cmocka_unit_test(an_honest_drive_is_believed),
		cmocka_unit_test(a_drive_that_wraps_around_at_a_power_of_two_tells_its_size),
		cmocka_unit_test(so_does_one_that_wraps_around_at_any_multiple_of_a_small_step),
		cmocka_unit_test(and_at_others_after_some_more_looks),
		cmocka_unit_test(
			a_drive_that_drops_what_it_has_no_room_for_tells_about_where_it_ends),
		cmocka_unit_test(one_that_does_both_is_not_taken_for_larger_than_it_is),
		cmocka_unit_test(another_look_is_closer_until_it_is_exact),
		cmocka_unit_test(one_stamp_that_is_lost_among_others_is_no_question_of_size),
		cmocka_unit_test(stamps_of_another_run_or_place_are_not_taken_for_ours),
		cmocka_unit_test(what_was_written_over_a_stamp_tells_as_well),
		cmocka_unit_test(the_sentence_tells_the_size_as_bytes_and_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
