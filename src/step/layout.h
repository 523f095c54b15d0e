/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where everything lies on the drive and what it is called: plain data, decided by the
 * recipe, copied into steps. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/extent.h"
#include "base/guid.h"
#include "wtg/request.h"

struct wtg_identity {
	uint64_t run_id;
	struct wtg_guid disk, esp, msr, windows, data, vtoyefi; /* of the table */
	uint32_t signature; /* of the drive, in its MBR: neither 0 nor all ones */
	uint8_t ventoy[16]; /* of the drive, for Ventoy */
	struct wtg_guid osloader, resume;              /* of the BCD store */
	uint32_t esp_serial, data_serial;              /* of the volumes */
	uint64_t windows_serial;
};

struct wtg_layout {
	uint64_t disk_bytes;
	uint32_t sector_bytes;
	uint64_t marker_offset;
	uint64_t time; /* of the plan: seconds since the epoch, for what is dated by it */
	enum wtg_table_style style; /* never AUTO */

	/*
	 * With Ventoy data is its first partition, for the ISOs, and vtoyefi its second.  Beside
	 * something that stays, an extent is of a partition that is added, or, of Ventoy's two,
	 * of the one that is there.
	 */
	struct wtg_extent esp, msr, windows, data, vtoyefi;
	bool beside; /* everything else on the drive stays as it is */
	unsigned first_number; /* of the partitions that are added: 1, or after those that stay */
	bool bios;   /* the system partition starts on Legacy BIOS, too */
	uint64_t windows_least; /* bytes that Windows takes of its partition, about */
	bool compact; /* and that because its files are compressed */
	struct wtg_identity identity;
};
