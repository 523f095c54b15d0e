/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe/layout-inner.h"

#include "base/fdio.h"
#include "step/status.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

#define SECTOR_BYTES 512 /* Ventoy knows no other (VentoyWorker.sh) */
#define BACKUP_BYTES (33 * SECTOR_BYTES) /* of a GPT; room that an MBR does not need is left, too */

#define MBR_MOST_BYTES ((UINT64_C(1) << 32) * SECTOR_BYTES)

int wtg_layout_check_mbr(const struct wtg_disk *disk, struct wtg_error *err)
{
	if (disk->sector_bytes != SECTOR_BYTES)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"%s has sectors of %u bytes; an MBR drive that PCs start has 512",
				disk->path, disk->sector_bytes);
	if (disk->size_bytes > MBR_MOST_BYTES) {
		_cleanup_free_ char *has = wtg_size_drive_text(disk->size_bytes);

		wtg_fail(err, WTG_UNSUITABLE, 0, "%s has %s, and an MBR reaches 2 TiB", disk->path,
			 has);
		return wtg_hint(err, "Leave out --layout mbr: a GPT has no such limit.");
	}
	return 0;
}

/* Half for each where no size is given; else who has none given takes the rest.  Alone, Ventoy
 * takes what it is given, or all. */
static void share(const struct wtg_site *site, uint64_t room, struct wtg_layout *layout)
{
	uint64_t windows = wtg_round_up(site->request->windows_size_bytes, MIB);
	uint64_t data = wtg_round_up(site->request->data_size_bytes, MIB);
	uint64_t half = wtg_round_down(room / 2, MIB);

	if (site->windows_least == 0) {
		layout->data.length = data ? data : room;
		return;
	}
	if (windows == 0 && data == 0)
		windows = half > site->windows_least ? half : site->windows_least;
	if (windows == 0)
		windows = data < room ? room - data : 0;
	else if (data == 0)
		data = windows < room ? room - windows : 0;
	layout->windows.length = windows;
	layout->data.length = data;
}

/* Its loader wants its first partition at sector 2048, and its second, of 32 MiB, at the end of
 * that (ventoy_cmd.c: ventoy_check_official_device). */
int wtg_layout_place_ventoy(const struct wtg_site *site, struct wtg_layout *layout,
			    struct wtg_error *err)
{
	const struct wtg_disk *disk = site->disk;
	uint64_t used = wtg_layout_used_bytes(site);
	struct wtg_extent all = { WTG_VENTOY_FIRST_BYTE, 0 };
	uint64_t fixed, least = site->windows_least + DATA_LEAST_BYTES;

	if (disk->sector_bytes != SECTOR_BYTES)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"%s has sectors of %u bytes, and Ventoy starts from drives with 512 "
				"only",
				disk->path, disk->sector_bytes);
	if (layout->style == WTG_TABLE_MBR && wtg_layout_check_mbr(disk, err) < 0)
		return -1;
	if (site->windows_least > 0)
		layout->esp.length = wtg_layout_esp_bytes(site->request);
	layout->vtoyefi.length = WTG_VENTOY_VOLUME_BYTES;
	fixed = all.offset + layout->vtoyefi.length + layout->esp.length + WTG_MARKER_ROOM_BYTES;
	if (wtg_round_down(used - BACKUP_BYTES, MIB) < fixed + least)
		return wtg_layout_too_small(site, used, fixed + least + MIB, err);
	all.length = wtg_round_down(used - BACKUP_BYTES, MIB) - fixed;
	share(site, all.length, layout);
	if (wtg_layout_check_sizes(layout->windows.length, layout->data.length, all.length,
				   site->windows_least, err) < 0 ||
	    wtg_layout_check_data(layout, err) < 0)
		return -1;

	layout->data.offset = all.offset;
	layout->vtoyefi.offset = layout->data.offset + layout->data.length;
	layout->esp.offset = layout->vtoyefi.offset + layout->vtoyefi.length;
	layout->windows.offset = layout->esp.offset + layout->esp.length;
	layout->bios = layout->style == WTG_TABLE_MBR;
	/* Ventoy's own loader fills the gap before the first partition. */
	layout->marker_offset = wtg_marker_offset_at_end(disk->size_bytes);
	return 0;
}
