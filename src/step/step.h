/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs.  Each function decides one step, reading whatever it needs to know now, and
 * appends it to the plan.  Layouts are copied; the image, the edition, the target and strings
 * are borrowed and must outlive the plan.
 */
#pragma once

#include "image/image.h"
#include "plan/plan.h"
#include "step/layout.h"
#include "step/mend.h"
#include "step/survey.h"
#include "wtg/recipe.h"
#include "ventoy/entry.h"
#include "ventoy/payload.h"
#include "volume/partitions.h"
#include "volume/table.h"
#include "windows/bootcode.h"
#include "wtg/request.h"
#include "wtg/target.h"

/* What the plan is about; all borrowed until the plan is freed. */
struct wtg_subject {
	const struct wtg_request *request;
	struct wtg_image *image;
	const struct wtg_edition *edition;
	const struct wtg_disk *disk;
};

/* check-image: the hash that the user gave, and the WIM's own integrity table. */
void wtg_step_check_image(struct wtg_plan *plan, struct wtg_image *image,
			  const struct wtg_edition *edition, const char *sha256,
			  bool integrity);

/* wipe-target: nothing of the old table and of old volumes is recognised afterwards.  Checks
 * that the target is free and, of a file, that there is room for about as many bytes as will be
 * written to it, and to each of its company's on the same filesystem. */
void wtg_step_wipe_target(struct wtg_plan *plan, const struct wtg_target *target,
			  const struct wtg_layout *layout, uint64_t written_bytes,
			  const struct wtg_company *company);

/* clear-space: the same for what the layout adds beside something that stays: no byte outside of
 * its extents is written.  Of a file, what it has allocated there already counts as room. */
void wtg_step_clear_space(struct wtg_plan *plan, const struct wtg_target *target,
			  const struct wtg_layout *layout, uint64_t written_bytes);

/* stamp-drive: whether the drive is as large as it says, before it is filled: kind
 * WTG_CAPACITY.  Files have no capacity to lie about: nothing is appended for one.  id
 * is of this run and no other, whatever its seed. */
void wtg_step_stamp_drive(struct wtg_plan *plan, const struct wtg_target *target, uint64_t id);

/* format-windows: an empty NTFS volume. */
void wtg_step_format_windows(struct wtg_plan *plan, const struct wtg_layout *layout,
			     const char *label);

/* apply-image: the edition onto it, with the registry and the files that make it portable.
 * Takes the overlay and the edits out of the survey. */
void wtg_step_apply_image(struct wtg_plan *plan, const struct wtg_layout *layout,
			  struct wtg_survey *survey, const struct wtg_subject *subject);

/* format-data: the user's own partition. */
void wtg_step_format_data(struct wtg_plan *plan, const struct wtg_layout *layout,
			  enum wtg_data_fs fs);

/* write-esp: loader, boot files, BCD store and manifest.  Takes the boot files out of the
 * survey, and manifest. */
int wtg_step_write_esp(struct wtg_plan *plan, const struct wtg_layout *layout,
		       struct wtg_survey *survey, const struct wtg_subject *subject,
		       struct wtg_bytes manifest, struct wtg_error *err);

/* write-ventoy: its core.img and the volume VTOYEFI.  Takes payload.  Upgrading, also its boot
 * code, with what the drive keeps of its own (uuid, signature, table, settings), and only while the
 * table is still what was there when it was looked at. */
void wtg_step_write_ventoy(struct wtg_plan *plan, const struct wtg_layout *layout,
			   struct wtg_ventoy_payload *payload);
void wtg_step_upgrade_ventoy(struct wtg_plan *plan, const struct wtg_layout *layout,
			     const struct wtg_partitions *there,
			     struct wtg_ventoy_payload *payload);

/* write-entry: files onto Ventoy's first partition, layout->data, in a worker.  Takes changes.
 * Nothing to change: nothing is appended.  Without a Windows in the layout it is the last step
 * of a plan, and leaves the drive complete. */
void wtg_step_write_entry(struct wtg_plan *plan, const struct wtg_layout *layout,
			  struct wtg_ventoy_changes *changes);

/* check-stamps: the same, now that no memory in the drive can hold all that was written; and
 * the stamps are erased. */
void wtg_step_check_stamps(struct wtg_plan *plan, const struct wtg_target *target, uint64_t id);

/* write-table: the partition table, last; from then on the drive is visible.  boot_code, if not
 * NULL, goes before it.  Beside what stays, only partitions are added, to a table that is still
 * what it was when this was planned: there; else NULL.  Both are copied. */
void wtg_step_write_table(struct wtg_plan *plan, const struct wtg_layout *layout,
			  const uint8_t boot_code[WTG_BOOT_CODE_BYTES],
			  const struct wtg_partitions *there);

/* rewrite-esp, rewrite-bcd: boot files, and then stores, of a system partition that has others; or
 * format-esp, which makes it anew with both.  Takes them out of mend.  Nothing to change: nothing
 * is appended, as with all that repairs. */
void wtg_step_rewrite_esp(struct wtg_plan *plan, struct wtg_mend *mend,
			  const struct wtg_identity *fresh);

/* edit-mbr: the active flag, and boot code, where there is none. */
void wtg_step_edit_mbr(struct wtg_plan *plan, const struct wtg_mend *mend);

/* edit-windows: the SYSTEM hive of an installed Windows, while it is the one that was looked at.
 * Takes it and its edits out of mend. */
void wtg_step_edit_windows(struct wtg_plan *plan, struct wtg_mend *mend);

/* verify-drive: the drive as firmware and Windows will see it.  Of one that was mended this is the
 * last step, which leaves it complete; what was wrong before, and is not a repair's to mend, is not
 * held against it.  Takes those sentences out of mend. */
void wtg_step_verify_drive(struct wtg_plan *plan, const struct wtg_layout *layout);
void wtg_step_verify_mended(struct wtg_plan *plan, struct wtg_mend *mend);

/* The partitions that a layout makes, in their order on the drive, as the table and plans show
 * them; gives how many.  The first has the number layout->first_number. */
#define WTG_LAYOUT_MAX 5
struct wtg_layout_partition {
	const char *role; /* "esp", "msr", "windows", "data", "ventoy", "vtoyefi" */
	const struct wtg_extent *extent;
	const struct wtg_guid *id; /* GPT */
	struct wtg_guid type;
	const char *name;
	uint64_t attributes;
	uint8_t mbr_type; /* MBR */
	bool active;
};
size_t wtg_layout_partitions(const struct wtg_layout *layout,
			     struct wtg_layout_partition ret[static WTG_LAYOUT_MAX]);
