/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/cache.h"

#define MIB (UINT64_C(1) << 20)
/* Not a whole number of blocks or pages, as partitions are not. */
#define ODD_SIZE (5 * MIB + 3 * 512)
#define OLD	 0xa5

/* A file that holds an old drive's content, and a window over all but its first 4 KiB. */
static struct wtg_window old_drive(uint64_t size, struct wtg_ledger *ledger)
{
	_cleanup_free_ uint8_t *old = wtg_alloc(size + 4096);
	int fd = test_file("drive", size + 4096, NULL);

	memset(old, OLD, size + 4096);
	if (wtg_pwrite_all(fd, old, size + 4096, 0) < 0)
		fail_msg("cannot fill the drive");
	return (struct wtg_window){
		.fd = fd, .offset = 4096, .length = size, .ledger = ledger
	};
}

static void assert_window_is(const struct wtg_window *window, const uint8_t *expected)
{
	_cleanup_free_ uint8_t *found = wtg_alloc(window->length);
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_window_pread(window, found, window->length, 0, &err));
	for (uint64_t i = 0; i < window->length; i++)
		if (found[i] != expected[i])
			fail_msg("byte %llu is %02x, not %02x", (unsigned long long)i,
				 found[i], expected[i]);
}

/* 4000 reads and writes of all sizes and alignments, through a small cache. */
static void compare_with_plain_memory(bool trusted)
{
	struct wtg_ledger ledger = { 0 };
	struct wtg_window window = old_drive(ODD_SIZE, &ledger);
	struct wtg_cache *cache = wtg_cache_new(&window, 2 * MIB);
	_cleanup_free_ uint8_t *model = wtg_alloc(ODD_SIZE),
			       *buffer = wtg_alloc(ODD_SIZE);
	struct wtg_error err = WTG_ERROR_INIT;

	memset(model, trusted ? OLD : 0, ODD_SIZE);
	if (trusted)
		wtg_cache_trust_window(cache);
	/* What nobody wrote stays as it was on the drive: touch every block once. */
	for (uint64_t at = 0; !trusted && at < ODD_SIZE; at += 256 * 1024)
		assert_good(wtg_cache_pwrite(cache, "", 1, at, &err));
	srandom(1);
	for (int i = 0; i < 4000; i++) {
		size_t most = i % 100 == 0 ? MIB : i % 3 == 0 ? 4096 : 70000;
		size_t size = 1 + (size_t)random() % most;
		uint64_t at = (uint64_t)random() % (ODD_SIZE - size + 1);

		if (i % 5 == 0)
			at = at / 4096 * 4096;
		if (i % 2 == 0) {
			memset(buffer, i % 251, size);
			memset(model + at, i % 251, size);
			assert_good(wtg_cache_pwrite(cache, buffer, size, at, &err));
		} else {
			assert_good(wtg_cache_pread(cache, buffer, size, at, &err));
			assert_memory_equal(buffer, model + at, size);
		}
		if (i % 1000 == 999)
			assert_good(wtg_cache_flush(cache, &err));
	}
	assert_good(wtg_cache_flush(cache, &err));
	wtg_cache_free(cache);
	assert_window_is(&window, model);
	wtg_ledger_done(&ledger);
	close(window.fd);
}

static void
over_an_old_drive_what_was_not_written_is_zeros(void **state)
{
	(void)state;
	compare_with_plain_memory(false);
}

static void
in_a_trusted_window_what_was_not_written_stays(void **state)
{
	(void)state;
	compare_with_plain_memory(true);
}

static void untouched_stretches_of_an_old_drive_are_not_written(void **state)
{
	struct wtg_ledger ledger = { 0 };
	struct wtg_window window = old_drive(ODD_SIZE, &ledger);
	struct wtg_cache *cache = wtg_cache_new(&window, 2 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t found;

	(void)state;
	assert_good(wtg_cache_pread(cache, &found, 1, 3 * MIB, &err));
	assert_int_equal(found, 0);
	assert_good(wtg_cache_pwrite(cache, "new", 3, MIB, &err));
	assert_good(wtg_cache_flush(cache, &err));
	assert_good(wtg_window_pread(&window, &found, 1, 3 * MIB, &err));
	assert_int_equal(found, OLD);
	/* Around what was written the old content is gone. */
	assert_good(wtg_window_pread(&window, &found, 1, MIB + 3, &err));
	assert_int_equal(found, 0);
	assert_int_equal(ledger.n_writes, 1);
	wtg_cache_free(cache);
	wtg_ledger_done(&ledger);
	close(window.fd);
}

static void what_is_forgotten_is_zeros_but_not_what_was_written_there(void **state)
{
	struct wtg_ledger ledger = { 0 };
	struct wtg_window window = old_drive(ODD_SIZE, &ledger);
	struct wtg_cache *cache = wtg_cache_new(&window, 2 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t found[4];

	(void)state;
	wtg_cache_trust_window(cache);
	assert_good(wtg_cache_pwrite(cache, "here", 4, 2 * MIB + 5000, &err));
	wtg_cache_forget(cache, MIB, 2 * MIB);
	assert_good(wtg_cache_pread(cache, found, 4, 2 * MIB + 5000, &err));
	assert_memory_equal(found, "here", 4);
	assert_good(wtg_cache_pread(cache, found, 4, MIB, &err));
	assert_memory_equal(found, "\0\0\0", 4);
	assert_good(wtg_cache_pread(cache, found, 1, MIB - 1, &err));
	assert_int_equal(found[0], OLD);
	assert_good(wtg_cache_pread(cache, found, 1, 3 * MIB, &err));
	assert_int_equal(found[0], OLD);
	wtg_cache_free(cache);
	wtg_ledger_done(&ledger);
	close(window.fd);
}

/* As an apply does it: a record of metadata is rewritten for each streamed file. */
static void file_data_leaves_in_large_writes_and_metadata_stays(void **state)
{
	const uint64_t size = 160 * MIB, first = 16 * MIB;
	_cleanup_free_ uint8_t *chunk = wtg_alloc(32768);
	struct wtg_ledger ledger = { 0 };
	int fd = test_file("large", size, NULL);
	struct wtg_window window = test_window(fd, size, &ledger);
	struct wtg_cache *cache = wtg_cache_new(&window, 64 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (uint64_t at = first; at < size; at += 32768) {
		assert_good(wtg_cache_pwrite(cache, chunk, 1024, at % (8 * MIB), &err));
		assert_good(wtg_cache_pwrite(cache, chunk, 1024, at % (8 * MIB), &err));
		assert_good(wtg_cache_pwrite(cache, chunk, 32768, at, &err));
	}
	assert_true(ledger.bytes_written >= 112 * MIB);
	assert_int_equal(ledger.n_writes, ledger.bytes_written / (4 * MIB));
	assert_good(wtg_cache_flush(cache, &err));
	assert_int_equal(ledger.bytes_written, size - 8 * MIB);
	wtg_cache_free(cache);
	wtg_ledger_done(&ledger);
	close(fd);
}

static void more_metadata_than_the_budget_holds_still_reads_back(void **state)
{
	struct wtg_ledger ledger = { 0 };
	int fd = test_file("metadata", 64 * MIB, NULL);
	struct wtg_window window = test_window(fd, 64 * MIB, &ledger);
	struct wtg_cache *cache = wtg_cache_new(&window, 4 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (uint64_t at = 0; at < 64 * MIB; at += 7 * 1024) {
			uint64_t record[2] = { at, (uint64_t)round }, found[2];

			if (round) {
				assert_good(wtg_cache_pread(cache, found, 16, at, &err));
				assert_int_equal(found[0], at);
				assert_int_equal(found[1], 0);
			}
			assert_good(wtg_cache_pwrite(cache, record, 16, at, &err));
		}
	wtg_cache_free(cache);
	wtg_ledger_done(&ledger);
	close(fd);
}

static void refuses_what_lies_outside_of_the_window(void **state)
{
	struct wtg_ledger ledger = { 0 };
	struct wtg_window window = old_drive(ODD_SIZE, &ledger);
	struct wtg_cache *cache = wtg_cache_new(&window, 2 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t two[2] = { 0 };

	(void)state;
	assert_good(wtg_cache_pwrite(cache, two, 2, ODD_SIZE - 2, &err));
	assert_fails(wtg_cache_pwrite(cache, two, 2, ODD_SIZE - 1, &err), WTG_SYSTEM,
		     "outside");
	assert_fails(wtg_cache_pread(cache, two, 2, ODD_SIZE - 1, &err), WTG_SYSTEM,
		     "outside");
	assert_fails(wtg_cache_pread(cache, two, 1, UINT64_MAX, &err), WTG_SYSTEM,
		     "outside");
	wtg_cache_free(cache);
	wtg_ledger_done(&ledger);
	close(window.fd);
}

static void a_window_without_a_ledger_is_read_and_never_written(void **state)
{
	struct wtg_window window = old_drive(ODD_SIZE, NULL);
	struct wtg_cache *cache = wtg_cache_new(&window, 2 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t found;

	(void)state;
	assert_good(wtg_cache_pread(cache, &found, 1, ODD_SIZE - 1, &err));
	assert_int_equal(found, OLD);
	assert_fails(wtg_cache_pwrite(cache, "x", 1, 0, &err), WTG_SYSTEM, "Read-only");
	assert_good(wtg_cache_pread(cache, &found, 1, 0, &err));
	assert_int_equal(found, OLD);
	wtg_cache_free(cache);
	close(window.fd);
}

static void a_lost_write_is_told_by_whoever_comes_next(void **state)
{
	const struct rlimit limit = { 8 * MIB, RLIM_INFINITY },
			    none = { RLIM_INFINITY, RLIM_INFINITY };
	_cleanup_free_ uint8_t *chunk = wtg_alloc(MIB);
	struct wtg_ledger ledger = { 0 };
	int fd = test_file("full", 64 * MIB, NULL);
	struct wtg_window window = test_window(fd, 64 * MIB, &ledger);
	struct wtg_cache *cache = wtg_cache_new(&window, 4 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;
	int result = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (uint64_t at = 0; result == 0 && at < 64 * MIB; at += MIB)
		result = wtg_cache_pwrite(cache, chunk, MIB, at, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_fails(result, WTG_SYSTEM,
		     "write to the drive at byte 8388608: File too large");
	assert_fails(wtg_cache_flush(cache, &err), WTG_SYSTEM,
		     "write to the drive at byte 8388608: File too large");
	wtg_cache_free(cache);
	wtg_ledger_done(&ledger);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			over_an_old_drive_what_was_not_written_is_zeros),
		cmocka_unit_test(
			in_a_trusted_window_what_was_not_written_stays),
		cmocka_unit_test(untouched_stretches_of_an_old_drive_are_not_written),
		cmocka_unit_test(
			what_is_forgotten_is_zeros_but_not_what_was_written_there),
		cmocka_unit_test(file_data_leaves_in_large_writes_and_metadata_stays),
		cmocka_unit_test(more_metadata_than_the_budget_holds_still_reads_back),
		cmocka_unit_test(refuses_what_lies_outside_of_the_window),
		cmocka_unit_test(a_window_without_a_ledger_is_read_and_never_written),
		cmocka_unit_test(a_lost_write_is_told_by_whoever_comes_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
