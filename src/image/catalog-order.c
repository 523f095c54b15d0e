/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/catalog-walk.h"

#include <string.h>

#include "base/alloc.h"
#include "image/resource.h"


/* Less by far than a volume of NTFS (catalog-names.c). */
#define MAX_RESOURCE_BYTES (UINT64_C(1) << 48)

/* Of the table that says where the chunks of a resource are, at least. */
#define CHUNK_ENTRY_BYTES 4

/* ------------------------------------------------------------------ blobs */

/* Two at one place are one, unless somebody made them up. */
static int compare(const struct wtg_blob *a, const struct wtg_blob *b)
{
	int place = wtg_blob_compare(a, b);

	if (place)
		return place;
	if (a->size_bytes != b->size_bytes)
		return a->size_bytes < b->size_bytes ? -1 : 1;
	return memcmp(a->sha1, b->sha1, sizeof(a->sha1));
}

static int by_place(const void *a, const void *b)
{
	return compare(*(const struct wtg_blob *const *)a,
		       *(const struct wtg_blob *const *)b);
}

/* wtg_set_load() has looked at where resources lie, and this at what lies in one. */
static int check_blob(const struct wtg_set *set, const struct wtg_blob *blob,
		      struct wtg_error *err)
{
	const char *name = set->items[blob->part - 1].source.name;

	if (blob->resource_bytes >= MAX_RESOURCE_BYTES)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is damaged: the data at byte %ju has a size that makes no sense",
				name, (uintmax_t)blob->offset);
	if (blob->at > blob->resource_bytes ||
	    blob->size_bytes > blob->resource_bytes - blob->at)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is damaged: a file lies outside of the data at byte %ju",
				name, (uintmax_t)blob->offset);
	if (!blob->solid && !blob->compressed && blob->stored_bytes != blob->size_bytes)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is damaged: the file at byte %ju has two sizes", name,
				(uintmax_t)blob->offset);
	return 0;
}

/* A resource says itself how large it is once unpacked: more than its table of chunks has room
 * for it cannot be. */
static int check_chunks(const struct wtg_set *set, const struct wtg_blob *blob,
			struct wtg_error *err)
{
	uint64_t n_entries = (blob->resource_bytes - 1) / blob->chunk_bytes;

	if (blob->chunk_bytes == 1 || n_entries * CHUNK_ENTRY_BYTES < blob->stored_bytes)
		return 0;
	return wtg_fail(err, WTG_INPUT, 0,
			"%s is damaged: the data at byte %ju says it is larger than it can be",
			set->items[blob->part - 1].source.name, (uintmax_t)blob->offset);
}

int wtg_blob_check(const struct wtg_set *set, const struct wtg_blob *blob, struct wtg_error *err)
{
	const struct wtg_source *source = &set->items[blob->part - 1].source;

	if (blob->offset > source->size_bytes ||
	    blob->stored_bytes > source->size_bytes - blob->offset)
		return wtg_fail(err, WTG_INPUT, 0, "%s is damaged: the data at byte %ju lies "
				"outside of it", source->name, (uintmax_t)blob->offset);
	if (wtg_packing_check(source, blob, err) < 0 || check_blob(set, blob, err) < 0)
		return -1;
	return check_chunks(set, blob, err);
}

/* How the next of the ordered blobs is packed, which a resource says once. */
static int learn(const struct wtg_set *set, const struct wtg_blob *before,
		 struct wtg_blob *blob, struct wtg_error *err)
{
	if (before && blob->solid && before->solid && before->part == blob->part &&
	    before->offset == blob->offset) {
		blob->codec = before->codec;
		blob->chunk_bytes = before->chunk_bytes;
		return 0;
	}
	if (wtg_set_packing(set, blob, err) < 0)
		return -1;
	return check_chunks(set, blob, err);
}

/* Tables of a size that a file says are asked for with care. */
static void *table(size_t n, size_t size, const char *what, struct wtg_error *err)
{
	return wtg_try_alloc(n * size, what, err);
}

/* ret->blobs; and in numbers[] for each that was found its number there. */
static int order_blobs(const struct wtg_found *found, const struct wtg_set *set,
		       uint32_t *numbers, struct wtg_catalog *ret, struct wtg_error *err)
{
	const struct wtg_blob *first = found->blobs.items;
	size_t n = found->blobs.n_items;
	_cleanup_free_ const struct wtg_blob **order =
		table(n, sizeof(*order), "the order of files", err);

	ret->blobs = order ? table(n, sizeof(*ret->blobs), "a table of contents", err) : NULL;
	if (!ret->blobs)
		return -1;
	for (size_t i = 0; i < n; i++)
		order[i] = first + i;
	if (n)
		qsort(order, n, sizeof(*order), by_place);
	for (size_t i = 0; i < n; i++) {
		struct wtg_blob *last = ret->n_blobs ? &ret->blobs[ret->n_blobs - 1] : NULL;

		if (!last || compare(last, order[i]) != 0) {
			struct wtg_blob blob = *order[i];

			if (check_blob(set, &blob, err) < 0 ||
			    learn(set, last, &blob, err) < 0)
				return -1;
			ret->blobs[ret->n_blobs++] = blob;
		}
		numbers[order[i] - first] = ret->n_blobs - 1;
	}
	return 0;
}

/* ------------------------------------------------------------------ files and names */

/* Directories first: then each is before all that lies in it, whatever links there are. */
static void number_inodes(const struct wtg_found *found, uint32_t *numbers)
{
	uint32_t next = 0;

	for (size_t i = 0; i < found->inodes.n_items; i++)
		if (found->inodes.items[i].attributes & WTG_ATTRIBUTE_DIRECTORY)
			numbers[i] = next++;
	for (size_t i = 0; i < found->inodes.n_items; i++)
		if (!(found->inodes.items[i].attributes & WTG_ATTRIBUTE_DIRECTORY))
			numbers[i] = next++;
}

static uint32_t translate(const uint32_t *numbers, uint32_t number)
{
	return number == WTG_NONE ? WTG_NONE : numbers[number];
}

static int order_inodes(const struct wtg_found *found, const uint32_t *numbers,
			const uint32_t *blobs, struct wtg_catalog *ret, struct wtg_error *err)
{
	ret->n_inodes = (uint32_t)found->inodes.n_items;
	ret->inodes = table(ret->n_inodes, sizeof(*ret->inodes), "a table of files", err);
	if (!ret->inodes)
		return -1;
	for (uint32_t i = 0; i < ret->n_inodes; i++) {
		struct wtg_catalog_inode inode = found->inodes.items[i];

		inode.reparse_blob = translate(blobs, inode.reparse_blob);
		ret->inodes[numbers[i]] = inode;
	}
	return 0;
}

static int order_streams(const struct wtg_found *found, const uint32_t *blobs,
			 struct wtg_catalog *ret, struct wtg_error *err)
{
	ret->n_streams = (uint32_t)found->streams.n_items;
	ret->streams = table(ret->n_streams, sizeof(*ret->streams), "a table of streams", err);
	if (!ret->streams)
		return -1;
	for (uint32_t i = 0; i < ret->n_streams; i++) {
		ret->streams[i] = found->streams.items[i];
		ret->streams[i].blob = translate(blobs, ret->streams[i].blob);
	}
	return 0;
}

/* Those of the first inode, of the second, ..., each in the order of the walk. */
static int order_names(const struct wtg_found *found, const uint32_t *numbers,
		       struct wtg_catalog *ret, struct wtg_error *err)
{
	uint32_t first = 0;

	ret->n_names = (uint32_t)found->names.n_items;
	ret->names = table(ret->n_names, sizeof(*ret->names), "a table of names", err);
	if (!ret->names)
		return -1;
	for (uint32_t i = 0; i < ret->n_names; i++)
		ret->inodes[numbers[found->names.items[i].inode]].n_names++;
	for (uint32_t i = 0; i < ret->n_inodes; i++) {
		ret->inodes[i].first_name = first;
		first += ret->inodes[i].n_names;
		ret->inodes[i].n_names = 0;
	}
	for (uint32_t i = 0; i < ret->n_names; i++) {
		struct wtg_catalog_name name = found->names.items[i];
		struct wtg_catalog_inode *inode = &ret->inodes[numbers[name.inode]];

		name.inode = numbers[name.inode];
		name.parent = numbers[name.parent];
		ret->names[inode->first_name + inode->n_names++] = name;
	}
	return 0;
}

int wtg_found_order(struct wtg_found *found, const struct wtg_set *set,
		    struct wtg_catalog *ret, struct wtg_error *err)
{
	_cleanup_free_ uint32_t *inodes =
		table(found->inodes.n_items, sizeof(*inodes), "the order of files", err);
	_cleanup_free_ uint32_t *blobs =
		inodes ? table(found->blobs.n_items, sizeof(*blobs), "the order of files", err) :
			 NULL;

	if (!blobs)
		return -1;
	/* Inodes are no more than names and the root, blobs no more than inodes and streams. */
	if (found->names.n_items >= WTG_NONE / 2 || found->streams.n_items >= WTG_NONE / 2)
		return wtg_fail(err, WTG_INPUT, 0, "the image has more files than NTFS can hold");
	number_inodes(found, inodes);
	if (order_blobs(found, set, blobs, ret, err) < 0 ||
	    order_inodes(found, inodes, blobs, ret, err) < 0 ||
	    order_streams(found, blobs, ret, err) < 0 ||
	    order_names(found, inodes, ret, err) < 0)
		return -1;
	ret->n_descriptors = (uint32_t)found->descriptors.n_items;
	ret->descriptors = WTG_STEAL(found->descriptors.items);
	ret->arena = WTG_STEAL(found->arena);
	return 0;
}
