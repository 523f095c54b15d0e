/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An edition of an image, with an overlay, onto an empty NTFS volume in a window. */
#pragma once

#include "apply/compact.h"
#include "apply/overlay.h"
#include "base/window.h"
#include "image/image.h"
#include "wtg/progress.h"
#include "wtg/request.h"

struct wtg_application {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	const struct wtg_overlay *overlay; /* NULL: none */
	const struct wtg_bytes *tree; /* what wtg_catalog_flatten() made of the edition; NULL: it
				       * is read */
	const struct wtg_compact_plan *compact; /* NULL: nothing is compressed */
	bool trusted; /* the image was checked: what is copied as it is stored need not be */
	enum wtg_engine engine;
	unsigned n_threads; /* that decompress; 0: as many as there are processors */
	uint64_t content_bytes; /* to report in all (apply/measure.h); 0: what there is */
};

/*
 * Apply it to the freshly formatted volume in window.  Reports bytes as they are written,
 * content_bytes in all.  Whatever fails, the first failed write wins over what a library says.
 */
int wtg_apply(const struct wtg_application *application, const struct wtg_window *window,
	      struct wtg_progress *progress, struct wtg_error *err);
