/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wtg_examine() without a worker: what that does, and fuzzers. */
#pragma once

#include "wtg/examine.h"

/* Only the editions, which wtg_image_open_files() and wtg_image_parse() found. */
int wtg_examine_editions(struct wtg_image *image, struct wtg_facts *out, struct wtg_error *err);
