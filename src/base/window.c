/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/window.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/behind.h"
#include "base/fdio.h"
#include "base/line.h"

_Static_assert(WTG_BEHIND_BYTES >= WTG_LINE_BYTES, "a slot fits");

#define ZERO_BYTES (1u << 20)
#define LAP_BYTES (8u << 20)

/* Less than this is better gathered in the kernel's cache. */
#define LEAST_BEHIND_BYTES (64u << 10)

struct wtg_window wtg_window_part(const struct wtg_window *w, uint64_t offset, uint64_t length)
{
	struct wtg_window part = *w;

	if (offset > w->length || length > w->length - offset)
		abort();
	part.offset += offset;
	part.length = length;
	return part;
}

/* What is read again while we write, to be changed or to be gone by, must be what was written:
 * afterwards nobody could tell any more. */
static int check_kept(const struct wtg_window *w, const uint8_t *data, size_t size, uint64_t at,
		      struct wtg_error *err)
{
	uint64_t start = w->offset + at, page = wtg_round_up(start, WTG_PAGE_BYTES);

	for (; page - start + WTG_PAGE_BYTES <= size; page += WTG_PAGE_BYTES)
		if (wtg_ledger_contradicts(w->ledger, data + (page - start), page))
			return wtg_ledger_fail_page(w->ledger, w->fd, data + (page - start), page,
						    err);
	return 0;
}

static int check_bounds(const struct wtg_window *w, uint64_t size, uint64_t at,
			struct wtg_error *err)
{
	if (at <= w->length && size <= w->length - at)
		return 0;
	return wtg_fail(err, WTG_SYSTEM, 0,
			"%" PRIu64 " bytes at %" PRIu64 " are outside of a stretch of %" PRIu64,
			size, at, w->length);
}

static int fail_again(const struct wtg_ledger *ledger, struct wtg_error *err)
{
	if (ledger->failed_at == WTG_LEDGER_FLUSH)
		return wtg_fail(err, WTG_SYSTEM, ledger->failure,
				"flush what was written to the drive");
	return wtg_fail(err, WTG_SYSTEM, ledger->failure, "write to the drive at byte %" PRIu64,
			ledger->failed_at);
}

/* The first failure is remembered, and is what every later write reports. */
static int fail_for_good(struct wtg_ledger *ledger, int errnum, uint64_t place,
			 struct wtg_error *err)
{
	ledger->failure = errnum;
	ledger->failed_at = place;
	return fail_again(ledger, err);
}

/* ------------------------------------------------------------------ past the cache */

/* What is on its way there, now or at all: for everything else that touches the drive. */
static int drain(const struct wtg_window *w, struct wtg_error *err)
{
	struct wtg_ledger *ledger = w->ledger;
	uint64_t place = 0;
	int r, errnum;

	if (!ledger || !ledger->behind)
		return 0;
	r = wtg_behind_drain(ledger->behind);
	errnum = errno;
	ledger->busy_ns += wtg_behind_busy_ns(ledger->behind);
	if (r == 0)
		return 0;
	(void)wtg_behind_failure(ledger->behind, &place);
	return fail_for_good(ledger, errnum, place, err);
}

static struct wtg_behind *behind_of(const struct wtg_window *w)
{
	struct wtg_ledger *ledger = w->ledger;

	if (!ledger->behind && !ledger->in_cache) {
		ledger->behind = wtg_behind_new(w->fd);
		ledger->in_cache = !ledger->behind;
	}
	return ledger->behind;
}

static bool goes_behind(const struct wtg_window *w, size_t size, uint64_t at)
{
	return size >= LEAST_BEHIND_BYTES && size <= WTG_BEHIND_BYTES &&
	       size % WTG_BEHIND_UNIT == 0 && at % WTG_BEHIND_UNIT == 0 && behind_of(w);
}

uint8_t *wtg_window_room(const struct wtg_window *w)
{
	struct wtg_behind *behind = !w->line && w->ledger ? behind_of(w) : NULL;

	return behind ? wtg_behind_room(behind) : NULL;
}

/* It is on record before it is written: what fails later is as final. */
static int write_behind(const struct wtg_window *w, const void *buffer, size_t size, uint64_t at,
			struct wtg_error *err)
{
	struct wtg_ledger *ledger = w->ledger;
	uint8_t *room = wtg_behind_room(ledger->behind);
	uint64_t place;
	int failure = wtg_behind_failure(ledger->behind, &place);

	if (failure)
		return fail_for_good(ledger, failure, place, err);
	if (buffer != room)
		memcpy(room, buffer, size);
	if (wtg_behind_post(ledger->behind, size, at) < 0 ||
	    wtg_ledger_note(ledger, w->fd, room, size, at) < 0)
		return fail_for_good(ledger, errno, at, err);
	return 0;
}

/* ------------------------------------------------------------------ reading and writing */

int wtg_window_pread(const struct wtg_window *w, void *buffer, size_t size, uint64_t at,
		     struct wtg_error *err)
{
	if (check_bounds(w, size, at, err) < 0)
		return -1;
	if (w->line)
		return wtg_line_pread(w->line, buffer, size, w->offset + at, err);
	if (drain(w, err) < 0)
		return -1;
	if (wtg_pread_all(w->fd, buffer, size, w->offset + at) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read the drive at byte %" PRIu64,
				w->offset + at);
	return w->ledger ? check_kept(w, buffer, size, at, err) : 0;
}

int wtg_window_check(const struct wtg_window *w, uint64_t size, uint64_t at,
		     struct wtg_error *err)
{
	if (!w->ledger)
		return wtg_fail(err, WTG_SYSTEM, EROFS, "write at byte %" PRIu64, w->offset + at);
	if (w->ledger->failure)
		return fail_again(w->ledger, err);
	return check_bounds(w, size, at, err);
}

/* Where it cannot be done, the flush does it all. */
static int sync_lap(int fd, const struct wtg_lap *lap, unsigned how)
{
	if (lap->bytes == 0 ||
	    sync_file_range(fd, (off_t)lap->start, (off_t)(lap->end - lap->start), how) == 0)
		return 0;
	return errno == ENOSYS || errno == EINVAL || errno == ESPIPE ? 0 : -1;
}

/*
 * The kernel would gather gigabytes and then hold the last flush, and Ctrl-C with it, for
 * minutes: so what is written goes on its way here, lap by lap.  We wait for a lap only when
 * six others are on their way behind it: the drive always has something to do, whoever is the
 * slower of us.  Errors come back from here or, again, from the flush.
 */
static int keep_moving(const struct wtg_window *w, size_t size, uint64_t at)
{
	struct wtg_lap *laps = w->ledger->laps, oldest = laps[WTG_LAPS - 1];

	if (laps->bytes == 0 || at < laps->start)
		laps->start = at;
	if (laps->bytes == 0 || at + size > laps->end)
		laps->end = at + size;
	laps->bytes += size;
	if (laps->bytes < LAP_BYTES)
		return 0;
	memmove(laps + 1, laps, (WTG_LAPS - 1) * sizeof(*laps));
	laps->bytes = 0;
	if (sync_lap(w->fd, laps + 1, SYNC_FILE_RANGE_WRITE) < 0)
		return -1;
	return sync_lap(w->fd, &oldest, SYNC_FILE_RANGE_WAIT_BEFORE);
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int wtg_window_pwrite(const struct wtg_window *w, const void *buffer, size_t size, uint64_t at,
		      struct wtg_error *err)
{
	uint64_t begun;

	if (wtg_window_check(w, size, at, err) < 0)
		return -1;
	if (w->line)
		return wtg_line_pwrite(w->line, buffer, size, w->offset + at, err);
	if (goes_behind(w, size, w->offset + at))
		return write_behind(w, buffer, size, w->offset + at, err);
	if (drain(w, err) < 0)
		return -1;
	begun = clock_ns();
	if (wtg_pwrite_all(w->fd, buffer, size, w->offset + at) < 0)
		return fail_for_good(w->ledger, errno, w->offset + at, err);
	if (wtg_ledger_note(w->ledger, w->fd, buffer, size, w->offset + at) < 0 ||
	    keep_moving(w, size, w->offset + at) < 0)
		return fail_for_good(w->ledger, errno, w->offset + at, err);
	w->ledger->busy_ns += clock_ns() - begun;
	return 0;
}

int wtg_window_zero(const struct wtg_window *w, uint64_t at, uint64_t length,
		    struct wtg_error *err)
{
	static const uint8_t zeros[ZERO_BYTES];

	while (length > 0) {
		size_t n = length < ZERO_BYTES ? (size_t)length : ZERO_BYTES;

		if (wtg_window_pwrite(w, zeros, n, at, err) < 0)
			return -1;
		at += n;
		length -= n;
	}
	return 0;
}

int wtg_window_flush(const struct wtg_window *w, struct wtg_error *err)
{
	uint64_t begun;

	if (wtg_window_check(w, 0, 0, err) < 0)
		return -1;
	if (w->line)
		return wtg_line_flush(w->line, err);
	if (drain(w, err) < 0)
		return -1;
	begun = clock_ns();
	if (fdatasync(w->fd) < 0)
		return fail_for_good(w->ledger, errno, WTG_LEDGER_FLUSH, err);
	w->ledger->busy_ns += clock_ns() - begun;
	return 0;
}

int wtg_window_lend(const struct wtg_window *w, int *ret_fd, struct wtg_error *err)
{
	if (drain(w, err) < 0)
		return -1;
	*ret_fd = w->fd;
	return 0;
}
