/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ntfs*.c files share; they are the only ones that know libntfs-3g. */
#pragma once

/* libntfs-3g's headers do not include by themselves what they need. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include <ntfs-3g/volume.h>

#include "base/bytes.h"
#include "base/window.h"
#include "volume/cache.h"
#include "wtg/error.h"

/* Holds the metadata of 100,000 files (1 KiB each in the MFT, the rest in indexes) and the
 * file data on its way. */
#define WTG_NTFS_CACHE_BYTES ((size_t)192 << 20)

/*
 * What libntfs-3g takes for a device: a cache over a window.  The first failure stays in
 * error, because libntfs-3g and wimlib swallow some; after it nothing is written.
 */
struct wtg_ntfs_device {
	struct wtg_window window;
	struct wtg_cache *cache; /* owned */
	struct wtg_error error;  /* owned */
	struct _ntfs_volume *volume; /* NULL: not mounted */
	s64 position;
	bool fresh; /* nothing but an empty volume: pack what is allocated */
	s64 allocated_to;
};

struct wtg_ntfs_device *wtg_ntfs_device_new(const struct wtg_window *window,
					    size_t cache_bytes);
void wtg_ntfs_device_free(struct wtg_ntfs_device *device); /* must not be mounted */

/* Mount it under a name for messages, without libntfs-3g's caches of inodes and names; NULL
 * and errno when it refuses. */
struct _ntfs_volume *wtg_ntfs_device_mount(struct wtg_ntfs_device *device,
					   const char *name, ntfs_mount_flags flags);

/* The first failure, else the cache's flush. */
int wtg_ntfs_device_finish(struct wtg_ntfs_device *device, struct wtg_error *err);

struct wtg_ntfs {
	struct wtg_ntfs_device *device;
	struct _ntfs_volume *volume;
};

/* ------------------------------------------------------------------ files */

struct _ntfs_inode;

/* Descriptors, self-relative; 0, or -1 with errno.  None is one without data. */
int wtg_ntfs_set_security(struct _ntfs_inode *inode, const struct wtg_bytes *security);
struct wtg_bytes wtg_ntfs_get_security(struct _ntfs_inode *inode);

/* All of a stream, of the unnamed one if name (ASCII) is NULL; kind WTG_INPUT if it is not
 * there, larger than max, or cannot be read.  path is for messages. */
int wtg_ntfs_read_stream(struct _ntfs_inode *inode, const char *name, size_t max,
			 const char *path, struct wtg_bytes *ret, struct wtg_error *err);

/* How CompactOS compressed a file: "lzx", a constant; NULL: it is something else. */
const char *wtg_ntfs_algorithm(struct _ntfs_inode *inode);

/* What such a file holds. */
int wtg_ntfs_read_compact(struct _ntfs_inode *inode, size_t max, const char *path,
			  struct wtg_bytes *ret, struct wtg_error *err);
