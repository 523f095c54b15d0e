/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives by the firmware's BlockIo, partitions by our own reading of the GPT (UEFI 5.3) or
 * the MBR (5.2.1). */
#include "standin.h"

#define GPT_SIGNATURE "EFI PART"
#define MOST_TABLE_BYTES (1u << 20)

static struct bytes disk_read(EFI_BLOCK_IO *disk, UINT64 offset, UINT64 size)
{
	UINT64 sector = disk->Media->BlockSize;
	UINT64 first = offset / sector, last = (offset + size - 1) / sector;
	struct bytes sectors = memory((last - first + 1) * sector);

	if (last > disk->Media->LastBlock)
		fail("sector %u is behind the drive's end", last);
	if (EFI_ERROR(disk->ReadBlocks(disk, disk->Media->MediaId, first, sectors.size,
				       sectors.data)))
		fail("the drive does not read sector %u", first);
	return slice(sectors, offset - first * sector, size);
}

static BOOLEAN is_usable_drive(const EFI_BLOCK_IO_MEDIA *media)
{
	return !media->LogicalPartition && media->MediaPresent && media->LastBlock > 2 &&
	       media->BlockSize >= 512 && media->BlockSize <= 65536;
}

/* The header's own sum counts its field as zero. */
static UINT32 header_crc(struct bytes header)
{
	struct bytes copy = memory(header.size);

	boot->CopyMem(copy.data, header.data, header.size);
	boot->SetMem(copy.data + 16, 4, 0);
	return crc32(copy);
}

/* The primary table's header; of size 0 where there is none. */
static struct bytes gpt_header(EFI_BLOCK_IO *disk)
{
	struct bytes sector = disk_read(disk, disk->Media->BlockSize, disk->Media->BlockSize);
	struct bytes header;

	if (!starts_with(sector, GPT_SIGNATURE))
		return (struct bytes){ NULL, 0 };
	header = slice(sector, 0, le32(sector, 12));
	if (header.size < 92 || header_crc(header) != le32(header, 16))
		fail("the GPT's header is damaged");
	if (le64(header, 24) != 1)
		fail("the GPT's header says that it is sector %u", le64(header, 24));
	return header;
}

static struct bytes gpt_entries(EFI_BLOCK_IO *disk, struct bytes header, UINT64 *ret_size)
{
	UINT64 n = le32(header, 80), size = le32(header, 84);
	struct bytes entries;

	if (size < 128 || n == 0 || n > MOST_TABLE_BYTES / size)
		fail("the GPT has %u entries of %u bytes", n, size);
	entries = disk_read(disk, le64(header, 72) * disk->Media->BlockSize, n * size);
	if (crc32(entries) != le32(header, 88))
		fail("the GPT's entries are damaged");
	*ret_size = size;
	return entries;
}

static struct partition partition_of(EFI_BLOCK_IO *disk, struct bytes header,
				     const UINT8 guid[16])
{
	UINT64 size, sector = disk->Media->BlockSize;
	struct bytes entries = gpt_entries(disk, header, &size);

	for (UINT64 i = 0; i < entries.size / size; i++) {
		struct bytes entry = slice(entries, i * size, size);
		UINT64 first = le64(entry, 32), last = le64(entry, 40);

		if (!same(entry.data + 16, guid, 16))
			continue;
		if (first > last || last > disk->Media->LastBlock)
			fail("partition %u is from %u to %u", i + 1, first, last);
		return (struct partition){ disk, first * sector, (last - first + 1) * sector,
					   i + 1 };
	}
	fail("no partition %g", guid);
}

/* Is it this drive's GPT that has it? */
static BOOLEAN find_in_gpt(EFI_BLOCK_IO *disk, const struct bcd_device *device,
			   struct partition *ret)
{
	struct bytes header = gpt_header(disk);

	if (!header.size || !same(header.data + 56, device->disk, 16))
		return FALSE;
	*ret = partition_of(disk, header, device->partition);
	return TRUE;
}

/* The first 32 or 64 bits of what in a GPT would be a GUID. */
static UINT64 number_of(const UINT8 guid[16], unsigned size)
{
	UINT64 number = 0;

	while (size--)
		number = number << 8 | guid[size];
	return number;
}

/* Or its MBR?  Four entries of 16 bytes, whose type is at 4, the first sector at 8, their number
 * at 12. */
static BOOLEAN find_in_mbr(EFI_BLOCK_IO *disk, const struct bcd_device *device,
			   struct partition *ret)
{
	UINT64 sector = disk->Media->BlockSize, at = number_of(device->partition, 8);
	struct bytes mbr = disk_read(disk, 0, 512);

	if (le16(mbr, 510) != 0xaa55 || le32(mbr, 440) != number_of(device->disk, 4))
		return FALSE;
	for (UINT64 i = 0; i < 4; i++) {
		struct bytes entry = slice(mbr, 446 + 16 * i, 16);

		if (byte(entry, 4) == 0 || le32(entry, 8) * sector != at)
			continue;
		*ret = (struct partition){ disk, at, le32(entry, 12) * sector, i + 1 };
		return TRUE;
	}
	fail("no partition at byte %u", at);
}

struct partition partition_find(const struct bcd_device *device)
{
	EFI_GUID protocol = EFI_BLOCK_IO_PROTOCOL_GUID;
	struct partition found;
	EFI_HANDLE *handles;
	UINTN n;

	if (EFI_ERROR(boot->LocateHandleBuffer(ByProtocol, &protocol, NULL, &n, &handles)))
		fail("the firmware knows no drive");
	for (UINTN i = 0; i < n; i++) {
		EFI_BLOCK_IO *io;

		if (EFI_ERROR(boot->HandleProtocol(handles[i], &protocol, (void **)&io)) ||
		    !is_usable_drive(io->Media))
			continue;
		if (device->style == STYLE_GPT ? find_in_gpt(io, device, &found)
					       : find_in_mbr(io, device, &found))
			return found;
	}
	if (device->style == STYLE_MBR)
		fail("no drive of signature %X", number_of(device->disk, 4));
	fail("no drive %g", device->disk);
}

struct bytes partition_read(const struct partition *p, UINT64 offset, UINT64 size)
{
	if (offset > p->size_bytes || size > p->size_bytes - offset)
		fail("%u bytes at %u are behind partition %u", size, offset, p->number);
	return disk_read(p->disk, p->first_byte + offset, size);
}
