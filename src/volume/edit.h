/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A few small files on a volume that its owner filled: Ventoy's first partition, an ESP.  exFAT and FAT
 * by our own code (there is no library for them), NTFS through libntfs-3g.  To be called in a
 * worker only: what lies there is foreign.
 *
 * What an edit does not name stays as it is, to the byte of its content.  On exFAT and FAT
 * everything is decided before a byte is written (volume/draft.h); then contents are written,
 * then what leads to them, then what led to the old ones is taken back, each flushed before the
 * next: whenever it is cut short, the volume has the old file or the new one, or, at worst,
 * clusters that nobody uses, FSInfo's count of free ones a little off, or the second FAT behind the first.
 * The flag that would have Windows repair the volume is not raised for that: a run that was
 * interrupted could not simply be started again.
 *
 * On NTFS libntfs-3g writes in an order of its own, into a cache that goes out when the volume is
 * closed, and not through its journal: cut short there, a file that was being changed, or its
 * directory's index, may need chkdsk.  A volume whose journal is not empty is refused.
 */
#pragma once

#include <stdint.h>

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
 * Make these files so, no path twice; one whose content has no data (NULL) is to be gone, and
 * directories that this leaves empty stay.  Missing directories are made.  What is as it should be
 * is not written.  time, in seconds since 1970, is of what is new or changed (exFAT: marked as
 * UTC; FAT knows no zones: UTC; NTFS: it is now, whatever time says).
 *
 * A volume that was not unmounted cleanly, or makes no sense, is refused before a byte is
 * written: kind WTG_REFUSED with what to do about it, or WTG_INPUT; no room: WTG_UNSUITABLE.  So
 * are, kind WTG_REFUSED, directories where files should be, the other way round, and what is
 * there but too large to be one of a few small files (16 MiB).
 */
int wtg_fs_edit(const struct wtg_window *window, const struct wtg_files *edits, uint64_t time,
		struct wtg_error *err);

/* Could they be made so?  Reads only; fails as wtg_fs_edit() would. */
int wtg_fs_check(const struct wtg_window *window, const struct wtg_files *edits,
		 struct wtg_error *err);

/* Could files have these paths on any volume, as far as one knows before there is one?  Kind
 * WTG_UNSUITABLE. */
int wtg_fs_check_names(const struct wtg_files *edits, struct wtg_error *err);
