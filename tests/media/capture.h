/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the volume to install.wim. */
#pragma once

#include "options.h"
#include "wtg/error.h"

/*
 * Make a volume in scratch, fill it, capture each edition and write the WIM to path: LZX
 * with an integrity table; for MEDIA_ESD solid LZMS; for MEDIA_SWM split into small
 * parts, path the first of them.
 */
int media_capture(const struct media_options *options, const char *scratch,
		  const char *path, struct wtg_error *err);

/* A small WIM of two empty images, where an installation disc has its boot.wim. */
int media_boot_wim(const char *path, struct wtg_error *err);
