/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/draft.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"

/* What was read lately: a FAT or a bitmap is walked through, a directory read again. */
#define PAGE_BYTES 32768u
#define N_PAGES 32

struct change {
	enum wtg_stage stage;
	uint64_t at;
	size_t size;
	uint8_t *data; /* owned */
};

struct page {
	uint64_t number; /* counted from 1; 0: empty */
	uint8_t data[PAGE_BYTES];
};

struct wtg_draft {
	struct wtg_window window;
	uint32_t sector_bytes;
	struct change *items; /* in the order in which they were made */
	size_t n_items, capacity;
	struct page pages[N_PAGES];
};

struct wtg_draft *wtg_draft_new(const struct wtg_window *window)
{
	struct wtg_draft *draft = wtg_alloc(sizeof(*draft));

	draft->window = *window;
	draft->sector_bytes = 512;
	return draft;
}

void wtg_draft_set_sector(struct wtg_draft *draft, uint32_t sector_bytes)
{
	draft->sector_bytes = sector_bytes;
}

void wtg_draft_free(struct wtg_draft *draft)
{
	if (!draft)
		return;
	for (size_t i = 0; i < draft->n_items; i++)
		free(draft->items[i].data);
	free(draft->items);
	free(draft);
}

/* Put what a change says about the size bytes at `at` there. */
static void apply(const struct change *change, uint8_t *buffer, size_t size, uint64_t at)
{
	uint64_t from = change->at > at ? change->at : at;
	uint64_t end = change->at + change->size < at + size ? change->at + change->size
							     : at + size;

	if (from < end)
		memcpy(buffer + (from - at), change->data + (from - change->at),
		       (size_t)(end - from));
}

/* The page with byte `at`, as it will be. */
static int load(struct wtg_draft *draft, uint64_t at, struct page **ret, struct wtg_error *err)
{
	uint64_t index = at / PAGE_BYTES, start = index * PAGE_BYTES;
	struct page *page = &draft->pages[index % N_PAGES];
	uint64_t left = draft->window.length - start;
	size_t n = left < PAGE_BYTES ? (size_t)left : PAGE_BYTES;

	*ret = page;
	if (page->number == index + 1)
		return 0;
	page->number = 0;
	if (wtg_window_pread(&draft->window, page->data, n, start, err) < 0)
		return -1;
	for (size_t i = 0; i < draft->n_items; i++)
		apply(&draft->items[i], page->data, n, start);
	page->number = index + 1;
	return 0;
}

static int check_bounds(const struct wtg_draft *draft, size_t size, uint64_t at,
			struct wtg_error *err)
{
	if (at <= draft->window.length && size <= draft->window.length - at)
		return 0;
	return wtg_fail(err, WTG_INPUT, 0, "its structures lead out of the volume");
}

int wtg_draft_pread(struct wtg_draft *draft, void *buffer, size_t size, uint64_t at,
		    struct wtg_error *err)
{
	uint8_t *to = buffer;

	if (check_bounds(draft, size, at, err) < 0)
		return -1;
	while (size > 0) {
		size_t skip = (size_t)(at % PAGE_BYTES), n = PAGE_BYTES - skip;
		struct page *page;

		if (n > size)
			n = size;
		if (load(draft, at, &page, err) < 0)
			return -1;
		memcpy(to, page->data + skip, n);
		to += n;
		at += n;
		size -= n;
	}
	return 0;
}

/* Takes data. */
static int add(struct wtg_draft *draft, struct change change, struct wtg_error *err)
{
	for (size_t i = 0; i < draft->n_items; i++) {
		const struct change *other = &draft->items[i];

		if (other->stage > change.stage && other->at < change.at + change.size &&
		    change.at < other->at + other->size) {
			free(change.data);
			return wtg_fail(err, WTG_INPUT, 0, "its structures overlap");
		}
	}
	WTG_APPEND(draft, change);
	for (size_t i = 0; i < N_PAGES; i++)
		if (draft->pages[i].number != 0)
			apply(&change, draft->pages[i].data, PAGE_BYTES,
			      (draft->pages[i].number - 1) * PAGE_BYTES);
	return 0;
}

int wtg_draft_pwrite(struct wtg_draft *draft, enum wtg_stage stage, const void *buffer,
		     size_t size, uint64_t at, struct wtg_error *err)
{
	struct change change = { stage, at, size, NULL };

	if (check_bounds(draft, size, at, err) < 0)
		return -1;
	if (size == 0)
		return 0;
	change.data = wtg_try_alloc(size, "a change", err);
	if (!change.data)
		return -1;
	memcpy(change.data, buffer, size);
	return add(draft, change, err);
}

int wtg_draft_zero(struct wtg_draft *draft, enum wtg_stage stage, size_t size, uint64_t at,
		   struct wtg_error *err)
{
	struct change change = { stage, at, size, NULL };

	if (check_bounds(draft, size, at, err) < 0)
		return -1;
	change.data = wtg_try_alloc(size, "a change", err);
	return change.data ? add(draft, change, err) : -1;
}

/* ---------------------------------------------------------------- making them */

struct stretch {
	uint64_t start, end;
};

static int compare(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Where a stage writes, in whole sectors, ascending; gives how many stretches. */
static size_t gather(const struct wtg_draft *draft, enum wtg_stage stage, struct stretch *ret)
{
	size_t n = 0, n_merged = 0;

	for (size_t i = 0; i < draft->n_items; i++) {
		const struct change *change = &draft->items[i];

		if (change->stage == stage)
			ret[n++] = (struct stretch){
				wtg_round_down(change->at, draft->sector_bytes),
				wtg_round_up(change->at + change->size, draft->sector_bytes),
			};
	}
	qsort(ret, n, sizeof(*ret), compare);
	for (size_t i = 0; i < n; i++) {
		if (n_merged > 0 && ret[i].start <= ret[n_merged - 1].end) {
			if (ret[i].end > ret[n_merged - 1].end)
				ret[n_merged - 1].end = ret[i].end;
			continue;
		}
		ret[n_merged++] = ret[i];
	}
	return n_merged;
}

static int write_stretch(const struct wtg_draft *draft, enum wtg_stage stage,
			 const struct stretch *stretch, struct wtg_error *err)
{
	/* A window need not be whole sectors long; its volume is. */
	uint64_t end = stretch->end < draft->window.length ? stretch->end : draft->window.length;
	size_t size = (size_t)(end - stretch->start);
	_cleanup_free_ uint8_t *data = wtg_try_alloc(size, "a change", err);

	if (!data || wtg_window_pread(&draft->window, data, size, stretch->start, err) < 0)
		return -1;
	for (size_t i = 0; i < draft->n_items; i++)
		if (draft->items[i].stage == stage)
			apply(&draft->items[i], data, size, stretch->start);
	return wtg_window_pwrite(&draft->window, data, size, stretch->start, err);
}

int wtg_draft_commit(struct wtg_draft *draft, struct wtg_error *err)
{
	_cleanup_free_ struct stretch *stretches =
		wtg_alloc((draft->n_items + 1) * sizeof(*stretches));

	for (int stage = 0; stage < WTG_STAGES; stage++) {
		size_t n = gather(draft, stage, stretches);

		for (size_t i = 0; i < n; i++)
			if (write_stretch(draft, stage, &stretches[i], err) < 0)
				return -1;
		if (n > 0 && wtg_window_flush(&draft->window, err) < 0)
			return -1;
	}
	return 0;
}
