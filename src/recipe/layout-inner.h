/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the layout*.c files share. */
#pragma once

#include "recipe/layout.h"

#define MIB (UINT64_C(1) << 20) /* on which partitions start: every erase block and every
				 * sector size divides it */
/* Enough for any of the file systems on 512-byte sectors, and for little else. */
#define DATA_LEAST_BYTES (64 * MIB)

#define MSR_BYTES (16 * MIB) /* since Windows 10 */

/* Each fills in extents, the record's place, the first number, and the style where it is given. */
int wtg_layout_place_ventoy(const struct wtg_site *site, struct wtg_layout *layout,
			    struct wtg_error *err);
int wtg_layout_place_beside(const struct wtg_site *site, struct wtg_layout *layout,
			    struct wtg_error *err);

/* Of the drive. */
uint64_t wtg_layout_used_bytes(const struct wtg_site *site);

uint64_t wtg_layout_esp_bytes(const struct wtg_request *request);

/* Are Windows and data neither too small nor more than room? */
int wtg_layout_check_sizes(uint64_t windows, uint64_t data, uint64_t room, uint64_t least,
			   struct wtg_error *err);
int wtg_layout_check_data(const struct wtg_layout *layout, struct wtg_error *err);

/* "/dev/sdz has 1 GB (…), this image and layout need …", or without a Windows Ventoy does. */
int wtg_layout_too_small(const struct wtg_site *site, uint64_t have_bytes, uint64_t need_bytes,
			 struct wtg_error *err);

/* Can an MBR describe this drive? */
int wtg_layout_check_mbr(const struct wtg_disk *disk, struct wtg_error *err);
