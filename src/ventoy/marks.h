/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes by which Ventoy's loader knows its own boot code, at every start
 * (ventoy_cmd.c: ventoy_check_official_device), and GRUB's own places in it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WTG_VENTOY_KERNEL_AT 0x5c   /* in boot.img: u64, the sector of core.img (boot.S) */
#define WTG_VENTOY_BLOCKLIST_AT 500 /* in core.img: u64, the sector of its rest (diskboot.S) */
#define WTG_VENTOY_MARK_AT 0x190

/* EB 63 90 and 45 zeros: a jump over where FAT would have its numbers. */
bool wtg_ventoy_head_starts(const uint8_t head[static 512]);

/* The 16 bytes at 0x190. */
bool wtg_ventoy_head_marked(const uint8_t head[static 512]);
