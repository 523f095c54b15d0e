/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ventoy/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "ventoy/payload-inner.h"
#include "wtg/text.h"

static struct wtg_ventoy_source *new_source(const char *path)
{
	struct wtg_ventoy_source *source = wtg_alloc(sizeof(*source));

	source->path = wtg_text_copy(path);
	return source;
}

void wtg_ventoy_source_close(struct wtg_ventoy_source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->n_fds; i++)
		close(source->fds[i]);
	free(source->path);
	free(source);
}

const int *wtg_ventoy_source_descriptors(const struct wtg_ventoy_source *source, size_t *ret_n)
{
	*ret_n = source->n_fds;
	return source->fds;
}

/* Neither a link nor a pipe: what is opened is what lies there. */
static int open_member(struct wtg_ventoy_source *source, int folder,
		       const struct wtg_ventoy_member *member, struct wtg_error *err)
{
	_cleanup_fd_ int directory = openat(folder, member->directory,
					    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int fd = directory < 0 ? -1 :
				 openat(directory, member->name,
					O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0) {
		source->fds[source->n_fds++] = fd;
		return 0;
	}
	if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s/%s/%s", source->path,
				member->directory, member->name);
	wtg_fail(err, WTG_INPUT, errno == ELOOP ? ELOOP : 0,
		 "%s is no release of Ventoy: there is no file %s/%s in it", source->path,
		 member->directory, member->name);
	return wtg_hint(err, WTG_VENTOY_HINT);
}

static int open_folder(struct wtg_ventoy_source *source, int folder, struct wtg_error *err)
{
	for (size_t i = 0; i < WTG_VENTOY_MEMBERS; i++)
		if (open_member(source, folder, &wtg_ventoy_members[i], err) < 0)
			return -1;
	return 0;
}

/* Before anything looks into it. */
static int check_sha256(int fd, uint64_t size, const char *path,
			const uint8_t wanted[static WTG_SHA256_SIZE], struct wtg_error *err)
{
	uint8_t digest[WTG_SHA256_SIZE];
	char is[65], should[65];

	if (wtg_sha256_file(fd, 0, size, path, NULL, digest, err) < 0)
		return -1;
	if (memcmp(digest, wanted, sizeof(digest)) != 0)
		return wtg_fail(err, WTG_INPUT, 0, "%s has the SHA-256 %s, not %s", path,
				wtg_sha256_format(digest, is), wtg_sha256_format(wanted, should));
	return 0;
}

/* Takes fd. */
static int open_archive(struct wtg_ventoy_source *source, int fd, uint64_t size,
			struct wtg_error *err)
{
	source->fds[source->n_fds++] = fd;
	if (size <= WTG_VENTOY_MAX_ARCHIVE_BYTES)
		return 0;
	wtg_fail(err, WTG_INPUT, 0,
		 "%s is no release of Ventoy: it has %ju bytes, and those have some 20 million",
		 source->path, (uintmax_t)size);
	return wtg_hint(err, WTG_VENTOY_HINT);
}

int wtg_ventoy_source_open(const char *path, const char *sha256,
			   struct wtg_ventoy_source **ret, struct wtg_error *err)
{
	_cleanup_(wtg_ventoy_source_closep) struct wtg_ventoy_source *source = new_source(path);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	uint8_t wanted[WTG_SHA256_SIZE];
	struct stat st;

	if (sha256 && !wtg_sha256_parse(sha256, wanted))
		return wtg_fail(err, WTG_USAGE, 0, "\"%s\" is no SHA-256: 64 hexadecimal digits",
				sha256);
	if (fd < 0)
		return wtg_fail(err, errno == ENOENT ? WTG_INPUT : WTG_SYSTEM, errno, "open %s",
				path);
	if (fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", path);
	if (S_ISDIR(st.st_mode) && sha256)
		return wtg_fail(err, WTG_USAGE, 0,
				"%s is a folder: only the file that was downloaded has a SHA-256",
				path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return wtg_fail(err, WTG_INPUT, 0, "%s is neither a file nor a folder", path);
	if (S_ISDIR(st.st_mode) ?
		    open_folder(source, fd, err) < 0 :
		    open_archive(source, WTG_STEAL_FD(fd), (uint64_t)st.st_size, err) < 0)
		return -1;
	if (sha256 && check_sha256(source->fds[0], (uint64_t)st.st_size, path, wanted, err) < 0)
		return -1;
	*ret = WTG_STEAL(source);
	return 0;
}
