/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/skeleton.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "wtg/text.h"

/* An entry of the file table: a resource, its part, references and SHA-1. */
#define ENTRY_BYTES 50

/* Of a solid resource wimlib reads, at opening, how it is packed. */
#define SOLID_HEADER_BYTES 16

/* All trees of a Windows disc have about 100 MiB as they are stored. */
#define MAX_TREES_BYTES (2ull << 30)

static const char hint_room[] = "Set TMPDIR to a directory with room.";

/* Between naming a skeleton and unlinking it no signal may end us: nothing is left
 * behind. */
static sigset_t hold_signals(void)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	return before;
}

static void release_signals(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

static int copy_extent(const struct wtg_part *part, const struct wtg_extent *extent,
		       struct wtg_error *err)
{
	return wtg_source_copy(&part->source, extent->offset, extent->stored_bytes,
			       part->skeleton, NULL, err);
}

/* The entry of a solid resource itself, not of a blob in it, has this for a size. */
static bool is_solid_resource(const struct wtg_extent *e)
{
	return e->solid && e->size_bytes == 1ull << 32;
}

/* The images' trees, and the heads of solid resources: only the file table knows them. */
static int copy_listed(const struct wtg_part *part, struct wtg_error *err)
{
	const struct wtg_extent *files = &part->header.table;
	_cleanup_free_ uint8_t *table =
		wtg_try_alloc(files->stored_bytes, "a file table", err);
	uint64_t trees_bytes = 0;

	if (!table)
		return -1;
	if (wtg_source_pread(&part->source, table, files->stored_bytes, files->offset,
			     err) < 0)
		return -1;
	for (uint64_t at = 0; at + ENTRY_BYTES <= files->stored_bytes;
	     at += ENTRY_BYTES) {
		struct wtg_extent entry = wtg_extent_parse(table + at);

		if (part->header.solid && is_solid_resource(&entry))
			entry.stored_bytes = SOLID_HEADER_BYTES;
		else if (!entry.metadata)
			continue;
		trees_bytes += entry.stored_bytes;
		if (trees_bytes > MAX_TREES_BYTES)
			return wtg_fail(err, WTG_INPUT, 0,
					"the trees of %s have more than %llu "
					"bytes, which makes no sense",
					part->source.name, MAX_TREES_BYTES);
		if (copy_extent(part, &entry, err) < 0)
			return -1;
	}
	return 0;
}

static int make(const char *path, struct wtg_part *part, struct wtg_error *err)
{
	static const struct wtg_extent start = { .stored_bytes = WTG_WIM_HEADER_BYTES };
	struct wtg_extent end = start;

	part->skeleton = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (part->skeleton < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make %s", path);
	if (ftruncate(part->skeleton, (off_t)part->source.size_bytes) < 0) {
		wtg_fail(err, WTG_SYSTEM, errno, "make a sparse file of %ju bytes in %s",
			 (uintmax_t)part->source.size_bytes, wtg_scratch_dir());
		return wtg_hint(err, hint_room);
	}
	/* A pipable WIM has its true header at the end. */
	end.offset = part->source.size_bytes - WTG_WIM_HEADER_BYTES;
	if (copy_extent(part, &start, err) < 0 || copy_extent(part, &end, err) < 0 ||
	    copy_extent(part, &part->header.table, err) < 0 ||
	    copy_extent(part, &part->header.xml, err) < 0)
		return -1;
	return copy_listed(part, err);
}

static int open_named(struct wtg_set *set, const char *dir, struct wtg_error *err)
{
	char **paths = wtg_alloc((set->n_items + 1) * sizeof(*paths));
	int result = 0;

	for (size_t i = 0; i < set->n_items && result == 0; i++) {
		paths[i] = wtg_text("%s/%zu.wim", dir, i + 1);
		result = make(paths[i], &set->items[i], err);
	}
	if (result == 0)
		result = wtg_wim_open((const char *const *)paths, set->n_items,
				      set->items[0].source.name, &set->wim, err);
	for (size_t i = 0; i < set->n_items; i++)
		free(paths[i]);
	free(paths);
	return result;
}

int wtg_skeleton_open(struct wtg_set *set, struct wtg_error *err)
{
	_cleanup_(release_signals) sigset_t before = hold_signals();
	_cleanup_(wtg_cleanup_scratch) char *dir = NULL;

	if (wtg_scratch_make(&dir, err) < 0)
		return -1;
	return open_named(set, dir, err);
}

uint64_t wtg_set_fetch_bytes(const struct wtg_set *set)
{
	uint64_t total = 0;

	for (size_t i = 0; i < set->n_items; i++)
		if (set->items[i].skeleton >= 0)
			total += set->items[i].source.size_bytes;
	return total;
}

static int check_room(const struct wtg_set *set, struct wtg_error *err)
{
	_cleanup_free_ char *need = NULL, *have = NULL;
	struct statvfs fs;
	uint64_t room;

	if (fstatvfs(set->items[0].skeleton, &fs) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", wtg_scratch_dir());
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room >= wtg_set_fetch_bytes(set))
		return 0;
	need = wtg_size_text(wtg_set_fetch_bytes(set));
	have = wtg_size_text(room);
	wtg_fail(err, WTG_SYSTEM, 0,
		 "%s must be copied to %s, which takes %s, and %s are free",
		 set->items[0].source.name, wtg_scratch_dir(), need, have);
	return wtg_hint(err, hint_room);
}

int wtg_set_fetch(struct wtg_set *set, struct wtg_progress *progress,
		  struct wtg_error *err)
{
	if (set->fetched || wtg_set_fetch_bytes(set) == 0)
		return 0;
	if (check_room(set, err) < 0)
		return -1;
	for (size_t i = 0; i < set->n_items; i++) {
		struct wtg_part *part = &set->items[i];

		if (wtg_source_copy(&part->source, 0, part->source.size_bytes,
				    part->skeleton, progress, err) < 0)
			return -1;
	}
	set->fetched = true;
	return 0;
}
