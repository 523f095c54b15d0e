/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/busy.h"
#include "target/discover.h"
#include "target/probe.h"
#include "wtg/text.h"

/* udevd locks a drive while it looks at it, which is over soon. */
#define LOCK_WAIT_MS 3000

static int fail_other(const struct wtg_disk *disk, const char *what, struct wtg_error *err)
{
	wtg_fail(err, WTG_REFUSED, 0, "%s is not what it was when it was looked at: %s",
		 disk->path, what);
	return wtg_hint(err, "Look again at what is %s, and start over.",
			disk->is_file ? "there" : "plugged in");
}

static int check_file(const struct wtg_disk *disk, const struct stat *st, struct wtg_error *err)
{
	if (!S_ISREG(st->st_mode))
		return fail_other(disk, "it is no plain file any more", err);
	if (disk->exists && (st->st_dev != disk->device || st->st_ino != disk->inode))
		return fail_other(disk, "it is another file", err);
	/* A file of 0 bytes is one that is about to get its size. */
	if (st->st_size != 0 && (uint64_t)st->st_size != disk->size_bytes)
		return fail_other(disk, "its size has changed", err);
	return 0;
}

static int check_drive(const struct wtg_disk *disk, int fd, const struct stat *st,
		       struct wtg_error *err)
{
	_cleanup_(wtg_disk_done) struct wtg_disk now = { 0 };
	uint64_t diskseq, size_bytes;

	if (!S_ISBLK(st->st_mode) || st->st_rdev != disk->device)
		return fail_other(disk, "it is another device", err);
	if (ioctl(fd, BLKGETSIZE64, &size_bytes) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "ask %s for its size", disk->path);
	if (size_bytes != disk->size_bytes)
		return fail_other(disk, "its size has changed", err);
	/* The kernel gives every drive that is plugged in a number of its own (Linux 5.15). */
	if (disk->diskseq && ioctl(fd, BLKGETDISKSEQ, &diskseq) == 0 &&
	    diskseq != disk->diskseq)
		return fail_other(disk, "a drive was unplugged and one plugged in", err);
	if (wtg_discover_drive(disk->device, &now, err) < 0)
		return -1;
	if (!wtg_text_equal(now.serial, disk->serial))
		return fail_other(disk, "its serial number has changed", err);
	if (!wtg_text_equal(now.wwn, disk->wwn))
		return fail_other(disk, "its world-wide name has changed", err);
	if (!wtg_text_equal(now.model, disk->model))
		return fail_other(disk, "its model has changed", err);
	return 0;
}

int wtg_target_check_identity(const struct wtg_disk *disk, int fd, struct wtg_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", disk->path);
	return disk->is_file ? check_file(disk, &st, err) : check_drive(disk, fd, &st, err);
}

/* The kernel's exclusive claim sees neither loop devices that stand on a drive or file nor who
 * claims nothing and just writes. */
static int check_unheld(const struct wtg_disk *disk, struct wtg_error *err)
{
	_cleanup_free_ char *holders = wtg_busy_holders(disk);
	_cleanup_free_ char *writers = holders ? NULL : wtg_busy_writers(disk);

	if (holders)
		return wtg_fail(err, WTG_SYSTEM, EBUSY, "%s is in use: %s", disk->path, holders);
	if (!writers)
		return 0;
	wtg_fail(err, WTG_SYSTEM, EBUSY, "%s is in use: %s can write to it", disk->path, writers);
	return wtg_hint(err, "A virtual machine that was given it, or another program that "
			     "writes drives?  Close that first.");
}

/* Somebody has the drive to himself.  A run of ours is the one with the lock: others that
 * have the drive open may be waiting for an answer. */
static int fail_busy(const struct wtg_disk *disk, struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(disk->path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *who = wtg_busy_holders(disk);

	if (!who && fd >= 0)
		who = wtg_busy_locker(fd);
	if (!who)
		who = wtg_busy_processes(disk);
	return wtg_fail(err, WTG_SYSTEM, EBUSY, "%s is in use: %s", disk->path,
			who ? who : "by somebody we cannot see, perhaps in a container");
}

static int fail_open(const struct wtg_disk *disk, int errnum, struct wtg_error *err)
{
	if (errnum == EBUSY)
		return fail_busy(disk, err);
	wtg_fail(err, WTG_SYSTEM, errnum, "open %s for writing", disk->path);
	if (errnum == EACCES || errnum == EPERM)
		return wtg_hint(err, disk->is_file ? "Is the file yours?"
						   : "Drives are root's: run this with sudo.");
	return -1;
}

/*
 * Take the lock that udev and other careful programs respect (systemd's block device
 * locking).  The lock belongs to the open file, not to a process: so a child can wait for it
 * in our place, and we wait for the child, but not for ever.  0, or -1 with errno set.
 */
static int lock_soon(int fd, int how)
{
	_cleanup_fd_ int child_fd = -1;
	struct pollfd wait_for;
	pid_t child;

	if (flock(fd, how | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return -1;
	child = fork();
	if (child < 0)
		return -1;
	if (child == 0) {
		/* Or it would outlive us, and then hold the lock. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(flock(fd, how) == 0 ? 0 : 1);
	}
	child_fd = pidfd_open(child, 0);
	wait_for = (struct pollfd){ .fd = child_fd, .events = POLLIN };
	if (child_fd < 0 || poll(&wait_for, 1, LOCK_WAIT_MS) <= 0)
		(void)kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return flock(fd, how | LOCK_NB);
}

static int fail_lock(const struct wtg_disk *disk, int fd, struct wtg_error *err)
{
	int errnum = errno;
	_cleanup_free_ char *who = NULL;

	if (errnum != EWOULDBLOCK)
		return wtg_fail(err, WTG_SYSTEM, errnum, "lock %s", disk->path);
	who = wtg_busy_locker(fd);
	return wtg_fail(err, WTG_SYSTEM, EBUSY, "%s is in use: %s has locked it", disk->path,
			who ? who : "another program");
}

static int fail_create(const struct wtg_disk *disk, struct wtg_error *err)
{
	return wtg_fail(err, WTG_SYSTEM, errno, "create %s", disk->path);
}

static int probe_directory(const struct wtg_disk *disk, struct wtg_error *err)
{
	_cleanup_free_ char *copy = wtg_text_copy(disk->path);

	if (faccessat(AT_FDCWD, dirname(copy), W_OK | X_OK, AT_EACCESS) < 0)
		return fail_create(disk, err);
	return 0;
}

int wtg_target_probe_free(const struct wtg_target *target, struct wtg_error *err)
{
	const struct wtg_disk *disk = wtg_target_disk(target);
	_cleanup_fd_ int fd = -1;

	if (!disk->exists)
		return probe_directory(disk, err);
	fd = open(disk->path, O_RDONLY | O_CLOEXEC | (disk->is_file ? 0 : O_EXCL));
	if (fd < 0)
		return fail_open(disk, errno, err);
	if (wtg_target_check_identity(disk, fd, err) < 0)
		return -1;
	/* The run will ask for more than this look does: better say so now. */
	if (faccessat(AT_FDCWD, disk->path, W_OK, AT_EACCESS) < 0)
		return fail_open(disk, errno, err);
	if (lock_soon(fd, LOCK_SH) < 0)
		return fail_lock(disk, fd, err);
	return check_unheld(disk, err);
}

static int open_existing(const struct wtg_disk *disk, struct wtg_error *err)
{
	/* Never O_CREAT: where a drive has been unplugged, that makes a plain file /dev/sdb. */
	int fd = open(disk->path, O_RDWR | O_CLOEXEC | (disk->is_file ? 0 : O_EXCL));

	return fd < 0 ? fail_open(disk, errno, err) : fd;
}

static int create(const struct wtg_disk *disk, struct wtg_error *err)
{
	/* O_EXCL follows no link, and fails if somebody was quicker. */
	int fd = open(disk->path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0666);

	return fd < 0 ? fail_create(disk, err) : fd;
}

static bool same_contents(const struct wtg_disk *a, const struct wtg_disk *b)
{
	if (a->n_contents != b->n_contents)
		return false;
	for (size_t i = 0; i < a->n_contents; i++) {
		const struct wtg_content *x = &a->contents[i], *y = &b->contents[i];

		if (x->number != y->number || x->offset_bytes != y->offset_bytes ||
		    x->size_bytes != y->size_bytes || !wtg_text_equal(x->type, y->type) ||
		    !wtg_text_equal(x->label, y->label))
			return false;
	}
	return true;
}

/* What was allowed to be lost is what was there then: since, another run of ours may have
 * ended, or somebody formatted the drive. */
static int check_contents(const struct wtg_disk *disk, int fd, struct wtg_error *err)
{
	_cleanup_(wtg_disk_done) struct wtg_disk now = {
		.path = wtg_text_copy(disk->path),
		.size_bytes = disk->size_bytes,
		.sector_bytes = disk->sector_bytes,
	};

	/* Nobody was asked about a file with nothing to lose. */
	if (disk->is_file && disk->empty)
		return lseek(fd, 0, SEEK_DATA) < 0
			       ? 0
			       : fail_other(disk, "something was written to it", err);
	if (wtg_probe_contents(fd, &now, err) < 0)
		return -1;
	return same_contents(disk, &now)
		       ? 0
		       : fail_other(disk, "something else lies on it", err);
}

static int claim(const struct wtg_disk *disk, int fd, struct wtg_error *err)
{
	if (wtg_target_check_identity(disk, fd, err) < 0)
		return -1;
	if (lock_soon(fd, LOCK_EX) < 0)
		return fail_lock(disk, fd, err);
	if (check_unheld(disk, err) < 0 || check_contents(disk, fd, err) < 0)
		return -1;
	if (disk->is_file && ftruncate(fd, (off_t)disk->size_bytes) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "give %s its size", disk->path);
	return 0;
}

int wtg_target_open_exclusive(const struct wtg_target *target, int *ret_fd, bool *ret_created,
			      struct wtg_error *err)
{
	const struct wtg_disk *disk = wtg_target_disk(target);
	_cleanup_fd_ int fd = disk->exists ? open_existing(disk, err) : create(disk, err);

	if (fd < 0)
		return -1;
	if (claim(disk, fd, err) < 0) {
		if (!disk->exists)
			(void)unlink(disk->path);
		return -1;
	}
	*ret_created = !disk->exists;
	*ret_fd = WTG_STEAL_FD(fd);
	return 0;
}
