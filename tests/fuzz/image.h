/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with an image before the drive is touched. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

/* A file of that name in a directory of our own: wimlib wants to know the real path of what
 * it opens.  The caller frees the path. */
char *fuzz_image_file(const char *name, const uint8_t *data, size_t size);

/* Open the image at that path in this process, where the fuzzer sees it; or NULL. */
struct wtg_image *fuzz_image_open(const char *path);

/* Open the image at that path, whole or not at all, and read what a plan would read. */
void fuzz_image(const char *path);
