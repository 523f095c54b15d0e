/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/mbr.h"
#include "volume/partitions.h"
#include "volume/table-inner.h"

#define GPT_ENTRY_BYTES 128
#define MBR_ENTRY_BYTES 16

/* The drive, in whole sectors, and the parts of it that are the table's. */
struct drive {
	const struct wtg_window *disk;
	uint64_t size_bytes;
	uint32_t sector_bytes;
	uint64_t head_bytes;   /* from sector 0: MBR, and of a GPT its header and slots */
	uint64_t backup_bytes; /* up to the end: slots and header; 0 for an MBR */
};

void wtg_table_change_done(struct wtg_table_change *change)
{
	wtg_bytes_done(&change->backup.bytes);
	wtg_bytes_done(&change->primary.bytes);
}

/* Only what everybody else would see, and understand in the same way, is added to. */
static int check_gpt(const struct drive *d, const struct wtg_partitions *now,
		     struct wtg_error *err)
{
	uint8_t header[512];

	if (!now->protective_mbr)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"there is no protective MBR before the drive's GPT: no other "
				"program sees its partitions");
	if (now->hybrid_mbr)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive has a hybrid MBR: Windows would not see what is added "
				"to its GPT");
	if (!now->primary_ok)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive's primary GPT is damaged: let a program repair it that "
				"can ask you, such as gdisk");
	if (wtg_window_pread(d->disk, header, sizeof(header), d->sector_bytes, err) < 0)
		return -1;
	if (wtg_le64(header + 72) != 2 || wtg_le32(header + 84) != GPT_ENTRY_BYTES ||
	    now->n_slots > WTG_TABLE_MOST_SLOTS)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the drive's GPT is none of the usual kind: %u slots of %u bytes "
				"from sector %" PRIu64,
				now->n_slots, wtg_le32(header + 84), wtg_le64(header + 72));
	return 0;
}

static int check_slots(const struct wtg_addition *what, const struct wtg_partitions *now,
		       struct wtg_error *err)
{
	for (size_t i = 0; i < what->n_partitions; i++) {
		unsigned number = what->first_number + (unsigned)i;

		if (number == 0 || number > now->n_slots)
			return wtg_fail(err, WTG_UNSUITABLE, 0,
					"partition %u: the table has %u slots", number,
					now->n_slots);
		if (wtg_partitions_number(now, number))
			return wtg_fail(err, WTG_UNSUITABLE, 0, "there is a partition %u already",
					number);
		for (size_t k = 0; k < now->n_entries; k++) {
			const struct wtg_partition *p = &what->partitions[i];
			const struct wtg_gpt_entry *other = &now->entries[k];

			if (p->first_byte < other->first_byte + other->size_bytes &&
			    other->first_byte < p->first_byte + p->size_bytes)
				return wtg_fail(err, WTG_UNSUITABLE, 0,
						"partition %u would overlap partition %u, which is "
						"there",
						number, other->number);
			/* Windows, and a BCD store, would take either for the other. */
			if (now->style == WTG_TABLE_GPT && wtg_guid_equal(&p->id, &other->id))
				return wtg_fail(err, WTG_UNSUITABLE, 0,
						"partition %u would have the GUID of partition %u, "
						"which is there: two runs with one seed draw the "
						"same", number, other->number);
			if (p->active && other->active && now->style == WTG_TABLE_MBR)
				return wtg_fail(err, WTG_SYSTEM, 0,
						"partitions %u and %u would both be active",
						other->number, number);
		}
	}
	return 0;
}

static int look(struct drive *d, const struct wtg_addition *what, struct wtg_partitions *ret,
		struct wtg_error *err)
{
	int r = wtg_partitions_read(d->disk, d->sector_bytes, ret, err);

	if (r < 0)
		return -1;
	if (r == 0)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"there is no partition table that could be added to");
	if (ret->style != what->style)
		return wtg_fail(err, WTG_SYSTEM, 0, "the partition table is of another kind");
	if ((ret->style == WTG_TABLE_GPT && check_gpt(d, ret, err) < 0) ||
	    check_slots(what, ret, err) < 0 ||
	    wtg_table_check(what, ret->end_usable_byte, err) < 0)
		return -1;
	d->head_bytes = d->sector_bytes;
	if (ret->style == WTG_TABLE_GPT) {
		d->backup_bytes = wtg_table_slots_bytes(ret->n_slots, d->sector_bytes) +
				  d->sector_bytes;
		d->head_bytes += d->backup_bytes;
	}
	return 0;
}

static bool is_what_was_added(const struct wtg_gpt_entry *found, const struct wtg_partition *p,
			      enum wtg_table_style style)
{
	if (!found || found->first_byte != p->first_byte || found->size_bytes != p->size_bytes)
		return false;
	if (style == WTG_TABLE_MBR)
		return found->mbr_type == p->mbr_type && found->active == p->active;
	return wtg_guid_equal(&found->type, &p->type) && wtg_guid_equal(&found->id, &p->id) &&
	       found->attributes == p->attributes &&
	       strcmp(found->name, p->name ? p->name : "") == 0;
}

/* What libfdisk made of it, by our own reader: all that was there, and what was added. */
static int check_composed(const struct wtg_window *composed, const struct wtg_addition *what,
			  const struct wtg_partitions *was, struct wtg_error *err)
{
	_cleanup_free_ struct wtg_partitions *now = wtg_alloc(sizeof(*now));
	bool right;

	if (wtg_partitions_read(composed, what->sector_bytes, now, err) < 0)
		return wtg_while(err, "look at the composed table");
	right = now->n_entries == was->n_entries + what->n_partitions &&
		wtg_partitions_kept(was, now) && now->end_usable_byte == was->end_usable_byte &&
		(now->style == WTG_TABLE_MBR || (now->primary_ok && now->backup_ok && now->same));
	for (size_t i = 0; right && i < what->n_partitions; i++)
		right = is_what_was_added(
			wtg_partitions_number(now, what->first_number + (unsigned)i),
			&what->partitions[i], what->style);
	if (!right)
		return wtg_fail(err, WTG_SYSTEM, 0, "the composed table is not what was asked for");
	return 0;
}

/* Of a stretch, the sectors in which the composed table differs from the drive's. */
static int diff(const struct drive *d, int composed, struct wtg_extent of,
		struct wtg_table_stretch *ret, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *was = wtg_alloc(of.length), *now = wtg_alloc(of.length);
	size_t first = 0, end = of.length, sector = d->sector_bytes;

	if (wtg_window_pread(d->disk, was, of.length, of.offset, err) < 0)
		return -1;
	if (wtg_pread_all(composed, now, of.length, of.offset) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read the composed table");
	while (first < end && memcmp(was + first, now + first, sector) == 0)
		first += sector;
	while (end > first && memcmp(was + end - sector, now + end - sector, sector) == 0)
		end -= sector;
	ret->at = of.offset + first;
	if (end > first)
		ret->bytes = wtg_bytes_copy(now + first, end - first);
	return 0;
}

/* The primary's header and slots; the backup is made from them. */
static int load(const struct drive *d, int fd, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *head = wtg_alloc(d->head_bytes);

	if (wtg_window_pread(d->disk, head, d->head_bytes, 0, err) < 0)
		return -1;
	if (wtg_pwrite_all(fd, head, d->head_bytes, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "compose the partition table");
	return 0;
}

int wtg_table_compose(const struct wtg_window *disk, const struct wtg_addition *addition,
		      struct wtg_table_change *ret, struct wtg_error *err)
{
	uint32_t sector = addition->sector_bytes;
	_cleanup_free_ struct wtg_partitions *was = wtg_alloc(sizeof(*was));
	_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };
	struct drive d = { .disk = disk, .sector_bytes = sector };
	struct wtg_window composed = { 0 };
	_cleanup_fd_ int fd = -1;
	struct wtg_extent head;
	int r;

	if (look(&d, addition, was, err) < 0)
		return -1;
	d.size_bytes = wtg_round_down(disk->length, sector);
	if (wtg_memory_file("table", d.size_bytes, &fd, err) < 0 || load(&d, fd, err) < 0)
		return -1;
	r = wtg_fdisk_add(fd, addition);
	if (r < 0)
		return wtg_fail(err, WTG_SYSTEM, -r, "compose the partition table");
	composed.fd = fd;
	composed.length = d.size_bytes;
	/* What protects a GPT stays as it is: sector 0 is an MBR's alone. */
	head = (struct wtg_extent){ 0, sector };
	if (d.backup_bytes > 0)
		head = (struct wtg_extent){ sector, d.head_bytes - sector };
	if (check_composed(&composed, addition, was, err) < 0 ||
	    (d.backup_bytes > 0 &&
	     diff(&d, fd, (struct wtg_extent){ d.size_bytes - d.backup_bytes, d.backup_bytes },
		  &change.backup, err) < 0) ||
	    diff(&d, fd, head, &change.primary, err) < 0)
		return -1;
	*ret = change;
	change = (struct wtg_table_change){ 0 };
	return 0;
}

/* Where the added slots lie. */
static struct wtg_extent own_slots(const struct wtg_addition *what)
{
	bool gpt = what->style == WTG_TABLE_GPT;
	uint64_t from = gpt ? 2 * (uint64_t)what->sector_bytes : WTG_MBR_TABLE_AT;
	uint64_t each = gpt ? GPT_ENTRY_BYTES : MBR_ENTRY_BYTES;

	return (struct wtg_extent){ from + each * (what->first_number - 1),
				    each * what->n_partitions };
}

/* Does it change nothing but the header of a GPT and the added slots? */
static int check_primary(const struct wtg_window *disk, const struct wtg_addition *what,
			 const struct wtg_table_stretch *stretch, struct wtg_error *err)
{
	uint64_t sector = what->sector_bytes, size = stretch->bytes.size;
	struct wtg_extent own = own_slots(what);
	_cleanup_free_ uint8_t *was = NULL;
	bool gpt = what->style == WTG_TABLE_GPT;

	if (size > 2 * sector + WTG_TABLE_MOST_SLOTS * GPT_ENTRY_BYTES ||
	    stretch->at > 2 * sector + WTG_TABLE_MOST_SLOTS * GPT_ENTRY_BYTES)
		return wtg_fail(err, WTG_SYSTEM, 0, "the composed table is not where it should be");
	was = wtg_alloc(size);
	if (wtg_window_pread(disk, was, size, stretch->at, err) < 0)
		return -1;
	for (uint64_t i = 0; i < size; i++) {
		uint64_t at = stretch->at + i;
		bool is_header = gpt && at >= sector && at < 2 * sector;

		if (was[i] != stretch->bytes.data[i] && !is_header &&
		    (at < own.offset || at - own.offset >= own.length))
			return wtg_fail(err, WTG_SYSTEM, 0,
					"the composed table changes what is not its own");
	}
	return 0;
}

static int check_backup(const struct wtg_window *disk, const struct wtg_addition *what,
			const struct wtg_table_stretch *stretch, struct wtg_error *err)
{
	uint64_t end = wtg_round_down(disk->length, what->sector_bytes);
	uint64_t most = wtg_table_slots_bytes(WTG_TABLE_MOST_SLOTS, what->sector_bytes) +
			what->sector_bytes;

	if (stretch->bytes.size == 0)
		return 0;
	if (what->style != WTG_TABLE_GPT || stretch->at > end || end - stretch->at > most ||
	    stretch->bytes.size > end - stretch->at)
		return wtg_fail(err, WTG_SYSTEM, 0, "the composed table is not where it should be");
	return 0;
}

static int send(const struct wtg_window *disk, const struct wtg_table_stretch *stretch,
		struct wtg_error *err)
{
	if (stretch->bytes.size == 0)
		return 0;
	if (wtg_window_pwrite(disk, stretch->bytes.data, stretch->bytes.size, stretch->at, err) < 0)
		return -1;
	return wtg_window_flush(disk, err);
}

int wtg_table_send(const struct wtg_window *disk, const struct wtg_addition *addition,
		   const struct wtg_table_change *change, struct wtg_error *err)
{
	if (check_backup(disk, addition, &change->backup, err) < 0 ||
	    check_primary(disk, addition, &change->primary, err) < 0 ||
	    send(disk, &change->backup, err) < 0)
		return -1;
	return send(disk, &change->primary, err);
}

int wtg_table_add(const struct wtg_window *disk, const struct wtg_addition *addition,
		  struct wtg_error *err)
{
	_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };

	if (wtg_table_compose(disk, addition, &change, err) < 0)
		return -1;
	return wtg_table_send(disk, addition, &change, err);
}
