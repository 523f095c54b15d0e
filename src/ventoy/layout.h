/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where Ventoy lies on a drive, and the rules that its loader enforces at every start
 * (ventoy_cmd.c: ventoy_check_official_device, VTOY_CMD_CHECK; ventoy_lib.sh).  Numbers and
 * marks are facts about a format; the code is our own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/extent.h"
#include "ventoy/payload.h"
#include "wtg/error.h"
#include "wtg/request.h"

#define WTG_VENTOY_FIRST_BYTE (2048u * 512) /* of its first partition */
#define WTG_VENTOY_UUID_AT 0x180            /* 16 bytes of sector 0 */
#define WTG_VENTOY_UUID_BYTES 16

/*
 * Bytes 0 to 439 of sector 0: the payload's, with where core.img lies and the drive's uuid; and
 * core.img as it is written, and where: what lies before its first byte is the table's.
 */
void wtg_ventoy_boot_code(const struct wtg_ventoy_payload *payload, enum wtg_table_style style,
			  const uint8_t uuid[static WTG_VENTOY_UUID_BYTES],
			  uint8_t ret[static 440]);
struct wtg_bytes wtg_ventoy_core(const struct wtg_ventoy_payload *payload,
				 enum wtg_table_style style);
uint64_t wtg_ventoy_core_at(enum wtg_table_style style); /* bytes */

/* The last of core.img's sectors hold settings of Ventoy's own: an upgrade keeps them. */
extern const struct wtg_extent wtg_ventoy_kept_settings; /* on the drive */

/* What somebody found on a drive who could read tables and volumes. */
struct wtg_ventoy_seen {
	enum wtg_table_style style;
	uint32_t sector_bytes;
	uint8_t head[512];          /* sector 0 */
	struct wtg_extent first, second; /* partitions 1 and 2; length 0: not there */
	char second_name[112];      /* GPT: its name */
	uint64_t second_attributes; /* GPT */
	uint8_t first_type, second_type; /* MBR */
	bool first_active, second_active;
	bool second_is_fat;
	char second_label[12];
	bool has_cpio, has_localboot, has_fuse; /* the files that the loader looks for */
	bool has_shim; /* Secure Boot support: /EFI/BOOT/grubx64_real.efi */
	struct wtg_ventoy_version version;
};

/* Is Ventoy here, sound or not: do at least two of three signs say so, where the partitions lie,
 * what the second is called, the mark in sector 0?  What is broken, wtg_ventoy_check() tells. */
bool wtg_ventoy_is_there(const struct wtg_ventoy_seen *seen);

/* One rule, and what became of it; sentence is the caller's. */
struct wtg_ventoy_verdict {
	const char *rule; /* stable: "first-start", "second-follows", "second-size", … */
	bool ok;
	bool fatal;       /* its loader refuses to start; else a note: BIOS only, an old attribute */
	char *sentence;   /* with its numbers */
};
struct wtg_ventoy_verdicts {
	struct wtg_ventoy_verdict *items;
	size_t n_items, capacity;
};
void wtg_ventoy_judge(const struct wtg_ventoy_seen *seen, struct wtg_ventoy_verdicts *ret);
void wtg_ventoy_verdicts_done(struct wtg_ventoy_verdicts *verdicts);

/* The first fatal one that is broken, as an error of kind WTG_UNSUITABLE; 0: none is. */
int wtg_ventoy_check(const struct wtg_ventoy_seen *seen, const char *path,
		     struct wtg_error *err);

/* The same of where things lie alone: what writing Ventoy anew would not mend, or would destroy
 * something by. */
int wtg_ventoy_check_place(const struct wtg_ventoy_seen *seen, const char *path,
			   struct wtg_error *err);
