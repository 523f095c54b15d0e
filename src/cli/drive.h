/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive in a few words. */
#pragma once

#include "wtg/target.h"

/* Vendor and model, or NULL.  The caller frees, here and below. */
char *cli_drive_model(const struct wtg_disk *disk);

/* What is on it: 'gpt: ntfs "Data", vfat'; "nothing" if that is so. */
char *cli_drive_content(const struct wtg_disk *disk);
