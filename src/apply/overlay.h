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
	char *path; /* in the volume: UTF-8, '/' between the parts; ASCII letters whatever the
		     * case, others as they are there */
	bool drop;  /* leave it out, with its short name; other links stay; absent is fine */
	bool anew;  /* another file takes the place of what is there, whose other links stay */
	struct wtg_bytes content; /* else, of the file, new or in place: what is there keeps
				   * names, descriptor, creation time and object id */
	const struct wtg_bytes *lent; /* instead of that: bytes of somebody who keeps them for
				       * longer than the overlay lives */
	size_t loan; /* and which of them: the only word of it from process to process */
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

/* A new file, even where there is one: the loan-th of the lender's, which stays his. */
void wtg_overlay_lend(struct wtg_overlay *overlay, const char *path,
		      const struct wtg_files *lender, size_t loan);

/* What will be in it. */
const struct wtg_bytes *wtg_overlay_content(const struct wtg_overlay_file *file);

/* The entry for that path, whatever the case; NULL: none. */
const struct wtg_overlay_file *wtg_overlay_find(const struct wtg_overlay *overlay,
						const char *path);

/* Lay it over the finished volume in a window: for an engine that cannot do so by itself. */
int wtg_overlay_write(const struct wtg_overlay *overlay, const struct wtg_window *window,
		      struct wtg_error *err);

/* Is it what lies on the volume in a window?  Kind WTG_MISMATCH. */
int wtg_overlay_compare(const struct wtg_overlay *overlay, const struct wtg_window *window,
			struct wtg_error *err);

/* The files that are replaced, added and left out, with their sizes; of those that are lent only
 * how many they are, since whoever lent them says what they are. */
void wtg_overlay_describe(const struct wtg_overlay *overlay, struct wtg_facts *out);
