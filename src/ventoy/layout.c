/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ventoy/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ventoy/marks.h"

#define SECTOR_BYTES 512u

/* Behind GPT's 32 sectors of entries. */
#define GPT_CORE_SECTOR 34
#define MBR_CORE_SECTOR 1

/* Behind the boot code, sector 0 has the drive's signature and table. */
#define BOOT_CODE_BYTES 440

static const uint8_t marks[16] = { 'V',  'T', 0,   'G', 'e', 0,	  'H', 'D',
				   0,	 'R', 'd', 0,   ' ', 'E', 'r', '\r' };

const struct wtg_extent wtg_ventoy_kept_settings = { 2040 * SECTOR_BYTES, 8 * SECTOR_BYTES };

bool wtg_ventoy_head_starts(const uint8_t head[static 512])
{
	static const uint8_t start[0x30] = { 0xeb, 0x63, 0x90 };

	return memcmp(head, start, sizeof(start)) == 0;
}

bool wtg_ventoy_head_marked(const uint8_t head[static 512])
{
	return memcmp(head + WTG_VENTOY_MARK_AT, marks, sizeof(marks)) == 0;
}

static uint64_t core_sector(enum wtg_table_style style)
{
	switch (style) {
	case WTG_TABLE_GPT:
		return GPT_CORE_SECTOR;
	case WTG_TABLE_MBR:
		return MBR_CORE_SECTOR;
	case WTG_TABLE_AUTO:
		break;
	}
	abort();
}

void wtg_ventoy_boot_code(const struct wtg_ventoy_payload *payload, enum wtg_table_style style,
			  const uint8_t uuid[static WTG_VENTOY_UUID_BYTES], uint8_t ret[static 440])
{
	memcpy(ret, payload->boot, BOOT_CODE_BYTES);
	wtg_put_le64(ret + WTG_VENTOY_KERNEL_AT, core_sector(style));
	memcpy(ret + WTG_VENTOY_UUID_AT, uuid, WTG_VENTOY_UUID_BYTES);
}

/* As long as there is room before the first partition; what is cut off are zeros, or settings. */
struct wtg_bytes wtg_ventoy_core(const struct wtg_ventoy_payload *payload,
				 enum wtg_table_style style)
{
	uint64_t sector = core_sector(style);
	size_t size = (size_t)(WTG_VENTOY_FIRST_BYTE - sector * SECTOR_BYTES);
	struct wtg_bytes core = wtg_bytes_copy(payload->core.data, size);

	wtg_put_le64(core.data + WTG_VENTOY_BLOCKLIST_AT, sector + 1);
	return core;
}

uint64_t wtg_ventoy_core_at(enum wtg_table_style style)
{
	return core_sector(style) * SECTOR_BYTES;
}
