/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

/*
 * Types: UEFI specification and Microsoft's list of partition types.  Names: as Windows'
 * own setup gives them.  Attribute bit 63 is "no default drive letter", which Microsoft's
 * procedure for Windows To Go sets, so that the Windows of another computer does not mount
 * the volume by itself; Windows started from it still calls it C:.
 */
#define NO_DRIVE_LETTER (UINT64_C(1) << 63)

size_t wtg_layout_partitions(const struct wtg_layout *layout,
			     struct wtg_layout_partition ret[static 4])
{
	const struct wtg_guid basic_data =
		wtg_guid_const("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
	const struct wtg_identity *id = &layout->identity;
	const struct wtg_layout_partition all[] = {
		{ "esp", &layout->esp, &id->esp,
		  wtg_guid_const("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
		  "EFI system partition", 0 },
		{ "msr", &layout->msr, &id->msr,
		  wtg_guid_const("e3c9e316-0b5c-4db8-817d-f92df00215ae"),
		  "Microsoft reserved partition", 0 },
		{ "windows", &layout->windows, &id->windows, basic_data,
		  "Basic data partition", NO_DRIVE_LETTER },
		{ "data", &layout->data, &id->data, basic_data, "Data", 0 },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].extent->length > 0)
			ret[n++] = all[i];
	return n;
}
