/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of files as a FAT32 volume will hold it: every directory once, every name proven
 * to be possible, each with its 8.3 name and its clusters.  For fat.c only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#include "base/bytes.h"
#include "wtg/error.h"

#define WTG_FAT_ENTRY_BYTES 32

struct wtg_fat_node {
	const struct wtg_file *file; /* borrowed; NULL: a directory */
	char *path;		     /* as the first file that needs it writes it */
	wchar_t *key;		     /* the path as it is compared: upper case */
	struct wtg_bytes name;	     /* UTF-16LE, without a NUL */
	size_t parent;		     /* index of its directory; the root is its own */
	uint8_t short_name[11];
	bool needs_long_name;
	uint32_t n_entries;		    /* a directory's, of WTG_FAT_ENTRY_BYTES */
	uint32_t first_cluster, n_clusters; /* 0, 0: an empty file */
};

/* Sorted so that a directory precedes what is in it.  The first is the root. */
struct wtg_fat_tree {
	struct wtg_fat_node *items;
	size_t n_items, capacity;
};

/* files may be NULL: an empty root.  Kind WTG_INPUT for names that a FAT volume cannot
 * hold and for files over 4 GiB; the files are borrowed. */
int wtg_fat_tree_make(const struct wtg_files *files, struct wtg_fat_tree *ret,
		      struct wtg_error *err);
void wtg_fat_tree_done(struct wtg_fat_tree *tree);

/* Give each directory and file its clusters, one after the other from cluster 2; returns
 * the first cluster that is left free. */
uint64_t wtg_fat_tree_place(struct wtg_fat_tree *tree, uint32_t cluster_bytes);

/* How many directory entries a node takes in its directory: one, and the long name's. */
uint32_t wtg_fat_node_entries(const struct wtg_fat_node *node);

/* Put a placed tree on the fresh and empty FAT32 volume in fd.  time is of every file and
 * directory; label (11 characters, padded; NULL: none) goes into the root. */
int wtg_fat_fill(int fd, const struct wtg_fat_tree *tree, uint64_t time,
		 const char *label, struct wtg_error *err);
