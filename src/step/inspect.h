/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at a drive as firmware and Windows will: what the inspect-*.c files share. */
#pragma once

#include "base/window.h"
#include "volume/fat-read.h"
#include "volume/gpt.h"
#include "windows/pe.h"
#include "wtg/inspect.h"

/* The walk over a whole drive; see wtg_inspect(). */
int wtg_inspect_disk(const struct wtg_window *disk, uint32_t sector_bytes,
		     struct wtg_progress *progress, struct wtg_findings *ret,
		     struct wtg_error *err);

void wtg_find(struct wtg_findings *findings, enum wtg_grade grade, const char *topic,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* One walk: each stage fills in what the next ones need, and stops the walk by returning
 * false when there is nothing to go on with. */
struct wtg_inspection {
	const struct wtg_window *disk;
	uint32_t sector_bytes;
	struct wtg_findings *findings;

	struct wtg_gpt gpt;               /* by the table stage */
	const struct wtg_gpt_entry *esp;

	struct wtg_fat *fat;              /* by the ESP stage */
	struct wtg_pe loader;

	const struct wtg_gpt_entry *windows; /* by the BCD stage */
	char *winload;                    /* path in the Windows volume, with '/' */
};

/* "x64" for 0x8664, as loaders are named. */
const char *wtg_inspect_machine(uint16_t pe_machine);

bool wtg_inspect_table(struct wtg_inspection *in);
bool wtg_inspect_esp(struct wtg_inspection *in);
bool wtg_inspect_bcd(struct wtg_inspection *in);
bool wtg_inspect_windows(struct wtg_inspection *in);

/* The stretch of a partition. */
struct wtg_window wtg_inspect_window(const struct wtg_inspection *in,
				     const struct wtg_gpt_entry *entry);
