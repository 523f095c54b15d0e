/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the volume will hold: an edition's catalog with the overlay woven in. */
#pragma once

#include "apply/compact.h"
#include "apply/overlay.h"
#include "image/catalog.h"

struct wtg_tree_stream {
	struct wtg_name16 name;
	uint32_t blob;                   /* as in the catalog; or */
	const struct wtg_bytes *content; /* of the overlay; NULL: the blob */
	bool stored;         /* the blob's resource, as it is stored */
	bool squeeze;        /* what Wof makes of the blob's content */
	uint64_t hole_bytes; /* nothing but a hole of this size */
};

/* Inodes, names and descriptors as the catalog has them, and indexes as there. */
struct wtg_tree {
	const struct wtg_catalog *catalog; /* borrowed, as what the overlay holds is */
	const struct wtg_compact_plan *compact; /* borrowed; NULL: nothing is compressed */
	struct {
		struct wtg_catalog_inode *items;
		size_t n_items, capacity;
	} inodes;
	struct {
		struct wtg_catalog_name *items;
		size_t n_items, capacity;
	} names;
	struct {
		struct wtg_tree_stream *items;
		size_t n_items, capacity;
	} streams;
	struct {
		struct wtg_bytes *items; /* borrowed */
		size_t n_items, capacity;
	} descriptors;
	struct {
		struct wtg_bytes *items;
		size_t n_items, capacity;
	} owned; /* names and descriptors of what the overlay adds */
	uint64_t now; /* when that was made */
	uint32_t *numbers; /* by inode: without the gaps of what was dropped */
	uint32_t n_numbers;
	struct wtg_tree_index *index; /* while it is woven: names by their directory */
};

/* The name of that directory's child, or its short name, whatever the case of ASCII letters, after
 * this one of the tree's names (WTG_NONE: from the first on); WTG_NONE: there is none. */
uint32_t wtg_tree_child(struct wtg_tree *tree, uint32_t parent, const struct wtg_name16 *name,
			uint32_t after);

/* Names were moved or taken out, or none are looked for any more. */
void wtg_tree_names_moved(struct wtg_tree *tree);

/* A file that the overlay leaves without any name is still among the inodes, with n_names 0
 * and WTG_NONE for a number.  Where the image has a path of the overlay twice, or something else
 * than a file at it: kind WTG_INPUT. */
int wtg_tree_weave(const struct wtg_catalog *catalog, const struct wtg_overlay *overlay,
		   struct wtg_tree *ret, struct wtg_error *err);

/* Give the files that the plan compresses the form that such files have (volume/wof.h).  Kind
 * WTG_INPUT for a plan that cannot be of this tree. */
int wtg_tree_compact(struct wtg_tree *tree, const struct wtg_compact_plan *plan,
		     struct wtg_error *err);

/* Is it one of those?  Of one whose content has yet to be squeezed that may still end. */
bool wtg_tree_is_compact(const struct wtg_tree *tree, uint32_t inode);

void wtg_tree_done(struct wtg_tree *tree);

/* Of what is written of it; what is yet to be squeezed counts as it is. */
uint64_t wtg_tree_stream_bytes(const struct wtg_tree *tree,
			       const struct wtg_tree_stream *stream);

/* "Windows/System32/ntdll.dll", by its first name, for messages; the caller frees. */
char *wtg_tree_path(const struct wtg_tree *tree, uint32_t inode);
