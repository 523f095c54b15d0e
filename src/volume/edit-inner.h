/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What exFAT and FAT have in common for who edits: clusters, directories that are arrays of
 * 32-byte entries, and the draft in which all is changed.  What differs is in struct
 * wtg_edit_ops.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "volume/draft.h"
#include "wtg/error.h"

#define WTG_ENTRY_BYTES 32u

/* Files that are read or replaced (a boot loader or boot font has some 4 MB), and directories that
 * are looked through. */
#define WTG_EDIT_MAX_FILE (16u << 20)
#define WTG_EDIT_MAX_DIRECTORY (64u << 20)

/* One set of entries lies in one sector of 512 bytes: of FAT's 16 entries one is the file's, and
 * the others hold 13 letters each. */
#define WTG_EDIT_MAX_NAME_UNITS (15 * 13)

struct wtg_clusters {
	uint32_t *items;
	size_t n_items, capacity;
};
void wtg_clusters_done(struct wtg_clusters *clusters);

/* A file or directory. */
struct wtg_node {
	bool is_dir;
	uint32_t first;  /* cluster; 0: it has none (FAT12 and FAT16: the root, too) */
	uint64_t size;   /* as its entry says; FAT: 0 of a directory */
	uint64_t valid_size; /* exFAT: from there on it reads as zeros */
	bool contiguous; /* exFAT: clusters from first on, the FAT says nothing of them */
	struct wtg_node *parent; /* NULL: the root */
	size_t at, n_entries; /* its set of entries, in bytes and entries of its parent */
};

/* A directory as it will be. */
struct wtg_dir {
	struct wtg_bytes bytes;
	struct wtg_clusters clusters; /* none: FAT12's and FAT16's root */
};
void wtg_dir_done(struct wtg_dir *dir);

/* Entries to be marked unused. */
struct wtg_places {
	struct wtg_place {
		uint64_t at; /* on the volume */
		enum wtg_stage stage;
	} *items;
	size_t n_items, capacity;
};

struct wtg_edit_volume {
	const struct wtg_edit_ops *ops;
	struct wtg_draft *draft;
	uint32_t sector_bytes, cluster_bytes;
	uint32_t n_clusters; /* numbered from 2 */
	uint64_t heap_at;    /* where cluster 2 is */
	uint64_t fixed_at;   /* FAT12 and FAT16: the root */
	uint32_t fixed_bytes;
	uint64_t time;
	uint32_t hint;       /* where to look for free clusters first */
	struct wtg_node root;

	/* What is done last, so that the same edit uses none of it again: clusters to be freed,
	 * and entries. */
	struct wtg_clusters doomed;
	struct wtg_places retired;
};

/* All of them see and change the draft. */
struct wtg_edit_ops {
	uint8_t deleted; /* what makes an entry's first byte that of an unused one */
	bool head_is_last; /* of a set: the entry without which the others mean nothing */
	bool (*in_use)(uint8_t first_byte);

	int (*is_used)(struct wtg_edit_volume *volume, uint32_t cluster, bool *ret,
		       struct wtg_error *err);
	/* Free ones become a chain that nothing leads to. */
	int (*take)(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		    struct wtg_error *err);
	int (*release)(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		       struct wtg_error *err);

	/* Bounded by WTG_EDIT_MAX_FILE and _DIRECTORY. */
	int (*clusters_of)(struct wtg_edit_volume *volume, const struct wtg_node *node,
			   struct wtg_clusters *ret, struct wtg_error *err);
	/* 1: found; 0: not there.  Its parent is dir. */
	int (*find)(struct wtg_edit_volume *volume, struct wtg_node *dir, const char *name,
		    struct wtg_node *ret, struct wtg_error *err);
	/* A cluster more, empty, to a directory that has no room; clusters are what it has. */
	int (*grow)(struct wtg_edit_volume *volume, struct wtg_node *dir,
		    const struct wtg_clusters *clusters, struct wtg_error *err);

	/* An entry for what node is; a directory's cluster is made what FAT wants of it, too. */
	int (*add)(struct wtg_edit_volume *volume, const struct wtg_node *node,
		   const char *name, struct wtg_error *err);
	/* Its entry says now what node says: first, size, contiguous. */
	int (*update)(struct wtg_edit_volume *volume, struct wtg_node *node,
		      struct wtg_error *err);
	/* Before the commit. */
	int (*finish)(struct wtg_edit_volume *volume, struct wtg_error *err);
};

/* ---------------------------------------------------------------- edit-space.c */

bool wtg_edit_is_cluster(const struct wtg_edit_volume *volume, uint32_t cluster);
uint64_t wtg_edit_cluster_at(const struct wtg_edit_volume *volume, uint32_t cluster);
uint32_t wtg_edit_count_clusters(const struct wtg_edit_volume *volume, uint64_t size_bytes);
bool wtg_clusters_adjoin(const struct wtg_clusters *clusters);

/* Whoever took clusters for free that are not would write over what is there. */
int wtg_edit_check_used(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
			struct wtg_error *err);

/* Take n clusters, side by side if there are any; no room: WTG_UNSUITABLE. */
int wtg_edit_take(struct wtg_edit_volume *volume, uint32_t n, struct wtg_clusters *ret,
		  struct wtg_error *err);

/* New clusters with that content: sets first, size and contiguous of node. */
int wtg_edit_put_content(struct wtg_edit_volume *volume, const void *data, size_t size,
			 struct wtg_node *node, struct wtg_error *err);
int wtg_edit_read(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters,
		  uint64_t size_bytes, struct wtg_bytes *ret, struct wtg_error *err);

/* To be freed when nothing leads to them any more. */
void wtg_edit_doom(struct wtg_edit_volume *volume, const struct wtg_clusters *clusters);

/* ---------------------------------------------------------------- edit-slots.c */

int wtg_edit_load(struct wtg_edit_volume *volume, const struct wtg_node *dir,
		  struct wtg_dir *ret, struct wtg_error *err);

/* Where byte `at` of a directory is on the volume. */
uint64_t wtg_dir_place(const struct wtg_edit_volume *volume, const struct wtg_dir *dir,
		       size_t at);

/* Put a set of entries into one sector of a directory that is made longer if it must be. */
int wtg_edit_put_entries(struct wtg_edit_volume *volume, struct wtg_node *dir,
			 const uint8_t *entries, size_t n_entries, struct wtg_error *err);

/* The entries of node are unused from now on, or, retired, once everything else is there. */
int wtg_edit_drop_entries(struct wtg_edit_volume *volume, const struct wtg_node *node,
			  struct wtg_error *err);
int wtg_edit_retire_entries(struct wtg_edit_volume *volume, const struct wtg_node *node,
			    struct wtg_error *err);
bool wtg_edit_is_retired(const struct wtg_edit_volume *volume, const struct wtg_dir *dir,
			 size_t at);

/* ---------------------------------------------------------------- exfat-open.c, fat-edit.c */

/* volume->draft and ->time are set; on failure, too, what was made is freed by close. */
struct wtg_edit_fs {
	size_t volume_bytes;
	int (*open)(struct wtg_edit_volume *volume, uint64_t size_bytes, struct wtg_error *err);
	void (*close)(struct wtg_edit_volume *volume);
};
extern const struct wtg_edit_fs wtg_edit_exfat, wtg_edit_fat;

/* ---------------------------------------------------------------- edit-walk.c, edit-ntfs.c */

int wtg_edit_apply(struct wtg_edit_volume *volume, const struct wtg_files *edits,
		   struct wtg_error *err);
int wtg_edit_read_file(struct wtg_edit_volume *volume, const char *path, size_t max,
		       struct wtg_bytes *ret, struct wtg_error *err);

int wtg_edit_ntfs(const struct wtg_window *window, const struct wtg_files *edits,
		  struct wtg_error *err);
int wtg_edit_ntfs_check(const struct wtg_window *window, const struct wtg_files *edits,
			struct wtg_error *err);
int wtg_edit_ntfs_read(const struct wtg_window *window, const char *path, size_t max,
		       struct wtg_bytes *ret, struct wtg_error *err);

/* Always -1, kind WTG_INPUT: the volume makes no sense; with what to do about it. */
int wtg_edit_damaged(struct wtg_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Always -1, kind WTG_REFUSED: it was not unmounted cleanly. */
int wtg_edit_dirty(struct wtg_error *err, const char *fs);
