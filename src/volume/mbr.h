/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our own reader of sector 0: what it is, and, where it is a master boot record with a
 * partition table, what that says.  Shares no code with libfdisk.  No standard says what a table
 * is; these are the rules of Linux (block/partitions/msdos.c) and libblkid.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/window.h"
#include "volume/gpt.h"
#include "wtg/error.h"

#define WTG_MBR_SLOTS 4
#define WTG_MBR_SIGNATURE_AT 440 /* of the drive, 4 bytes */
#define WTG_MBR_TABLE_AT 446

enum wtg_mbr_kind {
	WTG_MBR_NOTHING,    /* no 55AA, or no table in front of it */
	WTG_MBR_VOLUME,     /* the boot sector of a file system that has the whole drive */
	WTG_MBR_PROTECTIVE, /* what counts is the GPT */
	WTG_MBR_TABLE,
};

struct wtg_mbr {
	enum wtg_mbr_kind kind;
	uint32_t signature; /* whatever the kind */
	bool extended;      /* one of the entries is a partition that holds others */
	struct wtg_gpt_entry entries[WTG_MBR_SLOTS]; /* of a table */
	size_t n_entries;
};

/* -1 when the drive cannot be read, or when the table makes no sense (kind WTG_INPUT): entries
 * that are not on the drive, overlap or are half there. */
int wtg_mbr_read(const struct wtg_window *disk, uint32_t sector_bytes, struct wtg_mbr *ret,
		 struct wtg_error *err);

/* Is this the sector 0 before a GPT?  UEFI 5.2.3: one entry of type 0xEE from sector 1, the
 * other three empty.  EDK II and Linux take one among others, too: a hybrid. */
bool wtg_mbr_is_protective(const uint8_t sector[static 512], bool *ret_hybrid);
