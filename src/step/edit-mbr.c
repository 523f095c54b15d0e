/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <string.h>

#include "base/alloc.h"
#include "step/clear.h"
#include "target/target.h"
#include "volume/mbr.h"
#include "windows/bootcode.h"

#define ENTRY_BYTES 16
#define ACTIVE 0x80
#define TYPE_AT 4 /* in an entry */
#define FIRST_SECTOR_AT 8
#define BACKUP_AT 0x32 /* in FAT32's boot sector: the sector of its backup */

struct params {
	struct wtg_gpt_entry system;
	uint32_t sector_bytes, signature;
	bool active, boot_code, boot_record;
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	if (p->active) {
		wtg_fact_text(out, "active_old", "none");
		wtg_fact_number(out, "active_new", p->system.number);
	}
	if (p->boot_code) {
		wtg_fact_text(out, "boot_code_old", "missing");
		wtg_fact_text(out, "boot_code_new", "starts the active partition");
	}
	if (p->boot_record) {
		wtg_fact_text(out, "boot_record_old", "starts nothing");
		wtg_fact_text(out, "boot_record_new", "starts BOOTMGR");
	}
}

/* ------------------------------------------------------------------ the system partition's */

static struct wtg_window record_window(const struct params *p, const struct wtg_window *disk)
{
	return wtg_window_part(disk, p->system.first_byte, p->system.size_bytes);
}

/* As it will be, while it is the one that was looked at. */
static int make_record(const struct params *p, const struct wtg_window *disk,
		       uint8_t reserved[static WTG_BOOT_RESERVED_BYTES], struct wtg_error *err)
{
	struct wtg_window window = record_window(p, disk);

	if (wtg_window_pread(&window, reserved, WTG_BOOT_RESERVED_BYTES, 0, err) < 0)
		return -1;
	if (!wtg_boot_starts_nothing(reserved))
		return wtg_fail(err, WTG_SYSTEM, 0, "the boot sector of partition %u is not what it "
						    "was when it was looked at", p->system.number);
	return wtg_boot_fat32(reserved, WTG_BOOT_RESERVED_BYTES, err);
}

/* The backup first: it is nobody's until the other is there. */
static int write_record(const struct params *p, const struct wtg_window *disk,
			struct wtg_error *err)
{
	struct wtg_window window = record_window(p, disk);
	uint8_t reserved[WTG_BOOT_RESERVED_BYTES];
	size_t backup;

	if (make_record(p, disk, reserved, err) < 0)
		return -1;
	backup = wtg_le16(reserved + BACKUP_AT) * 512u;
	if (wtg_window_pwrite(&window, reserved + backup, 512, backup, err) < 0 ||
	    wtg_window_flush(&window, err) < 0)
		return -1;
	return wtg_window_pwrite(&window, reserved, 512, 0, err);
}

/* Made a second time it comes to the same. */
static int verify_record(const struct params *p, const struct wtg_window *disk,
			 struct wtg_error *err)
{
	struct wtg_window window = record_window(p, disk);
	uint8_t found[WTG_BOOT_RESERVED_BYTES], made[WTG_BOOT_RESERVED_BYTES];

	if (wtg_window_pread(&window, found, sizeof(found), 0, err) < 0)
		return -1;
	memcpy(made, found, sizeof(made));
	if (wtg_boot_fat32(made, sizeof(made), err) < 0 ||
	    memcmp(found, made, sizeof(made)) != 0)
		return wtg_fail(err, WTG_MISMATCH, 0, "the boot sector of partition %u reads back "
						      "different", p->system.number);
	return 0;
}

/* ------------------------------------------------------------------ sector 0 */

static size_t entry_at(const struct params *p)
{
	return WTG_MBR_TABLE_AT + (size_t)(p->system.number - 1) * ENTRY_BYTES;
}

/* Sector 0, while it is the one that was looked at. */
static int read_sector(const struct params *p, const struct wtg_window *disk,
		       uint8_t sector[static 512], struct wtg_error *err)
{
	if (wtg_window_pread(disk, sector, 512, 0, err) < 0)
		return -1;
	if (p->system.number < 1 || p->system.number > WTG_MBR_SLOTS ||
	    wtg_le32(sector + WTG_MBR_SIGNATURE_AT) != p->signature ||
	    (uint64_t)wtg_le32(sector + entry_at(p) + FIRST_SECTOR_AT) * p->sector_bytes !=
		    p->system.first_byte)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"the partition table is not what it was when it was looked at");
	return 0;
}

/* What it lacks may have come from somebody else by now. */
static int read_lacking(const struct params *p, const struct wtg_window *disk,
			uint8_t sector[static 512], struct wtg_error *err)
{
	bool lacks = true;

	if (read_sector(p, disk, sector, err) < 0)
		return -1;
	for (size_t i = 0; p->boot_code && i < WTG_BOOT_MBR_BYTES; i++)
		lacks = lacks && sector[i] == 0;
	for (size_t i = 0; p->active && i < WTG_MBR_SLOTS; i++) {
		const uint8_t *entry = sector + WTG_MBR_TABLE_AT + i * ENTRY_BYTES;

		lacks = lacks && !(entry[0] == ACTIVE && entry[TYPE_AT] != 0);
	}
	if (!lacks)
		return wtg_fail(err, WTG_SYSTEM, 0, "the MBR is not what it was when it was looked at");
	return 0;
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_window disk = { .fd = wtg_target_fd(target),
					 .length = wtg_target_disk(target)->size_bytes };
	const struct params *p = params;
	uint8_t sector[512], reserved[WTG_BOOT_RESERVED_BYTES];

	if (wtg_clear_check(target, progress, err) < 0 || read_lacking(p, &disk, sector, err) < 0)
		return -1;
	return p->boot_record ? make_record(p, &disk, reserved, err) : 0;
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window disk = wtg_writer_window(writer, 0, wtg_writer_size(writer));
	uint8_t sector[512];

	if (read_lacking(p, &disk, sector, err) < 0 ||
	    (p->boot_record && write_record(p, &disk, err) < 0))
		return -1;
	if (!p->boot_code && !p->active)
		return 0;
	if (p->boot_code)
		memcpy(sector, wtg_boot_mbr, WTG_BOOT_MBR_BYTES);
	if (p->active)
		sector[entry_at(p)] = ACTIVE;
	return wtg_window_pwrite(&disk, sector, sizeof(sector), 0, err);
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	uint8_t sector[512];

	(void)how;
	(void)progress;
	if (read_sector(p, disk, sector, err) < 0)
		return -1;
	if ((p->active && sector[entry_at(p)] != ACTIVE) ||
	    (p->boot_code && memcmp(sector, wtg_boot_mbr, WTG_BOOT_MBR_BYTES) != 0))
		return wtg_fail(err, WTG_MISMATCH, 0, "the MBR reads back different");
	return p->boot_record ? verify_record(p, disk, err) : 0;
}

/* Single sectors, each of which the drive writes or does not. */
static const struct wtg_step_ops ops = {
	.name = "edit-mbr",
	.leaves = WTG_DRIVE_KEPT,
	.describe = describe,
	.check = check,
	.apply = apply,
	.verify = verify,
	.free = free,
};

void wtg_step_edit_mbr(struct wtg_plan *plan, const struct wtg_mend *mend)
{
	const struct params params = {
		.system = mend->system,
		.sector_bytes = mend->table.sector_bytes,
		.signature = mend->table.signature,
		.active = mend->active,
		.boot_code = mend->boot_code,
		.boot_record = mend->boot_record,
	};

	if (mend->active || mend->boot_code || mend->boot_record)
		wtg_plan_append(plan, &ops, wtg_copy(&params, sizeof(params)));
}
