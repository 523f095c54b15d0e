/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive in a few words. */
#pragma once

#include "wtg/target.h"

/* What is on it: 'gpt, ntfs "Data", vfat'; "nothing" if that is so, "unknown" if we may not
 * read it.  The caller frees. */
char *cli_drive_content(const struct wtg_disk *disk);
