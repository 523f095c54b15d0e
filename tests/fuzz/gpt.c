/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables, as they are and with their checksums put right. */
#include "fuzz.h"

#include "base/alloc.h"
#include "volume/gpt.h"

#define SECTOR_BYTES 512

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
	fuzz_mend_gpt(fd, disk_bytes);
	read_table(&disk);
	return 0;
}
