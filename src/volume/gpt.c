/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/gpt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/utf16.h"
#include "volume/mbr.h"
#include "wtg/text.h"

/* Larger arrays are allowed and not in use; the bound keeps a wrong number from costing
 * memory. */
#define MAX_ENTRIES 1024
#define MAX_ENTRY_BYTES 4096
#define MAX_ARRAY_BYTES (1u << 20)
#define MIN_HEADER_BYTES 92

/* A drive seen as sectors. */
struct disk {
	const struct wtg_window *window;
	uint32_t sector_bytes;
	uint64_t n_sectors;
};

/* One copy of the table that is whole by itself. */
struct copy {
	bool ok;
	const char *why_not; /* NULL: there is no signature */
	struct wtg_guid disk;
	uint64_t other;                     /* sector of the other copy's header */
	uint64_t first_usable, last_usable; /* sectors */
	uint32_t n_entries, entry_bytes;
	struct wtg_bytes entries;
};

static void copy_done(struct copy *copy)
{
	wtg_bytes_done(&copy->entries);
}

/* The CRC-32 of UEFI: that of Ethernet and gzip. */
static uint32_t crc32(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static bool header_crc_is_right(uint8_t *header, uint32_t size)
{
	uint32_t expected = wtg_le32(header + 16);

	wtg_put_le32(header + 16, 0);
	return crc32(header, size) == expected;
}

/* Where the entries lie by the header of sector `at`, or why that makes no sense. */
static const char *judge_header(const struct disk *d, uint8_t *header, uint64_t at,
				struct copy *copy)
{
	uint32_t size = wtg_le32(header + 12);

	if (wtg_le32(header + 8) != 0x00010000)
		return "an unknown revision";
	if (size < MIN_HEADER_BYTES || size > d->sector_bytes)
		return "a wrong header size";
	if (!header_crc_is_right(header, size))
		return "a wrong header checksum";
	if (wtg_le64(header + 24) != at)
		return "a header that belongs elsewhere";

	copy->other = wtg_le64(header + 32);
	copy->first_usable = wtg_le64(header + 40);
	copy->last_usable = wtg_le64(header + 48);
	copy->n_entries = wtg_le32(header + 80);
	copy->entry_bytes = wtg_le32(header + 84);
	memcpy(copy->disk.bytes, header + 56, 16);
	if (copy->first_usable < 2 || copy->first_usable > copy->last_usable ||
	    copy->last_usable >= d->n_sectors - 1)
		return "usable space that is not on the drive";
	if (copy->entry_bytes < 128 || copy->entry_bytes > MAX_ENTRY_BYTES ||
	    (copy->entry_bytes & (copy->entry_bytes - 1)) != 0)
		return "a wrong entry size";
	if (copy->n_entries == 0 || copy->n_entries > MAX_ENTRIES ||
	    (uint64_t)copy->n_entries * copy->entry_bytes > MAX_ARRAY_BYTES)
		return "a wrong number of entries";
	return NULL;
}

/* The array must lie beside the header: between it and the usable space. */
static bool array_is_in_place(const struct disk *d, const struct copy *copy, uint64_t at,
			      uint64_t first)
{
	uint64_t n =
		((uint64_t)copy->n_entries * copy->entry_bytes + d->sector_bytes - 1) /
		d->sector_bytes;

	if (at == 1)
		return first >= 2 && first < copy->first_usable &&
		       n <= copy->first_usable - first;
	return first > copy->last_usable && first < at && n <= at - first;
}

static int read_copy(const struct disk *d, uint64_t at, struct copy *copy,
		     struct wtg_error *err)
{
	_cleanup_free_ uint8_t *header = wtg_alloc(d->sector_bytes);
	size_t size;

	if (wtg_window_pread(d->window, header, d->sector_bytes, at * d->sector_bytes,
			     err) < 0)
		return -1;
	if (memcmp(header, "EFI PART", 8) != 0)
		return 0;
	copy->why_not = judge_header(d, header, at, copy);
	if (copy->why_not)
		return 0;
	if (!array_is_in_place(d, copy, at, wtg_le64(header + 72))) {
		copy->why_not = "entries in a wrong place";
		return 0;
	}
	size = (size_t)copy->n_entries * copy->entry_bytes;
	copy->entries = (struct wtg_bytes){ .data = wtg_alloc(size), .size = size };
	if (wtg_window_pread(d->window, copy->entries.data, size,
			     wtg_le64(header + 72) * d->sector_bytes, err) < 0)
		return -1;
	if (crc32(copy->entries.data, size) != wtg_le32(header + 88)) {
		copy->why_not = "a wrong checksum of its entries";
		return 0;
	}
	copy->ok = true;
	return 0;
}

static bool copies_agree(const struct copy *a, const struct copy *b)
{
	return a->ok && b->ok && a->entry_bytes == b->entry_bytes &&
	       wtg_guid_equal(&a->disk, &b->disk) && a->first_usable == b->first_usable &&
	       a->last_usable == b->last_usable && a->entries.size == b->entries.size &&
	       memcmp(a->entries.data, b->entries.data, a->entries.size) == 0;
}

static void parse_entry(const struct disk *d, const uint8_t *from, unsigned number,
			struct wtg_gpt_entry *to)
{
	_cleanup_free_ char *name = wtg_utf16_to_utf8(from + 56, 72);

	to->number = number;
	memcpy(to->type.bytes, from, 16);
	memcpy(to->id.bytes, from + 16, 16);
	to->first_byte = wtg_le64(from + 32) * d->sector_bytes;
	to->size_bytes =
		(wtg_le64(from + 40) - wtg_le64(from + 32) + 1) * d->sector_bytes;
	to->attributes = wtg_le64(from + 48);
	snprintf(to->name, sizeof(to->name), "%s", name);
}

static int parse_entries(const struct disk *d, const struct copy *copy,
			 struct wtg_gpt *gpt, struct wtg_error *err)
{
	for (uint32_t i = 0; i < copy->n_entries; i++) {
		const uint8_t *from = copy->entries.data + (size_t)i * copy->entry_bytes;
		uint64_t first = wtg_le64(from + 32), last = wtg_le64(from + 40);
		struct wtg_guid type;

		memcpy(type.bytes, from, 16);
		if (wtg_guid_is_zero(&type))
			continue;
		if (first < copy->first_usable || last < first ||
		    last > copy->last_usable)
			return wtg_fail(err, WTG_INPUT, 0,
					"partition %u is outside of the usable space",
					i + 1);
		if (gpt->n_entries == WTG_GPT_MAX_ENTRIES)
			return wtg_fail(err, WTG_INPUT, 0, "more than %d partitions",
					WTG_GPT_MAX_ENTRIES);
		parse_entry(d, from, i + 1, &gpt->entries[gpt->n_entries++]);
	}
	return 0;
}

static int check_overlaps(const struct wtg_gpt *gpt, struct wtg_error *err)
{
	for (size_t i = 0; i < gpt->n_entries; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct wtg_gpt_entry *a = &gpt->entries[k],
						   *b = &gpt->entries[i];

			if (a->first_byte < b->first_byte + b->size_bytes &&
			    b->first_byte < a->first_byte + a->size_bytes)
				return wtg_fail(err, WTG_INPUT, 0,
						"partitions %u and %u overlap", a->number,
						b->number);
		}
	}
	return 0;
}

static int use_copy(const struct disk *d, const struct copy *copy, struct wtg_gpt *gpt,
		    struct wtg_error *err)
{
	gpt->disk = copy->disk;
	gpt->n_slots = copy->n_entries;
	gpt->first_usable_byte = copy->first_usable * d->sector_bytes;
	gpt->end_usable_byte = (copy->last_usable + 1) * d->sector_bytes;
	if (parse_entries(d, copy, gpt, err) < 0 || check_overlaps(gpt, err) < 0)
		return wtg_while(err, "read the partition table");
	return 1;
}

int wtg_gpt_read(const struct wtg_window *disk, uint32_t sector_bytes,
		 struct wtg_gpt *ret, struct wtg_error *err)
{
	_cleanup_(copy_done) struct copy primary = { 0 }, backup = { 0 };
	struct disk d = { .window = disk, .sector_bytes = sector_bytes };
	_cleanup_free_ struct wtg_gpt *gpt = wtg_alloc(sizeof(*gpt));
	uint8_t mbr[512];
	const char *why;

	if (sector_bytes < 512 || sector_bytes > 65536 ||
	    (sector_bytes & (sector_bytes - 1)) != 0)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive has sectors of %u bytes", sector_bytes);
	d.n_sectors = disk->length / sector_bytes;
	if (d.n_sectors < 4)
		return 0;
	if (wtg_window_pread(disk, mbr, sizeof(mbr), 0, err) < 0 ||
	    read_copy(&d, 1, &primary, err) < 0 ||
	    read_copy(&d, d.n_sectors - 1, &backup, err) < 0)
		return -1;
	why = primary.why_not ? primary.why_not : backup.why_not;
	if (!primary.ok && !backup.ok && !why)
		return 0;
	if (!primary.ok && !backup.ok)
		return wtg_fail(err, WTG_INPUT, 0,
				"the partition table has %s, and its other "
				"copy is no better",
				why);
	gpt->sector_bytes = sector_bytes;
	gpt->primary_ok = primary.ok;
	gpt->backup_ok = backup.ok;
	gpt->same = copies_agree(&primary, &backup);
	gpt->protective_mbr = wtg_mbr_is_protective(mbr, &gpt->hybrid_mbr);
	gpt->backup_elsewhere = primary.ok && primary.other != d.n_sectors - 1;
	if (use_copy(&d, primary.ok ? &primary : &backup, gpt, err) < 0)
		return -1;
	*ret = *gpt;
	return 1;
}

const struct wtg_gpt_entry *wtg_gpt_find(const struct wtg_gpt *gpt,
					 const struct wtg_guid *type)
{
	for (size_t i = 0; i < gpt->n_entries; i++)
		if (wtg_guid_equal(&gpt->entries[i].type, type))
			return &gpt->entries[i];
	return NULL;
}
