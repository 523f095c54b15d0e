/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of our FAT editor share. */
#pragma once

#include <locale.h>

#include "volume/edit-inner.h"
#include "volume/fat-inner.h"

struct wtg_fat_edit {
	struct wtg_edit_volume volume; /* first: the operations cast back */
	unsigned bits; /* 12, 16, 32 */
	unsigned n_fats;
	uint64_t fat_at, fat_bytes;
	uint64_t info_at; /* FAT32's FSInfo; 0: none */
	int64_t n_freed;  /* clusters, less those taken */
	locale_t letters; /* 0: only those of ASCII have two cases */
	struct wtg_clusters linked; /* FAT12, see is_used() */
};
extern const struct wtg_edit_ops wtg_fat_edit_ops; /* fat-edit.c */

static inline struct wtg_fat_edit *wtg_fat_edit_of(struct wtg_edit_volume *volume)
{
	return (struct wtg_fat_edit *)volume;
}

/* ---------------------------------------------------------------- fat-edit-own.c */

/* Are these, which are to be freed, and those of all files and directories that the draft shows,
 * nobody else's besides?  Where files share clusters, what one of them gives up is another's. */
int wtg_fat_edit_check_own(struct wtg_fat_edit *fs, const struct wtg_clusters *clusters,
			   struct wtg_error *err);

/* ---------------------------------------------------------------- fat-edit-space.c */

/* What follows a cluster, as the FAT says it. */
int wtg_fat_edit_read_cell(struct wtg_fat_edit *fs, uint32_t cluster, uint32_t *ret,
			   struct wtg_error *err);

/* A chain until its end: just so many, or at most. */
int wtg_fat_edit_clusters(struct wtg_fat_edit *fs, uint32_t first, uint32_t n, bool exactly,
			  struct wtg_clusters *ret, struct wtg_error *err);
int wtg_fat_edit_link(struct wtg_fat_edit *fs, uint32_t last, uint32_t next,
		      struct wtg_error *err);
int wtg_fat_edit_is_used(struct wtg_edit_volume *volume, uint32_t cluster, bool *ret,
			 struct wtg_error *err);
int wtg_fat_edit_take(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		      struct wtg_error *err);
int wtg_fat_edit_release(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
			 struct wtg_error *err);
int wtg_fat_edit_finish(struct wtg_edit_volume *volume, struct wtg_error *err);
