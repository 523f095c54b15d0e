/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies on a drive, asked of libblkid (the only file that knows it): foreign filesystems
 * are never parsed by us. */
#pragma once

#include <stdint.h>

#include "wtg/error.h"
#include "wtg/target.h"

/* Add what is on fd (a drive or a file of size_bytes) to disk->contents: the whole disk's
 * signature or table, and each partition's. */
int wtg_probe_contents(int fd, struct wtg_disk *disk, struct wtg_error *err);

/* Every signature's bytes in [offset, offset + size) of fd: filesystems, RAID members,
 * partition tables, all that wipefs would show.  Calls fn(offset on fd, length, type). */
int wtg_probe_signatures(int fd, uint64_t offset, uint64_t size_bytes,
			 int (*fn)(uint64_t offset, uint64_t length, const char *type,
				   void *context, struct wtg_error *err),
			 void *context, struct wtg_error *err);
