/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/set.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crypto.h"

/* The table: its size, how many entries, how long a chunk; then the SHA-1 of each chunk
 * of what lies between the header and the end of the file table. */
#define TABLE_HEADER_BYTES 12
#define MAX_CHUNK_BYTES (256u << 20) /* Microsoft's tools and wimlib take 10 MiB */

struct table {
	uint8_t *digests; /* owned */
	uint32_t chunk_bytes;
	uint64_t covered_bytes;
};

static void table_done(struct table *table)
{
	free(table->digests);
}

static uint64_t covered_bytes(const struct wtg_part *part)
{
	const struct wtg_extent *files = &part->header.table;
	uint64_t end = files->offset + files->stored_bytes;

	if (part->header.integrity.stored_bytes == 0 || end <= WTG_WIM_HEADER_BYTES)
		return 0;
	return end - WTG_WIM_HEADER_BYTES;
}

uint64_t wtg_set_integrity_bytes(const struct wtg_set *set)
{
	uint64_t total = 0;

	for (size_t i = 0; i < set->n_items; i++) {
		uint64_t covered = covered_bytes(&set->items[i]);

		if (covered == 0)
			return 0;
		total += covered;
	}
	return total;
}

static int read_table(const struct wtg_part *part, struct table *ret,
		      struct wtg_error *err)
{
	const struct wtg_extent *extent = &part->header.integrity;
	struct table table = { .covered_bytes = covered_bytes(part) };
	uint8_t header[TABLE_HEADER_BYTES];
	uint64_t n;

	if (extent->stored_bytes < sizeof(header))
		return wtg_fail(err, WTG_INPUT, 0, "the integrity table of %s is damaged",
				part->source.name);
	if (wtg_source_pread(&part->source, header, sizeof(header), extent->offset,
			     err) < 0)
		return -1;
	n = wtg_le32(header + 4);
	table.chunk_bytes = wtg_le32(header + 8);
	if (wtg_le32(header) != extent->stored_bytes || table.chunk_bytes == 0 ||
	    table.chunk_bytes > MAX_CHUNK_BYTES ||
	    extent->stored_bytes != sizeof(header) + n * WTG_SHA1_SIZE ||
	    n != (table.covered_bytes - 1) / table.chunk_bytes + 1)
		return wtg_fail(err, WTG_INPUT, 0, "the integrity table of %s is damaged",
				part->source.name);
	table.digests = wtg_try_alloc(n * WTG_SHA1_SIZE, "an integrity table", err);
	if (!table.digests)
		return -1;
	if (wtg_source_pread(&part->source, table.digests, n * WTG_SHA1_SIZE,
			     extent->offset + sizeof(header), err) < 0) {
		table_done(&table);
		return -1;
	}
	*ret = table;
	return 0;
}

static int check_part(const struct wtg_part *part, struct wtg_progress *progress,
		      struct wtg_error *err)
{
	_cleanup_(table_done) struct table table = { 0 };
	_cleanup_free_ uint8_t *chunk = NULL;

	if (read_table(part, &table, err) < 0)
		return -1;
	chunk = wtg_try_alloc(table.chunk_bytes, "a chunk", err);
	if (!chunk)
		return -1;
	for (uint64_t at = 0, i = 0; at < table.covered_bytes;
	     at += table.chunk_bytes, i++) {
		uint64_t left = table.covered_bytes - at;
		size_t n = left < table.chunk_bytes ? (size_t)left : table.chunk_bytes;
		uint8_t digest[WTG_SHA1_SIZE];

		if (wtg_source_pread(&part->source, chunk, n, WTG_WIM_HEADER_BYTES + at,
				     err) < 0)
			return -1;
		wtg_sha1(chunk, n, digest);
		if (memcmp(digest, table.digests + i * WTG_SHA1_SIZE, WTG_SHA1_SIZE) != 0)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s is damaged: the %zu bytes from %ju "
					"on differ from its integrity table",
					part->source.name, n,
					(uintmax_t)(WTG_WIM_HEADER_BYTES + at));
		if (wtg_progress_advance(progress, n, err) < 0)
			return -1;
	}
	return 0;
}

int wtg_set_check_integrity(const struct wtg_set *set, struct wtg_progress *progress,
			    struct wtg_error *err)
{
	if (wtg_set_integrity_bytes(set) == 0) {
		wtg_fail(err, WTG_INPUT, 0, "%s has no integrity table",
			 set->items[0].source.name);
		return wtg_hint(err, "Compare the SHA-256 of the file instead.");
	}
	for (size_t i = 0; i < set->n_items; i++)
		if (check_part(&set->items[i], progress, err) < 0)
			return -1;
	return 0;
}
