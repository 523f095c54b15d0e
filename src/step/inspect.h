/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at a drive as firmware and Windows will: what the inspect-*.c files share. */
#pragma once

#include "base/crypto.h"
#include "base/window.h"
#include "volume/fat-read.h"
#include "volume/partitions.h"
#include "windows/dbx.h"
#include "windows/pe.h"
#include "wtg/inspect.h"

struct wtg_look {
	struct wtg_window disk;
	uint32_t sector_bytes;
	struct wtg_dbx dbx; /* what firmware does not start; may be of nothing */

	/* Numbers of partitions; 0: whatever is there.  Of a system partition: no other one is
	 * walked from.  Of a Windows: it is looked at though the walk does not get there. */
	unsigned system, windows;
};

/* The walk over a whole drive; see wtg_inspect(). */
int wtg_inspect_disk(const struct wtg_look *look, struct wtg_progress *progress,
		     struct wtg_findings *ret, struct wtg_error *err);

void wtg_find(struct wtg_findings *findings, enum wtg_grade grade, const char *topic,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A walk: each stage fills in what the next ones need, and stops the walk by returning
 * false when there is nothing to go on with. */
struct wtg_inspection {
	const struct wtg_window *disk;
	uint32_t sector_bytes;
	const struct wtg_dbx *dbx;
	struct wtg_findings *findings;

	struct wtg_partitions table;      /* by the table stage */
	bool ventoy, has_boot_code;

	/* One such walk for each system partition of a Windows. */
	const struct wtg_gpt_entry *esp;

	struct wtg_fat *fat;              /* by the ESP stage */
	const char *dir;                  /* on it, with the loader's: "EFI" or "VTEFI" */
	struct wtg_pe loader;
	uint8_t loader_sha256[WTG_SHA256_SIZE]; /* of the file */

	unsigned last_windows;            /* number of the Windows that was looked at last; 0: none */
	const struct wtg_gpt_entry *windows; /* by the BCD stage */
	char *winload;                    /* path in the Windows volume, with '/' */
	char *winload_bios;               /* the same for Legacy BIOS; NULL: there is none */
};

/* "x64" for 0x8664, as loaders are named. */
const char *wtg_inspect_machine(uint16_t pe_machine);

bool wtg_inspect_table(struct wtg_inspection *in);

/* The partitions from which a Windows may start, with a finding where there is none. */
#define WTG_INSPECT_MAX_SYSTEMS 16
size_t wtg_inspect_systems(struct wtg_inspection *in,
			   const struct wtg_gpt_entry *ret[static WTG_INSPECT_MAX_SYSTEMS]);
bool wtg_inspect_has_windows(const struct wtg_inspection *in, const struct wtg_gpt_entry *entry);

/* Who signed the loader at that path, which was read into in->loader, and whether it is revoked. */
void wtg_inspect_signature(struct wtg_inspection *in, const char *path,
			   const struct wtg_bytes *file);
/* Is another file on the ESP revoked, that firmware may start, too? */
void wtg_inspect_other_loader(struct wtg_inspection *in, const char *path,
			      const struct wtg_bytes *file);
/* Do the boot files on the ESP fit those of the Windows that they start? */
struct wtg_ntfs;
void wtg_inspect_chain(struct wtg_inspection *in, struct wtg_ntfs *volume);
/* What its Windows does without: apps, room for updates. */
void wtg_inspect_removals(struct wtg_inspection *in, struct wtg_ntfs *volume);
/* Is all there that drivers of other makers need? */
void wtg_inspect_drivers(struct wtg_inspection *in, struct wtg_ntfs *volume);

/* What the answer file will do at the first start, and who may read it. */
void wtg_inspect_answer(struct wtg_inspection *in, struct wtg_ntfs *volume);

bool wtg_inspect_esp(struct wtg_inspection *in);
bool wtg_inspect_bcd(struct wtg_inspection *in);
bool wtg_inspect_windows(struct wtg_inspection *in);

/* The stretch of a partition. */
struct wtg_window wtg_inspect_window(const struct wtg_inspection *in,
				     const struct wtg_gpt_entry *entry);
