/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTFS volumes as verify opens them: libntfs-3g over our device, for reading. */
#include "fuzz.h"

#include "volume/ntfs.h"
#include "wtg/error.h"

#define BLOCK_BYTES 512
#define MAX_BYTES (1u << 20)

static void read_file(struct wtg_ntfs *volume, const char *path)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_ntfs_read(volume, path, MAX_BYTES, &content, &err) == 0)
		FUZZ_ASSERT(content.size <= MAX_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t disk_bytes;
	_cleanup_fd_ int fd = fuzz_disk(data, size, BLOCK_BYTES, &disk_bytes);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;
	struct wtg_window window = fuzz_window(fd, disk_bytes);
	struct wtg_ntfs_compact compact;
	struct wtg_ntfs_info info;

	if (wtg_ntfs_open(&window, &volume, &err) < 0)
		return 0;
	if (wtg_ntfs_info(volume, &info, &err) == 0)
		FUZZ_ASSERT(memchr(info.label, 0, sizeof(info.label)));
	(void)wtg_ntfs_exists(volume, "windows/SYSTEM32/nothing");
	(void)wtg_ntfs_count_compact(volume, &compact, &err);
	read_file(volume, "Windows/System32/winload.efi");
	read_file(volume, "Windows/System32/config/SYSTEM");
	return 0;
}
