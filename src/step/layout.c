/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

/*
 * Types: UEFI specification and Microsoft's list of partition types.  Names: as Windows'
 * own setup gives them, and Ventoy's as its installer does.  Attribute bit 63 is "no default
 * drive letter", which Microsoft's procedure for Windows To Go sets, so that the Windows of
 * another computer does not mount the volume by itself; Windows started from it still calls it
 * C:.  Ventoy sets it on VTOYEFI (since 1.1.03).
 */
#define NO_DRIVE_LETTER (UINT64_C(1) << 63)

/* Partition types of an MBR; Microsoft's To Go layout has the system partition as 0x0C. */
#define MBR_NTFS_OR_EXFAT 0x07
#define MBR_FAT32_LBA 0x0c
#define MBR_ESP 0xef

size_t wtg_layout_partitions(const struct wtg_layout *layout,
			     struct wtg_layout_partition ret[static WTG_LAYOUT_MAX])
{
	const struct wtg_guid basic_data =
		wtg_guid_const("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
	const struct wtg_identity *id = &layout->identity;
	bool ventoy = layout->vtoyefi.length > 0;
	const struct wtg_layout_partition system = {
		"esp", &layout->esp, &id->esp,
		wtg_guid_const("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
		"EFI system partition", 0, MBR_FAT32_LBA, layout->bios && !ventoy,
	};
	const struct wtg_layout_partition reserved = {
		"msr", &layout->msr, &id->msr,
		wtg_guid_const("e3c9e316-0b5c-4db8-817d-f92df00215ae"),
		"Microsoft reserved partition", 0, 0, false,
	};
	const struct wtg_layout_partition windows = {
		"windows", &layout->windows, &id->windows, basic_data,
		"Basic data partition", NO_DRIVE_LETTER, MBR_NTFS_OR_EXFAT, false,
	};
	const struct wtg_layout_partition data = {
		"data", &layout->data, &id->data, basic_data, "Data", 0, MBR_NTFS_OR_EXFAT, false,
	};
	/* Of Ventoy's two, the one with the files is active. */
	const struct wtg_layout_partition isos = {
		"ventoy", &layout->data, &id->data, basic_data, "Ventoy", 0,
		MBR_NTFS_OR_EXFAT, true,
	};
	const struct wtg_layout_partition vtoyefi = {
		"vtoyefi", &layout->vtoyefi, &id->vtoyefi, basic_data, "VTOYEFI",
		NO_DRIVE_LETTER, MBR_ESP, false,
	};
	const struct wtg_layout_partition plain[] = { system, reserved, windows, data };
	const struct wtg_layout_partition with_ventoy[] = { isos, vtoyefi, system, windows };
	const struct wtg_layout_partition *all = ventoy ? with_ventoy : plain;
	size_t n = 0;

	/* Beside something, Ventoy's own two are there. */
	for (size_t i = ventoy && layout->beside ? 2 : 0; i < 4; i++)
		if (all[i].extent->length > 0)
			ret[n++] = all[i];
	return n;
}
