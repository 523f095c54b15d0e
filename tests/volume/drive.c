/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "drive.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

void test_drive_open(struct test_drive *drive, uint64_t size_bytes)
{
	uint64_t drive_bytes = TEST_DRIVE_START + size_bytes + MIB;
	_cleanup_free_ uint8_t *old = wtg_alloc(MIB);

	memset(drive, 0, sizeof(*drive));
	drive->fd = test_file("drive", drive_bytes, &drive->path);
	memset(old, TEST_DRIVE_OLD, MIB);
	for (uint64_t at = 0; at < drive_bytes; at += MIB)
		if (wtg_pwrite_all(drive->fd, old, MIB, at) < 0)
			fail_msg("cannot fill the drive");
	drive->window = (struct wtg_window){
		.fd = drive->fd,
		.offset = TEST_DRIVE_START,
		.length = size_bytes,
		.ledger = &drive->ledger,
	};
}

void test_drive_done(struct test_drive *drive)
{
	close(drive->fd);
	free(drive->path);
	wtg_ledger_done(&drive->ledger);
}

void test_drive_format(struct test_drive *drive, uint32_t sector_bytes)
{
	const struct wtg_ntfs_format how = {
		.label = "Wíndows",
		.serial = UINT64_C(0x1122334455667788),
		.start_bytes = TEST_DRIVE_START,
		.sector_bytes = sector_bytes,
	};
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_ntfs_format(&drive->window, &how, &err));
}

char *test_drive_carve(const struct test_drive *drive)
{
	char *path = wtg_text("%s.volume", drive->path);

	free(test_run(NULL, "dd if='%s' of='%s' bs=1M skip=%llu count=%llu status=none",
		      drive->path, path, (unsigned long long)(TEST_DRIVE_START / MIB),
		      (unsigned long long)(drive->window.length / MIB)));
	return path;
}

void test_drive_assert_bounds(const struct test_drive *drive)
{
	uint8_t before, after;

	assert_int_equal(wtg_pread_all(drive->fd, &before, 1, TEST_DRIVE_START - 1), 0);
	assert_int_equal(before, TEST_DRIVE_OLD);
	assert_int_equal(wtg_pread_all(drive->fd, &after, 1,
				       TEST_DRIVE_START + drive->window.length), 0);
	assert_int_equal(after, TEST_DRIVE_OLD);
}

/* Record by record, by nobody's library. */
static void walk(const char *volume_path)
{
	const char *program = getenv("NTFS_WALK");

	if (program && system("command -v python3 >/dev/null") == 0)
		free(test_run(NULL, "python3 '%s' '%s'", program, volume_path));
}

void test_assert_clean(const char *volume_path)
{
	static const struct {
		const char *program, *answer;
	} questions[] = {
		{ "ntfsfix -n", "processed successfully" },
		{ "ntfsresize -i -f", "You might resize" },
		{ "ntfsinfo -m", "Volume Flags: 0x0000" },
		{ "fsstat -f ntfs", "Root Directory: 5" },
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		_cleanup_free_ char *said =
			test_run(NULL, "%s '%s'", questions[i].program, volume_path);

		if (!strstr(said, questions[i].answer))
			fail_msg("no \"%s\" in: %s", questions[i].answer, said);
	}
	walk(volume_path);
}
