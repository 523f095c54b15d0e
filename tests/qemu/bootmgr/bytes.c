/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "standin.h"

#define MOST_MEMORY (64u << 20)

/* The compiler calls these three by their names. */
void *memcpy(void *to, const void *from, UINTN size)
{
	for (UINTN i = 0; i < size; i++)
		((UINT8 *)to)[i] = ((const UINT8 *)from)[i];
	return to;
}

void *memset(void *to, int value, UINTN size)
{
	for (UINTN i = 0; i < size; i++)
		((UINT8 *)to)[i] = (UINT8)value;
	return to;
}

int memcmp(const void *a, const void *b, UINTN size)
{
	for (UINTN i = 0; i < size; i++)
		if (((const UINT8 *)a)[i] != ((const UINT8 *)b)[i])
			return ((const UINT8 *)a)[i] < ((const UINT8 *)b)[i] ? -1 : 1;
	return 0;
}

struct bytes memory(UINT64 size)
{
	UINTN pages = (size + EFI_PAGE_SIZE - 1) / EFI_PAGE_SIZE;
	EFI_PHYSICAL_ADDRESS address = 0;

	if (size == 0 || size > MOST_MEMORY)
		fail("memory of %u bytes is asked for", size);
	if (EFI_ERROR(boot->AllocatePages(AllocateAnyPages, EfiLoaderData, pages, &address)))
		fail("no memory of %u bytes", size);
	memset((void *)address, 0, size);
	return (struct bytes){ (UINT8 *)address, size };
}

struct bytes slice(struct bytes from, UINT64 offset, UINT64 size)
{
	if (offset > from.size || size > from.size - offset)
		fail("%u bytes at %u of %u are read", size, offset, from.size);
	return (struct bytes){ from.data + offset, size };
}

static UINT64 number(struct bytes from, UINT64 offset, unsigned size)
{
	struct bytes at = slice(from, offset, size);
	UINT64 value = 0;

	while (size--)
		value = value << 8 | at.data[size];
	return value;
}

UINT8 byte(struct bytes from, UINT64 offset)
{
	return (UINT8)number(from, offset, 1);
}

UINT16 le16(struct bytes from, UINT64 offset)
{
	return (UINT16)number(from, offset, 2);
}

UINT32 le32(struct bytes from, UINT64 offset)
{
	return (UINT32)number(from, offset, 4);
}

UINT64 le64(struct bytes from, UINT64 offset)
{
	return number(from, offset, 8);
}

BOOLEAN same(const void *a, const void *b, UINT64 size)
{
	return memcmp(a, b, size) == 0;
}

BOOLEAN starts_with(struct bytes from, const char *ascii)
{
	for (UINT64 i = 0; ascii[i]; i++)
		if (byte(from, i) != (UINT8)ascii[i])
			return FALSE;
	return TRUE;
}

UINT32 crc32(struct bytes of)
{
	UINT32 crc = 0;

	if (EFI_ERROR(boot->CalculateCrc32(of.data, of.size, &crc)))
		fail("the firmware computes no CRC-32");
	return crc;
}

UINT16 upper(UINT16 character)
{
	return character >= 'a' && character <= 'z' ? (UINT16)(character - 'a' + 'A')
						    : character;
}
