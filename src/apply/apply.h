/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine: an edition of an image onto an empty NTFS volume in a window. */
#pragma once

#include "base/window.h"
#include "image/image.h"
#include "wtg/progress.h"

/*
 * Apply an edition to the freshly formatted volume in window.  Reports uncompressed bytes,
 * edition->size_bytes in all.  Whatever fails, the first failed write wins over what wimlib
 * says: over lost metadata and failed syncs its NTFS apply reports success.
 */
int wtg_apply(struct wtg_image *image, const struct wtg_edition *edition,
	      const struct wtg_window *window, struct wtg_progress *progress,
	      struct wtg_error *err);
