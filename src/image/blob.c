/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/blob.h"

#include <string.h>

#include "base/alloc.h"
#include "image/open.h"
#include "image/resource.h"

/* A decompressor for chunks of one kind.  There are as many kinds as different solid resources
 * say there are, which is one. */
struct unpacker {
	int codec;
	uint32_t chunk_bytes;
	struct wtg_unpacker *unpacker;
};
#define MAX_UNPACKERS 4

struct wtg_blob_reader {
	const struct wtg_set *set;
	struct wtg_ahead ahead;
	struct wtg_resource resource; /* source NULL: none is open */
	struct unpacker unpackers[MAX_UNPACKERS];
	size_t n_unpackers;

	uint8_t *chunk; /* one that was not wanted as a whole */
	uint32_t capacity;
	uint64_t in_chunk; /* its number in the resource, from 1; 0: none is there */
};

struct wtg_blob_reader *wtg_blob_reader_new(struct wtg_image *image,
					    const struct wtg_edition *edition)
{
	struct wtg_blob_reader *reader = wtg_alloc(sizeof(*reader));

	reader->set = wtg_image_set(image, edition);
	return reader;
}

static void forget_unpackers(struct wtg_blob_reader *reader)
{
	while (reader->n_unpackers > 0)
		wtg_unpacker_free(reader->unpackers[--reader->n_unpackers].unpacker);
}

void wtg_blob_reader_free(struct wtg_blob_reader *reader)
{
	if (!reader)
		return;
	forget_unpackers(reader);
	wtg_resource_done(&reader->resource);
	wtg_ahead_done(&reader->ahead);
	free(reader->chunk);
	free(reader);
}

static int find_unpacker(struct wtg_blob_reader *reader, struct wtg_unpacker **ret,
			 struct wtg_error *err)
{
	const struct wtg_resource *r = &reader->resource;
	struct unpacker made = { .codec = r->codec, .chunk_bytes = r->chunk_bytes };

	for (size_t i = 0; i < reader->n_unpackers; i++) {
		const struct unpacker *u = &reader->unpackers[i];

		if (u->codec == r->codec && u->chunk_bytes == r->chunk_bytes) {
			*ret = u->unpacker;
			return 0;
		}
	}
	if (reader->n_unpackers == MAX_UNPACKERS)
		forget_unpackers(reader);
	if (wtg_unpacker_new(r->codec, r->chunk_bytes, &made.unpacker, err) < 0)
		return wtg_while(err, "read %s", r->source->name);
	reader->unpackers[reader->n_unpackers++] = made;
	*ret = made.unpacker;
	return 0;
}

/* Unpack a chunk to where there is room for it.  What is read with it ends before byte end. */
static int unpack(struct wtg_blob_reader *reader, const struct wtg_chunk *chunk, uint64_t end,
		  uint8_t *to, struct wtg_error *err)
{
	const struct wtg_resource *r = &reader->resource;
	struct wtg_unpacker *unpacker;
	const uint8_t *packed =
		wtg_ahead_get(&reader->ahead, r->source, chunk->at, chunk->packed, end, err);

	if (!packed)
		return -1;
	/* A chunk that did not shrink is stored; a solid resource may have only such. */
	if (chunk->packed == chunk->size) {
		memcpy(to, packed, chunk->size);
		return 0;
	}
	if (r->codec == WTG_CODEC_NONE)
		return wtg_resource_damaged(r, err);
	if (find_unpacker(reader, &unpacker, err) < 0)
		return -1;
	if (!wtg_unpack(unpacker, packed, chunk->packed, to, chunk->size))
		return wtg_resource_damaged(r, err);
	return 0;
}

static int make_room(struct wtg_blob_reader *reader, struct wtg_error *err)
{
	uint32_t chunk_bytes = reader->resource.chunk_bytes;

	if (chunk_bytes <= reader->capacity)
		return 0;
	reader->capacity = 0;
	free(reader->chunk);
	reader->chunk = wtg_try_alloc(chunk_bytes, "a chunk", err);
	if (!reader->chunk)
		return -1;
	reader->capacity = chunk_bytes;
	return 0;
}

/* Bring chunk number i into reader->chunk. */
static int keep(struct wtg_blob_reader *reader, uint64_t i, const struct wtg_chunk *chunk,
		uint64_t end, struct wtg_error *err)
{
	if (reader->in_chunk == i + 1)
		return 0;
	reader->in_chunk = 0;
	if (make_room(reader, err) < 0 || unpack(reader, chunk, end, reader->chunk, err) < 0)
		return -1;
	reader->in_chunk = i + 1;
	return 0;
}

/* Bytes of the open resource, which has chunks. */
static int read_chunks(struct wtg_blob_reader *reader, uint8_t *to, size_t size, uint64_t at,
		       struct wtg_error *err)
{
	const struct wtg_resource *r = &reader->resource;
	struct wtg_chunk last;

	if (size == 0)
		return 0;
	if (wtg_resource_chunk(r, (at + size - 1) / r->chunk_bytes, &last, err) < 0)
		return -1;
	while (size > 0) {
		uint64_t i = at / r->chunk_bytes, end = last.at + last.packed;
		size_t from = (size_t)(at % r->chunk_bytes), n;
		struct wtg_chunk chunk;

		if (wtg_resource_chunk(r, i, &chunk, err) < 0)
			return -1;
		n = chunk.size - from < size ? chunk.size - from : size;
		if (n < chunk.size || reader->in_chunk == i + 1) {
			if (keep(reader, i, &chunk, end, err) < 0)
				return -1;
			memcpy(to, reader->chunk + from, n);
		} else if (unpack(reader, &chunk, end, to, err) < 0) {
			return -1;
		}
		to += n;
		at += n;
		size -= n;
	}
	return 0;
}

static int open_resource(struct wtg_blob_reader *reader, const struct wtg_blob *blob,
			 struct wtg_error *err)
{
	const struct wtg_source *source = &reader->set->items[blob->part - 1].source;

	if (wtg_resource_holds(&reader->resource, source, blob))
		return 0;
	wtg_resource_done(&reader->resource);
	reader->in_chunk = 0;
	return wtg_resource_open(reader->set, blob, &reader->ahead, &reader->resource, err);
}

static int outside(const struct wtg_blob_reader *reader, const struct wtg_blob *blob,
		   struct wtg_error *err)
{
	return wtg_fail(err, WTG_INPUT, 0, "%s has a file at byte %ju that is outside of it",
			reader->set->items[0].source.name, (uintmax_t)blob->offset);
}

int wtg_blob_read(struct wtg_blob_reader *reader, const struct wtg_blob *blob, void *buffer,
		  size_t size, uint64_t at, struct wtg_error *err)
{
	const struct wtg_resource *r = &reader->resource;

	if (blob->part == 0 || blob->part > reader->set->n_items || at > blob->size_bytes ||
	    size > blob->size_bytes - at || blob->at > blob->resource_bytes ||
	    blob->size_bytes > blob->resource_bytes - blob->at)
		return outside(reader, blob, err);
	if (open_resource(reader, blob, err) < 0)
		return -1;
	if (!r->in_chunks)
		return wtg_source_pread(r->source, buffer, size, r->offset + blob->at + at, err);
	return read_chunks(reader, buffer, size, blob->at + at, err);
}

#define HASHED_AT_ONCE (256u << 10)

int wtg_blob_sha1(struct wtg_blob_reader *reader, const struct wtg_blob *blob,
		  uint8_t ret_sha1[static WTG_SHA1_SIZE], struct wtg_error *err)
{
	_cleanup_free_ uint8_t *buffer = wtg_alloc(HASHED_AT_ONCE);
	struct wtg_sha1 *sha1 = wtg_sha1_begin();

	for (uint64_t at = 0; at < blob->size_bytes; at += HASHED_AT_ONCE) {
		uint64_t left = blob->size_bytes - at;
		size_t size = left < HASHED_AT_ONCE ? (size_t)left : HASHED_AT_ONCE;

		if (wtg_blob_read(reader, blob, buffer, size, at, err) < 0) {
			wtg_sha1_end(sha1, NULL);
			return -1;
		}
		wtg_sha1_add(sha1, buffer, size);
	}
	wtg_sha1_end(sha1, ret_sha1);
	return 0;
}

int wtg_blob_read_stored(struct wtg_blob_reader *reader, const struct wtg_blob *blob,
			 void *buffer, size_t size, uint64_t at, struct wtg_error *err)
{
	if (blob->part == 0 || blob->part > reader->set->n_items || at > blob->stored_bytes ||
	    size > blob->stored_bytes - at)
		return outside(reader, blob, err);
	return wtg_source_pread(&reader->set->items[blob->part - 1].source, buffer, size,
				blob->offset + at, err);
}
