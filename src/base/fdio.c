/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "wtg/text.h"

int wtg_pread_least(int fd, void *buffer, size_t least, size_t most, uint64_t offset)
{
	size_t done = 0;

	while (done < least) {
		ssize_t n = pread(fd, (uint8_t *)buffer + done, most - done,
				  (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			errno = ENODATA;
			return -1;
		}
		done += (size_t)n;
	}
	return 0;
}

int wtg_pread_all(int fd, void *buffer, size_t size, uint64_t offset)
{
	return wtg_pread_least(fd, buffer, size, size, offset);
}

int wtg_pwrite_all(int fd, const void *buffer, size_t size, uint64_t offset)
{
	const uint8_t *from = buffer;

	while (size > 0) {
		ssize_t n = pwrite(fd, from, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			errno = ENOSPC;
			return -1;
		}
		from += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int wtg_close(int *fd, const char *what, struct wtg_error *err)
{
	int closing = *fd;

	*fd = -1;
	/* Linux closes the descriptor even when it reports EINTR: never again. */
	if (close(closing) < 0 && errno != EINTR)
		return wtg_fail(err, WTG_SYSTEM, errno, "close %s", what);
	return 0;
}

int wtg_read_file(int fd, size_t max, const char *name, struct wtg_bytes *ret,
		  struct wtg_error *err)
{
	struct wtg_bytes bytes;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", name);
	if (!S_ISREG(st.st_mode))
		return wtg_fail(err, WTG_INPUT, 0, "%s is not a regular file", name);
	if ((uint64_t)st.st_size > max)
		return wtg_fail(err, WTG_INPUT, 0, "%s has %jd bytes, at most %zu make sense",
				name, (intmax_t)st.st_size, max);
	bytes.size = (size_t)st.st_size;
	bytes.data = wtg_try_alloc(bytes.size, name, err);
	if (!bytes.data)
		return -1;
	if (wtg_pread_all(fd, bytes.data, bytes.size, 0) < 0) {
		wtg_fail(err, WTG_SYSTEM, errno, "read %s", name);
		wtg_bytes_done(&bytes);
		return -1;
	}
	*ret = bytes;
	return 0;
}

int wtg_memory_file(const char *name, uint64_t size_bytes, int *ret_fd, struct wtg_error *err)
{
	_cleanup_fd_ int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make a file in memory for %s", name);
	if (ftruncate(fd, (off_t)size_bytes) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "size the file in memory for %s", name);
	*ret_fd = WTG_STEAL_FD(fd);
	return 0;
}

int wtg_memory_file_from(const char *name, const struct wtg_bytes *content, int *ret_fd,
			 struct wtg_error *err)
{
	_cleanup_fd_ int fd = -1;

	if (wtg_memory_file(name, content->size, &fd, err) < 0)
		return -1;
	if (wtg_pwrite_all(fd, content->data, content->size, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "fill the file in memory for %s", name);
	*ret_fd = WTG_STEAL_FD(fd);
	return 0;
}

int wtg_data_extents(int fd, uint64_t size_bytes,
		     int (*fn)(uint64_t offset, uint64_t length, void *context,
			       struct wtg_error *err),
		     void *context, struct wtg_error *err)
{
	uint64_t at = 0;

	while (at < size_bytes) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			return 0;
		hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "find the data in a sparse file");
		if (fn((uint64_t)data, (uint64_t)(hole - data), context, err) < 0)
			return -1;
		at = (uint64_t)hole;
	}
	return 0;
}
