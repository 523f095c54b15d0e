/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables of either kind, the space that they leave, and adding to them. */
#include "fuzz.h"

#include "base/alloc.h"
#include "base/guid.h"
#include "volume/partitions.h"
#include "volume/table.h"

#define SECTOR_BYTES 512
#define MIB (UINT64_C(1) << 20)

static bool meet(const struct wtg_gpt_entry *entry, uint64_t offset, uint64_t length)
{
	return entry->first_byte < offset + length &&
	       offset < entry->first_byte + entry->size_bytes;
}

static void check_entries(const struct wtg_window *disk, const struct wtg_partitions *table)
{
	FUZZ_ASSERT(table->style == WTG_TABLE_GPT || table->style == WTG_TABLE_MBR);
	FUZZ_ASSERT(table->style == WTG_TABLE_MBR || table->primary_ok || table->backup_ok);
	for (size_t i = 0; i < table->n_entries; i++) {
		const struct wtg_gpt_entry *e = &table->entries[i];

		/* Aborts where a partition is not on the drive. */
		(void)wtg_window_part(disk, e->first_byte, e->size_bytes);
		FUZZ_ASSERT(e->size_bytes > 0 && e->number >= 1 && e->number <= table->n_slots);
		FUZZ_ASSERT(wtg_partitions_number(table, e->number) == e);
		for (size_t k = 0; k < i; k++) {
			FUZZ_ASSERT(table->entries[k].number < e->number);
			FUZZ_ASSERT(!meet(&table->entries[k], e->first_byte, e->size_bytes));
		}
	}
	FUZZ_ASSERT(wtg_partitions_kept(table, table));
}

static void check_free(const struct wtg_window *disk, const struct wtg_partitions *table)
{
	struct wtg_extent free_stretch;
	uint64_t at = 0;

	for (size_t n = 0; wtg_partitions_free(table, n, &free_stretch); n++) {
		FUZZ_ASSERT(n <= table->n_entries);
		FUZZ_ASSERT(free_stretch.length > 0);
		FUZZ_ASSERT(free_stretch.offset % MIB == 0 && free_stretch.length % MIB == 0);
		FUZZ_ASSERT(free_stretch.offset >= at);
		(void)wtg_window_part(disk, free_stretch.offset, free_stretch.length);
		for (size_t i = 0; i < table->n_entries; i++)
			FUZZ_ASSERT(!meet(&table->entries[i], free_stretch.offset,
					  free_stretch.length));
		at = free_stretch.offset + free_stretch.length;
	}
}

/* What is added is there, and nothing else is different; or nothing was written. */
static void add(const struct wtg_window *disk, const struct wtg_partitions *was)
{
	_cleanup_free_ struct wtg_partitions *now = wtg_alloc(sizeof(*now));
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	struct wtg_window writing = *disk;
	struct wtg_addition what = {
		.style = was->style,
		.sector_bytes = SECTOR_BYTES,
		.first_number = wtg_partitions_room(was, 1),
		.n_partitions = 1,
	};
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_extent place;

	if (what.first_number == 0 || !wtg_partitions_free(was, 0, &place))
		return;
	what.partitions[0] = (struct wtg_partition){
		.type = wtg_guid_const("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"),
		.id = wtg_guid_const("bbbbbbbb-2222-4222-8222-222222222222"),
		.name = "Basic data partition",
		.mbr_type = 7,
		.first_byte = place.offset,
		.size_bytes = place.length,
	};
	writing.ledger = &ledger;
	if (wtg_table_add(&writing, &what, &err) < 0) {
		FUZZ_ASSERT(ledger.n_writes == 0);
		wtg_error_done(&err);
		return;
	}
	FUZZ_ASSERT(wtg_partitions_read(disk, SECTOR_BYTES, now, &err) == 1);
	FUZZ_ASSERT(wtg_partitions_kept(was, now));
	FUZZ_ASSERT(now->n_entries == was->n_entries + 1);
	FUZZ_ASSERT(wtg_partitions_number(now, what.first_number)->first_byte == place.offset);
	FUZZ_ASSERT(now->style == WTG_TABLE_MBR || (now->primary_ok && now->backup_ok && now->same));
}

static void read_table(const struct wtg_window *disk)
{
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_partitions_read(disk, SECTOR_BYTES, table, &err) == 1) {
		check_entries(disk, table);
		check_free(disk, table);
		add(disk, table);
	}
	wtg_error_done(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t disk_bytes;
	_cleanup_fd_ int fd = fuzz_disk(data, size, SECTOR_BYTES, &disk_bytes);
	struct wtg_window disk = fuzz_window(fd, disk_bytes);

	read_table(&disk);
	fuzz_mend_gpt(fd, disk_bytes);
	read_table(&disk);
	return 0;
}
