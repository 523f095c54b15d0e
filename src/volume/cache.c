/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/cache.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/gather.h"

#define PAGE_BYTES   4096u
#define BLOCK_PAGES  64u /* one bit each in a uint64_t */
#define BLOCK_BYTES  (BLOCK_PAGES * PAGE_BYTES)
#define N_BUCKETS    1024u
#define MIN_BLOCKS   8u
#define STREAM_BYTES (32u << 20) /* file data waiting to become large writes */

/*
 * What is written once, whole pages at a time, is file data: it will not be touched again
 * and leaves early.  What is written again, or in pieces of a page, is metadata (the MFT,
 * indexes, bitmaps) and stays for as long as there is room.
 */
enum list_kind {
	STREAM,
	METADATA,
};

struct block {
	uint64_t number;
	uint64_t valid; /* pages whose content we have */
	uint64_t dirty; /* and which the window does not have */
	enum list_kind kind;
	uint8_t *data;
	LIST_ENTRY(block) in_bucket;
	TAILQ_ENTRY(block) in_list; /* the oldest first */
};

LIST_HEAD(bucket, block);
TAILQ_HEAD(block_list, block);

struct wtg_cache {
	struct wtg_window window;
	size_t n_blocks, n_free, n_stream, stream_limit;
	struct block *blocks;
	struct block **sorted; /* room for all of them */
	uint8_t *memory;
	struct bucket buckets[N_BUCKETS];
	struct block_list free, lists[2];
	bool *blank; /* for each block of the window: nothing that matters is there */
	struct wtg_gather gather;
};

static uint64_t count_blocks(const struct wtg_cache *cache)
{
	return cache->window.length / BLOCK_BYTES + 1;
}

struct wtg_cache *wtg_cache_new(const struct wtg_window *window, size_t budget_bytes)
{
	struct wtg_cache *cache = wtg_alloc(sizeof(*cache));

	cache->window = *window;
	cache->n_blocks = budget_bytes / BLOCK_BYTES;
	if (cache->n_blocks < MIN_BLOCKS)
		cache->n_blocks = MIN_BLOCKS;
	cache->stream_limit = STREAM_BYTES / BLOCK_BYTES;
	if (cache->stream_limit > cache->n_blocks / 4)
		cache->stream_limit = cache->n_blocks / 4;
	/* A window that has room in the cache as a whole needs no more. */
	if (cache->n_blocks > count_blocks(cache))
		cache->n_blocks = (size_t)count_blocks(cache);
	cache->n_free = cache->n_blocks;
	cache->blocks = wtg_alloc(cache->n_blocks * sizeof(*cache->blocks));
	cache->sorted = wtg_alloc(cache->n_blocks * sizeof(struct block *));
	/* The system gives pages of it only when they are first used. */
	cache->memory = wtg_alloc(cache->n_blocks * BLOCK_BYTES);
	wtg_gather_init(&cache->gather, window);
	cache->blank = wtg_alloc(count_blocks(cache) * sizeof(bool));
	TAILQ_INIT(&cache->free);
	TAILQ_INIT(&cache->lists[STREAM]);
	TAILQ_INIT(&cache->lists[METADATA]);
	for (size_t i = 0; i < cache->n_blocks; i++) {
		cache->blocks[i].data = cache->memory + i * BLOCK_BYTES;
		TAILQ_INSERT_TAIL(&cache->free, &cache->blocks[i], in_list);
	}
	if (window->ledger)
		wtg_cache_forget(cache, 0, window->length);
	return cache;
}

void wtg_cache_free(struct wtg_cache *cache)
{
	if (!cache)
		return;
	free(cache->blocks);
	free(cache->sorted);
	free(cache->memory);
	wtg_gather_done(&cache->gather);
	free(cache->blank);
	free(cache);
}

static struct bucket *bucket_of(struct wtg_cache *cache, uint64_t number)
{
	return &cache->buckets[number % N_BUCKETS];
}

static struct block *find(struct wtg_cache *cache, uint64_t number)
{
	struct block *block;

	LIST_FOREACH(block, bucket_of(cache, number), in_bucket)
		if (block->number == number)
			return block;
	return NULL;
}

static void enlist(struct wtg_cache *cache, struct block *block, enum list_kind kind)
{
	block->kind = kind;
	TAILQ_INSERT_TAIL(&cache->lists[kind], block, in_list);
	if (kind == STREAM)
		cache->n_stream++;
}

static void delist(struct wtg_cache *cache, struct block *block)
{
	TAILQ_REMOVE(&cache->lists[block->kind], block, in_list);
	if (block->kind == STREAM)
		cache->n_stream--;
}

/* The window's last block may be short. */
static size_t bytes_of(const struct wtg_cache *cache, const struct block *block)
{
	uint64_t left = cache->window.length - block->number * BLOCK_BYTES;

	return left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
}

/* The bits of the pages from first up to but not including end. */
static uint64_t pages(size_t first, size_t end)
{
	uint64_t below_end = end < BLOCK_PAGES ? (UINT64_C(1) << end) - 1 : UINT64_MAX;

	return first < end ? below_end & ~((UINT64_C(1) << first) - 1) : 0;
}

/* Get all pages that we do not have: from the window, or as zeros. */
static int fill(struct wtg_cache *cache, struct block *block, struct wtg_error *err)
{
	size_t size = bytes_of(cache, block);
	size_t n_pages = wtg_round_up(size, PAGE_BYTES) / PAGE_BYTES;
	size_t first = 0, end;

	for (; first < n_pages; first = end) {
		size_t from = first * PAGE_BYTES, to;

		end = first + 1;
		if (block->valid & pages(first, end))
			continue;
		while (end < n_pages && !(block->valid & pages(end, end + 1)))
			end++;
		to = end * PAGE_BYTES < size ? end * PAGE_BYTES : size;
		if (cache->blank[block->number])
			memset(block->data + from, 0, to - from);
		else if (wtg_window_pread(&cache->window, block->data + from, to - from,
					  block->number * BLOCK_BYTES + from, err) < 0)
			return -1;
		block->valid |= pages(first, end);
	}
	return 0;
}

/*
 * Send the dirty pages of a block, as one run from the first to the last: one larger
 * write costs a stick less than several small ones.  Of a blank block everything is sent,
 * so that the window holds from then on what the cache says it does.
 */
static int send_block(struct wtg_cache *cache, struct block *block, struct wtg_error *err)
{
	uint64_t wanted = cache->blank[block->number] ? UINT64_MAX : block->dirty;
	size_t first = (size_t)__builtin_ctzll(wanted);
	size_t end = BLOCK_PAGES - (size_t)__builtin_clzll(wanted);
	size_t from = first * PAGE_BYTES, to = end * PAGE_BYTES;

	if ((pages(first, end) & ~block->valid) && fill(cache, block, err) < 0)
		return -1;
	if (to > bytes_of(cache, block))
		to = bytes_of(cache, block);
	return wtg_gather_add(&cache->gather, block->data + from, to - from,
			      block->number * BLOCK_BYTES + from, err);
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t left = (*(struct block *const *)a)->number;
	uint64_t right = (*(struct block *const *)b)->number;

	return left < right ? -1 : left > right;
}

/* Send the first n blocks of cache->sorted, ascending; all are clean then, or none. */
static int send_sorted(struct wtg_cache *cache, size_t n, struct wtg_error *err)
{
	qsort(cache->sorted, n, sizeof(struct block *), compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (cache->sorted[i]->dirty &&
		    send_block(cache, cache->sorted[i], err) < 0)
			return -1;
	if (wtg_gather_end(&cache->gather, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (cache->sorted[i]->dirty)
			cache->blank[cache->sorted[i]->number] = false;
		cache->sorted[i]->dirty = 0;
	}
	return 0;
}

/* Send and let go of the n oldest blocks of a list. */
static int evict(struct wtg_cache *cache, enum list_kind kind, size_t n,
		 struct wtg_error *err)
{
	struct block *block;
	size_t found = 0;

	TAILQ_FOREACH(block, &cache->lists[kind], in_list) {
		if (found == n)
			break;
		cache->sorted[found++] = block;
	}
	if (send_sorted(cache, found, err) < 0)
		return -1;
	for (size_t i = 0; i < found; i++) {
		block = cache->sorted[i];
		LIST_REMOVE(block, in_bucket);
		delist(cache, block);
		/* Used again first: its memory is already ours. */
		TAILQ_INSERT_HEAD(&cache->free, block, in_list);
		cache->n_free++;
	}
	return 0;
}

static int make_room(struct wtg_cache *cache, struct wtg_error *err)
{
	if (cache->n_stream >= cache->stream_limit &&
	    evict(cache, STREAM, cache->n_stream / 2, err) < 0)
		return -1;
	if (cache->n_free == 0)
		return evict(cache, METADATA, cache->n_blocks / 8, err);
	return 0;
}

/* The block of that number, now the youngest of its list; NULL when there is no room and
 * making some failed. */
static struct block *use(struct wtg_cache *cache, uint64_t number, struct wtg_error *err)
{
	struct block *block = find(cache, number);

	if (block) {
		delist(cache, block);
		enlist(cache, block, block->kind);
		return block;
	}
	if (make_room(cache, err) < 0)
		return NULL;
	block = TAILQ_FIRST(&cache->free);
	TAILQ_REMOVE(&cache->free, block, in_list);
	cache->n_free--;
	block->number = number;
	block->valid = block->dirty = 0;
	LIST_INSERT_HEAD(bucket_of(cache, number), block, in_bucket);
	enlist(cache, block, STREAM);
	return block;
}

static int check_bounds(const struct wtg_cache *cache, size_t size, uint64_t at,
			struct wtg_error *err)
{
	if (at <= cache->window.length && size <= cache->window.length - at)
		return 0;
	return wtg_fail(err, WTG_SYSTEM, 0,
			"%zu bytes at %" PRIu64 " are outside of a volume of %" PRIu64,
			size, at, cache->window.length);
}

/* How much of a request from at on lies in one block. */
static size_t share_of_block(uint64_t at, size_t size)
{
	size_t left = BLOCK_BYTES - (size_t)(at % BLOCK_BYTES);

	return size < left ? size : left;
}

int wtg_cache_pread(struct wtg_cache *cache, void *buffer, size_t size, uint64_t at,
		    struct wtg_error *err)
{
	uint8_t *to = buffer;

	if (check_bounds(cache, size, at, err) < 0)
		return -1;
	while (size > 0) {
		size_t from = at % BLOCK_BYTES, n = share_of_block(at, size);
		uint64_t wanted =
			pages(from / PAGE_BYTES, (from + n - 1) / PAGE_BYTES + 1);
		struct block *block = use(cache, at / BLOCK_BYTES, err);

		if (!block)
			return -1;
		if ((wanted & ~block->valid) && fill(cache, block, err) < 0)
			return -1;
		memcpy(to, block->data + from, n);
		to += n;
		at += n;
		size -= n;
	}
	return 0;
}

static int write_block(struct wtg_cache *cache, const uint8_t *data, size_t size,
		       uint64_t at, struct wtg_error *err)
{
	struct block *block = use(cache, at / BLOCK_BYTES, err);
	size_t from = at % BLOCK_BYTES, to = from + size;
	uint64_t touched = pages(from / PAGE_BYTES, (to - 1) / PAGE_BYTES + 1), whole;

	if (!block)
		return -1;
	whole = pages(wtg_round_up(from, PAGE_BYTES) / PAGE_BYTES,
		      to == bytes_of(cache, block) ? BLOCK_PAGES : to / PAGE_BYTES);
	if ((touched & ~whole & ~block->valid) && fill(cache, block, err) < 0)
		return -1;
	if (block->kind == STREAM && (touched & block->valid)) {
		delist(cache, block);
		enlist(cache, block, METADATA);
	}
	memcpy(block->data + from, data, size);
	block->valid |= touched;
	block->dirty |= touched;
	return 0;
}

int wtg_cache_pwrite(struct wtg_cache *cache, const void *buffer, size_t size,
		     uint64_t at, struct wtg_error *err)
{
	const uint8_t *data = buffer;

	if (check_bounds(cache, size, at, err) < 0)
		return -1;
	if (!cache->window.ledger)
		return wtg_window_pwrite(&cache->window, data, size, at, err);
	while (size > 0) {
		size_t n = share_of_block(at, size);

		if (write_block(cache, data, n, at, err) < 0)
			return -1;
		data += n;
		at += n;
		size -= n;
	}
	return 0;
}

int wtg_cache_flush(struct wtg_cache *cache, struct wtg_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < cache->n_blocks; i++)
		if (cache->blocks[i].dirty)
			cache->sorted[n++] = &cache->blocks[i];
	return send_sorted(cache, n, err);
}

/* What blocks [first, end) hold where nothing was written: zeros or the window's. */
static void set_blank(struct wtg_cache *cache, uint64_t first, uint64_t end, bool blank)
{
	for (size_t i = 0; i < cache->n_blocks; i++)
		if (cache->blocks[i].number >= first && cache->blocks[i].number < end)
			cache->blocks[i].valid &= cache->blocks[i].dirty;
	if (first < end)
		memset(cache->blank + first, blank, (end - first) * sizeof(bool));
}

void wtg_cache_trust_window(struct wtg_cache *cache)
{
	set_blank(cache, 0, count_blocks(cache), false);
}

void wtg_cache_forget(struct wtg_cache *cache, uint64_t at, uint64_t length)
{
	uint64_t end = at + length < cache->window.length ? (at + length) / BLOCK_BYTES :
							    count_blocks(cache);

	set_blank(cache, wtg_round_up(at, BLOCK_BYTES) / BLOCK_BYTES, end, true);
}
