/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The 208 bytes that a WIM starts with (pipable ones: end with), bounded before anybody
 * uses them.  Microsoft: Windows Imaging File Format (WIM) white paper; solid (ESD)
 * fields as wimlib documents them.
 */
#pragma once

#include <stdbool.h>

#include "image/source.h"

#define WTG_WIM_HEADER_BYTES 208

/* Where a resource lies, as the header and the file table say it in 24 bytes. */
#define WTG_EXTENT_BYTES 24
struct wtg_extent {
	uint64_t offset;
	uint64_t stored_bytes; /* in the WIM */
	uint64_t size_bytes;   /* uncompressed */
	bool compressed, metadata, solid;
};
struct wtg_extent wtg_extent_parse(const uint8_t bytes[static WTG_EXTENT_BYTES]);

struct wtg_wim_header {
	bool pipable, solid;
	unsigned part, n_parts;
	unsigned n_images;
	uint8_t guid[16];
	struct wtg_extent table, xml, integrity; /* inside of the source, uncompressed */
};

/* Does a file that starts with these 8 bytes look like a WIM? */
bool wtg_wim_magic(const uint8_t start[static 8]);

int wtg_wim_header_read(const struct wtg_source *source, struct wtg_wim_header *ret,
			struct wtg_error *err);
