/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One WIM with all its parts: where its bytes are, and wimlib's view of it. */
#pragma once

#include "image/source.h"
#include "image/wim-header.h"
#include "image/wim-xml.h"
#include "image/wim.h"

struct wtg_part {
	struct wtg_source source;
	struct wtg_wim_header header;
	bool bare; /* all of the source's file; else inside an ISO */
	int copy;  /* what it was fetched to, or -1 */
};

struct wtg_set {
	char *prefix; /* "x64" when the image has several sets, else NULL */
	struct wtg_part *items;
	size_t n_items, capacity;
	struct wtg_editions editions;
	struct wtg_wim *wim; /* NULL: not open in this process */
	int codec; /* WTG_CODEC_x, of what is not solid; known since it was opened */
	uint32_t chunk_bytes;
};

void wtg_set_done(struct wtg_set *set);

/* Gives the source of part n, from 1, and whether it is bare; it is an error if there is
 * none. */
typedef int wtg_part_fn(void *context, unsigned n, struct wtg_part *ret,
			struct wtg_error *err);

/* Read the set whose parts next() gives: headers and XML.  Fills in everything but prefix
 * and wim. */
int wtg_set_read(wtg_part_fn *next, void *context, struct wtg_set *ret,
		 struct wtg_error *err);

/* Open it with wimlib, and check that every resource lies within its part, which finds
 * truncated files. */
int wtg_set_load(struct wtg_set *set, struct wtg_error *err);

/* wimlib's own extraction cannot reach what lies in an ISO: copying the parts that do. */
bool wtg_set_is_fetched(const struct wtg_set *set);
int wtg_set_fetch(struct wtg_set *set, struct wtg_progress *progress,
		  struct wtg_error *err);

/* See wtg_image_check_integrity(). */
uint64_t wtg_set_integrity_bytes(const struct wtg_set *set);
int wtg_set_check_integrity(const struct wtg_set *set, struct wtg_progress *progress,
			    struct wtg_error *err);
