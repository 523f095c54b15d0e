/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where everything lies on the drive and what it is called: plain data, decided by the
 * recipe, copied into steps. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/guid.h"

struct wtg_extent {
	uint64_t offset, length; /* bytes; length 0: not there */
};

struct wtg_identity {
	uint64_t run_id;
	struct wtg_guid disk, esp, msr, windows, data; /* of the table */
	struct wtg_guid osloader, resume;              /* of the BCD store */
	uint32_t esp_serial, data_serial;              /* of the volumes */
	uint64_t windows_serial;
};

struct wtg_layout {
	uint64_t disk_bytes;
	uint32_t sector_bytes;
	uint64_t marker_offset;
	uint64_t time; /* of the plan: seconds since the epoch, for what is dated by it */
	struct wtg_extent esp, msr, windows, data;
	uint64_t windows_least; /* bytes that Windows takes of its partition, about */
	bool compact; /* and that because its files are compressed */
	struct wtg_identity identity;
};
