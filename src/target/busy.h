/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the kernel says "busy": who is it? */
#pragma once

#include "wtg/target.h"

/* Who stands on the disk now, in words; NULL if nobody does.  The caller frees. */
char *wtg_busy_holders(const struct wtg_disk *disk);

/* Which processes other than this have it open, in words; NULL if we see none.  The caller
 * frees. */
char *wtg_busy_processes(const struct wtg_disk *disk);

/* The same of those that can write to it by what they have open.  The kernel's exclusive claim
 * does not see them: a virtual machine that was given the drive, dd. */
char *wtg_busy_writers(const struct wtg_disk *disk);

/* Who has the flock on fd's file: "another wtgctl, process 812" or "process 99 (udevd)"; NULL
 * if nobody that we see.  The caller frees. */
char *wtg_busy_locker(int fd);
