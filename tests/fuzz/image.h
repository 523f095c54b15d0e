/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with an image before the drive is touched. */
#pragma once

/* Open the image at that path, whole or not at all, and read what a plan would read. */
void fuzz_image(const char *path);
