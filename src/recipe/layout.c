/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe/layout-inner.h"

#include <stdlib.h>
#include <time.h>

#include "base/fdio.h"
#include "step/status.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

/* The backup GPT has 33 sectors, at most 132 KiB: the last MiB is left to it. */
#define FIRST_BYTE MIB
#define LAST_BYTES MIB

/* 260 MiB: the least FAT32 volume with 4096-byte sectors, so that one size serves all
 * (Microsoft: UEFI/GPT-based hard drive partitions). */
#define ESP_BYTES (260 * MIB)

/* With an MBR as Microsoft's procedure for Windows To Go has it. */
#define MBR_SYSTEM_BYTES (350 * MIB)

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

int wtg_layout_too_small(const struct wtg_site *site, uint64_t have_bytes, uint64_t need_bytes,
			 struct wtg_error *err)
{
	_cleanup_free_ char *have = wtg_size_drive_text(have_bytes);
	_cleanup_free_ char *need = wtg_size_drive_text(need_bytes);

	return wtg_fail(err, WTG_UNSUITABLE, 0, "%s has %s, %s %s", site->disk->path, have,
			site->windows_least > 0 ? "this image and layout need" : "Ventoy needs",
			need);
}

uint64_t wtg_layout_esp_bytes(const struct wtg_request *request)
{
	return request->esp_size_bytes ? wtg_round_up(request->esp_size_bytes, MIB) : ESP_BYTES;
}

int wtg_layout_check_sizes(uint64_t windows, uint64_t data, uint64_t room, uint64_t least,
			   struct wtg_error *err)
{
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
	return 0;
}

int wtg_layout_check_data(const struct wtg_layout *layout, struct wtg_error *err)
{
	_cleanup_free_ char *have = wtg_size_text(layout->data.length);
	_cleanup_free_ char *need = wtg_size_text(DATA_LEAST_BYTES);

	if (layout->data.length >= DATA_LEAST_BYTES)
		return 0;
	return wtg_fail(err, WTG_UNSUITABLE, 0,
			"the data partition would have %s, the least is %s", have, need);
}

/* Windows takes the rest unless its size is given; then data takes the rest if a filesystem
 * for it is named. */
static int share(const struct wtg_site *site, uint64_t room, struct wtg_layout *layout,
		 struct wtg_error *err)
{
	const struct wtg_request *request = site->request;
	uint64_t windows = wtg_round_up(request->windows_size_bytes, MIB);
	uint64_t data = wtg_round_up(request->data_size_bytes, MIB);

	if (windows == 0)
		windows = data < room ? room - data : 0;
	else if (data == 0 && request->data_fs != WTG_DATA_FS_AUTO)
		data = windows < room ? room - windows : 0;
	if (wtg_layout_check_sizes(windows, data, room, site->windows_least, err) < 0)
		return -1;
	layout->windows.length = windows;
	layout->data.length = data;
	return data > 0 || request->data_fs != WTG_DATA_FS_AUTO
		       ? wtg_layout_check_data(layout, err)
		       : 0;
}

uint64_t wtg_layout_used_bytes(const struct wtg_site *site)
{
	uint64_t size = site->disk->size_bytes;

	return site->most_bytes && site->most_bytes < size ? site->most_bytes : size;
}

/* The system partition, Microsoft's reserved one (of lengths that are given), Windows and the
 * user's own. */
static int place_all(const struct wtg_site *site, struct wtg_layout *layout,
		     struct wtg_error *err)
{
	uint64_t used = wtg_layout_used_bytes(site), end = wtg_round_down(used, MIB), fixed;

	fixed = FIRST_BYTE + layout->esp.length + layout->msr.length + LAST_BYTES;
	if (end < fixed + site->windows_least)
		return wtg_layout_too_small(site, used, fixed + site->windows_least, err);
	if (share(site, end - fixed, layout, err) < 0)
		return -1;

	layout->esp.offset = FIRST_BYTE;
	layout->msr.offset = layout->esp.offset + layout->esp.length;
	layout->windows.offset = layout->msr.offset + layout->msr.length;
	layout->data.offset = layout->windows.offset + layout->windows.length;
	return 0;
}

static int place_gpt(const struct wtg_site *site, struct wtg_layout *layout,
		     struct wtg_error *err)
{
	layout->esp.length = wtg_layout_esp_bytes(site->request);
	layout->msr.length = MSR_BYTES;
	return place_all(site, layout, err);
}

/* Microsoft's own layout for Windows To Go, which starts on Legacy BIOS, too ("Deploy Windows To
 * Go").  There is no reserved partition on an MBR drive, and the gap is as before a GPT's first. */
static int place_mbr(const struct wtg_site *site, struct wtg_layout *layout,
		     struct wtg_error *err)
{
	if (wtg_layout_check_mbr(site->disk, err) < 0)
		return -1;
	layout->esp.length = site->request->esp_size_bytes ? wtg_layout_esp_bytes(site->request)
							   : MBR_SYSTEM_BYTES;
	layout->bios = true;
	return place_all(site, layout, err);
}

/* As the specification of reproducible builds has it. */
uint64_t wtg_layout_now(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	return epoch ? strtoull(epoch, NULL, 10) : (uint64_t)time(NULL);
}

static int place(const struct wtg_site *site, struct wtg_layout *layout, struct wtg_error *err)
{
	if (site->beside)
		return wtg_layout_place_beside(site, layout, err);
	if (site->request->ventoy)
		return wtg_layout_place_ventoy(site, layout, err);
	if (layout->style == WTG_TABLE_MBR)
		return place_mbr(site, layout, err);
	return place_gpt(site, layout, err);
}

int wtg_layout_decide(const struct wtg_site *site, struct wtg_layout *ret, struct wtg_error *err)
{
	struct wtg_layout layout = {
		.disk_bytes = site->disk->size_bytes,
		.sector_bytes = site->disk->sector_bytes,
		.marker_offset = WTG_MARKER_OFFSET,
		.style = site->request->table == WTG_TABLE_MBR ? WTG_TABLE_MBR : WTG_TABLE_GPT,
		.first_number = 1,
		.time = wtg_layout_now(),
	};

	if (place(site, &layout, err) < 0)
		return -1;
	*ret = layout;
	return 0;
}
