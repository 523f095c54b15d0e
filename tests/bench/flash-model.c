/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A drive that takes the time that flash takes: a file "drive" in a FUSE mount, for a loop
 * device with direct I/O to stand on, and beside it a file "counters".
 *
 *	flash-model MOUNT BACKING SIZE [PROPERTY=NUMBER]...
 *
 * The model: a bus that moves `rate` bytes a second and needs `command` microseconds for each
 * request, of which one has up to `request` bytes; behind it erase blocks of `block` bytes, of
 * which `open` can be written at a time, each from its start to its end.  What is written
 * elsewhere than where an open block goes on makes the drive move, at the same rate, what lies
 * between; what is written to a block that is not open makes it finish the one that was used
 * least recently, by moving the rest of it, and open the other, by moving what lies before.
 * The drive is full of old data: nobody ever told it that a block is free.  `block` 0 is a
 * drive that remaps all (an SSD).  It takes in up to `buffer` microseconds of work before it
 * is done; a flush waits for all of it.
 */
#define FUSE_USE_VERSION 31

#include <fuse.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OPEN_MAX_BLOCKS 64u

/* A loop device takes 128 pages at a time, whatever the drive below could. */
#define LOOP_BYTES (128u * 4096)

/* A cheap stick, unless said otherwise. */
static uint64_t rate = 120000000, command = 200, request = 1u << 20;
static uint64_t block = 4u << 20, n_open = 4, buffer = 10000;

static const struct property {
	const char *name;
	uint64_t *value;
} properties[] = {
	{ "rate", &rate }, { "command", &command }, { "request", &request },
	{ "block", &block }, { "open", &n_open }, { "buffer", &buffer },
};

static struct {
	int fd;
	uint64_t size;
	uint64_t n_writes, n_reads, n_flushes, written, read, moved;
	uint64_t busy_ns, busy_until_ns;
	uint64_t end, last_bytes, request_bytes; /* of the last write, and its request */

	/* Those that are open, the one used last first. */
	struct { uint64_t number, next; } blocks[OPEN_MAX_BLOCKS + 1];
	size_t n_blocks;
} drive;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void wait_until(uint64_t ns)
{
	struct timespec until = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* The drive works for so long; whoever asked waits until it takes in more. */
static void work(uint64_t n_requests, uint64_t bytes)
{
	uint64_t now = now_ns();
	uint64_t takes = n_requests * command * 1000 + bytes * 1000 / (rate / 1000000);

	drive.busy_ns += takes;
	if (drive.busy_until_ns < now)
		drive.busy_until_ns = now;
	drive.busy_until_ns += takes;
	if (drive.busy_until_ns > now + buffer * 1000)
		wait_until(drive.busy_until_ns - buffer * 1000);
}

/* Bytes to move so that the block can be written at `in`; then it is the first. */
static uint64_t bring_to(uint64_t number, uint64_t in)
{
	uint64_t moved = 0, next = 0;
	size_t i = 0;

	while (i < drive.n_blocks && drive.blocks[i].number != number)
		i++;
	if (i < drive.n_blocks) {
		next = drive.blocks[i].next;
	} else if (drive.n_blocks == n_open) {
		i = drive.n_blocks - 1;
		moved = block - drive.blocks[i].next;
	} else {
		drive.n_blocks++;
	}
	memmove(drive.blocks + 1, drive.blocks, i * sizeof(*drive.blocks));
	drive.blocks[0].number = number;
	return moved + (in >= next ? in - next : block - next + in);
}

static void wrote_to(uint64_t next)
{
	drive.blocks[0].next = next;
	if (next == block)
		memmove(drive.blocks, drive.blocks + 1,
			--drive.n_blocks * sizeof(*drive.blocks));
}

/* What a write makes the drive move beside it. */
static uint64_t moved_by(uint64_t offset, uint64_t size)
{
	uint64_t moved = 0;

	while (block && size > 0) {
		uint64_t in = offset % block, n = block - in < size ? block - in : size;

		moved += bring_to(offset / block, in);
		wrote_to(in + n);
		offset += n;
		size -= n;
	}
	return moved;
}

/* Or is it a part of the request before, which the loop device cut? */
static bool is_request(uint64_t at, uint64_t size)
{
	bool is_part = at == drive.end && drive.last_bytes == LOOP_BYTES &&
		       drive.request_bytes + size <= request;

	drive.request_bytes = is_part ? drive.request_bytes + size : size;
	drive.last_bytes = size;
	drive.end = at + size;
	return !is_part;
}

static int do_write(const char *path, const char *from, size_t size, off_t at,
		    struct fuse_file_info *info)
{
	uint64_t moved = moved_by((uint64_t)at, size);
	uint64_t n_requests = is_request((uint64_t)at, size);
	ssize_t n = pwrite(drive.fd, from, size, at);

	(void)path;
	(void)info;
	drive.n_writes += n_requests;
	drive.written += size;
	drive.moved += moved;
	work(n_requests, size + moved);
	return n < 0 ? -errno : (int)n;
}

static int read_counters(char *to, size_t size, off_t at)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "writes %" PRIu64 "\nwritten %" PRIu64 "\nmoved %" PRIu64
			 "\nreads %" PRIu64 "\nread %" PRIu64 "\nflushes %" PRIu64
			 "\nbusy_ms %" PRIu64 "\n",
			 drive.n_writes, drive.written, drive.moved, drive.n_reads,
			 drive.read, drive.n_flushes, drive.busy_ns / 1000000);

	if (at >= n)
		return 0;
	if (size > (size_t)(n - at))
		size = (size_t)(n - at);
	memcpy(to, text + at, size);
	return (int)size;
}

static int do_read(const char *path, char *to, size_t size, off_t at,
		   struct fuse_file_info *info)
{
	ssize_t n;

	(void)info;
	if (strcmp(path, "/counters") == 0)
		return read_counters(to, size, at);
	n = pread(drive.fd, to, size, at);
	drive.n_reads++;
	drive.read += size;
	work(1, size);
	return n < 0 ? -errno : (int)n;
}

static int do_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
	(void)path;
	(void)data_only;
	(void)info;
	drive.n_flushes++;
	wait_until(drive.busy_until_ns);
	return 0;
}

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
	bool is_drive = strcmp(path, "/drive") == 0;

	(void)info;
	memset(st, 0, sizeof(*st));
	st->st_mode = strcmp(path, "/") == 0 ? S_IFDIR | 0755 : S_IFREG | 0600;
	st->st_nlink = S_ISDIR(st->st_mode) ? 2 : 1;
	st->st_size = is_drive ? (off_t)drive.size : 0;
	return is_drive || S_ISDIR(st->st_mode) || strcmp(path, "/counters") == 0 ? 0 : -ENOENT;
}

/* Nothing of it is to be kept in the kernel's cache. */
static int do_open(const char *path, struct fuse_file_info *info)
{
	(void)path;
	info->direct_io = 1;
	return 0;
}

static const struct fuse_operations operations = {
	.getattr = do_getattr,
	.open = do_open,
	.read = do_read,
	.write = do_write,
	.fsync = do_fsync,
};

static bool set_property(const char *text)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(*properties); i++) {
		size_t n = strlen(properties[i].name);

		if (strncmp(text, properties[i].name, n) == 0 && text[n] == '=') {
			*properties[i].value = strtoull(text + n + 1, NULL, 10);
			return true;
		}
	}
	fprintf(stderr, "flash-model: no such property: %s\n", text);
	return false;
}

int main(int argc, char **argv)
{
	char *fuse_argv[] = { argv[0], argc > 1 ? argv[1] : NULL, (char[]){ "-f" },
			      (char[]){ "-s" }, NULL };
	bool good = argc >= 4;

	for (int i = 4; good && i < argc; i++)
		good = set_property(argv[i]);
	if (!good || rate < 1000000 || n_open < 1 || n_open > OPEN_MAX_BLOCKS) {
		fprintf(stderr, "usage: flash-model MOUNT BACKING SIZE [PROPERTY=NUMBER]...\n");
		return 2;
	}
	drive.size = strtoull(argv[3], NULL, 10);
	drive.fd = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (drive.fd < 0 || ftruncate(drive.fd, (off_t)drive.size) < 0) {
		perror("flash-model");
		return 1;
	}
	prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
	return fuse_main(4, fuse_argv, &operations, NULL);
}
