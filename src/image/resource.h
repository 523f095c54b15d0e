/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the chunks of a WIM's resource lie: plain ones, compressed ones, and solid ones, which
 * many blobs share.  (Layout: Microsoft's WIM white paper; solid and pipable as wimlib
 * documents them.)
 */
#pragma once

#include "image/ahead.h"
#include "image/set.h"

/* Does not change once it is open. */
struct wtg_resource {
	const struct wtg_source *source; /* borrowed: its part of the WIM */
	uint64_t offset, stored_bytes, size_bytes;
	bool in_chunks; /* else stored as it is, and what follows is not filled in */
	bool solid, pipable;
	int codec;
	uint32_t chunk_bytes;

	uint64_t n_chunks;
	uint64_t *ends;	      /* of the packed chunks, counted without pipe headers */
	uint64_t data_offset; /* of the first packed chunk, from the resource's start */
};

/* Ascending as they lie in the parts. */
int wtg_blob_compare(const struct wtg_blob *a, const struct wtg_blob *b);

/* Fill in how a blob of the set is packed: of a solid one its resource says it itself. */
int wtg_set_packing(const struct wtg_set *set, struct wtg_blob *blob, struct wtg_error *err);

/* Are its chunks of a size that chunks have? */
int wtg_packing_check(const struct wtg_source *source, const struct wtg_blob *blob,
		      struct wtg_error *err);

/* Open the resource that holds blob, whose packing is filled in. */
int wtg_resource_open(const struct wtg_set *set, const struct wtg_blob *blob,
		      struct wtg_ahead *ahead, struct wtg_resource *ret,
		      struct wtg_error *err);
void wtg_resource_done(struct wtg_resource *resource);

/* Is that the resource that holds blob, in source? */
bool wtg_resource_holds(const struct wtg_resource *resource,
			const struct wtg_source *source, const struct wtg_blob *blob);

/* A chunk: where it is in the source, and how large there and unpacked. */
struct wtg_chunk {
	uint64_t at;
	size_t packed, size;
};
int wtg_resource_chunk(const struct wtg_resource *resource, uint64_t i, struct wtg_chunk *ret,
		       struct wtg_error *err);

/* "... is damaged or encrypted"; always -1. */
int wtg_resource_damaged(const struct wtg_resource *resource, struct wtg_error *err);
