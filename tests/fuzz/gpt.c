/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables, as they are and with their checksums put right. */
#include "fuzz.h"

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/gpt.h"

#define SECTOR_BYTES 512
#define MAX_TABLE_BYTES (1u << 20)

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

/* Whoever can write a table can write its checksums. */
static void mend_header(int fd, uint64_t disk_bytes, uint64_t sector)
{
	uint8_t header[SECTOR_BYTES];
	uint64_t size, first;

	if (wtg_pread_all(fd, header, SECTOR_BYTES, sector * SECTOR_BYTES) < 0)
		return;
	first = wtg_le64(header + 72) % (disk_bytes / SECTOR_BYTES) * SECTOR_BYTES;
	size = (uint64_t)wtg_le32(header + 80) * wtg_le32(header + 84);
	if (size > 0 && size <= MAX_TABLE_BYTES && size <= disk_bytes - first) {
		_cleanup_free_ uint8_t *table = wtg_alloc(size);

		if (wtg_pread_all(fd, table, size, first) < 0)
			return;
		wtg_put_le32(header + 88, crc32_of(table, size));
	}
	size = wtg_le32(header + 12);
	wtg_put_le32(header + 16, 0);
	if (size <= SECTOR_BYTES)
		wtg_put_le32(header + 16, crc32_of(header, size));
	(void)!wtg_pwrite_all(fd, header, SECTOR_BYTES, sector * SECTOR_BYTES);
}

static void read_table(const struct wtg_window *disk)
{
	_cleanup_free_ struct wtg_gpt *gpt = wtg_alloc(sizeof(*gpt));
	struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_gpt_read(disk, SECTOR_BYTES, gpt, &err) == 1) {
		FUZZ_ASSERT(gpt->primary_ok || gpt->backup_ok);
		for (size_t i = 0; i < gpt->n_entries; i++) {
			const struct wtg_gpt_entry *e = &gpt->entries[i];

			/* Aborts where a partition is not on the drive. */
			(void)wtg_window_part(disk, e->first_byte, e->size_bytes);
			FUZZ_ASSERT(wtg_gpt_find(gpt, &e->type));
		}
	}
	wtg_error_done(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t disk_bytes;
	_cleanup_fd_ int fd = fuzz_disk(data, size, SECTOR_BYTES, &disk_bytes);
	struct wtg_window disk = fuzz_window(fd, disk_bytes);

	read_table(&disk);
	if (disk_bytes < 4 * SECTOR_BYTES)
		return 0;
	mend_header(fd, disk_bytes, 1);
	mend_header(fd, disk_bytes, disk_bytes / SECTOR_BYTES - 1);
	read_table(&disk);
	return 0;
}
