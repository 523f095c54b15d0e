/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading out of a WIM's resources in place: plain ones, ones in compressed chunks, and
 * solid ones, which many blobs share.  (Layout: Microsoft's WIM white paper; solid and
 * pipable as wimlib documents them.)
 */
#pragma once

#include "image/source.h"
#include "image/wim.h"

/* How a WIM packs what is not solid. */
struct wtg_packing {
	int codec;
	uint32_t chunk_bytes;
	bool pipable; /* a header before each chunk, the table behind the last */
};

struct wtg_resource;

/* Open the resource that holds blob, in source, its part of the WIM; borrows source. */
int wtg_resource_open(const struct wtg_source *source, const struct wtg_blob *blob,
		      struct wtg_packing packing, struct wtg_resource **ret,
		      struct wtg_error *err);
void wtg_resource_close(struct wtg_resource *resource);
WTG_DEFINE_FREEP(struct wtg_resource, wtg_resource_close)

/* Is that the resource that holds blob, in source? */
bool wtg_resource_holds(const struct wtg_resource *resource,
			const struct wtg_source *source, const struct wtg_blob *blob);

/* Uncompressed bytes; the chunk decompressed last is kept, so read ascending. */
int wtg_resource_read(struct wtg_resource *resource, void *buffer, size_t size,
		      uint64_t at, struct wtg_error *err);
