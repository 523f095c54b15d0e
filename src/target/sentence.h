/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saying what is on a drive and who uses it, in parts of sentences that are safe to show. */
#pragma once

#include <stdbool.h>

#include "wtg/target.h"

bool wtg_holds_system(const struct wtg_holder *holder);
bool wtg_holds_mount(const struct wtg_holder *holder);
bool wtg_holds_swap(const struct wtg_holder *holder);
bool wtg_holds_stacked(const struct wtg_holder *holder); /* dm, md, loop, others */
bool wtg_holds_any(const struct wtg_holder *holder);

/* "/dev/sdb1 is mounted on /mnt, /dev/sdb2 belongs to /dev/dm-0 (vg-root)": the holders that
 * matches() picks, or NULL if there are none.  The caller frees. */
char *wtg_say_holders(const struct wtg_disk *disk,
		      bool (*matches)(const struct wtg_holder *holder));

/* "gpt, partition 1 ntfs 'Data' 58 GiB", or NULL if there is nothing.  The caller frees. */
char *wtg_say_contents(const struct wtg_disk *disk);
