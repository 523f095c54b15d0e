/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the makers of small valid inputs share. */
#pragma once

#include "support.h"

/* One input of a target. */
void seed(const char *target, const char *name, const struct wtg_bytes *bytes);

/* The file "disk" of test_dir(), as fuzz_disk() takes it. */
void seed_disk_file(const char *target, const char *name, size_t block_bytes);

/* Drives and volumes. */
void seed_disks(void);

/* What workers give back; the WIM is a small one. */
void seed_packets(const char *wim_path);

/* What a Ventoy's user has of menus and settings. */
void seed_entries(void);

/* INFs and catalogs. */
void seed_drivers(void);
