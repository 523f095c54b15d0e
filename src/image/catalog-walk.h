/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A catalog in the making: what a walk over an image's tree finds, in the order of the walk. */
#pragma once

#include "image/catalog.h"
#include "image/set.h"

/* What NTFS holds at most: of a name; of a reparse point, less tag and length (Microsoft:
 * MAXIMUM_REPARSE_DATA_BUFFER_SIZE). */
#define WTG_NAME_UNITS 255
#define WTG_SHORT_NAME_UNITS 12
#define WTG_REPARSE_BYTES (16384 - 8)

#define WTG_OBJECT_ID_BYTES 64

/* Memory that is given out in pieces and let go at once. */
struct wtg_arena;
uint8_t *wtg_arena_take(struct wtg_arena **arena, size_t size);
void wtg_arena_free(struct wtg_arena *arena);

/* Numbers in them are places in these lists.  Each reference to a blob has one of its own. */
struct wtg_found {
	struct { struct wtg_catalog_inode *items; size_t n_items, capacity; } inodes;
	struct { struct wtg_catalog_name *items; size_t n_items, capacity; } names;
	struct { struct wtg_catalog_stream *items; size_t n_items, capacity; } streams;
	struct { struct wtg_blob *items; size_t n_items, capacity; } blobs;
	struct { struct wtg_bytes *items; size_t n_items, capacity; } descriptors;
	struct wtg_arena *arena;
};

/* inodes and names have no first_name and n_names yet. */
int wtg_found_walk(struct wtg_set *set, const struct wtg_edition *edition,
		   struct wtg_found *found, struct wtg_error *err);
void wtg_found_done(struct wtg_found *found);

/* No directory holds a name twice, nor a file a stream; twins that differ in case may be.  Nor does
 * the root hold a name of NTFS' own files. */
int wtg_catalog_check_names(const struct wtg_catalog *catalog, struct wtg_error *err);

/* The sizes of all streams have a sum, and no file has more names and streams than it can list. */
int wtg_catalog_check_sizes(const struct wtg_catalog *catalog, struct wtg_error *err);

/* Does it lie within its part and its resource, with sizes and a packing that can be? */
int wtg_blob_check(const struct wtg_set *set, const struct wtg_blob *blob,
		   struct wtg_error *err);

/* Put it all in order, see image/catalog.h, in tables of the right size. */
int wtg_found_order(struct wtg_found *found, const struct wtg_set *set,
		    struct wtg_catalog *ret, struct wtg_error *err);
