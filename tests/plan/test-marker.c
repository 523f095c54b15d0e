/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/fdio.h"
#include "plan/marker.h"

#define DISK_BYTES (1u << 20)
#define OFFSET 65536u
#define SECTOR_BYTES 512u

static const struct wtg_marker example = {
	.state = WTG_MARKER_RUNNING,
	.run_id = 0x0123456789abcdef,
	.time = 1700000000,
	.step = "apply-image",
	.version = "0.1.0",
	.keeps = true,
};

/* A drive with the example on it. */
static struct wtg_window marked(void)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	int fd = test_file("disk", DISK_BYTES, NULL);
	struct wtg_window w = test_window(fd, DISK_BYTES, &ledger);

	assert_good(wtg_marker_write(&w, OFFSET, &example, &err));
	assert_int_equal(ledger.bytes_written, WTG_MARKER_BYTES);
	w.ledger = NULL;
	return w;
}

static void what_is_written_is_read(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window w = marked();
	struct wtg_marker back;

	(void)state;
	assert_int_equal(wtg_marker_read(&w, OFFSET, &back, &err), 1);
	assert_int_equal(back.state, WTG_MARKER_RUNNING);
	assert_int_equal(back.run_id, example.run_id);
	assert_int_equal(back.time, example.time);
	assert_string_equal(back.step, "apply-image");
	assert_string_equal(back.version, "0.1.0");
	assert_true(back.keeps);
	close(w.fd);
}

/* Another wtgctl must read it: these places do not move. */
static void the_layout_is_fixed(void **state)
{
	static const uint8_t run_id[8] = { 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01 };
	struct wtg_window w = marked();
	uint8_t block[WTG_MARKER_BYTES], digest[WTG_SHA256_SIZE];

	(void)state;
	assert_int_equal(wtg_pread_all(w.fd, block, sizeof(block), OFFSET), 0);
	assert_memory_equal(block, "wtgctl marker 2", 16);
	assert_memory_equal(block + 16, "\1\0\0\0", 4);
	assert_memory_equal(block + 20, "\1\0\0\0", 4);
	assert_memory_equal(block + 24, run_id, 8);
	assert_memory_equal(block + 40, "\0\0\1\0\0\0\0\0", 8);
	assert_string_equal((const char *)block + 48, "apply-image");
	assert_string_equal((const char *)block + 96, "0.1.0");
	wtg_sha256(block, 480, digest);
	assert_memory_equal(block + 480, digest, 32);
	close(w.fd);
}

static void any_flipped_bit_makes_it_none(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window w = marked();
	uint8_t block[WTG_MARKER_BYTES];

	(void)state;
	assert_int_equal(wtg_pread_all(w.fd, block, sizeof(block), OFFSET), 0);
	for (unsigned at = 0; at < SECTOR_BYTES; at++) {
		uint8_t garbled = block[at] ^ (uint8_t)(1u << at % 8);
		struct wtg_marker back = { .run_id = 7 };

		assert_int_equal(wtg_pwrite_all(w.fd, &garbled, 1, OFFSET + at), 0);
		if (wtg_marker_read(&w, OFFSET, &back, &err) != 0)
			fail_msg("a marker with byte %u changed was believed", at);
		assert_int_equal(back.run_id, 7);
		assert_int_equal(wtg_pwrite_all(w.fd, &block[at], 1, OFFSET + at), 0);
	}
	close(w.fd);
}

/* Whichever of its sectors reach the medium when the power goes. */
static void a_torn_one_is_the_old_or_the_new(void **state)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window w = marked();
	struct wtg_marker next = example, back;
	uint8_t before[WTG_MARKER_BYTES], after[WTG_MARKER_BYTES];

	(void)state;
	strcpy(next.step, "write-table");
	assert_int_equal(wtg_pread_all(w.fd, before, sizeof(before), OFFSET), 0);
	w.ledger = &ledger;
	assert_good(wtg_marker_write(&w, OFFSET, &next, &err));
	w.ledger = NULL; /* which would notice what we do now */
	assert_int_equal(wtg_pread_all(w.fd, after, sizeof(after), OFFSET), 0);
	for (unsigned kept = 0; kept < 1u << (WTG_MARKER_BYTES / SECTOR_BYTES); kept++) {
		for (unsigned i = 0; i < WTG_MARKER_BYTES / SECTOR_BYTES; i++)
			assert_int_equal(
				wtg_pwrite_all(w.fd,
					       (kept >> i & 1 ? after : before) +
						       i * SECTOR_BYTES,
					       SECTOR_BYTES, OFFSET + i * SECTOR_BYTES),
				0);
		assert_int_equal(wtg_marker_read(&w, OFFSET, &back, &err), 1);
		assert_string_equal(back.step, kept & 1 ? "write-table" : "apply-image");
	}
	close(w.fd);
}

static void a_forged_block_is_read_safely(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window w = marked();
	uint8_t block[WTG_MARKER_BYTES];
	struct wtg_marker back;

	(void)state;
	assert_int_equal(wtg_pread_all(w.fd, block, sizeof(block), OFFSET), 0);
	memset(block + 48, 'x', 200);
	wtg_sha256(block, 480, block + 480);
	assert_int_equal(wtg_pwrite_all(w.fd, block, sizeof(block), OFFSET), 0);
	assert_int_equal(wtg_marker_read(&w, OFFSET, &back, &err), 1);
	assert_int_equal(strlen(back.step), sizeof(back.step) - 1);
	assert_int_equal(strlen(back.version), sizeof(back.version) - 1);
	block[16] = 3; /* a state that we do not know */
	wtg_sha256(block, 480, block + 480);
	assert_int_equal(wtg_pwrite_all(w.fd, block, sizeof(block), OFFSET), 0);
	assert_int_equal(wtg_marker_read(&w, OFFSET, &back, &err), 0);
	close(w.fd);
}

static void a_copy_elsewhere_and_a_blank_or_tiny_drive_have_none(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window w = marked();
	uint8_t block[WTG_MARKER_BYTES];
	struct wtg_marker back;

	(void)state;
	assert_int_equal(wtg_pread_all(w.fd, block, sizeof(block), OFFSET), 0);
	assert_int_equal(wtg_pwrite_all(w.fd, block, sizeof(block), OFFSET + 4096), 0);
	assert_int_equal(wtg_marker_read(&w, OFFSET + 4096, &back, &err), 0);
	assert_int_equal(wtg_marker_read(&w, 0, &back, &err), 0);
	assert_int_equal(wtg_marker_read(&w, UINT64_MAX, &back, &err), 0);
	w.length = OFFSET + WTG_MARKER_BYTES - 1;
	assert_int_equal(wtg_marker_read(&w, OFFSET, &back, &err), 0);
	w.length = 100;
	assert_int_equal(wtg_marker_read(&w, OFFSET, &back, &err), 0);
	close(w.fd);
	w = (struct wtg_window){ .fd = -1, .length = DISK_BYTES };
	assert_fails(wtg_marker_read(&w, OFFSET, &back, &err), WTG_SYSTEM, "look for a marker");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_layout_is_fixed),
		cmocka_unit_test(any_flipped_bit_makes_it_none),
		cmocka_unit_test(a_torn_one_is_the_old_or_the_new),
		cmocka_unit_test(a_forged_block_is_read_safely),
		cmocka_unit_test(a_copy_elsewhere_and_a_blank_or_tiny_drive_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
