/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/overlay.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wtg/text.h"

void wtg_overlay_done(struct wtg_overlay *overlay)
{
	for (size_t i = 0; i < overlay->n_items; i++) {
		free(overlay->items[i].path);
		wtg_bytes_done(&overlay->items[i].content);
		wtg_bytes_done(&overlay->items[i].security);
	}
	free(overlay->items);
	*overlay = (struct wtg_overlay){ 0 };
}

void wtg_overlay_put(struct wtg_overlay *overlay, const char *path, struct wtg_bytes content,
		     struct wtg_bytes security)
{
	const struct wtg_overlay_file file = {
		.path = wtg_text_copy(path),
		.content = content,
		.security = security,
	};

	WTG_APPEND(overlay, file);
}

void wtg_overlay_drop(struct wtg_overlay *overlay, const char *path)
{
	const struct wtg_overlay_file file = { .path = wtg_text_copy(path), .drop = true };

	WTG_APPEND(overlay, file);
}

const struct wtg_overlay_file *wtg_overlay_find(const struct wtg_overlay *overlay,
						const char *path)
{
	for (size_t i = 0; i < overlay->n_items; i++)
		if (wtg_text_equal_fold(overlay->items[i].path, path))
			return &overlay->items[i];
	return NULL;
}
