/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A WIM, ESD or split set that lies in files of its own. */
#pragma once

#include "image/open.h"

/* Fill in the image's container and its one set; its files are open, and the first starts as
 * a WIM. */
int wtg_bare_read(struct wtg_image *image, struct wtg_error *err);
