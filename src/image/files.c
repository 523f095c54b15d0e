/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "image/wim-header.h"
#include "wtg/text.h"

/* More parts than a split set ever had; wimlib knows 65,535. */
#define MAX_PARTS 999

static int check_kind(const char *path, const struct stat *st, struct wtg_error *err)
{
	if (S_ISDIR(st->st_mode))
		return wtg_fail(err, WTG_INPUT, 0, "%s is a directory, not an image", path);
	if (!S_ISREG(st->st_mode))
		return wtg_fail(err, WTG_INPUT, 0, "%s is not a regular file", path);
	if (st->st_size == 0)
		return wtg_fail(err, WTG_INPUT, 0, "%s is empty", path);
	return 0;
}

static int add_file(struct wtg_image *image, const char *path, struct wtg_error *err)
{
	/* O_NONBLOCK: do not wait for the other end of a FIFO. */
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct wtg_image_file file = { 0 };
	struct stat st;

	if (fd < 0)
		return wtg_fail(err, errno == ENOENT ? WTG_INPUT : WTG_SYSTEM, errno,
				"open %s", path);
	if (fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", path);
	if (check_kind(path, &st, err) < 0)
		return -1;
	file.path = wtg_text_copy(path);
	file.fd = WTG_STEAL_FD(fd);
	file.size_bytes = (uint64_t)st.st_size;
	WTG_APPEND(&image->files, file);
	return 0;
}

int wtg_image_file_is_wim(const struct wtg_image_file *file, struct wtg_error *err)
{
	uint8_t start[8];

	if (file->size_bytes < sizeof(start))
		return 0;
	if (wtg_pread_all(file->fd, start, sizeof(start), 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read %s", file->path);
	return wtg_wim_magic(start);
}

/* ------------------------------------------------------------------ the other parts */

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* install.swm, install2.swm, install3.swm, … */
char *wtg_image_part_path(const char *first, unsigned n)
{
	const char *slash = strrchr(first, '/');
	const char *base = slash ? slash + 1 : first;
	const char *dot = strrchr(base, '.');
	int stem = (int)(dot ? (size_t)(dot - first) : strlen(first));

	return wtg_text("%.*s%u%s", stem, first, n, dot ? dot : "");
}

/* How a path is really spelled, whatever the case of its last part; NULL if it is not there. */
static char *spelling(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	_cleanup_free_ char *before = wtg_text("%.*s", (int)(name - path), path);
	_cleanup_(close_dir) DIR *dir = opendir(slash ? before : ".");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (wtg_text_equal_fold(entry->d_name, name))
			return wtg_text("%s%s", before, entry->d_name);
	return NULL;
}

/* Files that are beside the first under the names of its other parts.  Whether it has others,
 * and whether these are they, is for the parser to tell. */
static int add_parts(struct wtg_image *image, struct wtg_error *err)
{
	for (unsigned n = 2; n <= MAX_PARTS; n++) {
		_cleanup_free_ char *path = wtg_image_part_path(image->path, n);
		_cleanup_free_ char *spelled = spelling(path);

		if (!spelled)
			return 0;
		if (add_file(image, spelled, err) < 0)
			return -1;
	}
	return 0;
}

int wtg_image_open_files(const char *path, struct wtg_image **ret, struct wtg_error *err)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = wtg_alloc(sizeof(*image));
	int is_wim;

	image->path = wtg_text_copy(path);
	if (add_file(image, path, err) < 0)
		return -1;
	is_wim = wtg_image_file_is_wim(&image->files.items[0], err);
	if (is_wim < 0 || (is_wim && add_parts(image, err) < 0))
		return -1;
	*ret = WTG_STEAL(image);
	return 0;
}
