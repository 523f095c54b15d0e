/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that an image lies in. */
#pragma once

#include "image/open.h"

/* Does it start like a WIM? */
int wtg_image_file_is_wim(const struct wtg_image_file *file, struct wtg_error *err);

/* Where part n of the set is that starts with first; the caller frees. */
char *wtg_image_part_path(const char *first, unsigned n);
