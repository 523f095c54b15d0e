/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/behind.h"
#include "base/bytes.h"
#include "base/direct.h"
#include "wtg/text.h"

#define SHELF_PAGES 65536u /* a shelf serves 256 MiB of the drive with 512 KiB of hashes */
#define READ_PAGES 256u
#define MAX_LOOKS 4096u

void wtg_ledger_forget(struct wtg_ledger *ledger)
{
	for (size_t i = 0; i < ledger->n_shelves; i++)
		free(ledger->shelves[i]);
	free(ledger->shelves);
	ledger->shelves = NULL;
	ledger->n_shelves = 0;
}

void wtg_ledger_done(struct wtg_ledger *ledger)
{
	wtg_ledger_forget(ledger);
	wtg_behind_free(ledger->behind);
	*ledger = (struct wtg_ledger){ 0 };
}

static uint64_t fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* 16 bytes at once; a call would cost more than what it does. */
static inline __attribute__((always_inline)) uint64_t fold_in(uint64_t lane, const uint8_t *at)
{
	return fold(lane ^ wtg_le64(at), wtg_le64(at + 8) ^ 0xd6e8feb86659fd93);
}

/* Multiply-and-fold over four independent lanes, so that it keeps up with any drive. */
static uint64_t hash_content(const uint8_t *page, size_t size)
{
	uint64_t a = 0x9e3779b97f4a7c15, b = 0xc2b2ae3d27d4eb4f;
	uint64_t c = 0xa0761d6478bd642f, d = 0x165667b19e3779f9;
	size_t at = 0;

	for (; at + 64 <= size; at += 64) {
		a = fold_in(a, page + at);
		b = fold_in(b, page + at + 16);
		c = fold_in(c, page + at + 32);
		d = fold_in(d, page + at + 48);
	}
	for (; at < size; at++)
		a = fold(a ^ page[at], 0xe7037ed1a0b428db);
	return fold(fold(a ^ size, b), c ^ 0x8ebc6af09c88c6e3) ^ fold(d, 0x27d4eb2f165667c5);
}

/* What is on record for that content there.  Never 0, which means "not written". */
static uint64_t sign(uint64_t content, uint64_t number)
{
	return fold(content ^ 0xe7037ed1a0b428db, number ^ 0x8ebc6af09c88c6e3) | 1;
}

static uint64_t hash_page(const uint8_t *page, size_t size, uint64_t number)
{
	return sign(hash_content(page, size), number);
}

static uint64_t *entry_of(struct wtg_ledger *ledger, uint64_t page)
{
	size_t shelf = (size_t)(page / SHELF_PAGES);

	if (shelf >= ledger->n_shelves) {
		size_t wanted = shelf + 16;

		ledger->shelves = wtg_realloc(ledger->shelves, wanted, sizeof(*ledger->shelves));
		memset(ledger->shelves + ledger->n_shelves, 0,
		       (wanted - ledger->n_shelves) * sizeof(*ledger->shelves));
		ledger->n_shelves = wanted;
	}
	if (!ledger->shelves[shelf])
		ledger->shelves[shelf] = wtg_alloc(SHELF_PAGES * sizeof(uint64_t));
	return &ledger->shelves[shelf][page % SHELF_PAGES];
}

/* What a page must hold of which a part was written: the rest is as it was.  It may be less than
 * a page at the drive's end. */
static int hash_part(int fd, const uint8_t *data, size_t n_bytes, uint64_t offset, uint64_t *ret)
{
	uint64_t page = offset / WTG_PAGE_BYTES;
	uint8_t content[WTG_PAGE_BYTES];
	size_t size = 0, at = (size_t)(offset % WTG_PAGE_BYTES);

	while (size < WTG_PAGE_BYTES) {
		ssize_t n = pread(fd, content + size, WTG_PAGE_BYTES - size,
				  (off_t)(page * WTG_PAGE_BYTES + size));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	memcpy(content + at, data, n_bytes);
	if (size < at + n_bytes)
		size = at + n_bytes;
	*ret = hash_page(content, size, page);
	return 0;
}

int wtg_ledger_note(struct wtg_ledger *ledger, int fd, const void *data, size_t size,
		    uint64_t offset)
{
	const uint8_t *from = data;

	ledger->bytes_written += size;
	ledger->n_writes++;
	while (size > 0) {
		uint64_t page = offset / WTG_PAGE_BYTES;
		size_t n = WTG_PAGE_BYTES - (size_t)(offset % WTG_PAGE_BYTES);

		if (n > size)
			n = size;
		if (n == WTG_PAGE_BYTES)
			*entry_of(ledger, page) = hash_page(from, n, page);
		else if (hash_part(fd, from, n, offset, entry_of(ledger, page)) < 0)
			return -1;
		from += n;
		offset += n;
		size -= n;
	}
	return 0;
}

bool wtg_ledger_holds(const struct wtg_ledger *ledger, const uint8_t page[static WTG_PAGE_BYTES],
		      uint64_t offset)
{
	uint64_t number = offset / WTG_PAGE_BYTES;
	size_t shelf = (size_t)(number / SHELF_PAGES);

	return shelf < ledger->n_shelves && ledger->shelves[shelf] &&
	       ledger->shelves[shelf][number % SHELF_PAGES] ==
		       hash_page(page, WTG_PAGE_BYTES, number);
}

static bool is_recorded(const struct wtg_ledger *ledger, uint64_t page)
{
	size_t shelf = (size_t)(page / SHELF_PAGES);

	return shelf < ledger->n_shelves && ledger->shelves[shelf] &&
	       ledger->shelves[shelf][page % SHELF_PAGES] != 0;
}

bool wtg_ledger_contradicts(const struct wtg_ledger *ledger,
			    const uint8_t page[static WTG_PAGE_BYTES], uint64_t offset)
{
	return is_recorded(ledger, offset / WTG_PAGE_BYTES) &&
	       !wtg_ledger_holds(ledger, page, offset);
}

bool wtg_ledger_origin(const struct wtg_ledger *ledger, const uint8_t page[static WTG_PAGE_BYTES],
		       uint64_t *ret_offset)
{
	uint64_t content = hash_content(page, WTG_PAGE_BYTES), origin = 0;
	size_t n = 0;

	for (size_t i = 0; i < ledger->n_shelves; i++) {
		const uint64_t *shelf = ledger->shelves[i];
		uint64_t first = (uint64_t)i * SHELF_PAGES;

		for (size_t j = 0; shelf && j < SHELF_PAGES; j++) {
			if (shelf[j] == 0 || shelf[j] != sign(content, first + j))
				continue;
			origin = (first + j) * WTG_PAGE_BYTES;
			if (++n > 1)
				return false;
		}
	}
	if (n == 1)
		*ret_offset = origin;
	return n == 1;
}

uint64_t wtg_ledger_bytes(const struct wtg_ledger *ledger)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < ledger->n_shelves; i++)
		for (size_t j = 0; ledger->shelves[i] && j < SHELF_PAGES; j++)
			pages += ledger->shelves[i][j] != 0;
	return pages * WTG_PAGE_BYTES;
}

struct reader {
	const struct wtg_ledger *ledger;
	int fd;
	uint64_t disk_bytes;
	uint8_t *buffer; /* READ_PAGES long */
	struct wtg_progress *progress;
};

static bool reads_right(const struct reader *r, uint64_t page)
{
	return wtg_direct_pread(r->fd, r->buffer, WTG_PAGE_BYTES, page * WTG_PAGE_BYTES) == 0 &&
	       wtg_ledger_holds(r->ledger, r->buffer, page * WTG_PAGE_BYTES);
}

/* Two pages so many apart that hold different things, and each what was written to it: on a
 * drive that wraps around they would be one.  A few looks tell. */
static bool has_both(const struct reader *r, uint64_t apart)
{
	unsigned looks = 0;

	for (uint64_t page = 0; page < r->ledger->n_shelves * (uint64_t)SHELF_PAGES; page++) {
		if (!is_recorded(r->ledger, page) || !is_recorded(r->ledger, page + apart))
			continue;
		if (looks++ == MAX_LOOKS)
			return false;
		if (reads_right(r, page) &&
		    !wtg_ledger_holds(r->ledger, r->buffer, (page + apart) * WTG_PAGE_BYTES) &&
		    reads_right(r, page + apart))
			return true;
	}
	return false;
}

/* Where drives that are smaller than they say wrap around, one page holds what was written to
 * another; a page that is lost holds something of its own, or nothing, or by chance (a file of
 * which there are two) what was written elsewhere, too. */
static int fail_page(const struct reader *r, const uint8_t *page, uint64_t offset,
		     struct wtg_error *err)
{
	_cleanup_free_ char *room = NULL;
	uint64_t origin = 0, apart;
	bool known;

	known = wtg_ledger_origin(r->ledger, page, &origin) && origin != offset;
	apart = origin > offset ? origin - offset : offset - origin;
	if (!known || has_both(r, apart / WTG_PAGE_BYTES))
		return wtg_fail(err, WTG_MISMATCH, 0,
				"the drive reads back something else than was written in the 4096 "
				"bytes at %" PRIu64, offset);
	room = wtg_size_text(apart);
	return wtg_fail(err, WTG_CAPACITY, 0,
			"byte %" PRIu64 " reads back what was written to byte %" PRIu64
			": there is room for at most %" PRIu64 " bytes, %s",
			offset, origin, apart, room);
}

/* Compare the n pages from first on, which are all on record. */
static int verify_run(const struct reader *r, const uint64_t *hashes, uint64_t first, size_t n,
		      struct wtg_error *err)
{
	uint64_t offset = first * WTG_PAGE_BYTES;
	size_t size = n * WTG_PAGE_BYTES;

	if (offset >= r->disk_bytes)
		return wtg_fail(err, WTG_MISMATCH, 0, "the drive ends before byte %" PRIu64, offset);
	if (size > r->disk_bytes - offset)
		size = (size_t)(r->disk_bytes - offset);
	if (wtg_direct_pread(r->fd, r->buffer, size, offset) < 0)
		return wtg_fail(err, WTG_MISMATCH, errno, "read back byte %" PRIu64, offset);
	for (size_t at = 0; at < size; at += WTG_PAGE_BYTES) {
		uint64_t page = first + at / WTG_PAGE_BYTES;
		size_t page_size = size - at < WTG_PAGE_BYTES ? size - at : WTG_PAGE_BYTES;

		if (hash_page(r->buffer + at, page_size, page) != hashes[at / WTG_PAGE_BYTES])
			return fail_page(r, r->buffer + at, offset + at, err);
	}
	return wtg_progress_advance(r->progress, size, err);
}

int wtg_ledger_fail_page(const struct wtg_ledger *ledger, int fd,
			 const uint8_t page[static WTG_PAGE_BYTES], uint64_t offset,
			 struct wtg_error *err)
{
	_cleanup_free_ uint8_t *buffer = wtg_alloc_aligned(WTG_DIRECT_BYTES, WTG_PAGE_BYTES);
	struct reader r = { .ledger = ledger, .fd = fd, .buffer = buffer };

	return fail_page(&r, page, offset, err);
}

static int verify_shelf(const struct reader *r, const uint64_t *hashes, uint64_t first,
			struct wtg_error *err)
{
	for (size_t at = 0; at < SHELF_PAGES;) {
		size_t n = 0;

		while (at + n < SHELF_PAGES && n < READ_PAGES && hashes[at + n])
			n++;
		if (n > 0 && verify_run(r, hashes + at, first + at, n, err) < 0)
			return -1;
		at += n ? n : 1;
	}
	return 0;
}

int wtg_ledger_verify(const struct wtg_ledger *ledger, int fd, uint64_t disk_bytes,
		      struct wtg_progress *progress, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *buffer = wtg_alloc_aligned(WTG_DIRECT_BYTES,
							   READ_PAGES * WTG_PAGE_BYTES);
	struct reader r = { ledger, fd, disk_bytes, buffer, progress };

	for (size_t i = 0; i < ledger->n_shelves; i++)
		if (ledger->shelves[i] &&
		    verify_shelf(&r, ledger->shelves[i], (uint64_t)i * SHELF_PAGES, err) < 0)
			return -1;
	return 0;
}
