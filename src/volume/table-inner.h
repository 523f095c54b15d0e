/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the files that write tables. */
#pragma once

#include "volume/table.h"

/* Do these partitions make sense in a table of their style, by themselves?  They may use the
 * drive up to end_usable_byte. */
int wtg_table_check(const struct wtg_addition *what, uint64_t end_usable_byte,
		    struct wtg_error *err);

/* libfdisk's work on fd, a file in memory as large as the drive: a new table with these
 * partitions; and these partitions in the table that is there.  0 or -errno. */
int wtg_fdisk_make(int fd, const struct wtg_guid *disk, const struct wtg_addition *what);
int wtg_fdisk_add(int fd, const struct wtg_addition *what);
