/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the plan room needs of a target beyond wtg/target.h. */
#pragma once

#include "wtg/target.h"

/* The descriptor opened for reading; -1 for a file that does not exist yet. */
int wtg_target_fd(const struct wtg_target *target);

/* Has the drive been taken away since it was opened? */
bool wtg_target_is_gone(const struct wtg_target *target);

/*
 * Can the target be opened exclusively, and is it still the drive that was looked at?  For
 * the checks: opens O_RDONLY|O_EXCL (drives), compares the identity, closes again.  Kind
 * WTG_SYSTEM with who holds it when busy, WTG_REFUSED when it is another drive now.  Of a file
 * that does not exist: can it be made?
 */
int wtg_target_probe_free(const struct wtg_target *target, struct wtg_error *err);

/*
 * Open the target for writing, once, whole: O_RDWR|O_CLOEXEC, O_EXCL for drives, flock
 * (LOCK_EX), and make sure that it is still what was looked at (diskseq, serial, WWN,
 * model, size, dev_t; inode and size of a file; what lies on it).  Creates and sizes a file
 * that does not exist.  The caller owns the descriptor.  *ret_created tells whether a file
 * was made (so that a run that fails before writing can remove it).
 */
int wtg_target_open_exclusive(const struct wtg_target *target, int *ret_fd, bool *ret_created,
			      struct wtg_error *err);

/* Is what fd has open the drive or file that was looked at? */
int wtg_target_check_identity(const struct wtg_disk *disk, int fd, struct wtg_error *err);

/* A fresh descriptor for reading, its content dropped from the caches as far as the kernel
 * lets us (BLKFLSBUF, POSIX_FADV_DONTNEED), for verify. */
int wtg_target_open_fresh(const struct wtg_target *target, int *ret_fd, struct wtg_error *err);

/*
 * The same past the kernel's cache where that can be (O_DIRECT), for reading back with
 * wtg_direct_pread().  *ret_past tells how much that proves.
 */
int wtg_target_open_direct(const struct wtg_target *target, int *ret_fd,
			   enum wtg_past *ret_past, struct wtg_error *err);
