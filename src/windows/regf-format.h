/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where things lie in a registry hive ("regf"): the public specification of
 * github.com/msuhanov/regf, which agrees with every hive we have seen.  All numbers are
 * little-endian; cell offsets count from the end of the base block.
 */
#pragma once

enum {
	REGF_BASE_BYTES = 4096, /* the base block; bins are multiples of the same */
	REGF_SEQUENCE1 = 4,
	REGF_SEQUENCE2 = 8,
	REGF_TIMESTAMP = 12,
	REGF_MAJOR = 20,
	REGF_MINOR = 24,
	REGF_FILE_TYPE = 28,
	REGF_FILE_FORMAT = 32,
	REGF_ROOT = 36,
	REGF_BINS_BYTES = 40,
	REGF_CLUSTERING = 44,
	REGF_FILE_NAME = 48,
	REGF_FILE_NAME_BYTES = 64,
	REGF_CHECKSUM = 508,

	HBIN_OFFSET = 4,
	HBIN_SIZE = 8,
	HBIN_TIMESTAMP = 20,
	HBIN_HEADER_BYTES = 32,

	NK_FLAGS = 2,
	NK_TIMESTAMP = 4,
	NK_PARENT = 16,
	NK_N_SUBKEYS = 20,
	NK_SUBKEYS = 28,
	NK_VOLATILE_SUBKEYS = 32,
	NK_N_VALUES = 36,
	NK_VALUES = 40,
	NK_SECURITY = 44,
	NK_CLASS = 48,
	NK_MAX_NAME_BYTES = 52,
	NK_MAX_VALUE_NAME_BYTES = 60,
	NK_MAX_VALUE_BYTES = 64,
	NK_NAME_BYTES = 72,
	NK_CLASS_BYTES = 74,
	NK_NAME = 76,

	NK_FLAG_ROOT = 0x04,
	NK_FLAG_NO_DELETE = 0x08,
	NK_FLAG_LATIN1 = 0x20, /* the name is "compressed": a byte a character */

	VK_NAME_BYTES = 2,
	VK_SIZE = 4,
	VK_DATA = 8,
	VK_TYPE = 12,
	VK_FLAGS = 16,
	VK_NAME = 20,

	VK_FLAG_LATIN1 = 0x01,

	LIST_COUNT = 2,
	LIST_ENTRIES = 4,

	SK_NEXT = 4,
	SK_PREVIOUS = 8,
	SK_REFERENCES = 12,
	SK_SIZE = 16,
	SK_DESCRIPTOR = 20,

	DB_COUNT = 2,
	DB_SEGMENTS = 4,
	DB_BYTES = 8,
	DB_SEGMENT_BYTES = 16344, /* of which longer data consist, from minor 4 on */
};

#define REGF_NONE 0xffffffffu     /* an offset that leads nowhere */
#define VK_RESIDENT 0x80000000u   /* in VK_SIZE: the data lie in VK_DATA itself */
