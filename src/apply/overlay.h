/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the applied tree has differently from the image's, decided while planning: files with
 * another content, files that the image does not have, files that are left out.
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/window.h"
#include "wtg/facts.h"

struct wtg_overlay_file {
	char *path; /* in the volume: ASCII, '/' between the parts, whatever the case */
	bool drop;  /* leave it out, with its short name; other links stay; absent is fine */
	struct wtg_bytes content; /* else, of the file, new or in place: what is there keeps
				   * names, descriptor, creation time and object id */
	struct wtg_bytes security; /* of a new file, self-relative; empty: as it inherits */
	bool in_image;        /* for plans: the image has a file there, */
	uint64_t image_bytes; /* of this size */
};

struct wtg_overlay {
	struct wtg_overlay_file *items;
	size_t n_items, capacity;
};

void wtg_overlay_done(struct wtg_overlay *overlay);

/* Takes content and security; copies path. */
void wtg_overlay_put(struct wtg_overlay *overlay, const char *path, struct wtg_bytes content,
		     struct wtg_bytes security);
void wtg_overlay_drop(struct wtg_overlay *overlay, const char *path);

/* The entry for that path, whatever the case; NULL: none. */
const struct wtg_overlay_file *wtg_overlay_find(const struct wtg_overlay *overlay,
						const char *path);

/* Lay it over the finished volume in a window: for an engine that cannot do so by itself. */
int wtg_overlay_write(const struct wtg_overlay *overlay, const struct wtg_window *window,
		      struct wtg_error *err);

/* Is it what lies on the volume in a window?  Kind WTG_MISMATCH. */
int wtg_overlay_compare(const struct wtg_overlay *overlay, const struct wtg_window *window,
			struct wtg_error *err);

/* The files that are replaced, added and left out, with their sizes. */
void wtg_overlay_describe(const struct wtg_overlay *overlay, struct wtg_facts *out);
