/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/skeleton.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
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

/* A descriptor of the whole WIM, where there is one, or -1. */
static int whole(const struct wtg_part *part)
{
	return part->bare ? part->source.fd : part->copy;
}

static int copy_extent(const struct wtg_part *part, const struct wtg_extent *extent, int to,
		       struct wtg_error *err)
{
	return wtg_source_copy(&part->source, extent->offset, extent->stored_bytes, to, NULL,
			       err);
}

/* The entry of a solid resource itself, not of a blob in it, has this for a size. */
static bool is_solid_resource(const struct wtg_extent *e)
{
	return e->solid && e->size_bytes == 1ull << 32;
}

/* The images' trees, which are read after opening and so only where the skeleton stays, and
 * the heads of solid resources: only the file table knows them. */
static int copy_listed(const struct wtg_part *part, int to, struct wtg_error *err)
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
		else if (!entry.metadata || whole(part) >= 0)
			continue;
		trees_bytes += entry.stored_bytes;
		if (trees_bytes > MAX_TREES_BYTES)
			return wtg_fail(err, WTG_INPUT, 0,
					"the trees of %s have more than %llu "
					"bytes, which makes no sense",
					part->source.name, MAX_TREES_BYTES);
		if (copy_extent(part, &entry, to, err) < 0)
			return -1;
	}
	return 0;
}

static int fill(const struct wtg_part *part, int to, struct wtg_error *err)
{
	static const struct wtg_extent start = { .stored_bytes = WTG_WIM_HEADER_BYTES };
	struct wtg_extent end = start;

	if (ftruncate(to, (off_t)part->source.size_bytes) < 0) {
		wtg_fail(err, WTG_SYSTEM, errno, "make a sparse file of %ju bytes in %s",
			 (uintmax_t)part->source.size_bytes, wtg_scratch_dir());
		return wtg_hint(err, hint_room);
	}
	/* A pipable WIM has its true header at the end. */
	end.offset = part->source.size_bytes - WTG_WIM_HEADER_BYTES;
	if (copy_extent(part, &start, to, err) < 0 || copy_extent(part, &end, to, err) < 0 ||
	    copy_extent(part, &part->header.table, to, err) < 0 ||
	    copy_extent(part, &part->header.xml, to, err) < 0)
		return -1;
	return copy_listed(part, to, err);
}

static int make(const char *path, const struct wtg_part *part, struct stat *ret,
		struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make %s", path);
	if (fill(part, fd, err) < 0)
		return -1;
	if (fstat(fd, ret) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", path);
	return 0;
}

/* wimlib's descriptor of the skeleton becomes one of the WIM itself: it reads with pread(),
 * at the same offsets. */
static int put_in_place(const struct wtg_part *part, const struct stat *skeleton,
			struct wtg_error *err)
{
	long n = sysconf(_SC_OPEN_MAX);

	if (whole(part) < 0)
		return 0;
	for (int fd = 0; fd < n; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || st.st_dev != skeleton->st_dev ||
		    st.st_ino != skeleton->st_ino)
			continue;
		if (dup3(whole(part), fd, O_CLOEXEC) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "hand %s to wimlib",
					part->source.name);
		return 0;
	}
	return wtg_fail(err, WTG_SYSTEM, 0, "wimlib does not keep %s open", part->source.name);
}

static int open_named(struct wtg_set *set, const char *dir, struct wtg_error *err)
{
	char **paths = wtg_alloc((set->n_items + 1) * sizeof(*paths));
	struct stat *made = wtg_alloc(set->n_items * sizeof(*made));
	int result = 0;

	for (size_t i = 0; i < set->n_items && result == 0; i++) {
		paths[i] = wtg_text("%s/%zu.wim", dir, i + 1);
		result = make(paths[i], &set->items[i], &made[i], err);
	}
	if (result == 0)
		result = wtg_wim_open((const char *const *)paths, set->n_items,
				      set->items[0].source.name, &set->wim, err);
	for (size_t i = 0; i < set->n_items && result == 0; i++)
		result = put_in_place(&set->items[i], &made[i], err);
	for (size_t i = 0; i < set->n_items; i++)
		free(paths[i]);
	free(paths);
	free(made);
	return result;
}

int wtg_skeleton_open(struct wtg_set *set, struct wtg_error *err)
{
	_cleanup_(wtg_cleanup_scratch) char *dir = NULL;

	if (wtg_scratch_make(&dir, err) < 0)
		return -1;
	return open_named(set, dir, err);
}
