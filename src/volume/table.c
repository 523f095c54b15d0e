/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"
#include "volume/mbr.h"
#include "volume/table-inner.h"

/* UEFI 5.3.1 reserves at least 16 KiB for the entries: 128 of 128 bytes. */
#define ENTRIES_BYTES 16384

/* The space before it is ours, or of a boot loader. */
#define FIRST_USABLE_BYTE (1u << 20)

static int check_name(const struct wtg_partition *p, unsigned number,
		      struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = { 0 };
	size_t length, at = 0;

	if (!p->name)
		return 0;
	length = strlen(p->name);
	while (at < length) {
		uint32_t c;
		size_t n = wtg_utf8_next(p->name + at, length - at, &c);

		/* libfdisk writes what lies above U+FFFF as something else. */
		if (n == 0 || c < 0x20 || c > 0xffff)
			return wtg_fail(
				err, WTG_SYSTEM, 0,
				"the name of partition %u has a character that cannot "
				"be written",
				number);
		at += n;
	}
	wide = wtg_utf16_from_utf8(p->name);
	if (wide.size / 2 - 1 > 36)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"the name of partition %u is longer than 36 characters",
				number);
	return 0;
}

static int check_place(const struct wtg_addition *what, size_t i, uint64_t end_usable_byte,
		       struct wtg_error *err)
{
	const struct wtg_partition *p = &what->partitions[i];
	unsigned number = what->first_number + (unsigned)i;

	if (p->size_bytes == 0 || p->size_bytes % what->sector_bytes != 0 ||
	    p->first_byte % what->sector_bytes != 0)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"partition %u (%" PRIu64 " bytes at %" PRIu64
				") is not in whole sectors of %u bytes",
				number, p->size_bytes, p->first_byte, what->sector_bytes);
	if (p->first_byte < FIRST_USABLE_BYTE)
		return wtg_fail(err, WTG_SYSTEM, 0, "partition %u starts before 1 MiB",
				number);
	if (p->first_byte > end_usable_byte ||
	    p->size_bytes > end_usable_byte - p->first_byte)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"partition %u does not fit: the drive has room up to "
				"byte %" PRIu64,
				number, end_usable_byte);
	for (size_t k = 0; k < i; k++) {
		const struct wtg_partition *other = &what->partitions[k];

		if (p->first_byte < other->first_byte + other->size_bytes &&
		    other->first_byte < p->first_byte + p->size_bytes)
			return wtg_fail(err, WTG_SYSTEM, 0, "partitions %u and %u overlap",
					what->first_number + (unsigned)k, number);
	}
	return 0;
}

static int check_mbr(const struct wtg_addition *what, struct wtg_error *err)
{
	unsigned n_active = 0;

	if (what->first_number + what->n_partitions > WTG_MBR_SLOTS + 1)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"an MBR has %d primary partitions at most", WTG_MBR_SLOTS);
	for (size_t i = 0; i < what->n_partitions; i++) {
		n_active += what->partitions[i].active;
		if (what->partitions[i].mbr_type == 0)
			return wtg_fail(err, WTG_SYSTEM, 0, "partition %zu has no type",
					what->first_number + i);
	}
	if (n_active > 1)
		return wtg_fail(err, WTG_SYSTEM, 0, "%u partitions are active, of one MBR",
				n_active);
	return 0;
}

int wtg_table_check(const struct wtg_addition *what, uint64_t end_usable_byte,
		    struct wtg_error *err)
{
	bool is_gpt = what->style == WTG_TABLE_GPT;

	if (what->style == WTG_TABLE_AUTO)
		return wtg_fail(err, WTG_SYSTEM, 0, "no kind of partition table was decided on");
	if (what->n_partitions > WTG_MAX_PARTITIONS)
		return wtg_fail(err, WTG_SYSTEM, 0, "%zu partitions, at most %d make sense",
				what->n_partitions, WTG_MAX_PARTITIONS);
	if (!is_gpt && check_mbr(what, err) < 0)
		return -1;
	for (size_t i = 0; i < what->n_partitions; i++) {
		unsigned number = what->first_number + (unsigned)i;

		if (check_place(what, i, end_usable_byte, err) < 0 ||
		    (is_gpt && check_name(&what->partitions[i], number, err) < 0))
			return -1;
	}
	return 0;
}

/* What a new table of that style leaves for partitions ends there. */
static int find_end(const struct wtg_table *table, uint64_t drive_bytes, uint64_t *ret,
		    struct wtg_error *err)
{
	uint64_t behind = ENTRIES_BYTES + table->sector_bytes;

	if (table->style == WTG_TABLE_MBR && drive_bytes / table->sector_bytes > UINT64_C(1) << 32)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive is too large for an MBR, which counts to 2^32 sectors");
	if (drive_bytes < FIRST_USABLE_BYTE + behind)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive is too small for a table");
	*ret = table->style == WTG_TABLE_MBR ? drive_bytes : drive_bytes - behind;
	return 0;
}

/* Of sector 0, what is before the entries: the same for both styles. */
static int put_head(int fd, const struct wtg_table *table, struct wtg_error *err)
{
	uint8_t head[WTG_BOOT_CODE_BYTES + 4] = { 0 };

	if (table->boot_code)
		memcpy(head, table->boot_code, WTG_BOOT_CODE_BYTES);
	wtg_put_le32(head + WTG_MBR_SIGNATURE_AT, table->signature);
	if (wtg_pwrite_all(fd, head, sizeof(head), 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "compose the partition table");
	return 0;
}

struct stretch {
	uint64_t at;
	uint32_t size;
};

static int send(int from, const struct wtg_window *disk, struct stretch stretch,
		struct wtg_error *err)
{
	uint8_t buffer[ENTRIES_BYTES];

	if (wtg_pread_all(from, buffer, stretch.size, stretch.at) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read the composed table");
	return wtg_window_pwrite(disk, buffer, stretch.size, stretch.at, err);
}

/*
 * The order of UEFI 5.3.2: a table cut off at any point is either whole at the end of the
 * drive or whole at its start, and without the protective MBR firmware and Windows see no
 * GPT at all.
 */
static int send_gpt(int from, const struct wtg_window *disk, uint64_t drive_bytes,
		    uint32_t sector_bytes, struct wtg_error *err)
{
	const struct stretch order[] = {
		{ drive_bytes - sector_bytes - ENTRIES_BYTES, ENTRIES_BYTES },
		{ drive_bytes - sector_bytes, sector_bytes },
		{ 2 * sector_bytes, ENTRIES_BYTES },
		{ sector_bytes, sector_bytes },
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (send(from, disk, order[i], err) < 0)
			return -1;
		/* Each half is on the medium before the next begins. */
		if (i % 2 == 1 && wtg_window_flush(disk, err) < 0)
			return -1;
	}
	return 0;
}

int wtg_table_write(const struct wtg_window *disk, const struct wtg_table *table,
		    struct wtg_error *err)
{
	struct wtg_addition what = {
		.style = table->style,
		.sector_bytes = table->sector_bytes,
		.first_number = 1,
		.n_partitions = table->n_partitions,
	};
	_cleanup_fd_ int fd = -1;
	uint64_t drive_bytes, end;
	int r;

	if (table->sector_bytes != 512 && table->sector_bytes != 4096)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive has sectors of %u bytes", table->sector_bytes);
	memcpy(what.partitions, table->partitions, sizeof(what.partitions));
	drive_bytes = wtg_round_down(disk->length, table->sector_bytes);
	if (find_end(table, drive_bytes, &end, err) < 0 || wtg_table_check(&what, end, err) < 0 ||
	    wtg_memory_file("table", drive_bytes, &fd, err) < 0)
		return -1;
	r = wtg_fdisk_make(fd, &table->disk, &what);
	if (r < 0)
		return wtg_fail(err, WTG_SYSTEM, -r, "compose the partition table");
	if (put_head(fd, table, err) < 0 ||
	    (table->style == WTG_TABLE_GPT &&
	     send_gpt(fd, disk, drive_bytes, table->sector_bytes, err) < 0) ||
	    send(fd, disk, (struct stretch){ 0, table->sector_bytes }, err) < 0)
		return -1;
	return wtg_window_flush(disk, err);
}
