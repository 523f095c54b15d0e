/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run leaves behind for `wtgctl status`. */
#pragma once

#include <stdint.h>

#include "base/extent.h"

/* On the ESP: what was made, from which image, with which options.  Where firmware is to find no
 * Windows (windows/bootfiles.h: vtefi) there is no \EFI at all, and this is beside the rest. */
#define WTG_MANIFEST_PATH "EFI/wtgctl/manifest.json"
#define WTG_MANIFEST_VTEFI_PATH "VTEFI/wtgctl/manifest.json"

/* The record of an unfinished run (plan/marker.h): in the gap between the GPT, which ends at
 * 17 KiB (24 KiB with 4096-byte sectors), and the first partition at 1 MiB. */
#define WTG_MARKER_OFFSET (512u << 10)

/*
 * With Ventoy, whose loader fills that gap, and beside something that may use it: in the last MiB
 * of a free stretch (of whole MiB), which is left alone for that; of a drive that is all Ventoy's
 * and ours, of what lies before the backup GPT, which has 33 sectors of 512 bytes.
 */
#define WTG_MARKER_ROOM_BYTES (1u << 20)

static inline uint64_t wtg_marker_offset_in(const struct wtg_extent *stretch)
{
	return stretch->offset + stretch->length - WTG_MARKER_OFFSET;
}

static inline uint64_t wtg_marker_offset_at_end(uint64_t disk_bytes)
{
	uint64_t end = disk_bytes - 33 * 512;

	return end - end % WTG_MARKER_ROOM_BYTES - WTG_MARKER_OFFSET;
}

/*
 * Of an upgrade of Ventoy, where nothing is free: before the settings at the end of the gap, which
 * core.img, padded, fills with zeros (1.1.00's ends at 461 KiB).  The drive has its table and its
 * files meanwhile: it is not to be overwritten because of such a record.
 */
#define WTG_MARKER_OFFSET_UPGRADE (2032u * 512)
