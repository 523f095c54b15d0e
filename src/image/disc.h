/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The WIMs inside an ISO. */
#pragma once

#include "image/open.h"

/* Fill in the image's container and sets; its file is open and looks like a disc. */
int wtg_disc_read(struct wtg_image *image, struct wtg_error *err);
