/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry hives, as much of them as a boot manager needs: keys and values by name. */
#include "standin.h"

#define BASE_BLOCK 4096
#define NAME_IS_ASCII 0x20
#define INLINE 0x80000000u

struct hive hive_open(struct bytes file)
{
	UINT32 sum = 0;

	if (!starts_with(file, "regf"))
		fail("the BCD is no hive");
	for (unsigned i = 0; i < 127; i++)
		sum ^= le32(file, 4 * i);
	if (sum != le32(file, 508))
		fail("the BCD's first block is damaged");
	if (le32(file, 4) != le32(file, 8))
		fail("the BCD was not written to its end");
	return (struct hive){ slice(file, BASE_BLOCK, le32(file, 40)), le32(file, 36) };
}

/* A cell in use: its size is negative. */
static struct bytes cell(const struct hive *hive, UINT32 offset)
{
	INT32 size = (INT32)le32(hive->cells, offset);

	if (size > -8)
		fail("cell %u of the BCD is free", (UINT64)offset);
	return slice(hive->cells, (UINT64)offset + 4, (UINT64)-(INT64)size - 4);
}

static struct bytes typed_cell(const struct hive *hive, UINT32 offset, const char *type)
{
	struct bytes found = cell(hive, offset);

	if (!starts_with(found, type))
		fail("cell %u of the BCD is no %s", (UINT64)offset, type);
	return found;
}

static BOOLEAN is_named(struct bytes name, const char *ascii)
{
	UINT64 i = 0;

	for (; i < name.size && ascii[i]; i++)
		if (upper(name.data[i]) != upper((UINT8)ascii[i]))
			return FALSE;
	return i == name.size && !ascii[i];
}

/* In a list of subkeys; 0 where there is none of that name: no cell begins there. */
static UINT32 in_list(const struct hive *hive, UINT32 offset, const char *name)
{
	struct bytes list = cell(hive, offset);
	unsigned step = starts_with(list, "lf") || starts_with(list, "lh") ? 8 : 4;

	if (step == 4 && !starts_with(list, "li"))
		fail("cell %u of the BCD is no list of keys", (UINT64)offset);
	for (UINT64 i = 0; i < le16(list, 2); i++) {
		UINT32 at = le32(list, 4 + step * i);
		struct bytes key = typed_cell(hive, at, "nk");

		if (le16(key, 2) & NAME_IS_ASCII &&
		    is_named(slice(key, 76, le16(key, 72)), name))
			return at;
	}
	return 0;
}

UINT32 hive_subkey(const struct hive *hive, UINT32 parent, const char *name)
{
	struct bytes key = typed_cell(hive, parent, "nk"), lists;
	UINT32 found = 0, list = le32(key, 28);

	if (le32(key, 20) == 0)
		fail("the BCD has no key %s", name);
	lists = cell(hive, list);
	if (!starts_with(lists, "ri"))
		found = in_list(hive, list, name);
	else
		for (UINT64 i = 0; !found && i < le16(lists, 2); i++)
			found = in_list(hive, le32(lists, 4 + 4 * i), name);
	if (!found)
		fail("the BCD has no key %s", name);
	return found;
}

struct bytes hive_value(const struct hive *hive, UINT32 parent, const char *name)
{
	struct bytes key = typed_cell(hive, parent, "nk");
	UINT32 n = le32(key, 36);

	for (UINT64 i = 0; i < n; i++) {
		struct bytes list = cell(hive, le32(key, 40));
		struct bytes value = typed_cell(hive, le32(list, 4 * i), "vk");
		UINT32 size = le32(value, 4);

		if (!(le16(value, 16) & 1) || !is_named(slice(value, 20, le16(value, 2)), name))
			continue;
		return size & INLINE ? slice(value, 8, size & ~INLINE)
				     : slice(cell(hive, le32(value, 8)), 0, size);
	}
	fail("the BCD has no value %s", name);
}
