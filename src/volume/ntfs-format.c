/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/child.h"
#include "base/fdio.h"
#include "base/utf16.h"

#define SERIAL_AT   0x48 /* in the boot sector */
#define WRITE_BYTES (4u << 20)

/* What Windows accepts; the file system would take more. */
#define MAX_LABEL_UNITS 32

static int run_mkntfs(int fd, const struct wtg_ntfs_format *format, struct wtg_error *err)
{
	char path[32], start[24], sector[16], cluster[16];
	const char *argv[24] = {
		"mkntfs", "--quick", "--force", "--quiet",
		/* As mkntfs says itself, Windows cannot boot from a volume without. */
		"--heads", "255", "--sectors-per-track", "63",
		"--partition-start", start,
		"--sector-size", sector,
		"--cluster-size", cluster,
	};
	size_t n = 14;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(start, sizeof(start), "%" PRIu64,
		 format->start_bytes / format->sector_bytes);
	snprintf(sector, sizeof(sector), "%" PRIu32, format->sector_bytes);
	snprintf(cluster, sizeof(cluster), "%" PRIu32,
		 format->cluster_bytes ? format->cluster_bytes : 4096);
	if (format->label) {
		argv[n++] = "--label";
		argv[n++] = format->label;
	}
	/* Reproducible: mkntfs knows no other moment than now and 1970. */
	if (getenv("SOURCE_DATE_EPOCH"))
		argv[n++] = "--zero-time";
	argv[n] = path;
	return wtg_run_program(argv, NULL, fd, err);
}

/* The serial of the plan, in the boot sector and in its copy in the last sector. */
static int set_serial(int fd, uint64_t size_bytes, const struct wtg_ntfs_format *format,
		      struct wtg_error *err)
{
	uint8_t serial[8];

	wtg_put_le64(serial, format->serial);
	if (wtg_pwrite_all(fd, serial, sizeof(serial), SERIAL_AT) < 0 ||
	    wtg_pwrite_all(fd, serial, sizeof(serial),
			   size_bytes - format->sector_bytes + SERIAL_AT) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "set the volume's serial");
	return 0;
}

struct copy {
	int fd;
	const struct wtg_window *window;
	uint8_t *buffer;
};

static int copy_extent(uint64_t offset, uint64_t length, void *context,
		       struct wtg_error *err)
{
	struct copy *copy = context;

	while (length > 0) {
		size_t n = length < WRITE_BYTES ? (size_t)length : WRITE_BYTES;

		if (wtg_pread_all(copy->fd, copy->buffer, n, offset) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "read the new volume");
		if (wtg_window_pwrite(copy->window, copy->buffer, n, offset, err) < 0)
			return -1;
		offset += n;
		length -= n;
	}
	return 0;
}

static int check_label(const char *label, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = wtg_utf16_from_utf8(label);
	size_t length = strlen(label);
	uint32_t c;

	for (size_t at = 0, n; at < length; at += n) {
		n = wtg_utf8_next(label + at, length - at, &c);
		if (n == 0 || c < 0x20)
			return wtg_fail(err, WTG_USAGE, 0,
					"the label \"%s\" is not plain text in UTF-8", label);
	}
	if (wide.size / 2 - 1 > MAX_LABEL_UNITS)
		return wtg_fail(err, WTG_USAGE, 0,
				"the label \"%s\" is longer than %d characters", label,
				MAX_LABEL_UNITS);
	return 0;
}

int wtg_ntfs_check(const struct wtg_ntfs_format *format, struct wtg_error *err)
{
	_cleanup_free_ char *path = NULL;

	if (format->start_bytes / format->sector_bytes > UINT32_MAX)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"an NTFS boot sector cannot say that it starts at byte "
				"%" PRIu64, format->start_bytes);
	if (format->label && check_label(format->label, err) < 0)
		return -1;
	return wtg_program_find("mkntfs", &path, err) ? 0 : -1;
}

int wtg_ntfs_format(const struct wtg_window *window, const struct wtg_ntfs_format *format,
		    struct wtg_error *err)
{
	uint64_t size_bytes = wtg_round_down(window->length, format->sector_bytes);
	_cleanup_free_ uint8_t *buffer = wtg_alloc(WRITE_BYTES);
	_cleanup_fd_ int fd = -1;
	struct copy copy = { .window = window, .buffer = buffer };

	if (wtg_ntfs_check(format, err) < 0)
		return -1;
	if (wtg_memory_file("volume", size_bytes, &fd, err) < 0 ||
	    run_mkntfs(fd, format, err) < 0 ||
	    set_serial(fd, size_bytes, format, err) < 0)
		return -1;
	copy.fd = fd;
	return wtg_data_extents(fd, size_bytes, copy_extent, &copy, err);
}
