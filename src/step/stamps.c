/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/stamps.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/direct.h"
#include "base/fdio.h"
#include "wtg/text.h"

/* Stamps in a row, and between two of the wide rows. */
#define ROW 64u

/* Less than this apart, a drive cannot be smaller than it says and still be one. */
#define LEAST_STEP (UINT64_C(64) << 10)

/* Away from the multiples of LEAST_STEP, where partitions start and the run keeps its record. */
#define FIRST_BYTE (UINT64_C(20) << 10)

/*
 * A stamp is full of records, each of which says where it is itself: so it is known again from
 * any sector of it, where a drive wraps around between pages.  Little-endian:
 *
 *	 0  16  magic
 *	16   8  id
 *	24   8  where it was written
 *	32  32  SHA-256 of all before it
 */
#define RECORD_BYTES 64u
#define ID_AT 16
#define PLACE_AT 24
#define DIGEST_AT 32

static const char magic[16] = "wtgctl stamp 1";

void wtg_stamps_done(struct wtg_stamps *stamps)
{
	free(stamps->items);
	*stamps = (struct wtg_stamps){ 0 };
}

static void add(struct wtg_stamps *stamps, uint64_t offset)
{
	WTG_APPEND(stamps, (struct wtg_stamp){ .offset = offset });
}

struct wtg_stamps wtg_stamps_spread(uint64_t disk_bytes)
{
	uint64_t last = wtg_round_down(disk_bytes, WTG_STAMP_BYTES) - WTG_STAMP_BYTES;
	uint64_t step = LEAST_STEP;
	struct wtg_stamps stamps = { 0 };

	while (step < disk_bytes / (ROW * ROW))
		step *= 2;
	for (uint64_t i = 0; i < ROW && FIRST_BYTE + i * step < last; i++)
		add(&stamps, FIRST_BYTE + i * step);
	for (uint64_t at = FIRST_BYTE + ROW * step; at < last; at += ROW * step)
		add(&stamps, at);
	add(&stamps, last);
	return stamps;
}

struct wtg_stamps wtg_stamps_between(uint64_t from, uint64_t to)
{
	struct wtg_stamps stamps = { 0 };
	uint64_t at = wtg_round_up(from, WTG_STAMP_BYTES);
	uint64_t step = wtg_round_up((to - from) / (ROW + 1) + 1, WTG_STAMP_BYTES);

	for (; at + WTG_STAMP_BYTES < to; at += step)
		add(&stamps, at);
	add(&stamps, to - WTG_STAMP_BYTES);
	return stamps;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct wtg_stamp *)a)->offset;
	uint64_t y = ((const struct wtg_stamp *)b)->offset;

	return (x > y) - (x < y);
}

bool wtg_stamps_parts(uint64_t disk_bytes, uint64_t wrap, struct wtg_stamps *ret)
{
	static const unsigned parts[] = { 1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31 };
	struct wtg_stamps stamps = wtg_stamps_spread(disk_bytes);
	bool whole = true;

	/* Drives count in sectors: what is no whole number of those is no size. */
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint64_t part = wrap / parts[i];

		if (wrap % parts[i] != 0 || part % 512 != 0)
			continue;
		if (part % WTG_STAMP_BYTES == 0)
			add(&stamps, FIRST_BYTE + part);
		else
			whole = false;
	}
	qsort(stamps.items, stamps.n_items, sizeof(*stamps.items), compare);
	*ret = stamps;
	return whole;
}

static void fill_record(uint8_t record[static RECORD_BYTES], uint64_t id, uint64_t place)
{
	memcpy(record, magic, sizeof(magic));
	wtg_put_le64(record + ID_AT, id);
	wtg_put_le64(record + PLACE_AT, place);
	wtg_sha256(record, DIGEST_AT, record + DIGEST_AT);
}

void wtg_stamp_fill(uint8_t page[static WTG_STAMP_BYTES], uint64_t id, uint64_t offset)
{
	for (uint32_t at = 0; at < WTG_STAMP_BYTES; at += RECORD_BYTES)
		fill_record(page + at, id, offset + at);
}

static bool is_record(const uint8_t record[static RECORD_BYTES], uint64_t id)
{
	uint8_t digest[WTG_SHA256_SIZE];

	if (memcmp(record, magic, sizeof(magic)) != 0 || wtg_le64(record + ID_AT) != id)
		return false;
	wtg_sha256(record, DIGEST_AT, digest);
	return memcmp(digest, record + DIGEST_AT, sizeof(digest)) == 0;
}

static void note_alias(struct wtg_stamp *stamp, uint64_t here, uint64_t written)
{
	stamp->fate = WTG_FATE_ALIAS;
	stamp->apart = written > here ? written - here : here - written;
}

static void judge(struct wtg_stamp *stamp, const uint8_t page[static WTG_STAMP_BYTES],
		  uint64_t id, const struct wtg_ledger *ledger)
{
	uint32_t n_kept = 0;
	uint64_t written;

	for (uint32_t at = 0; at < WTG_STAMP_BYTES; at += RECORD_BYTES) {
		uint64_t here = stamp->offset + at;

		if (!is_record(page + at, id))
			continue;
		written = wtg_le64(page + at + PLACE_AT);
		if (written != here) {
			note_alias(stamp, here, written);
			return;
		}
		n_kept++;
	}
	if (n_kept == WTG_STAMP_BYTES / RECORD_BYTES)
		stamp->fate = WTG_FATE_KEPT;
	else if (wtg_ledger_origin(ledger, page, &written))
		note_alias(stamp, stamp->offset, written);
}

int wtg_stamps_look(struct wtg_stamps *stamps, int fd, uint64_t id,
		    const struct wtg_ledger *ledger, struct wtg_progress *progress,
		    struct wtg_error *err)
{
	_Alignas(WTG_DIRECT_BYTES) uint8_t page[WTG_STAMP_BYTES];

	for (size_t i = 0; i < stamps->n_items; i++) {
		struct wtg_stamp *stamp = &stamps->items[i];

		stamp->fate = WTG_FATE_LOST;
		if (wtg_direct_pread(fd, page, sizeof(page), stamp->offset) == 0)
			judge(stamp, page, id, ledger);
		else
			stamp->errnum = errno;
		if (wtg_progress_advance(progress, WTG_STAMP_BYTES / 2, err) < 0)
			return -1;
	}
	return 0;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Pages share a place when the size of what is there divides their distance. */
static uint64_t wraps_at(const struct wtg_stamps *stamps)
{
	uint64_t size = 0;

	for (size_t i = 0; i < stamps->n_items; i++)
		if (stamps->items[i].fate == WTG_FATE_ALIAS)
			size = common_divisor(stamps->items[i].apart, size);
	return size;
}

static void note_flaw(struct wtg_capacity *c, const struct wtg_stamp *lost)
{
	if (!c->flawed)
		c->flaw = *lost;
	c->flawed = true;
}

/* Below the place where it wraps around, one that is lost with all that follow it shows the
 * end of what the drive keeps; one with others behind it, no more than a flaw.  A drive that
 * keeps nothing at all does not lie about how much. */
struct wtg_capacity wtg_stamps_conclude(const struct wtg_stamps *stamps, uint64_t from,
					uint64_t to)
{
	uint64_t wrap = wraps_at(stamps), end = wrap && wrap < to ? wrap : to;
	struct wtg_capacity c = { .lies = wrap != 0, .wrap = wrap, .at_least = from };
	const struct wtg_stamp *lost = NULL; /* the first of those at the end */

	for (size_t i = 0; i < stamps->n_items && stamps->items[i].offset < end; i++) {
		const struct wtg_stamp *stamp = &stamps->items[i];

		if (stamp->fate == WTG_FATE_LOST) {
			lost = lost ? lost : stamp;
			continue;
		}
		if (lost)
			note_flaw(&c, lost);
		lost = NULL;
		c.at_least = stamp->offset + WTG_STAMP_BYTES;
	}
	if (lost && (c.flawed || c.at_least == 0)) {
		note_flaw(&c, lost);
		lost = NULL;
	}
	c.lies = c.lies || lost;
	c.at_most = lost ? lost->offset : end;
	return c;
}

int wtg_capacity_tell(const struct wtg_capacity *capacity, const char *path,
		      uint64_t disk_bytes, struct wtg_error *err)
{
	_cleanup_free_ char *says = wtg_size_drive_text(disk_bytes);
	_cleanup_free_ char *keeps = wtg_size_drive_text(capacity->at_most);
	bool exact = capacity->at_most - capacity->at_least < WTG_STAMP_BYTES;

	if (capacity->lies)
		return wtg_fail(err, WTG_CAPACITY, 0,
				"%s says that it has %s, but keeps %s the first %" PRIu64
				" bytes, %s", path, says, exact ? "only" : "at most",
				capacity->at_most, keeps);
	if (capacity->flawed)
		return wtg_fail(err, WTG_MISMATCH, capacity->flaw.errnum,
				"%s does not give back what was written to byte %" PRIu64, path,
				capacity->flaw.offset);
	return 0;
}
