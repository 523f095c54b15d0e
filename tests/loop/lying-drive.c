/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A drive that misbehaves: a file "drive" in a FUSE mount, for a loop device with direct I/O to
 * stand on.
 *
 *	lying-drive MOUNT BACKING SIZE [FAULT=NUMBER]...
 *
 * BACKING is the file behind it, and shows what the drive has really kept.  Runs until it is
 * unmounted or killed.
 */
#define FUSE_USE_VERSION 31

#include <fuse.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u

static struct {
	int fd;        /* of the backing file */
	uint64_t size; /* that it says it has */

	uint64_t written; /* so far: bytes */
	uint64_t n_pages; /* and, one by one, pages */

	int memory_fd;   /* everything as it was written, for the pages that are still in memory */
	uint64_t *ages;  /* of every page: n_pages when it was written; 0: never */
} drive;

/* Of each, 0 is "never". */
static uint64_t wrap, end, memory, lose, once, write_error, read_error, flip, slow, stall, vanish;

static const struct fault {
	const char *name;
	uint64_t *value;
} faults[] = {
	{ "wrap", &wrap },     /* bytes: addresses are taken modulo so many */
	{ "end", &end },       /* bytes: what is written beyond is dropped */
	{ "memory", &memory }, /* bytes: so many that were written last read back right */
	{ "lose", &lose },     /* one page of so many, here and there, is not written */
	{ "once", &once },     /* byte: the first write to its page with a "w" in it is lost */
	{ "write-error", &write_error }, /* bytes: after so many, EIO */
	{ "read-error", &read_error },   /* byte: its page reads with EIO */
	{ "flip", &flip },     /* byte: its lowest bit is read wrong */
	{ "slow", &slow },     /* milliseconds: for each request */
	{ "stall", &stall },   /* bytes: after so many, no answer for ever */
	{ "vanish", &vanish }, /* bytes: after so many, ENODEV for ever */
};

static bool now(uint64_t after)
{
	return after != 0 && drive.written >= after;
}

static int misbehave(void)
{
	struct timespec pause = { (time_t)(slow / 1000), (long)(slow % 1000) * 1000000 };

	if (slow)
		nanosleep(&pause, NULL);
	while (now(stall))
		pause.tv_sec = 3600, nanosleep(&pause, NULL);
	return now(vanish) ? -ENODEV : 0;
}

/* Where the drive keeps what is at offset; false: nowhere. */
static bool place_of(uint64_t offset, uint64_t *ret)
{
	*ret = wrap ? offset % wrap : offset;
	return end == 0 || *ret < end;
}

/* Evenly, and the same every time. */
static bool is_unlucky(uint64_t n)
{
	return lose != 0 && (n * UINT64_C(0x9e3779b97f4a7c15) >> 32) % lose == 0;
}

static bool is_lost(const char *from, size_t n, uint64_t offset)
{
	if (once && offset / PAGE == once / PAGE && memchr(from, 'w', n)) {
		once = 0;
		return true;
	}
	return is_unlucky(drive.n_pages);
}

static bool is_in_memory(uint64_t offset)
{
	uint64_t age = drive.ages[offset / PAGE];

	return age != 0 && (drive.n_pages - age) * PAGE < memory;
}

/* One piece of a page at a time. */
static size_t piece(uint64_t offset, size_t size)
{
	size_t n = PAGE - (size_t)(offset % PAGE);

	if (wrap && n > wrap - offset % wrap)
		n = (size_t)(wrap - offset % wrap);
	return n < size ? n : size;
}

static int write_piece(const char *from, size_t n, uint64_t offset)
{
	uint64_t place;

	if (now(write_error))
		return -EIO;
	drive.written += n;
	drive.ages[offset / PAGE] = ++drive.n_pages;
	if (pwrite(drive.memory_fd, from, n, (off_t)offset) < 0)
		return -errno;
	if (!place_of(offset, &place) || is_lost(from, n, offset))
		return 0;
	return pwrite(drive.fd, from, n, (off_t)place) < 0 ? -errno : 0;
}

static int read_piece(char *to, size_t n, uint64_t offset)
{
	uint64_t place;

	memset(to, 0, n);
	if (read_error && offset / PAGE == read_error / PAGE)
		return -EIO;
	if (is_in_memory(offset)) {
		if (pread(drive.memory_fd, to, n, (off_t)offset) < 0)
			return -errno;
	} else if (place_of(offset, &place) && pread(drive.fd, to, n, (off_t)place) < 0) {
		return -errno;
	}
	if (flip && flip >= offset && flip < offset + n)
		to[flip - offset] ^= 1;
	return 0;
}

static int do_write(const char *path, const char *from, size_t size, off_t at,
		    struct fuse_file_info *info)
{
	uint64_t offset = (uint64_t)at;
	size_t done = 0;
	int r = misbehave();

	(void)path;
	(void)info;
	while (r == 0 && done < size) {
		size_t n = piece(offset + done, size - done);

		r = write_piece(from + done, n, offset + done);
		done += n;
	}
	return r < 0 ? r : (int)size;
}

static int do_read(const char *path, char *to, size_t size, off_t at,
		   struct fuse_file_info *info)
{
	uint64_t offset = (uint64_t)at;
	size_t done = 0;
	int r = misbehave();

	(void)path;
	(void)info;
	if (offset >= drive.size)
		return 0;
	if (size > drive.size - offset)
		size = (size_t)(drive.size - offset);
	while (r == 0 && done < size) {
		size_t n = piece(offset + done, size - done);

		r = read_piece(to + done, n, offset + done);
		done += n;
	}
	return r < 0 ? r : (int)size;
}

static int do_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
	(void)path;
	(void)data_only;
	(void)info;
	return misbehave();
}

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
	(void)info;
	memset(st, 0, sizeof(*st));
	if (strcmp(path, "/") == 0) {
		st->st_mode = S_IFDIR | 0755;
		st->st_nlink = 2;
		return 0;
	}
	st->st_mode = S_IFREG | 0600;
	st->st_nlink = 1;
	st->st_size = (off_t)drive.size;
	return strcmp(path, "/drive") == 0 ? 0 : -ENOENT;
}

/* Nothing of it is to be kept in the kernel's cache. */
static int do_open(const char *path, struct fuse_file_info *info)
{
	info->direct_io = 1;
	return strcmp(path, "/drive") == 0 ? 0 : -ENOENT;
}

static const struct fuse_operations operations = {
	.getattr = do_getattr,
	.open = do_open,
	.read = do_read,
	.write = do_write,
	.fsync = do_fsync,
};

static void set_fault(const char *text)
{
	const char *equals = strchr(text, '=');

	for (size_t i = 0; equals && i < sizeof(faults) / sizeof(faults[0]); i++) {
		size_t n = strlen(faults[i].name);

		if ((size_t)(equals - text) == n && strncmp(text, faults[i].name, n) == 0) {
			*faults[i].value = strtoull(equals + 1, NULL, 10);
			return;
		}
	}
	fprintf(stderr, "lying-drive: no such fault: %s\n", text);
	exit(2);
}

int main(int argc, char **argv)
{
	char *fuse_argv[] = { argv[0], argc > 1 ? argv[1] : NULL, (char[]){ "-f" }, (char[]){ "-s" },
			      NULL };

	if (argc < 4) {
		fprintf(stderr, "usage: lying-drive MOUNT BACKING SIZE [FAULT=NUMBER]...\n");
		return 2;
	}
	drive.size = strtoull(argv[3], NULL, 10);
	drive.fd = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	drive.memory_fd = memfd_create("memory", MFD_CLOEXEC);
	drive.ages = calloc(drive.size / PAGE + 1, sizeof(*drive.ages));
	for (int i = 4; i < argc; i++)
		set_fault(argv[i]);
	if (drive.fd < 0 || drive.memory_fd < 0 || !drive.ages ||
	    ftruncate(drive.fd, (off_t)drive.size) < 0) {
		perror("lying-drive");
		return 1;
	}
	return fuse_main(4, fuse_argv, &operations, NULL);
}
