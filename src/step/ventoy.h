/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What planning must know of Ventoy: gathered by workers without power. */
#pragma once

#include "step/layout.h"
#include "ventoy/entry.h"
#include "ventoy/layout.h"
#include "volume/edit.h"
#include "volume/partitions.h"
#include "wtg/target.h"

/* Open the release that a request names, and read it; see ventoy/payload.h. */
int wtg_ventoy_read_payload(const char *path, const char *sha256,
			    struct wtg_ventoy_payload *ret, struct wtg_error *err);

/* In a worker: what there is of it on a drive with that table.  *ret is zeroed before. */
int wtg_ventoy_look(const struct wtg_window *disk, const struct wtg_partitions *table,
		    struct wtg_ventoy_seen *ret, struct wtg_error *err);

/* The same of its volume alone; what cannot be read is not there. */
void wtg_ventoy_look_at_volume(const struct wtg_window *volume, struct wtg_ventoy_seen *ret);

/* In a worker: is there in a release's volume what its loader will look for, of the version that
 * the release says?  Kind WTG_INPUT. */
int wtg_ventoy_check_volume(const struct wtg_ventoy_payload *payload, const char *path,
			    struct wtg_error *err);

/* Is it there, or was it, and one of its rules was broken since? */
bool wtg_ventoy_is_meant(const struct wtg_ventoy_seen *seen);

/* A drive as it is.  About 45 KiB. */
struct wtg_drive_view {
	bool has_table;
	struct wtg_partitions table;
	struct wtg_ventoy_seen ventoy; /* zeroed without a table */

	/* Of Ventoy's first partition, where it is one that Ventoy's tools would take. */
	enum wtg_fs first_fs;
	struct wtg_files existing; /* of wtg_ventoy_entry_paths, what is there */
	char *unreadable;          /* why they could not be read; NULL: they could */

	/* Of a Windows behind it: the system partition (FAT with a boot manager), if there is one. */
	unsigned system_number;    /* 0: none */
	uint32_t system_volume_id;
	enum wtg_arch arch;        /* of its loader */
	bool bios, vtefi;
};
void wtg_drive_view_done(struct wtg_drive_view *view);

/* title is that of an entry that may be asked for; NULL: the usual one.  *ret is large. */
int wtg_drive_view_make(const struct wtg_target *target, const char *title,
			struct wtg_drive_view *ret, struct wtg_error *err);
