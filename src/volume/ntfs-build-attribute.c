/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"

#define RESIDENT_HEADER 24 /* bytes; NTFS 3.1, as in libntfs-3g's ATTR_RECORD */
#define PLAIN_HEADER    64
#define SPARSE_HEADER   72 /* with the bytes that are allocated in fact */

/* Clusters in a unit of a compressed or sparse attribute, as a power of two; Windows sets so
 * for both. */
#define UNIT 4

#define MAX_PAIR_BYTES 17

void wtg_build_pieces_done(struct wtg_build_pieces *pieces)
{
	free(pieces->bytes);
	free(pieces->items);
	pieces->bytes = NULL;
	pieces->items = NULL;
}

/* Zeros. */
static uint8_t *append(struct wtg_build_pieces *pieces, size_t size)
{
	struct wtg_build_piece *piece;
	uint8_t *at;

	if (pieces->capacity - pieces->used < size) {
		pieces->capacity = 2 * (pieces->used + size);
		pieces->bytes = wtg_realloc(pieces->bytes, pieces->capacity, 1);
	}
	wtg_grow(&pieces->items, &pieces->n_room, pieces->n_items, sizeof(*piece));
	piece = &pieces->items[pieces->n_items++];
	*piece = (struct wtg_build_piece){ .at = pieces->used, .size = size };
	at = pieces->bytes + pieces->used;
	memset(at, 0, size);
	pieces->used += size;
	return at;
}

void wtg_build_add_piece(struct wtg_build_pieces *pieces, const void *bytes, size_t size)
{
	memcpy(append(pieces, size), bytes, size);
}

size_t wtg_build_value_bytes(size_t n_units, size_t value_bytes)
{
	return wtg_round_up(RESIDENT_HEADER + wtg_round_up(2 * n_units, 8) + value_bytes, 8);
}

static void put_head(uint8_t *at, const struct wtg_build_attribute *attribute, size_t size,
		     size_t name_at)
{
	wtg_put_le32(at, le32_to_cpu(attribute->type));
	wtg_put_le32(at + 4, (uint32_t)size);
	at[9] = (uint8_t)attribute->name.n_units;
	wtg_put_le16(at + 10, (uint16_t)name_at);
	wtg_put_le16(at + 12, le16_to_cpu(attribute->flags));
	if (attribute->name.n_units)
		memcpy(at + name_at, attribute->name.data, 2 * (size_t)attribute->name.n_units);
}

void wtg_build_add_value(struct wtg_build_pieces *pieces,
			 const struct wtg_build_attribute *attribute)
{
	size_t value_at =
		RESIDENT_HEADER + wtg_round_up(2 * (size_t)attribute->name.n_units, 8);
	size_t size = wtg_build_value_bytes(attribute->name.n_units, attribute->value_bytes);
	uint8_t *at = append(pieces, size);

	put_head(at, attribute, size, RESIDENT_HEADER);
	wtg_put_le32(at + 16, attribute->value_bytes);
	wtg_put_le16(at + 20, (uint16_t)value_at);
	at[22] = attribute->type == AT_FILE_NAME; /* it is in an index */
	if (attribute->value_bytes)
		memcpy(at + value_at, attribute->value, attribute->value_bytes);
}

/* A number in as few bytes as hold it with its sign. */
static size_t put_number(uint8_t *at, int64_t number)
{
	size_t n = 0;

	do {
		at[n++] = (uint8_t)number;
		number >>= 8;
	} while (!(number == 0 && !(at[n - 1] & 0x80)) &&
		 !(number == -1 && (at[n - 1] & 0x80)));
	return n;
}

/* The attribute's runs as mapping pairs, those that touch as one, and the hole behind them;
 * the room is enough. */
static size_t put_pairs(uint8_t *at, const struct wtg_build_attribute *attribute)
{
	uint64_t last_lcn = 0;
	size_t size = 0;

	for (size_t i = 0; i < attribute->n_runs;) {
		struct wtg_run_of_clusters run = attribute->runs[i++];
		size_t n, m;

		while (i < attribute->n_runs &&
		       attribute->runs[i].first_lcn == run.first_lcn + run.n_clusters)
			run.n_clusters += attribute->runs[i++].n_clusters;
		if (run.n_clusters == 0)
			continue;
		n = put_number(at + size + 1, (int64_t)run.n_clusters);
		m = put_number(at + size + 1 + n, (int64_t)(run.first_lcn - last_lcn));
		at[size] = (uint8_t)(m << 4 | n);
		size += 1 + n + m;
		last_lcn = run.first_lcn;
	}
	if (attribute->n_hole_clusters) {
		at[size] = (uint8_t)put_number(at + size + 1,
					       (int64_t)attribute->n_hole_clusters);
		size += 1u + at[size];
	}
	at[size++] = 0;
	return size;
}

int wtg_build_add_runs(struct wtg_build_pieces *pieces,
		       const struct wtg_build_attribute *attribute, struct wtg_error *err)
{
	const uint64_t cluster_bytes = pieces->volume->cluster_size;
	_cleanup_free_ uint8_t *pairs =
		wtg_alloc((attribute->n_runs + 1) * MAX_PAIR_BYTES + 1);
	size_t n_pairs = put_pairs(pairs, attribute);
	size_t name_at = attribute->flags ? SPARSE_HEADER : PLAIN_HEADER;
	size_t pairs_at = name_at + wtg_round_up(2 * (size_t)attribute->name.n_units, 8);
	size_t size = wtg_round_up(pairs_at + n_pairs, 8);
	uint64_t n_clusters = 0, all;
	uint8_t *at;

	if (size > wtg_build_record_room(pieces->volume))
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the free space of the volume is in too many pieces");
	for (size_t i = 0; i < attribute->n_runs; i++)
		n_clusters += attribute->runs[i].n_clusters;
	all = n_clusters + attribute->n_hole_clusters;
	if (attribute->data_bytes > all * cluster_bytes)
		return wtg_fail(err, WTG_SYSTEM, 0, "a stream has fewer clusters than bytes");
	at = append(pieces, size);
	put_head(at, attribute, size, name_at);
	at[8] = 1; /* not resident */
	wtg_put_le64(at + 24, all - 1);
	wtg_put_le16(at + 32, (uint16_t)pairs_at);
	wtg_put_le64(at + 40, all * cluster_bytes);
	wtg_put_le64(at + 48, attribute->data_bytes);
	wtg_put_le64(at + 56, attribute->data_bytes);
	if (attribute->flags) {
		at[34] = UNIT;
		wtg_put_le64(at + 64, n_clusters * cluster_bytes);
	}
	memcpy(at + pairs_at, pairs, n_pairs);
	return 0;
}
