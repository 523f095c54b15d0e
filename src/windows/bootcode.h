/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Boot code for Legacy BIOS, our own: nothing of Microsoft's is shipped.  The master boot record's
 * starts the active partition as every BIOS and boot manager expects it (INT 13h extensions,
 * DL the drive, 0000:7C00, DS:SI the entry); the volume's, in the boot sector of a FAT32 volume,
 * finds BOOTMGR in the root directory, follows its chain of clusters, loads it to 2000:0000 and
 * starts it there with DL the drive and the boot sector at 0000:7C00, as GRUB's ntldr does and as
 * Microsoft's own boot sectors do.  BOOTMGR may take what lies below 9000:0000: 448 KiB.
 *
 * The bytes are committed, so that a host without an x86 assembler can build; a test assembles
 * bootcode-mbr.S and bootcode-fat32.S and compares.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wtg/error.h"

#define WTG_BOOT_MBR_BYTES 440
extern const uint8_t wtg_boot_mbr[WTG_BOOT_MBR_BYTES];

#define WTG_BOOT_FAT32_BYTES 420
extern const uint8_t wtg_boot_fat32_code[WTG_BOOT_FAT32_BYTES];

/* Put the volume's into the boot sector of a FAT32 volume of 512-byte sectors and into its backup;
 * what they say of the volume stays.  size: of what is at hand, at least the reserved sectors; makes
 * no sense: kind WTG_SYSTEM. */
int wtg_boot_fat32(uint8_t *volume, size_t size, struct wtg_error *err);

/* Reserved sectors that hold the boot sector and, wherever one has seen it, its backup. */
#define WTG_BOOT_RESERVED_BYTES (32 * 512)

/* Does the boot sector of a FAT volume start nothing?  Of code that nobody knows one cannot say
 * that. */
bool wtg_boot_starts_nothing(const uint8_t sector[static 512]);
