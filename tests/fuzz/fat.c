/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT volumes: opening, the whole tree, one file. */
#include "fuzz.h"

#include "volume/fat-read.h"

#define BLOCK_BYTES 512
#define MAX_BYTES (8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t disk_bytes;
	_cleanup_fd_ int fd = fuzz_disk(data, size, BLOCK_BYTES, &disk_bytes);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = { 0 };
	struct wtg_window window = fuzz_window(fd, disk_bytes);
	struct wtg_files files = { 0 };
	struct wtg_fat_info info;

	if (wtg_fat_open(&window, &fat, &err) < 0)
		return 0;
	wtg_fat_info(fat, &info);
	FUZZ_ASSERT(info.size_bytes <= disk_bytes && memchr(info.label, 0, 12));
	if (wtg_fat_read_tree(fat, "", MAX_BYTES, &files, &err) == 0)
		FUZZ_ASSERT(wtg_files_size_bytes(&files) <= MAX_BYTES);
	for (size_t i = 0; i < files.n_items; i++)
		FUZZ_ASSERT(fuzz_is_path(files.items[i].path));
	wtg_files_done(&files);
	wtg_error_done(&err);
	if (wtg_fat_read(fat, "EFI/Boot/a long name.efi", MAX_BYTES, &content, &err) > 0)
		FUZZ_ASSERT(content.size <= MAX_BYTES);
	return 0;
}
