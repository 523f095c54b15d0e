/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "target/confirm.h"
#include "target/discover.h"
#include "target/holders.h"
#include "target/probe.h"
#include "wtg/text.h"

/* Drives have 512 or 4096; a file has none, and 512 is what other programs will assume. */
#define FILE_SECTOR_BYTES 512

struct wtg_target {
	struct wtg_disk disk;
	int fd;     /* for reading; -1: the file does not exist */
	char *name; /* what confirms it; NULL: nothing to lose */
};

/* /dev/shm is memory for plain files. */
static bool is_where_drives_are(const char *path)
{
	return wtg_text_starts(path, "/dev/") && !wtg_text_starts(path, "/dev/shm/");
}

static int fail_open(int errnum, const char *path, struct wtg_error *err)
{
	if (errnum == ENOMEDIUM)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "%s is empty: there is no medium in it",
				path);
	wtg_fail(err, WTG_SYSTEM, errnum, "open %s", path);
	if (errnum == EACCES || errnum == EPERM)
		return wtg_hint(err, "Drives are root's: run this with sudo.");
	if ((errnum == ENOENT || errnum == ENXIO) && is_where_drives_are(path))
		return wtg_hint(err, "Is it plugged in?  wtgctl list shows what is.");
	return -1;
}

/* The path is the kernel's, unless this is a node elsewhere (a container's /dev). */
static int open_drive(const struct wtg_request *request, const struct stat *st,
		      struct wtg_target *t, struct wtg_error *err)
{
	struct stat node;

	if (wtg_discover_drive(st->st_rdev, &t->disk, err) < 0)
		return -1;
	if (stat(t->disk.path, &node) < 0 || !S_ISBLK(node.st_mode) ||
	    node.st_rdev != st->st_rdev) {
		free(t->disk.path);
		t->disk.path = wtg_text_copy(request->target);
	}
	if (request->file_size_bytes)
		return wtg_fail(err, WTG_USAGE, 0, "--size is for files, and %s is a drive",
				t->disk.path);
	t->fd = open(t->disk.path, O_RDONLY | O_CLOEXEC);
	return t->fd < 0 ? fail_open(errno, t->disk.path, err) : 0;
}

/* A request without image and size makes nothing: it looks at what is there. */
static bool only_looks(const struct wtg_request *request)
{
	return !request->image && request->file_size_bytes == 0;
}

static int size_file(const struct wtg_request *request, struct wtg_disk *disk,
		     uint64_t has_bytes, struct wtg_error *err)
{
	uint64_t wanted = request->file_size_bytes;

	if (has_bytes == 0 && wanted == 0 && !only_looks(request)) {
		wtg_fail(err, WTG_USAGE, 0, "%s %s", disk->path,
			 disk->exists ? "is empty" : "does not exist");
		if (request->beside)
			return wtg_hint(err, "--beside is for drives with something on them.");
		return wtg_hint(err, "Give the size of the file to make: --size 64GB.");
	}
	if (has_bytes != 0 && wanted != 0 && wanted != has_bytes)
		return wtg_fail(err, WTG_USAGE, 0,
				"%s has %ju bytes already, not the %ju of --size", disk->path,
				(uintmax_t)has_bytes, (uintmax_t)wanted);
	if (wanted % FILE_SECTOR_BYTES != 0)
		return wtg_fail(err, WTG_USAGE, 0, "the size %ju is not a multiple of %d",
				(uintmax_t)wanted, FILE_SECTOR_BYTES);
	disk->size_bytes = has_bytes ? has_bytes : wanted;
	return 0;
}

static void start_file(const char *path, struct wtg_disk *disk)
{
	disk->path = wtg_text_copy(path);
	disk->is_file = true;
	disk->sector_bytes = FILE_SECTOR_BYTES;
	disk->physical_sector_bytes = FILE_SECTOR_BYTES;
}

static int open_file(const struct wtg_request *request, const struct stat *st,
		     struct wtg_target *t, struct wtg_error *err)
{
	struct wtg_disk *disk = &t->disk;

	start_file(request->target, disk);
	disk->exists = true;
	disk->device = st->st_dev;
	disk->inode = st->st_ino;
	if (size_file(request, disk, (uint64_t)st->st_size, err) < 0)
		return -1;
	t->fd = open(disk->path, O_RDONLY | O_CLOEXEC);
	if (t->fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s", disk->path);
	/* A file system that knows no holes says that all is data. */
	disk->empty = lseek(t->fd, 0, SEEK_DATA) < 0 && errno == ENXIO;
	return 0;
}

/* A file that the run will create.  Not where drives are: what is missing there has been
 * unplugged, and nobody wants a file of its name. */
static int plan_file(const struct wtg_request *request, struct wtg_target *t,
		     struct wtg_error *err)
{
	_cleanup_free_ char *copy = wtg_text_copy(request->target);
	const char *dir = dirname(copy);
	struct stat st;

	if (only_looks(request) || is_where_drives_are(request->target))
		return fail_open(ENOENT, request->target, err);
	if (lstat(request->target, &st) == 0)
		return wtg_fail(err, WTG_USAGE, 0, "%s is a link to nothing", request->target);
	if (wtg_text_ends(request->target, "/"))
		return wtg_fail(err, WTG_USAGE, 0, "%s is no name of a file", request->target);
	if (stat(dir, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at the directory %s", dir);
	start_file(request->target, &t->disk);
	t->disk.empty = true;
	return size_file(request, &t->disk, 0, err);
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFCHR:
		return "a character device";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	default:
		return "something else";
	}
}

static int open_any(const struct wtg_request *request, struct wtg_target *t,
		    struct wtg_error *err)
{
	const char *path = request->target;
	struct stat st;

	if (!path || !*path)
		return wtg_fail(err, WTG_USAGE, 0, "no target is given");
	if (stat(path, &st) < 0 && errno == ENOENT)
		return plan_file(request, t, err);
	if (stat(path, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", path);
	if (S_ISBLK(st.st_mode))
		return open_drive(request, &st, t, err);
	if (S_ISREG(st.st_mode))
		return open_file(request, &st, t, err);
	return wtg_fail(err, WTG_REFUSED, 0, "%s is %s, neither a drive nor a plain file", path,
			type_name(st.st_mode));
}

int wtg_target_open(const struct wtg_request *request, struct wtg_target **ret,
		    struct wtg_error *err)
{
	_cleanup_(wtg_target_closep) struct wtg_target *t = wtg_alloc(sizeof(*t));
	struct wtg_machine machine;

	t->fd = -1;
	if (open_any(request, t, err) < 0)
		return -1;
	wtg_machine_look(&machine);
	wtg_holders_find(&machine, &t->disk);
	t->disk.holds_image = request->image &&
			      wtg_disk_carries(&machine, &t->disk, request->image);
	t->disk.holds_cwd = !t->disk.is_file && wtg_disk_carries(&machine, &t->disk, ".");
	wtg_machine_done(&machine);
	if (t->fd >= 0 && !t->disk.empty && wtg_probe_contents(t->fd, &t->disk, err) < 0)
		return -1;
	t->name = wtg_disk_name(&t->disk);
	*ret = WTG_STEAL(t);
	return 0;
}

void wtg_target_close(struct wtg_target *target)
{
	if (!target)
		return;
	wtg_disk_done(&target->disk);
	if (target->fd >= 0)
		close(target->fd);
	free(target->name);
	free(target);
}

const struct wtg_disk *wtg_target_disk(const struct wtg_target *target)
{
	return &target->disk;
}

int wtg_target_fd(const struct wtg_target *target)
{
	return target->fd;
}

/* Opening waits until the kernel has dealt with what failed.  What it leaves of a drive that is
 * gone to those who have it open has no size, a moment later. */
bool wtg_target_is_gone(const struct wtg_target *target)
{
	_cleanup_fd_ int fd = -1;
	uint64_t size_bytes;

	if (target->fd < 0 || target->disk.is_file)
		return false;
	fd = open(target->disk.path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENXIO || errno == ENODEV ||
		       errno == ENOMEDIUM))
		return true;
	return ioctl(target->fd, BLKGETSIZE64, &size_bytes) < 0 || size_bytes == 0;
}

const char *wtg_target_name(const struct wtg_target *target)
{
	return target->name;
}

bool wtg_target_confirmed(const struct wtg_target *target, const char *answer, bool terminal)
{
	return wtg_disk_confirmed(&target->disk, answer, terminal);
}

int wtg_target_judge(const struct wtg_target *target, const struct wtg_safety *safety,
		     struct wtg_error *err)
{
	_cleanup_(wtg_verdict_done) struct wtg_verdict verdict =
		wtg_safety_judge(&target->disk, safety);

	if (!verdict.rule)
		return 0;
	wtg_fail(err, verdict.kind, 0, "%s", verdict.sentence);
	return verdict.hint ? wtg_hint(err, "%s", verdict.hint) : -1;
}
