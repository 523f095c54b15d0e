/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive with a table of ours on it. */
#pragma once

#include "support.h"

#include <string.h>

#include "volume/gpt.h"
#include "volume/table.h"

#define MIB (1ull << 20)
#define DRIVE_BYTES (600 * MIB)

#define ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define MSR "e3c9e316-0b5c-4db8-817d-f92df00215ae"
#define BASIC "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"
#define NO_DRIVE_LETTER (1ull << 63)

static inline struct wtg_table example(uint32_t sector_bytes)
{
	struct wtg_table table = {
		.style = WTG_TABLE_GPT,
		.disk = wtg_guid_const("11223344-5566-4788-99aa-bbccddeeff00"),
		.sector_bytes = sector_bytes,
		.partitions = {
			{ .name = "EFI system partition", .first_byte = MIB,
			  .size_bytes = 260 * MIB },
			{ .name = "Microsoft reserved partition", .first_byte = 261 * MIB,
			  .size_bytes = 16 * MIB },
			{ .name = "Größe 内存", .first_byte = 277 * MIB,
			  .size_bytes = 300 * MIB + 3 * 4096, .attributes = NO_DRIVE_LETTER },
		},
		.n_partitions = 3,
	};

	table.partitions[0].type = wtg_guid_const(ESP);
	table.partitions[1].type = wtg_guid_const(MSR);
	table.partitions[2].type = wtg_guid_const(BASIC);
	for (uint8_t i = 0; i < 3; i++) {
		memset(table.partitions[i].id.bytes, 0x10 + i, 16);
		wtg_guid_make_v4(&table.partitions[i].id);
	}
	return table;
}

/* A drive full of somebody's old bytes at both ends, with the example table on it. */
static inline int written(const char *name, uint32_t sector_bytes, uint64_t size_bytes,
			  char **ret_path)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	int fd = test_file(name, size_bytes, ret_path);
	struct wtg_window w = test_window(fd, size_bytes, &ledger);
	struct wtg_table table = example(sector_bytes);
	uint8_t old[8192];

	memset(old, 0xa5, sizeof(old));
	assert_good(wtg_window_pwrite(&w, old, sizeof(old), 0, &err));
	assert_good(
		wtg_window_pwrite(&w, old, sizeof(old), size_bytes - sizeof(old), &err));
	assert_good(wtg_table_write(&w, &table, &err));
	return fd;
}
