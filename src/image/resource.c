/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/resource.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

/* Microsoft's solid chunks have 64 MiB; wimlib would make 1 GiB. */
#define MAX_CHUNK_BYTES (256u << 20)
#define MIN_CHUNK_BYTES 4096u

#define SOLID_HEADER_BYTES 16
#define PIPE_HEADER_BYTES 4

struct wtg_resource {
	const struct wtg_source *source;
	uint64_t offset, stored_bytes, size_bytes;
	bool compressed, solid;
	struct wtg_packing packing;

	uint64_t n_chunks;
	uint64_t *ends;	      /* of the packed chunks, counted without pipe headers */
	uint64_t data_offset; /* of the first packed chunk, from the resource's start */

	struct wtg_unpacker *unpacker;
	uint8_t *packed, *chunk;
	uint64_t in_chunk; /* number of the chunk that is in there, from 1; 0: none */
};

void wtg_resource_close(struct wtg_resource *r)
{
	if (!r)
		return;
	wtg_unpacker_free(r->unpacker);
	free(r->packed);
	free(r->chunk);
	free(r->ends);
	free(r);
}

bool wtg_resource_holds(const struct wtg_resource *r, const struct wtg_source *source,
			const struct wtg_blob *blob)
{
	return r->source == source && r->offset == blob->offset;
}

static int damaged(const struct wtg_resource *r, struct wtg_error *err)
{
	return wtg_fail(err, WTG_INPUT, 0,
			"%s is damaged or encrypted: the data at byte %ju "
			"cannot be decompressed",
			r->source->name, (uintmax_t)r->offset);
}

/* A solid resource says itself how it is packed. */
static int read_solid_header(struct wtg_resource *r, struct wtg_error *err)
{
	uint8_t header[SOLID_HEADER_BYTES];

	if (wtg_source_pread(r->source, header, sizeof(header), r->offset, err) < 0)
		return -1;
	if (wtg_le64(header) != r->size_bytes)
		return damaged(r, err);
	r->packing = (struct wtg_packing){
		.chunk_bytes = wtg_le32(header + 8),
		.codec = wtg_le32(header + 12) <= WTG_CODEC_LZMS ?
				 (int)wtg_le32(header + 12) :
				 -1,
	};
	return 0;
}

/* The table holds, for each chunk but the first, where it starts; in a solid resource,
 * for each chunk, its length.  Either way we keep where each ends. */
static int parse_table(struct wtg_resource *r, const uint8_t *table, size_t width,
		       struct wtg_error *err)
{
	uint64_t end = 0, data_bytes = r->stored_bytes - r->data_offset;

	if (r->packing.pipable)
		data_bytes -= (r->n_chunks - 1) * width + r->n_chunks * PIPE_HEADER_BYTES;
	for (uint64_t i = 0; i < r->n_chunks; i++) {
		uint64_t start = end;

		if (r->solid)
			end = start + wtg_le32(table + i * width);
		else if (i == r->n_chunks - 1)
			end = data_bytes;
		else
			end = width == 4 ? wtg_le32(table + i * width) :
					   wtg_le64(table + i * width);
		if (end <= start || end > data_bytes)
			return damaged(r, err);
		r->ends[i] = end;
	}
	return 0;
}

static int read_table(struct wtg_resource *r, struct wtg_error *err)
{
	uint64_t n_entries = r->n_chunks - !r->solid;
	size_t width = r->size_bytes > UINT32_MAX && !r->solid ? 8 : 4;
	uint64_t before = r->solid ? SOLID_HEADER_BYTES : 0;
	uint64_t pipe_bytes = r->packing.pipable ? r->n_chunks * PIPE_HEADER_BYTES : 0;
	_cleanup_free_ uint8_t *table = NULL;

	/* Bounds the memory by the resource's own size; no sum here can overflow. */
	if (n_entries * width + before + pipe_bytes >= r->stored_bytes)
		return damaged(r, err);
	table = wtg_try_alloc(n_entries * width, "a chunk table", err);
	if (!table)
		return -1;
	r->ends = wtg_try_alloc(r->n_chunks * sizeof(*r->ends), "a chunk table", err);
	if (!r->ends)
		return -1;
	r->data_offset = r->packing.pipable ? 0 : before + n_entries * width;
	if (wtg_source_pread(r->source, table, n_entries * width,
			     r->packing.pipable ?
				     r->offset + r->stored_bytes - n_entries * width :
				     r->offset + before,
			     err) < 0)
		return -1;
	return parse_table(r, table, width, err);
}

static int open_packed(struct wtg_resource *r, struct wtg_error *err)
{
	uint32_t chunk_bytes;

	if (r->solid && read_solid_header(r, err) < 0)
		return -1;
	chunk_bytes = r->packing.chunk_bytes;
	if (chunk_bytes < MIN_CHUNK_BYTES || chunk_bytes > MAX_CHUNK_BYTES ||
	    (chunk_bytes & (chunk_bytes - 1)) != 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is packed in chunks of %u bytes, which "
				"makes no sense",
				r->source->name, chunk_bytes);
	r->n_chunks = (r->size_bytes - 1) / chunk_bytes + 1;
	r->chunk = wtg_try_alloc(chunk_bytes, "a chunk", err);
	if (!r->chunk)
		return -1;
	r->packed = wtg_try_alloc(chunk_bytes, "a compressed chunk", err);
	if (!r->packed)
		return -1;
	if (read_table(r, err) < 0)
		return -1;
	/* A solid resource need not be compressed: then all its chunks are stored. */
	if (r->packing.codec == WTG_CODEC_NONE)
		return 0;
	if (wtg_unpacker_new(r->packing.codec, chunk_bytes, &r->unpacker, err) < 0)
		return wtg_while(err, "read %s", r->source->name);
	return 0;
}

int wtg_resource_open(const struct wtg_source *source, const struct wtg_blob *blob,
		      struct wtg_packing packing, struct wtg_resource **ret,
		      struct wtg_error *err)
{
	_cleanup_(wtg_resource_closep) struct wtg_resource *r = wtg_alloc(sizeof(*r));

	r->source = source;
	r->offset = blob->offset;
	r->stored_bytes = blob->stored_bytes;
	r->size_bytes = blob->resource_bytes;
	r->compressed = blob->compressed || blob->solid;
	r->solid = blob->solid;
	r->packing = packing;
	if (r->size_bytes == 0 || r->offset > source->size_bytes ||
	    r->stored_bytes > source->size_bytes - r->offset)
		return damaged(r, err);
	if (r->compressed && open_packed(r, err) < 0)
		return -1;
	*ret = WTG_STEAL(r);
	return 0;
}

/* Bring chunk number i, from 0, into r->chunk. */
static int load(struct wtg_resource *r, uint64_t i, struct wtg_error *err)
{
	uint64_t chunk_bytes = r->packing.chunk_bytes;
	uint64_t start = i ? r->ends[i - 1] : 0, left = r->size_bytes - i * chunk_bytes;
	size_t packed = (size_t)(r->ends[i] - start);
	size_t size = left < chunk_bytes ? (size_t)left : (size_t)chunk_bytes;
	uint64_t at = r->offset + r->data_offset + start;

	if (r->in_chunk == i + 1)
		return 0;
	r->in_chunk = 0;
	if (packed > size)
		return damaged(r, err);
	if (r->packing.pipable)
		at += (i + 1) * PIPE_HEADER_BYTES;
	/* A chunk that did not shrink is stored. */
	if (wtg_source_pread(r->source, packed == size ? r->chunk : r->packed, packed, at,
			     err) < 0)
		return -1;
	if (packed < size &&
	    (!r->unpacker || !wtg_unpack(r->unpacker, r->packed, packed, r->chunk, size)))
		return damaged(r, err);
	r->in_chunk = i + 1;
	return 0;
}

int wtg_resource_read(struct wtg_resource *r, void *buffer, size_t size, uint64_t at,
		      struct wtg_error *err)
{
	uint8_t *to = buffer;

	if (at > r->size_bytes || size > r->size_bytes - at)
		return damaged(r, err);
	if (!r->compressed)
		return wtg_source_pread(r->source, buffer, size, r->offset + at, err);
	while (size > 0) {
		size_t from = (size_t)(at % r->packing.chunk_bytes);
		size_t n = r->packing.chunk_bytes - from;

		if (load(r, at / r->packing.chunk_bytes, err) < 0)
			return -1;
		n = n < size ? n : size;
		memcpy(to, r->chunk + from, n);
		to += n;
		at += n;
		size -= n;
	}
	return 0;
}
