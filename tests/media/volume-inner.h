/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files share that fill a volume. */
#pragma once

#include "volume.h"

#include <stdarg.h> /* logging.h of libntfs-3g wants it */
#include <stdbool.h>
#include <sys/stat.h> /* and ntfstime.h these */
#include <time.h>

#include <ntfs-3g/types.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/security.h>
#include <ntfs-3g/volume.h>

struct media_volume {
	ntfs_volume *ntfs;
	struct SECURITY_CONTEXT security;
};

static inline void close_inode(ntfs_inode **inode)
{
	if (*inode)
		ntfs_inode_close(*inode);
}

#define _cleanup_inode_ _cleanup_(close_inode)

ntfs_inode *media_open_existing(struct media_volume *volume, const char *path,
				struct wtg_error *err);
