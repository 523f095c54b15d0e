/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/resource.h"

#include "base/alloc.h"
#include "base/bytes.h"

/* Microsoft's solid chunks have 64 MiB; wimlib would make 1 GiB. */
#define MAX_CHUNK_BYTES (256u << 20)
#define MIN_CHUNK_BYTES 4096u

#define SOLID_HEADER_BYTES 16
#define PIPE_HEADER_BYTES 4

/* A resource up to this size is read at once, table and data. */
#define SMALL_BYTES (256u << 10)

static int damaged(const struct wtg_source *source, uint64_t offset, struct wtg_error *err)
{
	return wtg_fail(err, WTG_INPUT, 0,
			"%s is damaged or encrypted: the data at byte %ju "
			"cannot be decompressed",
			source->name, (uintmax_t)offset);
}

int wtg_resource_damaged(const struct wtg_resource *r, struct wtg_error *err)
{
	return damaged(r->source, r->offset, err);
}

void wtg_resource_done(struct wtg_resource *r)
{
	free(r->ends);
	*r = (struct wtg_resource){ 0 };
}

bool wtg_resource_holds(const struct wtg_resource *r, const struct wtg_source *source,
			const struct wtg_blob *blob)
{
	return r->source == source && r->offset == blob->offset &&
	       r->stored_bytes == blob->stored_bytes &&
	       r->size_bytes == blob->resource_bytes && r->solid == blob->solid;
}

int wtg_blob_compare(const struct wtg_blob *a, const struct wtg_blob *b)
{
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* ------------------------------------------------------------------ how it is packed */

static int read_solid_header(const struct wtg_source *source, struct wtg_blob *blob,
			     struct wtg_error *err)
{
	uint8_t header[SOLID_HEADER_BYTES];

	if (wtg_source_pread(source, header, sizeof(header), blob->offset, err) < 0)
		return -1;
	if (wtg_le64(header) != blob->resource_bytes ||
	    wtg_le32(header + 12) > WTG_CODEC_LZMS)
		return damaged(source, blob->offset, err);
	blob->chunk_bytes = wtg_le32(header + 8);
	blob->codec = (int)wtg_le32(header + 12);
	return 0;
}

int wtg_packing_check(const struct wtg_source *source, const struct wtg_blob *blob,
		      struct wtg_error *err)
{
	uint32_t n = blob->chunk_bytes;

	if (!blob->compressed && !blob->solid ?
		    n == 1 :
		    n >= MIN_CHUNK_BYTES && n <= MAX_CHUNK_BYTES && (n & (n - 1)) == 0)
		return 0;
	return wtg_fail(err, WTG_INPUT, 0,
			"%s is packed in chunks of %u bytes, which makes no sense",
			source->name, n);
}

int wtg_set_packing(const struct wtg_set *set, struct wtg_blob *blob, struct wtg_error *err)
{
	const struct wtg_source *source = &set->items[blob->part - 1].source;

	if (!blob->compressed && !blob->solid) {
		blob->codec = WTG_CODEC_NONE;
		blob->chunk_bytes = 1;
		return 0;
	}
	blob->codec = set->codec;
	blob->chunk_bytes = set->chunk_bytes;
	blob->pipable = set->items[blob->part - 1].header.pipable;
	if (blob->solid && read_solid_header(source, blob, err) < 0)
		return -1;
	return wtg_packing_check(source, blob, err);
}

/* ------------------------------------------------------------------ the table of chunks */

/* The table holds, for each chunk but the first, where it starts; in a solid resource,
 * for each chunk, its length.  Either way we keep where each ends. */
static int parse_table(struct wtg_resource *r, const uint8_t *table, size_t width,
		       struct wtg_error *err)
{
	uint64_t end = 0, data_bytes = r->stored_bytes - r->data_offset;

	if (r->pipable)
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
			return wtg_resource_damaged(r, err);
		r->ends[i] = end;
	}
	return 0;
}

static int read_table(struct wtg_resource *r, struct wtg_ahead *ahead, struct wtg_error *err)
{
	uint64_t n_entries = r->n_chunks - !r->solid;
	size_t width = r->size_bytes > UINT32_MAX && !r->solid ? 8 : 4;
	uint64_t before = r->solid ? SOLID_HEADER_BYTES : 0;
	uint64_t pipe_bytes = r->pipable ? r->n_chunks * PIPE_HEADER_BYTES : 0;
	uint64_t at, end;
	const uint8_t *table;

	/* Bounds the memory by the resource's own size; no sum here can overflow. */
	if (n_entries * width + before + pipe_bytes >= r->stored_bytes)
		return wtg_resource_damaged(r, err);
	r->ends = wtg_try_alloc(r->n_chunks * sizeof(*r->ends), "a chunk table", err);
	if (!r->ends)
		return -1;
	r->data_offset = r->pipable ? 0 : before + n_entries * width;
	at = r->pipable ? r->offset + r->stored_bytes - n_entries * width : r->offset + before;
	end = r->stored_bytes <= SMALL_BYTES ? r->offset + r->stored_bytes : 0;
	table = wtg_ahead_get(ahead, r->source, at, n_entries * width, end, err);
	return table ? parse_table(r, table, width, err) : -1;
}

int wtg_resource_open(const struct wtg_set *set, const struct wtg_blob *blob,
		      struct wtg_ahead *ahead, struct wtg_resource *ret,
		      struct wtg_error *err)
{
	const struct wtg_part *part = &set->items[blob->part - 1];
	_cleanup_(wtg_resource_done) struct wtg_resource r = {
		.source = &part->source,
		.offset = blob->offset,
		.stored_bytes = blob->stored_bytes,
		.size_bytes = blob->resource_bytes,
		.in_chunks = blob->compressed || blob->solid,
		.solid = blob->solid,
		.pipable = part->header.pipable,
		.codec = blob->codec,
		.chunk_bytes = blob->chunk_bytes,
	};

	if (r.size_bytes == 0 || r.offset > r.source->size_bytes ||
	    r.stored_bytes > r.source->size_bytes - r.offset ||
	    (!r.in_chunks && r.stored_bytes != r.size_bytes))
		return wtg_resource_damaged(&r, err);
	if (r.in_chunks) {
		r.n_chunks = (r.size_bytes - 1) / r.chunk_bytes + 1;
		if (read_table(&r, ahead, err) < 0)
			return -1;
	}
	*ret = r;
	r.ends = NULL;
	return 0;
}

int wtg_resource_chunk(const struct wtg_resource *r, uint64_t i, struct wtg_chunk *ret,
		       struct wtg_error *err)
{
	uint64_t start = i ? r->ends[i - 1] : 0, left = r->size_bytes - i * r->chunk_bytes;
	struct wtg_chunk chunk = {
		.at = r->offset + r->data_offset + start,
		.packed = (size_t)(r->ends[i] - start),
		.size = left < r->chunk_bytes ? (size_t)left : r->chunk_bytes,
	};

	if (chunk.packed > chunk.size)
		return wtg_resource_damaged(r, err);
	if (r->pipable)
		chunk.at += (i + 1) * PIPE_HEADER_BYTES;
	*ret = chunk;
	return 0;
}
