/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "base/direct.h"

static int open_again(const struct wtg_disk *disk, int flags, int *ret_fd, struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(disk->path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s", disk->path);
	if (wtg_target_check_identity(disk, fd, err) < 0)
		return -1;
	*ret_fd = WTG_STEAL_FD(fd);
	return 0;
}

/* As far as the kernel lets us: neither failing is a reason not to look. */
static void drop_caches(const struct wtg_disk *disk, int fd)
{
	if (!disk->is_file)
		(void)ioctl(fd, BLKFLSBUF, 0);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

int wtg_target_open_fresh(const struct wtg_target *target, int *ret_fd, struct wtg_error *err)
{
	const struct wtg_disk *disk = wtg_target_disk(target);

	if (open_again(disk, 0, ret_fd, err) < 0)
		return -1;
	drop_caches(disk, *ret_fd);
	return 0;
}

/* A loop device has two caches, its own and that of the file behind it; only with direct I/O
 * of its own does it go past the second. */
static bool has_cache_below(const struct wtg_disk *disk, int fd)
{
	struct loop_info64 loop;

	return !disk->is_file && major(disk->device) == LOOP_MAJOR &&
	       (ioctl(fd, LOOP_GET_STATUS64, &loop) < 0 ||
		!(loop.lo_flags & LO_FLAGS_DIRECT_IO));
}

/* Filesystems take O_DIRECT at open, and refuse it there or at the first read. */
static bool reads_directly(int fd)
{
	_Alignas(WTG_DIRECT_BYTES) uint8_t page[WTG_DIRECT_BYTES];

	return wtg_direct_pread(fd, page, 1, 0) == 0;
}

int wtg_target_open_direct(const struct wtg_target *target, int *ret_fd,
			   enum wtg_past *ret_past, struct wtg_error *err)
{
	const struct wtg_disk *disk = wtg_target_disk(target);
	struct wtg_error ignored = WTG_ERROR_INIT;
	_cleanup_fd_ int direct = -1;
	_cleanup_fd_ int fd = -1;
	enum wtg_past past;

	if (wtg_target_open_fresh(target, &fd, err) < 0)
		return -1;
	past = WTG_PAST_DROPPED;
	if (open_again(disk, O_DIRECT, &direct, &ignored) == 0 && reads_directly(direct))
		past = WTG_PAST_DIRECT;
	wtg_error_done(&ignored);
	*ret_past = has_cache_below(disk, fd) ? WTG_PAST_CACHED : past;
	*ret_fd = past == WTG_PAST_DIRECT ? WTG_STEAL_FD(direct) : WTG_STEAL_FD(fd);
	return 0;
}

const char *wtg_past_name(enum wtg_past past)
{
	switch (past) {
	case WTG_PAST_NOTHING:
		return "nothing";
	case WTG_PAST_CACHED:
		return "cached";
	case WTG_PAST_DROPPED:
		return "dropped";
	case WTG_PAST_DIRECT:
		return "direct";
	}
	abort();
}
