/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/partitions.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/mbr.h"
#include "volume/table.h"

#define MIB (UINT64_C(1) << 20)

static void use_gpt(const struct wtg_gpt *gpt, uint64_t disk_bytes, struct wtg_partitions *to)
{
	uint64_t n_sectors = disk_bytes / gpt->sector_bytes;

	to->style = WTG_TABLE_GPT;
	to->first_usable_byte = gpt->first_usable_byte;
	to->end_usable_byte = gpt->end_usable_byte;
	if (gpt->backup_elsewhere)
		to->end_usable_byte = (n_sectors - 1) * gpt->sector_bytes -
				      wtg_table_slots_bytes(gpt->n_slots, gpt->sector_bytes);
	memcpy(to->entries, gpt->entries, sizeof(to->entries));
	to->n_entries = gpt->n_entries;
	to->disk = gpt->disk;
	to->primary_ok = gpt->primary_ok;
	to->backup_ok = gpt->backup_ok;
	to->same = gpt->same;
	to->protective_mbr = gpt->protective_mbr;
	to->hybrid_mbr = gpt->hybrid_mbr;
	to->n_slots = gpt->n_slots;
}

static void use_mbr(const struct wtg_mbr *mbr, uint64_t disk_bytes, struct wtg_partitions *to)
{
	uint64_t reach = (UINT64_C(1) << 32) * to->sector_bytes;

	to->style = WTG_TABLE_MBR;
	to->first_usable_byte = to->sector_bytes;
	to->end_usable_byte = disk_bytes < reach ? disk_bytes : reach;
	memcpy(to->entries, mbr->entries, sizeof(mbr->entries));
	to->n_entries = mbr->n_entries;
	to->n_slots = WTG_MBR_SLOTS;
	to->extended = mbr->extended;
}

/* Of a file system that has the whole drive, or of a table with partitions, that is what counts,
 * whatever lies behind it. */
static bool may_be_gpt(const struct wtg_mbr *mbr)
{
	return mbr->kind != WTG_MBR_VOLUME &&
	       (mbr->kind != WTG_MBR_TABLE || mbr->n_entries == 0);
}

int wtg_partitions_read(const struct wtg_window *disk, uint32_t sector_bytes,
			struct wtg_partitions *ret, struct wtg_error *err)
{
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	_cleanup_free_ struct wtg_gpt *gpt = wtg_alloc(sizeof(*gpt));
	struct wtg_mbr mbr;
	int found = 0;

	if (wtg_mbr_read(disk, sector_bytes, &mbr, err) < 0)
		return -1;
	if (may_be_gpt(&mbr))
		found = wtg_gpt_read(disk, sector_bytes, gpt, err);
	if (found < 0)
		return -1;
	if (found == 0 && mbr.kind == WTG_MBR_PROTECTIVE)
		return wtg_fail(err, WTG_INPUT, 0,
				"read the partition table: the MBR says that there is a GPT, and "
				"there is none");
	if (found == 0 && mbr.kind != WTG_MBR_TABLE)
		return 0;
	table->sector_bytes = sector_bytes;
	table->signature = mbr.signature;
	if (found)
		use_gpt(gpt, disk->length, table);
	else
		use_mbr(&mbr, wtg_round_down(disk->length, sector_bytes), table);
	*ret = *table;
	return 1;
}

const struct wtg_gpt_entry *wtg_partitions_number(const struct wtg_partitions *table,
						  unsigned number)
{
	for (size_t i = 0; i < table->n_entries; i++)
		if (table->entries[i].number == number)
			return &table->entries[i];
	return NULL;
}

static bool is_same(const struct wtg_gpt_entry *a, const struct wtg_gpt_entry *b)
{
	return a && b && wtg_guid_equal(&a->type, &b->type) && wtg_guid_equal(&a->id, &b->id) &&
	       a->attributes == b->attributes && a->first_byte == b->first_byte &&
	       a->size_bytes == b->size_bytes && strcmp(a->name, b->name) == 0 &&
	       a->mbr_type == b->mbr_type && a->active == b->active;
}

bool wtg_partitions_kept(const struct wtg_partitions *then, const struct wtg_partitions *now)
{
	if (now->style != then->style || now->sector_bytes != then->sector_bytes ||
	    now->signature != then->signature || !wtg_guid_equal(&now->disk, &then->disk))
		return false;
	for (size_t i = 0; i < then->n_entries; i++)
		if (!is_same(&then->entries[i],
			     wtg_partitions_number(now, then->entries[i].number)))
			return false;
	return true;
}

static uint64_t end_of(const struct wtg_gpt_entry *entry)
{
	return entry->first_byte + entry->size_bytes;
}

/* Of those that end behind `at`, the first on the drive; NULL: there are none. */
static const struct wtg_gpt_entry *next_behind(const struct wtg_partitions *table, uint64_t at)
{
	const struct wtg_gpt_entry *next = NULL;

	for (size_t i = 0; i < table->n_entries; i++) {
		const struct wtg_gpt_entry *entry = &table->entries[i];

		if (end_of(entry) > at && (!next || entry->first_byte < next->first_byte))
			next = entry;
	}
	return next;
}

bool wtg_partitions_free(const struct wtg_partitions *table, size_t n, struct wtg_extent *ret)
{
	uint64_t at = table->first_usable_byte;

	for (;;) {
		const struct wtg_gpt_entry *next = next_behind(table, at);
		uint64_t end = table->end_usable_byte;
		uint64_t first = wtg_round_up(at, MIB);

		if (next && next->first_byte < end)
			end = next->first_byte;
		end = wtg_round_down(end, MIB);
		if (first < end && n-- == 0) {
			*ret = (struct wtg_extent){ first, end - first };
			return true;
		}
		if (!next)
			return false;
		at = end_of(next);
	}
}

unsigned wtg_partitions_room(const struct wtg_partitions *table, unsigned n)
{
	unsigned last = table->n_entries ? table->entries[table->n_entries - 1].number : 0;
	unsigned most = table->n_slots < WTG_TABLE_MOST_SLOTS ? table->n_slots
							       : WTG_TABLE_MOST_SLOTS;

	return last <= most && n <= most - last ? last + 1 : 0;
}
