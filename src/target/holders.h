/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who uses a drive or a file: a function of the machine's snapshot. */
#pragma once

#include <stdbool.h>

#include "target/machine.h"
#include "wtg/target.h"

/* Append everybody who uses the disk or a part of it to disk->holders. */
void wtg_holders_find(const struct wtg_machine *machine, struct wtg_disk *disk);

/* Does the file at path lie on the disk, or is it the very file that disk is or, of a loop
 * device, that is behind it? */
bool wtg_disk_carries(const struct wtg_machine *machine, const struct wtg_disk *disk,
		      const char *path);

/* "mount", "swap", "dm", "md", "loop" or "other". */
const char *wtg_holder_kind_name(enum wtg_holder_kind kind);
