/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a WIM's XML says of its images.  wim-xml.c is one of the files that know
 * libxml2. */
#pragma once

#include "wtg/image.h"

struct wtg_editions {
	struct wtg_edition *items;
	size_t n_items, capacity;
};

/* A pebibyte, or as many files: sums of such numbers do not overflow.  No larger ones are
 * given. */
#define WTG_WIM_XML_MAX_NUMBER (UINT64_C(1) << 50)

void wtg_editions_done(struct wtg_editions *editions);

/*
 * Parse size bytes of UTF-16LE, the XML of the WIM called name.  The editions come in the
 * order of their indexes, which are 1 to n_images without a gap; selectors are left NULL.
 * A document with a DOCTYPE is refused, an encrypted ESD is told by name.
 */
int wtg_wim_xml_parse(const void *xml, size_t size, const char *name,
		      struct wtg_editions *ret, struct wtg_error *err);
