/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded before umockdev's library, for whole runs of the program on drives that are not
 * there: umockdev makes /sys, /dev and /proc; this says where plain files lie (on which file
 * system of the tree), and answers for drives what umockdev leaves to the plain file that
 * stands for each.
 *
 * WORLD_PLACES names a file with a line "PATH MAJOR:MINOR INODE MOUNT-ID" for each file that
 * the tree knows; others are not there.
 */
#undef _FILE_OFFSET_BITS /* both names of a function are wanted, not one for the other */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

struct place {
	char path[256];
	unsigned major_number, minor_number;
	unsigned long inode, mount;
};

/* Of an open file (no path), too. */
static bool is_umockdevs(const char *path)
{
	return !*path || strncmp(path, "/sys/", 5) == 0 || strncmp(path, "/dev/", 5) == 0 ||
	       strncmp(path, "/proc/", 6) == 0;
}

static bool find_place(const char *path, struct place *ret)
{
	const char *name = getenv("WORLD_PLACES");
	FILE *file = name ? fopen(name, "re") : NULL;
	bool found = false;

	while (file && !found &&
	       fscanf(file, "%255s %u:%u %lu %lu", ret->path, &ret->major_number,
		      &ret->minor_number, &ret->inode, &ret->mount) == 5)
		found = strcmp(ret->path, path) == 0;
	if (file)
		fclose(file);
	return found;
}

int statx(int dir, const char *path, int flags, unsigned mask, struct statx *st)
{
	struct place place;

	if (is_umockdevs(path))
		return NEXT(statx)(dir, path, flags, mask, st);
	if (!find_place(path, &place)) {
		errno = ENOENT;
		return -1;
	}
	*st = (struct statx){
		.stx_mask = mask | STATX_MNT_ID,
		.stx_mode = S_IFREG | 0644,
		.stx_ino = place.inode,
		.stx_dev_major = place.major_number,
		.stx_dev_minor = place.minor_number,
	};
	st->stx_mnt_id = place.mount;
	return 0;
}

int stat64(const char *path, struct stat64 *st)
{
	struct place place;

	if (is_umockdevs(path) || !find_place(path, &place))
		return NEXT(stat64)(path, st);
	*st = (struct stat64){
		.st_mode = S_IFREG | 0644,
		.st_ino = place.inode,
		.st_dev = makedev(place.major_number, place.minor_number),
	};
	return 0;
}

/* The node of a drive that fd has open: "/dev/sdb". */
static bool find_node(int fd, char ret[static 512])
{
	const char *root = getenv("UMOCKDEV_DIR");
	char link[64], path[512];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || !root)
		return false;
	path[n] = '\0';
	if (strncmp(path, root, strlen(root)) == 0) /* umockdev's readlink takes it off */
		memmove(path, path + strlen(root), strlen(path + strlen(root)) + 1);
	else if (access(path, F_OK) < 0)
		return false;
	snprintf(ret, 512, "%s", path);
	return strncmp(path, "/dev/", 5) == 0;
}

int fstat64(int fd, struct stat64 *st)
{
	char node[512];
	int saved = errno;

	if (find_node(fd, node) && stat64(node, st) == 0 && S_ISBLK(st->st_mode))
		return 0;
	errno = saved;
	return NEXT(fstat64)(fd, st);
}

int fstat(int fd, struct stat *st)
{
	return fstat64(fd, (struct stat64 *)st); /* one and the same on 64 bits */
}

/* Nobody else is there: the machine's own processes may use its own 8:0 and 7:0. */
DIR *opendir(const char *path)
{
	if (strcmp(path, "/proc") != 0)
		return NEXT(opendir)(path);
	errno = ENOENT;
	return NULL;
}

/* umockdev has access() only. */
int faccessat(int dir, const char *path, int mode, int flags)
{
	return is_umockdevs(path) ? access(path, mode)
				  : NEXT(faccessat)(dir, path, mode, flags);
}

static int give_diskseq(const char *node, uint64_t *ret)
{
	char path[600];
	FILE *file;
	int n;

	snprintf(path, sizeof(path), "/sys/class/block/%s/diskseq", node + strlen("/dev/"));
	file = fopen(path, "re");
	n = file ? fscanf(file, "%ju", (uintmax_t *)ret) : 0;
	if (file)
		fclose(file);
	errno = ENOTTY;
	return n == 1 ? 0 : -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	char node[512];
	struct stat64 st;
	va_list args;
	void *argument;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if ((request & 0xff00) != 0x1200 || !find_node(fd, node))
		return NEXT(ioctl)(fd, request, argument);
	switch (request) {
	case BLKGETSIZE64:
		if (NEXT(fstat64)(fd, &st) < 0)
			return -1;
		*(uint64_t *)argument = (uint64_t)st.st_size;
		return 0;
	case BLKSSZGET:
		*(int *)argument = 512;
		return 0;
	case BLKGETDISKSEQ:
		return give_diskseq(node, argument);
	case BLKFLSBUF:
	case BLKRRPART:
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}
