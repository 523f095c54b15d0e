/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/custom-inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"
#include "wtg/text.h"

/* The largest collections of drivers (a vendor's for all of its models) have some thousand
 * files; whoever names his home directory is told so. */
#define MAX_FILES 20000
#define MAX_BYTES (1u << 30)
#define MAX_DEPTH 32

struct walk {
	const char *dir; /* as the user gave it */
	struct wtg_files *files;
	uint64_t left_bytes;
	bool has_inf;
};

static int descend(struct walk *walk, int parent, const char *name, const char *path,
		unsigned depth, struct wtg_error *err);

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static bool is_inf(const char *path)
{
	size_t length = strlen(path);

	return length >= 4 && strcasecmp(path + length - 4, ".inf") == 0;
}

static int read_one(struct walk *walk, int fd, const struct stat *st, const char *path,
		    struct wtg_error *err)
{
	struct wtg_bytes content;

	if (walk->files->n_items == MAX_FILES)
		return wtg_fail(err, WTG_INPUT, 0, "--drivers %s: there are more than %d files",
				walk->dir, MAX_FILES);
	if ((uint64_t)st->st_size > walk->left_bytes)
		return wtg_fail(err, WTG_INPUT, 0,
				"--drivers %s: there is more than 1 GiB in its files", walk->dir);
	if (wtg_read_file(fd, MAX_BYTES, path, &content, err) < 0)
		return wtg_while(err, "--drivers");
	walk->has_inf |= is_inf(path);
	walk->left_bytes -= content.size < walk->left_bytes ? content.size : walk->left_bytes;
	wtg_files_add(walk->files, path, content);
	return 0;
}

/* Symbolic links and what is no file is passed over. */
static int visit(struct walk *walk, int parent, const char *name, const char *path,
		 unsigned depth, struct wtg_error *err)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return wtg_fail(err, WTG_INPUT, errno, "--drivers %s: look at %s", walk->dir,
				path);
	if (S_ISDIR(st.st_mode))
		return descend(walk, parent, name, path, depth + 1, err);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (!wtg_utf8_is_valid(name, strlen(name)))
		return wtg_fail(err, WTG_INPUT, 0, "--drivers %s: the name of %s is not UTF-8",
				walk->dir, path);
	fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_INPUT, errno, "--drivers %s: open %s", walk->dir, path);
	return read_one(walk, fd, &st, path, err);
}

static int hint_unpack(struct wtg_error *err)
{
	return wtg_hint(err, "Unpack the drivers (an .exe, a .zip or a .cab), and name the "
			     "directory that has their .inf files.");
}

static int open_dir(const struct walk *walk, int parent, const char *name, DIR **ret,
		    struct wtg_error *err)
{
	int links = parent == AT_FDCWD ? 0 : O_NOFOLLOW; /* the one that was named may be one */
	int fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NONBLOCK | links);

	if (fd < 0 && errno == ENOTDIR) {
		wtg_fail(err, WTG_INPUT, 0, "--drivers %s is not a directory", walk->dir);
		return hint_unpack(err);
	}
	if (fd < 0)
		return wtg_fail(err, WTG_INPUT, errno, "--drivers %s: open %s", walk->dir, name);
	*ret = fdopendir(fd);
	if (!*ret) {
		close(fd);
		return wtg_fail(err, WTG_SYSTEM, errno, "--drivers %s: open %s", walk->dir, name);
	}
	return 0;
}

static int descend(struct walk *walk, int parent, const char *name, const char *path,
		unsigned depth, struct wtg_error *err)
{
	_cleanup_(close_dir) DIR *dir = NULL;
	const struct dirent *entry;

	if (depth > MAX_DEPTH)
		return wtg_fail(err, WTG_INPUT, 0,
				"--drivers %s: there are more than %d directories in each other",
				walk->dir, MAX_DEPTH);
	if (open_dir(walk, parent, name, &dir, err) < 0)
		return -1;
	while (errno = 0, entry = readdir(dir), entry) {
		_cleanup_free_ char *below = NULL;

		if (wtg_text_equal(entry->d_name, ".") || wtg_text_equal(entry->d_name, ".."))
			continue;
		below = wtg_text("%s/%s", path, entry->d_name);
		if (visit(walk, dirfd(dir), entry->d_name, below, depth, err) < 0)
			return -1;
	}
	if (errno != 0)
		return wtg_fail(err, WTG_INPUT, errno, "--drivers %s: read %s", walk->dir, path);
	return 0;
}

/* ------------------------------------------------------------------ all of them */

static bool has_below(const struct wtg_files *files, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < files->n_items; i++)
		if (strncasecmp(files->items[i].path, name, length) == 0 &&
		    files->items[i].path[length] == '/')
			return true;
	return false;
}

/* Its own name, that no other directory has. */
static char *name_of(const char *dir, const struct wtg_files *files)
{
	_cleanup_free_ char *whole = realpath(dir, NULL);
	const char *slash = whole ? strrchr(whole, '/') : NULL;
	const char *own = slash && slash[1] && wtg_utf8_is_valid(slash + 1, strlen(slash + 1)) ? slash + 1 : "drivers";
	char *name = wtg_text_copy(own);

	for (unsigned i = 2; has_below(files, name); i++) {
		free(name);
		name = wtg_text("%s-%u", own, i);
	}
	return name;
}

int wtg_custom_read_drivers(const char *dir, struct wtg_files *files, struct wtg_error *err)
{
	_cleanup_free_ char *name = name_of(dir, files);
	uint64_t there = wtg_files_size_bytes(files);
	struct walk all = { dir, files, there < MAX_BYTES ? MAX_BYTES - there : 0, false };

	if (descend(&all, AT_FDCWD, dir, name, 1, err) < 0)
		return -1;
	if (all.has_inf)
		return 0;
	wtg_fail(err, WTG_INPUT, 0, "--drivers %s: there is no .inf file in it, or below", dir);
	return hint_unpack(err);
}

static int compare(const void *a, const void *b)
{
	const struct wtg_file *one = a, *other = b;
	int order = strcasecmp(one->path, other->path);

	return order ? order : strcmp(one->path, other->path);
}

int wtg_custom_sort_drivers(struct wtg_files *files, struct wtg_error *err)
{
	if (files->n_items > 1)
		qsort(files->items, files->n_items, sizeof(*files->items), compare);
	for (size_t i = 1; i < files->n_items; i++)
		if (wtg_text_equal_fold(files->items[i].path, files->items[i - 1].path))
			return wtg_fail(err, WTG_INPUT, 0,
					"--drivers: %s and %s are one file to Windows",
					files->items[i - 1].path, files->items[i].path);
	return 0;
}
