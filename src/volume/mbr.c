/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/mbr.h"

#include <string.h>

#include "base/bytes.h"

#define ENTRY_BYTES 16
#define PROTECTIVE 0xee
#define ACTIVE 0x80

/* The signature that boot sectors of file systems have, too. */
static bool has_magic(const uint8_t sector[static 512])
{
	return sector[510] == 0x55 && sector[511] == 0xaa;
}

static const uint8_t *entry_at(const uint8_t *sector, unsigned slot)
{
	return sector + WTG_MBR_TABLE_AT + (size_t)slot * ENTRY_BYTES;
}

static bool is_protective_entry(const uint8_t *entry)
{
	return entry[4] == PROTECTIVE && wtg_le32(entry + 8) == 1 && wtg_le32(entry + 12) > 0;
}

bool wtg_mbr_is_protective(const uint8_t sector[static 512], bool *ret_hybrid)
{
	static const uint8_t empty[ENTRY_BYTES];
	bool protective = false;
	unsigned n = 0;

	if (!has_magic(sector))
		return false;
	for (unsigned i = 0; i < WTG_MBR_SLOTS; i++) {
		n += memcmp(entry_at(sector, i), empty, ENTRY_BYTES) != 0;
		protective = protective || is_protective_entry(entry_at(sector, i));
	}
	*ret_hybrid = protective && n > 1;
	return protective;
}

/* By what mkfs.fat and Windows' format leave: the name of the type, and a parameter block that
 * makes sense, since boot code may hold any word. */
static bool is_fat(const uint8_t sector[static 512])
{
	uint16_t bytes = wtg_le16(sector + 11);
	uint8_t clusters = sector[13], media = sector[21];

	return (memcmp(sector + 54, "FAT", 3) == 0 || memcmp(sector + 82, "FAT32", 5) == 0) &&
	       bytes >= 512 && bytes <= 4096 && (bytes & (bytes - 1)) == 0 && clusters != 0 &&
	       (clusters & (clusters - 1)) == 0 && wtg_le16(sector + 14) != 0 &&
	       (sector[16] == 1 || sector[16] == 2) && (media == 0xf0 || media >= 0xf8);
}

static bool is_volume(const uint8_t sector[static 512])
{
	return memcmp(sector + 3, "NTFS    ", 8) == 0 ||
	       memcmp(sector + 3, "EXFAT   ", 8) == 0 || is_fat(sector);
}

static bool flags_make_sense(const uint8_t sector[static 512])
{
	for (unsigned i = 0; i < WTG_MBR_SLOTS; i++)
		if ((entry_at(sector, i)[0] & ~ACTIVE) != 0)
			return false;
	return true;
}

static enum wtg_mbr_kind judge(const uint8_t sector[static 512])
{
	bool hybrid;

	if (!has_magic(sector))
		return WTG_MBR_NOTHING;
	if (wtg_mbr_is_protective(sector, &hybrid))
		return WTG_MBR_PROTECTIVE;
	if (is_volume(sector))
		return WTG_MBR_VOLUME;
	return flags_make_sense(sector) ? WTG_MBR_TABLE : WTG_MBR_NOTHING;
}

static int parse_entry(const uint8_t *entry, unsigned number, uint64_t n_sectors,
		       struct wtg_mbr *mbr, struct wtg_error *err)
{
	uint64_t first = wtg_le32(entry + 8), size = wtg_le32(entry + 12);
	uint8_t type = entry[4];

	if (type == 0 && size == 0)
		return 0;
	if (type == 0 || size == 0)
		return wtg_fail(err, WTG_INPUT, 0, "partition %u has %s", number,
				type == 0 ? "no type" : "no size");
	if (type == PROTECTIVE)
		return wtg_fail(err, WTG_INPUT, 0,
				"partition %u protects a GPT, but from a wrong sector", number);
	if (first == 0 || first + size > n_sectors)
		return wtg_fail(err, WTG_INPUT, 0, "partition %u is not on the drive", number);
	/* Of CHS and of LBA; Linux. */
	if (type == 0x05 || type == 0x0f || type == 0x85)
		mbr->extended = true;
	mbr->entries[mbr->n_entries++] = (struct wtg_gpt_entry){
		.number = number,
		.first_byte = first, /* sectors, as yet */
		.size_bytes = size,
		.mbr_type = type,
		.active = entry[0] == ACTIVE,
	};
	return 0;
}

static int check_overlaps(const struct wtg_mbr *mbr, struct wtg_error *err)
{
	for (size_t i = 1; i < mbr->n_entries; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct wtg_gpt_entry *a = &mbr->entries[k], *b = &mbr->entries[i];

			if (a->first_byte < b->first_byte + b->size_bytes &&
			    b->first_byte < a->first_byte + a->size_bytes)
				return wtg_fail(err, WTG_INPUT, 0, "partitions %u and %u overlap",
						a->number, b->number);
		}
	}
	return 0;
}

static int parse(const uint8_t sector[static 512], uint64_t n_sectors, uint32_t sector_bytes,
		 struct wtg_mbr *mbr, struct wtg_error *err)
{
	for (unsigned i = 0; i < WTG_MBR_SLOTS; i++)
		if (parse_entry(entry_at(sector, i), i + 1, n_sectors, mbr, err) < 0)
			return -1;
	for (size_t i = 0; i < mbr->n_entries; i++) {
		mbr->entries[i].first_byte *= sector_bytes;
		mbr->entries[i].size_bytes *= sector_bytes;
	}
	return check_overlaps(mbr, err);
}

int wtg_mbr_read(const struct wtg_window *disk, uint32_t sector_bytes, struct wtg_mbr *ret,
		 struct wtg_error *err)
{
	struct wtg_mbr mbr = { .kind = WTG_MBR_NOTHING };
	uint8_t sector[512];

	if (sector_bytes < 512 || sector_bytes > 65536 ||
	    (sector_bytes & (sector_bytes - 1)) != 0)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "the drive has sectors of %u bytes",
				sector_bytes);
	if (disk->length >= sizeof(sector)) {
		if (wtg_window_pread(disk, sector, sizeof(sector), 0, err) < 0)
			return -1;
		mbr.kind = judge(sector);
		mbr.signature = wtg_le32(sector + WTG_MBR_SIGNATURE_AT);
	}
	if (mbr.kind == WTG_MBR_TABLE &&
	    parse(sector, disk->length / sector_bytes, sector_bytes, &mbr, err) < 0)
		return wtg_while(err, "read the partition table");
	*ret = mbr;
	return 0;
}
