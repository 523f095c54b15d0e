/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows on a drive: what goes past the cache, and what by way of it. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/behind.h"
#include "base/fdio.h"
#include "base/ledger.h"

#define DRIVE_BYTES (64u << 20)
#define MIB (1u << 20)

struct drive {
	char *loop, *file; /* the device, and what is behind it */
	int fd;
	struct wtg_ledger ledger;
	struct wtg_window window;
};

static int begin(void **state)
{
	struct drive *drive = wtg_alloc(sizeof(*drive));
	int status, file = test_file("drive.img", DRIVE_BYTES, &drive->file);

	close(file);
	drive->fd = -1;
	drive->loop = test_run(&status, "losetup --show -f %s", drive->file);
	drive->loop[strcspn(drive->loop, "\n")] = '\0';
	if (status == 0) {
		drive->fd = open(drive->loop, O_RDWR | O_CLOEXEC);
		drive->window = test_window(drive->fd, DRIVE_BYTES, &drive->ledger);
	}
	*state = drive;
	return 0;
}

static int end(void **state)
{
	struct drive *drive = *state;

	wtg_ledger_done(&drive->ledger);
	if (drive->fd >= 0) {
		close(drive->fd);
		free(test_run(NULL, "losetup -d %s", drive->loop));
	}
	free(drive->loop);
	free(drive->file);
	free(drive);
	return 0;
}

static struct drive *drive_of(void **state)
{
	struct drive *drive = *state;

	if (drive->fd < 0)
		test_skip("no loop devices here: %s", drive->loop);
	return drive;
}

static void a_file_is_written_by_way_of_the_cache(void **state)
{
	int fd = test_file("plain", DRIVE_BYTES, NULL);

	(void)state;
	assert_null(wtg_behind_new(fd));
	close(fd);
}

static void expect_bytes(const struct drive *drive, uint64_t at, size_t size, int byte)
{
	_cleanup_free_ uint8_t *data = wtg_alloc(size);
	_cleanup_fd_ int fd = open(drive->file, O_RDONLY | O_CLOEXEC);

	assert_int_equal(wtg_pread_all(fd, data, size, at), 0);
	for (size_t i = 0; i < size; i++)
		if (data[i] != byte)
			fail_msg("byte %zu is %d, not %d", (size_t)at + i, data[i], byte);
}

static void put(const struct wtg_window *window, uint64_t at, size_t size, int byte)
{
	_cleanup_free_ uint8_t *data = wtg_alloc(size);
	struct wtg_error err = WTG_ERROR_INIT;

	memset(data, byte, size);
	assert_good(wtg_window_pwrite(window, data, size, at, &err));
}

/* Large and small, aligned and not, over each other. */
static void the_last_of_what_was_written_stays(void **state)
{
	struct drive *drive = drive_of(state);
	const struct wtg_window *w = &drive->window;
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t byte;

	for (unsigned i = 0; i < 12; i++)
		put(w, (uint64_t)i * 4 * MIB, 4 * MIB, 1 + (int)i);
	put(w, 5 * MIB + 1, 100, 50);           /* in the middle of one on its way */
	put(w, 8 * MIB, 4096, 51);              /* too small to go past the cache */
	put(w, 8 * MIB - 65536, 2 * 65536, 52); /* over that, and past it */
	put(w, 20 * MIB + 512, 65536, 53);      /* at no place for that */
	assert_good(wtg_window_pread(w, &byte, 1, 8 * MIB, &err));
	assert_int_equal(byte, 52);
	put(w, 40 * MIB, MIB, 54);
	assert_good(wtg_window_flush(w, &err));
	expect_bytes(drive, 5 * MIB, 1, 2);
	expect_bytes(drive, 5 * MIB + 1, 100, 50);
	expect_bytes(drive, 8 * MIB - 65536, 2 * 65536, 52);
	expect_bytes(drive, 20 * MIB, 512, 6);
	expect_bytes(drive, 20 * MIB + 512, 65536, 53);
	expect_bytes(drive, 40 * MIB, MIB, 54);
	expect_bytes(drive, 41 * MIB, 3 * MIB, 11);
	assert_good(wtg_ledger_verify(&drive->ledger, drive->fd, DRIVE_BYTES, NULL, &err));
}

static void what_is_prepared_in_its_room_is_written(void **state)
{
	struct drive *drive = drive_of(state);
	struct wtg_error err = WTG_ERROR_INIT;

	for (unsigned i = 0; i < 16; i++) {
		uint8_t *room = wtg_window_room(&drive->window);

		assert_non_null(room);
		memset(room, 100 + (int)i, 4 * MIB);
		assert_good(wtg_window_pwrite(&drive->window, room, 4 * MIB, i * 4ull * MIB, &err));
	}
	assert_good(wtg_window_flush(&drive->window, &err));
	for (unsigned i = 0; i < 16; i++)
		expect_bytes(drive, i * 4ull * MIB, 4 * MIB, 100 + (int)i);
}

/* Others read through the descriptor where they like. */
static void who_is_lent_the_descriptor_finds_it_as_it_was(void **state)
{
	struct drive *drive = drive_of(state);
	struct wtg_error err = WTG_ERROR_INIT;
	int flags = fcntl(drive->fd, F_GETFL), fd;
	uint8_t byte;

	put(&drive->window, 0, 4 * MIB, 7);
	assert_good(wtg_window_lend(&drive->window, &fd, &err));
	assert_int_equal(fcntl(fd, F_GETFL), flags);
	assert_int_equal(pread(fd, &byte, 1, 4 * MIB - 1), 1);
	assert_int_equal(byte, 7);
}

/* A drive that is smaller than it was. */
static void the_first_failure_is_the_last_write(void **state)
{
	struct drive *drive = drive_of(state);
	_cleanup_free_ uint8_t *data = wtg_alloc(4 * MIB);
	struct wtg_error err = WTG_ERROR_INIT;
	int r = 0;

	assert_int_equal(truncate(drive->file, 8 * MIB), 0);
	free(test_run(NULL, "losetup -c %s", drive->loop));
	memset(data, 9, 4 * MIB);
	for (unsigned i = 0; i < 16 && r == 0; i++)
		r = wtg_window_pwrite(&drive->window, data, 4 * MIB, i * 4ull * MIB, &err);
	assert_int_equal(r, -1);
	test_expect_error(&err, WTG_SYSTEM, "write to the drive at byte 8388608: ");
	assert_fails(wtg_window_pwrite(&drive->window, data, 512, 0, &err), WTG_SYSTEM,
		     "write to the drive at byte 8388608: ");
	assert_fails(wtg_window_flush(&drive->window, &err), WTG_SYSTEM,
		     "write to the drive at byte 8388608: ");
	expect_bytes(drive, 4 * MIB, 4 * MIB, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_written_by_way_of_the_cache),
		cmocka_unit_test_setup_teardown(the_last_of_what_was_written_stays, begin, end),
		cmocka_unit_test_setup_teardown(what_is_prepared_in_its_room_is_written, begin,
						end),
		cmocka_unit_test_setup_teardown(who_is_lent_the_descriptor_finds_it_as_it_was,
						begin, end),
		cmocka_unit_test_setup_teardown(the_first_failure_is_the_last_write, begin, end),
	};

	return cmocka_run_group_tests_name("behind", tests, NULL, NULL);
}
