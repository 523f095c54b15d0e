/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files changed on exFAT and FAT volumes (NTFS has a harness of its own): what was refused was
 * not written to, and what was not reads back. */
#include "fuzz.h"

#include <string.h>

#include "base/fdio.h"
#include "volume/edit.h"
#include "volume/exfat-inner.h"

#define BLOCK_BYTES 512
#define MENDED_BYTES (1u << 20)
#define TIME 1700000000

static void mend_boot_region(int fd, uint8_t *volume)
{
	uint32_t sector = 1u << volume[108];
	uint32_t sum = wtg_exfat_region_sum(volume, 11 * (size_t)sector);

	for (size_t i = 0; i < sector; i += 4)
		wtg_put_le32(volume + 11 * (size_t)sector + i, sum);
	if (wtg_pwrite_all(fd, volume, 12 * (size_t)sector, 0) < 0)
		abort();
}

static void mend_set(int fd, uint8_t *set, uint64_t at)
{
	size_t size = ((size_t)set[1] + 1) * 32;
	uint16_t sum = 0;

	for (size_t i = 0; i < size; i++)
		if (i != 2 && i != 3)
			sum = (uint16_t)((sum << 15 | sum >> 1) + set[i]);
	wtg_put_le16(set + 2, sum);
	if (wtg_pwrite_all(fd, set, 4, at) < 0)
		abort();
}

/* Whoever can write a volume can write its checksums, too. */
static void mend(int fd, uint64_t disk_bytes)
{
	size_t size = disk_bytes < MENDED_BYTES ? (size_t)disk_bytes : MENDED_BYTES;
	_cleanup_free_ uint8_t *volume = malloc(size + 1);

	if (!volume || wtg_pread_all(fd, volume, size, 0) < 0)
		abort();
	if (size < 12 * 4096 || memcmp(volume + 3, "EXFAT   ", 8) != 0)
		return;
	if (volume[108] >= 9 && volume[108] <= 12)
		mend_boot_region(fd, volume);
	for (size_t at = 0; at + WTG_EXFAT_MAX_SET * 32 <= size; at += 32)
		if (volume[at] == 0x85 && volume[at + 1] < WTG_EXFAT_MAX_SET &&
		    volume[at + 32] == 0xc0)
			mend_set(fd, volume + at, at);
}

static void look(const struct wtg_window *window, const struct wtg_files *edits)
{
	for (size_t i = 0; i < edits->n_items; i++) {
		const struct wtg_bytes *content = &edits->items[i].content;
		_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
		_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };

		if (!content->data)
			continue; /* of several with that name, some may be left */
		FUZZ_ASSERT(wtg_fs_read(window, edits->items[i].path, 1 << 20, &found, &err) == 1);
		FUZZ_ASSERT(found.size == content->size &&
			    memcmp(found.data, content->data, found.size) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t disk_bytes;
	_cleanup_fd_ int fd = fuzz_disk(data, size, BLOCK_BYTES, &disk_bytes);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files edits = { 0 };
	struct wtg_window window = fuzz_window(fd, disk_bytes);
	enum wtg_fs fs = WTG_FS_OTHER;
	int could;

	mend(fd, disk_bytes);
	if (wtg_fs_of(&window, &fs, &err) < 0 || fs == WTG_FS_NTFS)
		return 0;
	wtg_files_add(&edits, "ventoy/ventoy.json", wtg_bytes_copy("{ }\n", 4));
	wtg_files_add(&edits, "Windows To Go.img", wtg_bytes_copy(data, size < 5000 ? size : 5000));
	wtg_files_add(&edits, "b.txt", (struct wtg_bytes){ 0 });
	could = wtg_fs_check(&window, &edits, &err);
	wtg_error_done(&err);
	window.ledger = &ledger;
	FUZZ_ASSERT(wtg_fs_edit(&window, &edits, TIME, &err) == could);
	FUZZ_ASSERT(could == 0 || ledger.n_writes == 0);
	window.ledger = NULL;
	if (could == 0 && fs == WTG_FS_EXFAT)
		look(&window, &edits);
	return 0;
}
