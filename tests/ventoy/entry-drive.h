/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Ventoy's first partition has of the files that matter to a boot entry, before and
 * after. */
#pragma once

#include "support.h"

#include "ventoy/entry.h"

#define GRUB WTG_VENTOY_GRUB_PATH
#define JSON WTG_VENTOY_JSON_PATH
#define IMG "Windows To Go.img"
#define VCFG "Windows To Go.img.vcfg"

extern const struct wtg_ventoy_version current;

struct wtg_ventoy_entry usual_entry(void);

void add_text(struct wtg_files *files, const char *path, const char *text);

/* NULL is not there. */
struct wtg_files drive(const char *grub, const char *json);

void assert_same(const struct wtg_files *a, const struct wtg_files *b);

/* Of a file that must be there; the caller frees. */
char *text_of(const struct wtg_files *files, const char *path);

size_t count(const char *text, const char *part);

/* The drive with the entry; with NULL, without. */
struct wtg_files merged(const struct wtg_files *files,
			const struct wtg_ventoy_entry *entry);

/* Twice is as once, and removed it is as before; gives the drive with it. */
struct wtg_files round_trip(const struct wtg_files *before,
			    const struct wtg_ventoy_entry *entry);

bool warns_of(const struct wtg_ventoy_changes *changes, const char *part);
