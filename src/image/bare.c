/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/bare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "wtg/text.h"

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* How name is really spelled in dir, whatever the case; NULL if it is not there. */
static char *spelling(const char *dir_path, const char *name)
{
	_cleanup_(close_dir) DIR *dir = opendir(dir_path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (wtg_text_equal_fold(entry->d_name, name))
			return wtg_text_copy(entry->d_name);
	return NULL;
}

/* The path of part n beside the first: install.swm, install2.swm, install3.swm, … */
static int find_part(const char *first, unsigned n, char **ret, struct wtg_error *err)
{
	const char *slash = strrchr(first, '/');
	const char *base = slash ? slash + 1 : first;
	const char *dot = strrchr(base, '.');
	int stem = (int)(dot ? (size_t)(dot - base) : strlen(base));
	_cleanup_free_ char *dir = slash ? wtg_text("%.*s", (int)(base - first), first) :
					   wtg_text_copy("./");
	_cleanup_free_ char *name = wtg_text("%.*s%u%s", stem, base, n, dot ? dot : "");
	_cleanup_free_ char *found = spelling(dir, name);

	if (!found)
		return wtg_fail(err, WTG_INPUT, 0,
				"part %u of the split set %s is missing: "
				"there is no %s%s",
				n, first, slash ? dir : "", name);
	*ret = wtg_text("%s%s", slash ? dir : "", found);
	return 0;
}

static int open_part(const char *path, int *ret_fd, uint64_t *ret_bytes,
		     struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s", path);
	if (fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", path);
	if (!S_ISREG(st.st_mode))
		return wtg_fail(err, WTG_INPUT, 0, "%s is not a regular file", path);
	*ret_fd = WTG_STEAL_FD(fd);
	*ret_bytes = (uint64_t)st.st_size;
	return 0;
}

static int next_part(void *context, unsigned n, struct wtg_part *ret,
		     struct wtg_error *err)
{
	const struct wtg_image *image = context;
	_cleanup_free_ char *path = NULL;
	uint64_t size_bytes = image->file_bytes;
	int fd = -1;

	if (n == 1)
		path = wtg_text_copy(image->path);
	else if (find_part(image->path, n, &path, err) < 0 ||
		 open_part(path, &fd, &size_bytes, err) < 0)
		return -1;
	ret->file = fd;
	ret->source.fd = n == 1 ? image->fd : fd;
	ret->source.name = wtg_text_copy(path);
	wtg_source_extend(&ret->source, 0, size_bytes);
	ret->path = WTG_STEAL(path);
	return 0;
}

int wtg_bare_open(struct wtg_image *image, struct wtg_error *err)
{
	struct wtg_set set;

	if (wtg_set_open(next_part, image, &set, err) < 0)
		return -1;
	image->container = set.n_items > 1	     ? WTG_CONTAINER_SWM :
			   set.items[0].header.solid ? WTG_CONTAINER_ESD :
						       WTG_CONTAINER_WIM;
	WTG_APPEND(image, set);
	return 0;
}
