/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives by the firmware's BlockIo, partitions by our own reading of the GPT (UEFI 5.3). */
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

struct partition partition_find(const UINT8 disk[16], const UINT8 partition[16])
{
	EFI_GUID protocol = EFI_BLOCK_IO_PROTOCOL_GUID;
	EFI_HANDLE *handles;
	UINTN n;

	if (EFI_ERROR(boot->LocateHandleBuffer(ByProtocol, &protocol, NULL, &n, &handles)))
		fail("the firmware knows no drive");
	for (UINTN i = 0; i < n; i++) {
		EFI_BLOCK_IO *io;
		struct bytes header;

		if (EFI_ERROR(boot->HandleProtocol(handles[i], &protocol, (void **)&io)) ||
		    !is_usable_drive(io->Media))
			continue;
		header = gpt_header(io);
		if (header.size && same(header.data + 56, disk, 16))
			return partition_of(io, header, partition);
	}
	fail("no drive %g", disk);
}

struct bytes partition_read(const struct partition *p, UINT64 offset, UINT64 size)
{
	if (offset > p->size_bytes || size > p->size_bytes - offset)
		fail("%u bytes at %u are behind partition %u", size, offset, p->number);
	return disk_read(p->disk, p->first_byte + offset, size);
}
