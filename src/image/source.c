/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/source.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"

/* One step of a copy: cancellation is heard after each. */
#define STEP_BYTES (8u << 20)

void wtg_source_done(struct wtg_source *source)
{
	free(source->name);
	free(source->items);
	*source = (struct wtg_source){ .fd = -1 };
}

void wtg_source_extend(struct wtg_source *source, uint64_t offset, uint64_t length)
{
	struct wtg_run *last =
		source->n_items ? &source->items[source->n_items - 1] : NULL;
	struct wtg_run run = { .offset = offset, .length = length };

	source->size_bytes += length;
	if (last && last->offset + last->length == offset)
		last->length += length;
	else
		WTG_APPEND(source, run);
}

/* Where byte at of the source lies in the file, and how many follow it there. */
static struct wtg_run find(const struct wtg_source *source, uint64_t at)
{
	const struct wtg_run *run = source->items;

	while (at >= run->length) {
		at -= run->length;
		run++;
	}
	return (struct wtg_run){ .offset = run->offset + at, .length = run->length - at };
}

static int check_inside(const struct wtg_source *source, uint64_t at, uint64_t length,
			struct wtg_error *err)
{
	if (at > source->size_bytes || length > source->size_bytes - at)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is truncated or damaged: it ends at byte "
				"%ju, and something should be at %ju",
				source->name, (uintmax_t)source->size_bytes,
				(uintmax_t)at);
	return 0;
}

int wtg_source_pread(const struct wtg_source *source, void *buffer, size_t size,
		     uint64_t at, struct wtg_error *err)
{
	uint8_t *to = buffer;

	if (check_inside(source, at, size, err) < 0)
		return -1;
	while (size > 0) {
		struct wtg_run run = find(source, at);
		size_t n = size < run.length ? size : (size_t)run.length;

		if (wtg_pread_all(source->fd, to, n, run.offset) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "read %s", source->name);
		to += n;
		at += n;
		size -= n;
	}
	return 0;
}

/* At most STEP_BYTES of a run; gives how many, or -1 with errno set. */
static ssize_t copy_step(int from_fd, const struct wtg_run *run, int to_fd, uint64_t to)
{
	size_t n = run->length < STEP_BYTES ? (size_t)run->length : STEP_BYTES;
	off_t in = (off_t)run->offset, out = (off_t)to;
	ssize_t done = copy_file_range(from_fd, &in, to_fd, &out, n, 0);
	_cleanup_free_ void *buffer = NULL;

	/* Filesystems of different kinds, or none that can: through memory. */
	if (done > 0 || (done < 0 && errno != EXDEV && errno != EINVAL &&
			 errno != ENOSYS && errno != EOPNOTSUPP))
		return done;
	buffer = wtg_alloc(n);
	if (wtg_pread_all(from_fd, buffer, n, run->offset) < 0 ||
	    wtg_pwrite_all(to_fd, buffer, n, to) < 0)
		return -1;
	return (ssize_t)n;
}

int wtg_source_copy(const struct wtg_source *source, uint64_t at, uint64_t length,
		    int to_fd, struct wtg_progress *progress, struct wtg_error *err)
{
	if (check_inside(source, at, length, err) < 0)
		return -1;
	while (length > 0) {
		struct wtg_run run = find(source, at);
		ssize_t n;

		if (run.length > length)
			run.length = length;
		n = copy_step(source->fd, &run, to_fd, at);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0) {
			wtg_fail(err, WTG_SYSTEM, errno, "copy %s to %s", source->name,
				 wtg_scratch_dir());
			return errno == ENOSPC ?
				       wtg_hint(err,
						"Set TMPDIR to a directory with room.") :
				       -1;
		}
		at += (uint64_t)n;
		length -= (uint64_t)n;
		if (wtg_progress_advance(progress, (uint64_t)n, err) < 0)
			return -1;
	}
	return 0;
}
