/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A few small files on a volume that its owner filled: Ventoy's first partition.  exFAT and FAT
 * by our own code (there is no library for them), NTFS through libntfs-3g.  To be called in a
 * worker only: what lies there is foreign.
 *
 * What an edit does not name stays as it is, to the byte of its content.  Contents are written
 * first, then what allocates them, then the directory entry: whenever it is cut short, the volume
 * has the old file or the new one, or, at worst, clusters that nobody uses.
 */
#pragma once

#include "base/bytes.h"
#include "base/window.h"
#include "wtg/error.h"

enum wtg_fs {
	WTG_FS_OTHER, /* not one that we edit */
	WTG_FS_EXFAT,
	WTG_FS_FAT,   /* 12, 16, 32 */
	WTG_FS_NTFS,
};

/* By its boot sector; -1 when the window cannot be read. */
int wtg_fs_of(const struct wtg_window *window, enum wtg_fs *ret, struct wtg_error *err);
const char *wtg_fs_name(enum wtg_fs fs); /* "exfat" … */

/* A file by path, whatever the case, at most max bytes: 1 read, 0 not there, -1 with err. */
int wtg_fs_read(const struct wtg_window *window, const char *path, size_t max,
		struct wtg_bytes *ret, struct wtg_error *err);

/*
 * Make these files so, in their order; one whose content has no data (NULL) is to be gone, and
 * directories that this leaves empty stay.  Parent directories are made, one level deep.  A volume that
 * was not unmounted cleanly, or makes no sense, is refused before a byte is written: kind
 * WTG_REFUSED with what to do about it, or WTG_INPUT; no room: WTG_UNSUITABLE.
 */
int wtg_fs_edit(const struct wtg_window *window, const struct wtg_files *edits,
		struct wtg_error *err);

/* Could they be made so?  Reads only; fails as wtg_fs_edit() would. */
int wtg_fs_check(const struct wtg_window *window, const struct wtg_files *edits,
		 struct wtg_error *err);
