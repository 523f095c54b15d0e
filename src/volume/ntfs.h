/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An NTFS volume inside a window of the target; the ntfs*.c are the only files that know
 * libntfs-3g, which works through device operations of our own over a struct wtg_cache.
 * Nothing is mounted by the kernel, no partition node is used.
 *
 * Paths inside a volume are UTF-8 with '/' between the parts, relative to the root, and
 * match whatever the case.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/window.h"
#include "wtg/cleanup.h"
#include "wtg/error.h"

struct wtg_ntfs_format {
	const char *label;     /* UTF-8, at most 32 UTF-16 units; NULL: none */
	uint64_t serial;       /* of the volume, from the plan */
	uint64_t start_bytes;  /* of the partition on the drive: its hidden sectors */
	uint32_t sector_bytes; /* logical */
	uint32_t cluster_bytes; /* 0: mkntfs' default (4096) */
};

/* Can it be made so, as far as it can be told before?  The program is there, a boot sector
 * can say the start (else WTG_UNSUITABLE), Windows can show the label (else WTG_USAGE). */
int wtg_ntfs_check(const struct wtg_ntfs_format *format, struct wtg_error *err);

/* Make an empty volume that fills the window, with mkntfs. */
int wtg_ntfs_format(const struct wtg_window *window, const struct wtg_ntfs_format *format,
		    struct wtg_error *err);

struct wtg_ntfs;

/* Open the volume in a window; writable if the window is.  The window is borrowed. */
int wtg_ntfs_open(const struct wtg_window *window, struct wtg_ntfs **ret,
		  struct wtg_error *err);

/* Unmount, flush, tell whether everything reached the window; *volume becomes NULL. */
int wtg_ntfs_close(struct wtg_ntfs **volume, struct wtg_error *err);

/* For leaving early: drops what was not written. */
void wtg_ntfs_abandon(struct wtg_ntfs *volume);
WTG_DEFINE_FREEP(struct wtg_ntfs, wtg_ntfs_abandon)

bool wtg_ntfs_exists(struct wtg_ntfs *volume, const char *path);

/* What a regular file of at most max bytes holds, one that CompactOS compressed, too; kind
 * WTG_INPUT if there is no such file, it is larger, or it cannot be read. */
int wtg_ntfs_read(struct wtg_ntfs *volume, const char *path, size_t max,
		  struct wtg_bytes *ret, struct wtg_error *err);

/* Add every file below the directory at path, with its full path, to files: at most max_bytes
 * together, 100,000 entries and 32 levels.  A missing directory has none. */
int wtg_ntfs_read_tree(struct wtg_ntfs *volume, const char *path, uint64_t max_bytes,
		       struct wtg_files *files, struct wtg_error *err);

/* The security descriptor of a file or directory, self-relative; none that can be read: empty. */
int wtg_ntfs_security(struct wtg_ntfs *volume, const char *path, struct wtg_bytes *ret,
		      struct wtg_error *err);

/*
 * Replace the content of an existing file in place (its security descriptor, names, time
 * of creation and object id stay), or create it, its directories too.  What is new
 * inherits from its parent as Windows does it; a new file gets security (a self-relative
 * descriptor) instead, if that is not NULL.
 */
int wtg_ntfs_write(struct wtg_ntfs *volume, const char *path,
		   const struct wtg_bytes *content, const struct wtg_bytes *security,
		   struct wtg_error *err);

/*
 * Give an existing file other content on a volume that is not open, so that whenever this is cut
 * short it has the old or the new: that goes where nothing is, and one write, nearly always of a
 * single sector, leads to it; what had the old is free at last.  At worst clusters count as used
 * that nobody uses, and its directory says the old size, which Windows mends.  Kind WTG_REFUSED for a file of which that cannot be (compressed, in very many
 * pieces), WTG_UNSUITABLE without room in one piece.  The journal is passed over: it must be empty
 * (volume/edit.h asks).
 */
int wtg_ntfs_replace(const struct wtg_window *window, const char *path,
		     const struct wtg_bytes *content, struct wtg_error *err);

/* Could it be done?  Reads only. */
int wtg_ntfs_check_replace(const struct wtg_window *window, const char *path, uint64_t size_bytes,
			   struct wtg_error *err);

/* How many files CompactOS compressed, and how, as some of them say: "lzx", "xpress4k", …,
 * "several algorithms"; NULL: not known, or there are none. */
struct wtg_ntfs_compact {
	uint64_t n_files;
	const char *algorithm;
};
int wtg_ntfs_count_compact(struct wtg_ntfs *volume, struct wtg_ntfs_compact *ret,
			   struct wtg_error *err);

/* Remove a file, or an empty directory, with its short name; absent is fine.  Other hard
 * links to the file stay. */
int wtg_ntfs_remove(struct wtg_ntfs *volume, const char *path, struct wtg_error *err);

/* Total and free bytes, label, serial; what verify looks at first.  dirty and hibernated
 * are seen on volumes opened for reading: the others do not open for writing. */
struct wtg_ntfs_info {
	uint64_t size_bytes, free_bytes, serial;
	uint32_t cluster_bytes;
	bool dirty, hibernated;
	char label[128];
};
int wtg_ntfs_info(struct wtg_ntfs *volume, struct wtg_ntfs_info *ret,
		  struct wtg_error *err);

/*
 * Lend the window to a library that mounts by name (wimlib): our ntfs_mount() stands in
 * front of libntfs-3g's and finds the window under the name that this returns (valid
 * until taken back).  At most one window is lent at a time, and it holds an empty volume:
 * what is written is packed, in the order in which it comes.  wtg_ntfs_take_back()
 * flushes and tells whether every write reached the window, which wimlib does not: its
 * NTFS apply ends well over lost metadata and failed syncs.
 */
const char *wtg_ntfs_lend(const struct wtg_window *window);
int wtg_ntfs_take_back(struct wtg_error *err);

/* The same for a volume that will not be used: what is still in memory is dropped, so that
 * whoever was interrupted does not wait for it. */
int wtg_ntfs_take_back_unfinished(struct wtg_error *err);
