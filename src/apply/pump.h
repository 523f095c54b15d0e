/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that read, unpack and check the items' content, and the one that sends it to the
 * drive in order.  What is to become resident is filled; what is not has its runs then.
 */
#pragma once

#include "apply/cut.h"
#include "base/window.h"
#include "wtg/progress.h"

struct wtg_pump {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	const struct wtg_tree *tree;
	const struct wtg_items *items;
	struct wtg_ntfs_builder *builder;
	const struct wtg_window *window;
	unsigned n_threads;
	bool trusted; /* what is copied as it is stored need not be checked */
};

/* Reports the items' bytes. */
int wtg_pump_run(const struct wtg_pump *pump, struct wtg_progress *progress,
		 struct wtg_error *err);
