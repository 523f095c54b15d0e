/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filling a freshly formatted NTFS volume in one go, when all that it will hold is known:
 * each MFT record and each index is made once, in memory, in its final form; libntfs-3g only
 * mounts the volume and carries the bytes.  File data is not written here: clusters are
 * given out in ascending order and whoever has the data writes it there.
 *
 * Order: begin; reserve and security as needed; every inode once, the root (0) first and
 * parents before children; end.  Pointers in what is handed in are borrowed until end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/window.h"
#include "wtg/cleanup.h"

struct wtg_ntfs_builder;

struct wtg_run_of_clusters {
	uint64_t first_lcn, n_clusters;
};

/* For n_inodes, the root among them.  The window holds what wtg_ntfs_format() made and nothing
 * else.  *err kind WTG_UNSUITABLE: too small for them. */
int wtg_ntfs_build_begin(const struct wtg_window *window, uint32_t n_inodes,
			 struct wtg_ntfs_builder **ret, struct wtg_error *err);
void wtg_ntfs_build_abandon(struct wtg_ntfs_builder *builder);
WTG_DEFINE_FREEP(struct wtg_ntfs_builder, wtg_ntfs_build_abandon)

uint32_t wtg_ntfs_build_cluster_bytes(const struct wtg_ntfs_builder *builder);

/* Content up to this many bytes goes into the record of a file with so many names, short ones
 * counted apart, of so many UTF-16 units in all, beside other_bytes of other attributes; 0: none
 * does.  More is no mistake: what does not fit gets a place of its own. */
uint32_t wtg_ntfs_build_resident_bytes(const struct wtg_ntfs_builder *builder,
				       unsigned n_names, unsigned name_units,
				       unsigned other_bytes);

/* The next free clusters, ascending with each call; up to n_clusters in one run, which is
 * *ret: ask again for the rest.  Full: kind WTG_UNSUITABLE.  No metadata lies within 256 KiB
 * aligned with them, so they can be written past the builder at any time.  This touches nothing
 * but memory, so that other threads may talk to the window meanwhile. */
int wtg_ntfs_build_reserve(struct wtg_ntfs_builder *builder, uint64_t n_clusters,
			   struct wtg_run_of_clusters *ret, struct wtg_error *err);

/* The id under which $Secure keeps a self-relative security descriptor; equal ones share it.
 * One that makes no sense: kind WTG_INPUT. */
int wtg_ntfs_build_security(struct wtg_ntfs_builder *builder,
			    const struct wtg_bytes *descriptor, uint32_t *ret_id,
			    struct wtg_error *err);

struct wtg_build_stream {
	struct wtg_name16 name; /* n_units 0: the unnamed data */
	uint64_t size_bytes;
	const uint8_t *resident; /* the content itself; or NULL and its clusters, in order: */
	const struct wtg_run_of_clusters *runs;
	size_t n_runs;
	bool sparse; /* a hole from its first byte to its last, without runs */
};

struct wtg_build_name {
	uint32_t parent; /* inode number */
	struct wtg_name16 name, short_name;
};

struct wtg_build_inode {
	uint64_t created, written, accessed;
	uint32_t attributes; /* FILE_ATTRIBUTE_x; those that only a volume knows are derived */
	uint32_t security_id; /* 0: none; everyone may do everything, the root stays as it is */
	const struct wtg_build_name *names; /* one short name, the first, is kept */
	size_t n_names;
	const struct wtg_build_stream *streams; /* a directory's are all named */
	size_t n_streams;
	uint32_t reparse_tag; /* 0: not a reparse point */
	struct wtg_bytes reparse_data; /* behind tag and length */
	const uint8_t *object_id; /* 64 bytes, or NULL; one that another has is left out */
};

/* number: 0 is the root, the others any order below n_inodes, each once. */
int wtg_ntfs_build_inode(struct wtg_ntfs_builder *builder, uint32_t number,
			 const struct wtg_build_inode *inode, struct wtg_error *err);

/* Indexes, links, bitmaps; unmount; everything reaches the window, ascending.  *builder is
 * gone, whatever the result. */
int wtg_ntfs_build_end(struct wtg_ntfs_builder **builder, struct wtg_error *err);
