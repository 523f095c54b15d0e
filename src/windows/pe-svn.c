/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/pe.h"

#include <string.h>

#include "windows/pe-layout.h"

/*
 * A resource of four bytes with a name of its own: minor, major.  The tree of resources has three
 * levels (type, name, language); Microsoft, "PE Format", .rsrc.
 */
#define NAME "BOOTMGRSECURITYVERSIONNUMBER"

#define DIRECTORY_HEADER 16
#define DIRECTORY_NAMED 12
#define DIRECTORY_NUMBERED 14
#define ENTRY_SIZE 8
#define MAX_ENTRIES 1024 /* of a directory; loaders have some ten */
#define DEEPER 0x80000000u /* of an entry's offset: it is a directory; of its name: a text */

#define SECTION_SIZE 40
#define SECTION_VIRTUAL_ADDRESS 12
#define SECTION_RAW_SIZE 16
#define SECTION_RAW_AT 20

/* The file at an address in memory, and how much of it follows there; NULL: nothing. */
static const uint8_t *at_address(const struct wtg_bytes *file, const struct wtg_pe_layout *layout,
				 uint32_t address, uint32_t *ret_size)
{
	for (unsigned i = 0; i < layout->n_sections; i++) {
		const uint8_t *section =
			file->data + layout->sections_at + (size_t)i * SECTION_SIZE;
		uint32_t start = wtg_le32(section + SECTION_VIRTUAL_ADDRESS);
		uint32_t size = wtg_le32(section + SECTION_RAW_SIZE);
		uint32_t raw = wtg_le32(section + SECTION_RAW_AT);

		if (address < start || address - start >= size || !wtg_pe_look(file, raw, size))
			continue;
		*ret_size = size - (address - start);
		return file->data + raw + (address - start);
	}
	return NULL;
}

struct resources {
	const uint8_t *data;
	uint32_t size;
};

static const uint8_t *look(const struct resources *in, uint32_t offset, uint32_t size)
{
	return offset <= in->size && size <= in->size - offset ? in->data + offset : NULL;
}

/* The entries of a directory; NULL: it is damaged. */
static const uint8_t *entries_of(const struct resources *in, uint32_t offset, uint32_t *ret_n)
{
	const uint8_t *directory = look(in, offset, DIRECTORY_HEADER);

	if (!directory)
		return NULL;
	*ret_n = (uint32_t)wtg_le16(directory + DIRECTORY_NAMED) +
		 wtg_le16(directory + DIRECTORY_NUMBERED);
	if (*ret_n > MAX_ENTRIES)
		return NULL;
	return look(in, offset + DIRECTORY_HEADER, *ret_n * ENTRY_SIZE);
}

/* Is that entry's name ours?  A length and as many UTF-16 units. */
static bool is_named(const struct resources *in, const uint8_t *entry)
{
	uint32_t at = wtg_le32(entry);
	const uint8_t *text;

	if (!(at & DEEPER))
		return false;
	text = look(in, at & ~DEEPER, 2 + 2 * (sizeof(NAME) - 1));
	if (!text || wtg_le16(text) != sizeof(NAME) - 1)
		return false;
	for (size_t i = 0; i < sizeof(NAME) - 1; i++)
		if (wtg_le16(text + 2 + 2 * i) != NAME[i])
			return false;
	return true;
}

/* What the first language of a directory has: where its description is. */
static const uint8_t *first_leaf(const struct resources *in, uint32_t offset)
{
	uint32_t n, at;
	const uint8_t *entries = entries_of(in, offset, &n);

	if (!entries || n == 0)
		return NULL;
	at = wtg_le32(entries + 4);
	return at & DEEPER ? NULL : look(in, at, 16);
}

/* 1, 0: no such resource, -1: damaged. */
static int find(const struct resources *in, const uint8_t **ret_leaf)
{
	uint32_t n_types, n_names;
	const uint8_t *types = entries_of(in, 0, &n_types);

	if (!types)
		return -1;
	for (uint32_t i = 0; i < n_types; i++) {
		uint32_t at = wtg_le32(types + i * ENTRY_SIZE + 4);
		const uint8_t *names = at & DEEPER ? entries_of(in, at & ~DEEPER, &n_names) : NULL;

		if (!names)
			return -1;
		for (uint32_t j = 0; j < n_names; j++) {
			uint32_t below = wtg_le32(names + j * ENTRY_SIZE + 4);

			if (!is_named(in, names + j * ENTRY_SIZE))
				continue;
			*ret_leaf = below & DEEPER ? first_leaf(in, below & ~DEEPER) : NULL;
			return *ret_leaf ? 1 : -1;
		}
	}
	return 0;
}

int wtg_pe_security_version(const struct wtg_bytes *file, uint16_t ret[static 2],
			    struct wtg_error *err)
{
	struct wtg_pe_layout layout;
	struct resources in;
	const uint8_t *leaf = NULL, *data = NULL;
	uint32_t left = 0;
	int r;

	if (wtg_pe_layout_read(file, &layout, err) < 0)
		return -1;
	if (layout.resources_size == 0)
		return 0;
	in.data = at_address(file, &layout, layout.resources_rva, &in.size);
	r = in.data ? find(&in, &leaf) : -1;
	if (r == 0)
		return 0;
	if (r > 0 && wtg_le32(leaf + 4) == 4)
		data = at_address(file, &layout, wtg_le32(leaf), &left);
	if (!data || left < 4)
		return wtg_fail(err, WTG_INPUT, 0, "its resources are damaged");
	ret[0] = wtg_le16(data + 2);
	ret[1] = wtg_le16(data);
	return 1;
}
