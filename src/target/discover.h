/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel and udev know of a block device; discover.c is the only file that knows
 * libudev.  Works without udevd: then sysfs alone is asked. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "wtg/error.h"
#include "wtg/target.h"

/*
 * Fill *ret in, but for its contents and holders.  Kind WTG_REFUSED for what is not a whole
 * drive: a partition (its drive is named), a mapped device, an array, an optical drive, …
 */
int wtg_discover_drive(dev_t device, struct wtg_disk *ret, struct wtg_error *err);

/* What the block device of that kernel name is instead of a drive ("a RAM disk"); NULL for
 * what may be one. */
const char *wtg_not_a_drive(const char *name);
