/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of our exFAT editor share.  Numbers of sections are those of Microsoft's
 * public specification. */
#pragma once

#include "volume/edit-inner.h"

#define WTG_EXFAT_UPCASE_UNITS 65536u
#define WTG_EXFAT_MAX_SET 19 /* entries: file, stream extension, 17 of names */

struct wtg_exfat {
	struct wtg_edit_volume volume; /* first: the operations cast back */
	uint64_t fat_at;
	struct wtg_clusters bitmap, upcase_clusters; /* where they lie */
	uint16_t *upcase;
};

/* 3.1.3, of a boot region's first 11 sectors. */
uint32_t wtg_exfat_region_sum(const uint8_t *region, size_t size);

extern const struct wtg_edit_ops wtg_exfat_ops; /* exfat-edit.c */

static inline struct wtg_exfat *wtg_exfat_of(struct wtg_edit_volume *volume)
{
	return (struct wtg_exfat *)volume;
}

/* ---------------------------------------------------------------- exfat-space.c */

/* Of an entry that says so: contiguous, or a chain of the FAT that must be just as long; or,
 * with size_bytes 0, a chain until its end, at most max of them. */
int wtg_exfat_clusters(struct wtg_exfat *fs, const struct wtg_node *node, uint32_t max,
		       struct wtg_clusters *ret, struct wtg_error *err);
int wtg_exfat_put_link(struct wtg_exfat *fs, enum wtg_stage stage, uint32_t cluster,
		       uint32_t next, struct wtg_error *err);
#define WTG_EXFAT_END 0xffffffffu

int wtg_exfat_is_used(struct wtg_edit_volume *volume, uint32_t cluster, bool *ret,
		      struct wtg_error *err);
int wtg_exfat_take(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		   struct wtg_error *err);
int wtg_exfat_release(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		      struct wtg_error *err);

/* ---------------------------------------------------------------- exfat-set.c */

/* 6.2 and 7.4: a file's or directory's entries, as they lie there. */
struct wtg_exfat_set {
	uint8_t bytes[WTG_EXFAT_MAX_SET * WTG_ENTRY_BYTES];
	size_t n_entries;
};

/* The next set at or after *at, and where it is; 0: no more. */
int wtg_exfat_set_next(const struct wtg_bytes *dir, size_t *at, size_t *ret_at,
		       struct wtg_exfat_set *ret, struct wtg_error *err);
bool wtg_exfat_set_has_name(const struct wtg_exfat *fs, const struct wtg_exfat_set *set,
			    const struct wtg_bytes *name16);
void wtg_exfat_set_make(const struct wtg_exfat *fs, const struct wtg_node *node,
			const char *name, struct wtg_exfat_set *ret);

/* Where its content is and how large, when it was changed, and its checksum. */
void wtg_exfat_set_update(const struct wtg_exfat *fs, const struct wtg_node *node,
			  struct wtg_exfat_set *set);
void wtg_exfat_set_tell(const struct wtg_exfat_set *set, struct wtg_node *ret);
