/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "wtg/text.h"

/* A directory of ours, a worker's in it, one that it made there, and its files. */
#define DEPTH 4

static struct wtg_scratch_note *shared_note;
static const char *only_scratch;

void wtg_scratch_set(const char *dir)
{
	only_scratch = dir;
}

const char *wtg_scratch_dir(void)
{
	const char *dir = only_scratch ? only_scratch : secure_getenv("TMPDIR");

	return dir && dir[0] == '/' ? dir : "/var/tmp";
}

int wtg_scratch_make(char **ret_path, struct wtg_error *err)
{
	char *path = wtg_text("%s/wtgctl-XXXXXX", wtg_scratch_dir());

	if (!mkdtemp(path)) {
		wtg_fail(err, WTG_SYSTEM, errno, "make a private directory in %s",
			 wtg_scratch_dir());
		wtg_hint(err, "Set TMPDIR to a directory with room.");
		free(path);
		return -1;
	}
	if (shared_note && !shared_note->path[0])
		snprintf(shared_note->path, sizeof(shared_note->path), "%s", path);
	*ret_path = path;
	return 0;
}

/*
 * What a worker left there may be made to lead elsewhere while we remove it, or go deep: so
 * step by step, by descriptors, through no link, and only as deep as we ever go.
 */
static bool remove_at(int parent, const char *name, unsigned depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (dir && depth > 0 && (entry = readdir(dir))) {
		if (wtg_text_equal(entry->d_name, ".") || wtg_text_equal(entry->d_name, ".."))
			continue;
		if (unlinkat(fd, entry->d_name, 0) < 0)
			(void)remove_at(fd, entry->d_name, depth - 1);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

static bool remove_tree(const char *path)
{
	return remove_at(AT_FDCWD, path, DEPTH);
}

void wtg_scratch_remove(char *path)
{
	if (!path)
		return;
	/* Listing it takes memory: where there was none, the other process shall try. */
	if (remove_tree(path) && shared_note && wtg_text_equal(shared_note->path, path))
		shared_note->path[0] = '\0';
	free(path);
}

void wtg_scratch_share(struct wtg_scratch_note *note)
{
	shared_note = note;
}

void wtg_scratch_clean(struct wtg_scratch_note *note)
{
	if (note->path[0])
		remove_tree(note->path);
	note->path[0] = '\0';
}

int wtg_scratch_file(int *ret_fd, struct wtg_error *err)
{
	int fd = open(wtg_scratch_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* Filesystems that cannot (NFS, old FUSE) give it a name for a moment. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		_cleanup_free_ char *path = wtg_text("%s/wtgctl-XXXXXX", wtg_scratch_dir());

		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			(void)unlink(path);
	}
	if (fd < 0) {
		wtg_fail(err, WTG_SYSTEM, errno, "make a private file in %s",
			 wtg_scratch_dir());
		return wtg_hint(err, "Set TMPDIR to a directory with room.");
	}
	*ret_fd = fd;
	return 0;
}
