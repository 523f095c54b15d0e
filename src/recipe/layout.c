/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe/layout.h"

#include <stdlib.h>
#include <time.h>

#include "base/fdio.h"
#include "step/status.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

#define MIB (UINT64_C(1) << 20)

/* Partitions start on whole MiB: every erase block and every sector size divides it.  The
 * backup GPT has 33 sectors, at most 132 KiB: the last MiB is left to it. */
#define ALIGNMENT MIB
#define FIRST_BYTE MIB
#define LAST_BYTES MIB

/* 260 MiB: the least FAT32 volume with 4096-byte sectors, so that one size serves all
 * (Microsoft: UEFI/GPT-based hard drive partitions).  16 MiB: MSR since Windows 10. */
#define ESP_BYTES (260 * MIB)
#define MSR_BYTES (16 * MIB)

/* Enough for any of the file systems on 512-byte sectors, and for little else. */
#define DATA_LEAST_BYTES (64 * MIB)

/* mkntfs' own files (log, MFT, bitmap) on a volume of usual size. */
#define NTFS_OVERHEAD_BYTES (96 * MIB)

uint64_t wtg_layout_windows_least(uint64_t files_bytes)
{
	return wtg_round_up(files_bytes + NTFS_OVERHEAD_BYTES, MIB);
}

uint64_t wtg_layout_written_bytes(uint64_t windows_least)
{
	/* The ESP holds some 30 MB; another 4 MiB are erased at the ends of things. */
	return windows_least + 64 * MIB;
}

static int too_small(const struct wtg_disk *disk, uint64_t have_bytes, uint64_t need_bytes,
		     struct wtg_error *err)
{
	_cleanup_free_ char *have = wtg_size_drive_text(have_bytes);
	_cleanup_free_ char *need = wtg_size_drive_text(need_bytes);

	return wtg_fail(err, WTG_UNSUITABLE, 0, "%s has %s, this image and layout need %s",
			disk->path, have, need);
}

static int check_request(const struct wtg_request *request, struct wtg_error *err)
{
	if (request->data_fs != WTG_DATA_FS_AUTO && request->data_size_bytes == 0 &&
	    request->windows_size_bytes == 0)
		return wtg_fail(err, WTG_USAGE, 0,
				"--data-fs without --data-size or --windows-size: there would be "
				"no data partition");
	if (request->esp_size_bytes != 0 && request->esp_size_bytes < 100 * MIB)
		return wtg_fail(err, WTG_USAGE, 0,
				"--esp-size: less than 100 MiB does not hold the boot files");
	return 0;
}

/* Windows takes the rest unless its size is given; then data takes the rest if a filesystem
 * for it is named. */
static int share(const struct wtg_request *request, uint64_t room, struct wtg_layout *layout,
		 uint64_t least, struct wtg_error *err)
{
	uint64_t windows = wtg_round_up(request->windows_size_bytes, ALIGNMENT);
	uint64_t data = wtg_round_up(request->data_size_bytes, ALIGNMENT);

	if (windows == 0)
		windows = data < room ? room - data : 0;
	else if (data == 0 && request->data_fs != WTG_DATA_FS_AUTO)
		data = windows < room ? room - windows : 0;
	if (windows < least) {
		_cleanup_free_ char *have = wtg_size_text(windows);
		_cleanup_free_ char *need = wtg_size_text(least);

		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the Windows partition would have %s, the edition needs %s", have,
				need);
	}
	if (windows > room || data > room - windows) {
		_cleanup_free_ char *have = wtg_size_text(room);

		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the sizes given are more than the %s that the drive has for them",
				have);
	}
	if ((data > 0 || request->data_fs != WTG_DATA_FS_AUTO) && data < DATA_LEAST_BYTES) {
		_cleanup_free_ char *have = wtg_size_text(data);
		_cleanup_free_ char *need = wtg_size_text(DATA_LEAST_BYTES);

		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the data partition would have %s, the least is %s", have, need);
	}
	layout->windows.length = windows;
	layout->data.length = data;
	return 0;
}

/* As the specification of reproducible builds has it. */
static uint64_t now(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	return epoch ? strtoull(epoch, NULL, 10) : (uint64_t)time(NULL);
}

int wtg_layout_decide(const struct wtg_request *request, const struct wtg_disk *disk,
		      uint64_t most_bytes, uint64_t windows_least, struct wtg_layout *ret,
		      struct wtg_error *err)
{
	struct wtg_layout layout = {
		.disk_bytes = disk->size_bytes,
		.sector_bytes = disk->sector_bytes,
		.marker_offset = WTG_MARKER_OFFSET,
		.style = WTG_TABLE_GPT,
		.first_number = 1,
		.time = now(),
	};
	uint64_t used = disk->size_bytes, fixed, end;

	if (check_request(request, err) < 0)
		return -1;
	layout.esp.length = request->esp_size_bytes
				    ? wtg_round_up(request->esp_size_bytes, ALIGNMENT)
				    : ESP_BYTES;
	layout.msr.length = MSR_BYTES;
	fixed = FIRST_BYTE + layout.esp.length + layout.msr.length + LAST_BYTES;
	if (most_bytes && most_bytes < used)
		used = most_bytes;
	end = wtg_round_down(used, ALIGNMENT);
	if (end < fixed + windows_least)
		return too_small(disk, used, fixed + windows_least, err);
	if (share(request, end - fixed, &layout, windows_least, err) < 0)
		return -1;

	layout.esp.offset = FIRST_BYTE;
	layout.msr.offset = layout.esp.offset + layout.esp.length;
	layout.windows.offset = layout.msr.offset + layout.msr.length;
	layout.data.offset = layout.windows.offset + layout.windows.length;
	*ret = layout;
	return 0;
}
