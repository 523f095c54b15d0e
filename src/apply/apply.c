/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/apply.h"

#include <stdlib.h>

#include "apply/engine.h"
#include "volume/ntfs.h"

static int extract(const struct wtg_application *application, const struct wtg_window *window,
		   struct wtg_progress *progress, struct wtg_error *err)
{
	struct wtg_error lost = WTG_ERROR_INIT;
	const char *name = wtg_ntfs_lend(window);
	int extracted = wtg_image_extract(application->image, application->edition, name,
					  progress, err);
	int kept = extracted < 0 ? wtg_ntfs_take_back_unfinished(&lost)
				 : wtg_ntfs_take_back(&lost);

	if (kept == 0)
		return extracted;
	wtg_error_done(err);
	*err = lost;
	return -1;
}

static int apply_with_wimlib(const struct wtg_application *application,
			     const struct wtg_window *window, struct wtg_progress *progress,
			     struct wtg_error *err)
{
	const struct wtg_overlay *overlay = application->overlay;

	if (extract(application, window, progress, err) < 0)
		return -1;
	return overlay && overlay->n_items > 0 ? wtg_overlay_write(overlay, window, err) : 0;
}

/* Passes on what is reported until it adds up to what was promised. */
struct promise {
	struct wtg_progress progress;
	struct wtg_progress *to;
	uint64_t left_bytes;
};

static void advance(struct wtg_progress *progress, uint64_t bytes)
{
	struct promise *promise = (struct promise *)progress;

	if (bytes > promise->left_bytes)
		bytes = promise->left_bytes;
	promise->left_bytes -= bytes;
	if (promise->to->advance)
		promise->to->advance(promise->to, bytes);
}

static bool cancelled(struct wtg_progress *progress)
{
	const struct promise *promise = (struct promise *)progress;

	return promise->to->cancelled && promise->to->cancelled(promise->to);
}

static int apply(const struct wtg_application *application, const struct wtg_window *window,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	switch (application->engine) {
	case WTG_ENGINE_AUTO:
	case WTG_ENGINE_OWN:
		return wtg_engine_run(application, window, progress, err);
	case WTG_ENGINE_WIMLIB:
		return apply_with_wimlib(application, window, progress, err);
	}
	abort();
}

int wtg_apply(const struct wtg_application *application, const struct wtg_window *window,
	      struct wtg_progress *progress, struct wtg_error *err)
{
	struct promise promise = {
		.progress = { .advance = advance, .cancelled = cancelled },
		.to = progress,
		.left_bytes = application->content_bytes,
	};

	if (!progress || application->content_bytes == 0)
		return apply(application, window, progress, err);
	if (apply(application, window, &promise.progress, err) < 0)
		return -1;
	return wtg_progress_advance(progress, promise.left_bytes, err);
}
