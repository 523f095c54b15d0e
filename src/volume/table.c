/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <libfdisk/libfdisk.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"

/* UEFI 5.3.1 reserves at least 16 KiB for the entries: 128 of 128 bytes. */
#define ENTRIES_BYTES 16384

/* Where Windows and everybody else starts the first partition; the space before it is
 * ours. */
#define FIRST_USABLE_BYTE (1u << 20)

static void unref_context(struct fdisk_context **context)
{
	fdisk_unref_context(*context);
}

static void unref_partition(struct fdisk_partition **partition)
{
	fdisk_unref_partition(*partition);
}

static void unref_type(struct fdisk_parttype **type)
{
	fdisk_unref_parttype(*type);
}

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

static int check_place(const struct wtg_table *table, size_t i, uint64_t end_usable_byte,
		       struct wtg_error *err)
{
	const struct wtg_partition *p = &table->partitions[i];
	unsigned number = (unsigned)i + 1;

	if (p->size_bytes == 0 || p->size_bytes % table->sector_bytes != 0 ||
	    p->first_byte % table->sector_bytes != 0)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"partition %u (%" PRIu64 " bytes at %" PRIu64
				") is not in whole sectors of %u bytes",
				number, p->size_bytes, p->first_byte,
				table->sector_bytes);
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
		const struct wtg_partition *other = &table->partitions[k];

		if (p->first_byte < other->first_byte + other->size_bytes &&
		    other->first_byte < p->first_byte + p->size_bytes)
			return wtg_fail(err, WTG_SYSTEM, 0,
					"partitions %zu and %u overlap", k + 1, number);
	}
	return 0;
}

static int check_table(const struct wtg_table *table, uint64_t drive_bytes,
		       struct wtg_error *err)
{
	uint64_t backup_bytes = ENTRIES_BYTES + table->sector_bytes;

	if (drive_bytes < FIRST_USABLE_BYTE + backup_bytes)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive is too small for a table");
	if (table->n_partitions > WTG_MAX_PARTITIONS)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"%zu partitions, at most %d make sense",
				table->n_partitions, WTG_MAX_PARTITIONS);
	for (size_t i = 0; i < table->n_partitions; i++) {
		if (check_place(table, i, drive_bytes - backup_bytes, err) < 0 ||
		    check_name(&table->partitions[i], (unsigned)i + 1, err) < 0)
			return -1;
	}
	return 0;
}

static int add_partition(struct fdisk_context *context, const struct wtg_table *table,
			 size_t i)
{
	_cleanup_(unref_partition) struct fdisk_partition *p = fdisk_new_partition();
	_cleanup_(unref_type) struct fdisk_parttype *type = fdisk_new_parttype();
	const struct wtg_partition *from = &table->partitions[i];
	char text[WTG_GUID_TEXT_SIZE];
	int r;

	if (!p || !type)
		return -ENOMEM;
	if ((r = fdisk_parttype_set_typestr(type, wtg_guid_format(&from->type, text))) <
		    0 ||
	    (r = fdisk_partition_set_type(p, type)) < 0 ||
	    (r = fdisk_partition_set_uuid(p, wtg_guid_format(&from->id, text))) < 0 ||
	    (r = fdisk_partition_set_name(p, from->name)) < 0 ||
	    (r = fdisk_partition_set_partno(p, i)) < 0 ||
	    (r = fdisk_partition_set_start(p, from->first_byte / table->sector_bytes)) <
		    0 ||
	    (r = fdisk_partition_set_size(p, from->size_bytes / table->sector_bytes)) <
		    0 ||
	    /* Explicit: the end is not moved to where libfdisk thinks it better. */
	    (r = fdisk_partition_size_explicit(p, 1)) < 0 ||
	    (r = fdisk_add_partition(context, p, NULL)) < 0)
		return r;
	return fdisk_gpt_set_partition_attrs(context, i, from->attributes);
}

/* Let libfdisk compose the table on fd, which is as large as the drive; 0 or -errno. */
static int compose(int fd, const struct wtg_table *table)
{
	_cleanup_(unref_context) struct fdisk_context *context = fdisk_new_context();
	char text[WTG_GUID_TEXT_SIZE];
	int r;

	if (!context)
		return -ENOMEM;
	if ((r = fdisk_disable_dialogs(context, 1)) < 0 ||
	    (r = fdisk_save_user_sector_size(context, table->sector_bytes,
					     table->sector_bytes)) < 0 ||
	    (r = fdisk_save_user_grain(context, FIRST_USABLE_BYTE)) < 0 ||
	    (r = fdisk_assign_device_by_fd(context, fd, "the drive's table", 0)) < 0 ||
	    (r = fdisk_create_disklabel(context, "gpt")) < 0 ||
	    (r = fdisk_set_disklabel_id_from_string(
		     context, wtg_guid_format(&table->disk, text))) < 0)
		return r;
	for (size_t i = 0; i < table->n_partitions; i++)
		if ((r = add_partition(context, table, i)) < 0)
			return r;
	if ((r = fdisk_write_disklabel(context)) < 0)
		return r;
	return fdisk_deassign_device(context, 1 /* no sync() of the whole machine */);
}

struct stretch {
	uint64_t at;
	uint32_t size;
};

/*
 * The order of UEFI 5.3.2: a table cut off at any point is either whole at the end of the
 * drive or whole at its start, and without the protective MBR firmware and Windows see no
 * GPT at all.
 */
static int send_table(int from, const struct wtg_window *disk, uint64_t drive_bytes,
		      uint32_t sector_bytes, struct wtg_error *err)
{
	const struct stretch order[] = {
		{ drive_bytes - sector_bytes - ENTRIES_BYTES, ENTRIES_BYTES },
		{ drive_bytes - sector_bytes, sector_bytes },
		{ 2 * sector_bytes, ENTRIES_BYTES },
		{ sector_bytes, sector_bytes },
		{ 0, sector_bytes },
	};
	uint8_t buffer[ENTRIES_BYTES];

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (wtg_pread_all(from, buffer, order[i].size, order[i].at) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno,
					"read the composed table");
		if (wtg_window_pwrite(disk, buffer, order[i].size, order[i].at, err) < 0)
			return -1;
		/* Each half is on the medium before the next begins. */
		if (i % 2 == 1 && wtg_window_flush(disk, err) < 0)
			return -1;
	}
	return wtg_window_flush(disk, err);
}

int wtg_table_write(const struct wtg_window *disk, const struct wtg_table *table,
		    struct wtg_error *err)
{
	_cleanup_fd_ int fd = -1;
	uint64_t drive_bytes;
	int r;

	if (table->sector_bytes != 512 && table->sector_bytes != 4096)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive has sectors of %u bytes", table->sector_bytes);
	drive_bytes = wtg_round_down(disk->length, table->sector_bytes);
	if (check_table(table, drive_bytes, err) < 0)
		return -1;
	if (wtg_memory_file("table", drive_bytes, &fd, err) < 0)
		return -1;
	r = compose(fd, table);
	if (r < 0)
		return wtg_fail(err, WTG_SYSTEM, -r, "compose the partition table");
	return send_table(fd, disk, drive_bytes, table->sector_bytes, err);
}
