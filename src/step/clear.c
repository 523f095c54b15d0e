/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/clear.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "plan/marker.h"
#include "target/probe.h"
#include "target/target.h"
#include "wtg/text.h"

/* At the end sit backup tables, RAID and ZFS labels, and NTFS's second boot sector. */
#define HEAD_BYTES (1u << 20)
#define TAIL_BYTES (1u << 20)
#define MAX_ROUNDS 64

/* Volumes are made in files in memory, and a file target is one: that it may not grow so
 * large (setrlimit(2), RLIMIT_FSIZE) must show before anything is written. */
static int check_limit(const struct wtg_disk *disk, struct wtg_error *err)
{
	_cleanup_free_ char *size = wtg_size_text(disk->size_bytes);
	_cleanup_free_ char *most = NULL;
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	    limit.rlim_cur >= disk->size_bytes)
		return 0;
	most = wtg_size_text(limit.rlim_cur);
	wtg_fail(err, WTG_SYSTEM, 0, "files may have %s here, and %s has %s", most, disk->path,
		 size);
	return wtg_hint(err, "The limit is the shell's: 'ulimit -f unlimited' lifts it.");
}

int wtg_clear_check(const struct wtg_target *target, struct wtg_progress *progress,
		    struct wtg_error *err)
{
	if (wtg_target_probe_free(target, err) < 0) {
		/* An interruption ends the wait for a lock. */
		(void)wtg_progress_advance(progress, 0, err);
		return -1;
	}
	return check_limit(wtg_target_disk(target), err);
}

int wtg_clear_zero(const struct wtg_window *disk, uint64_t marker, uint64_t offset,
		   uint64_t length, struct wtg_error *err)
{
	uint64_t end = offset + length, after = marker + WTG_MARKER_BYTES;

	if (offset < marker && end > marker &&
	    wtg_window_zero(disk, offset, marker - offset, err) < 0)
		return -1;
	if (offset < after && end > marker)
		offset = after;
	return end > offset ? wtg_window_zero(disk, offset, end - offset, err) : 0;
}

struct found {
	const struct wtg_window *disk;
	uint64_t marker;
	const struct wtg_extent *place;
	int fd; /* the drive's, for who looks */
	size_t n;
};

static int zero_signature(uint64_t offset, uint64_t length, const char *type, void *context,
			  struct wtg_error *err)
{
	struct found *found = context;

	(void)type;
	found->n++;
	if (offset < found->place->offset ||
	    offset + length > found->place->offset + found->place->length)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"something at byte %" PRIu64 " was found outside of where was looked",
				offset);
	if (wtg_clear_zero(found->disk, found->marker, offset, length, err) < 0)
		return -1;
	return wtg_window_lend(found->disk, &found->fd, err);
}

/* What is recognised behind one signature shows only when that is gone: look until nothing
 * is found. */
static int erase_signatures(const struct wtg_window *disk, uint64_t marker,
			    const struct wtg_extent *place, struct wtg_error *err)
{
	for (int round = 0; round < MAX_ROUNDS; round++) {
		struct found found = { .disk = disk, .marker = marker, .place = place };

		if (wtg_window_lend(disk, &found.fd, err) < 0 ||
		    wtg_probe_signatures(found.fd, place->offset, place->length, zero_signature,
					 &found, err) < 0)
			return -1;
		if (found.n == 0)
			return 0;
	}
	return wtg_fail(err, WTG_SYSTEM, 0,
			"what is at byte %" PRIu64 " is recognised again after it was erased",
			place->offset);
}

int wtg_clear_place(const struct wtg_window *disk, uint64_t marker,
		    const struct wtg_extent *place, struct wtg_error *err)
{
	uint64_t head = place->length < HEAD_BYTES ? place->length : HEAD_BYTES;
	uint64_t tail = place->length < TAIL_BYTES ? place->length : TAIL_BYTES;

	if (wtg_clear_zero(disk, marker, place->offset, head, err) < 0 ||
	    wtg_clear_zero(disk, marker, place->offset + place->length - tail, tail, err) < 0)
		return -1;
	return erase_signatures(disk, marker, place, err);
}
