/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/udf.h"

#include <fcntl.h>
#include <string.h>

#include <udfread/blockinput.h>
#include <udfread/udfread.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "wtg/text.h"

/* One run for each GiB is what writers make; more than this is a puzzle, not a disc. */
#define MAX_RUNS 1024

/* libudfread reads a directory of whatever size into memory, and again each time that it
 * is looked into.  Files are read by others, so this is directories only, of which a
 * Windows disc has less than a MiB. */
#define MAX_READ_BYTES (256u << 20)

struct input {
	struct udfread_block_input ops; /* first: libudfread hands it back to us */
	int fd;
	uint64_t size_bytes;
	uint64_t left_bytes; /* of MAX_READ_BYTES */
};

struct wtg_udf {
	struct input input;
	const char *name;
	udfread *udf;
};

/* libudfread 1.1.2 writes its findings to standard error and cannot be told not to: for
 * the time of a call, standard error is /dev/null. */
static int mute(void)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	_cleanup_fd_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (saved >= 0 && null >= 0)
		(void)dup2(null, STDERR_FILENO);
	return saved;
}

static void unmute(const int *saved)
{
	if (*saved < 0)
		return;
	(void)dup2(*saved, STDERR_FILENO);
	close(*saved);
}

#define _muted_ __attribute__((cleanup(unmute), unused)) int muted_ = mute()

static int read_blocks(udfread_block_input *ops, uint32_t lba, void *buffer, uint32_t n,
		       int flags)
{
	struct input *input = (struct input *)ops;
	uint64_t offset = (uint64_t)lba * UDF_BLOCK_SIZE;
	uint64_t length = (uint64_t)n * UDF_BLOCK_SIZE;

	(void)flags;
	if (offset > input->size_bytes || length > input->size_bytes - offset ||
	    length > input->left_bytes)
		return -1;
	input->left_bytes -= length;
	return wtg_pread_all(input->fd, buffer, length, offset) < 0 ? -1 : (int)n;
}

static uint32_t count_blocks(udfread_block_input *ops)
{
	struct input *input = (struct input *)ops;
	uint64_t n = input->size_bytes / UDF_BLOCK_SIZE;

	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* The volume recognition sequence, ECMA-167 2/8.3: descriptors of one sector each from
 * sector 16 on, told apart by the five characters at byte 1. */
static bool has_descriptor(int fd, uint64_t size_bytes, const char *id)
{
	for (uint64_t at = 16 * UDF_BLOCK_SIZE; at < 32 * UDF_BLOCK_SIZE;
	     at += UDF_BLOCK_SIZE) {
		char sector[6];

		if (at + sizeof(sector) > size_bytes ||
		    wtg_pread_all(fd, sector, sizeof(sector), at) < 0)
			return false;
		if (memcmp(sector + 1, id, strlen(id)) == 0)
			return true;
	}
	return false;
}

bool wtg_disc_magic(int fd, uint64_t size_bytes)
{
	return has_descriptor(fd, size_bytes, "CD001") ||
	       has_descriptor(fd, size_bytes, "BEA01");
}

int wtg_udf_open(int fd, uint64_t size_bytes, const char *name, struct wtg_udf **ret,
		 struct wtg_error *err)
{
	_cleanup_(wtg_udf_closep) struct wtg_udf *udf = NULL;
	_muted_;

	if (!has_descriptor(fd, size_bytes, "NSR0")) {
		wtg_fail(err, WTG_INPUT, 0,
			 "%s has no UDF filesystem, which is where Windows "
			 "discs keep their files",
			 name);
		return wtg_hint(err,
				"An ISO that was repacked as plain ISO 9660 cannot hold "
				"an install.wim over 4 GiB: use the original.");
	}
	udf = wtg_alloc(sizeof(*udf));
	udf->input = (struct input){
		.ops = { .read = read_blocks, .size = count_blocks },
		.fd = fd,
		.size_bytes = size_bytes,
		.left_bytes = MAX_READ_BYTES,
	};
	udf->name = name;
	udf->udf = udfread_init();
	if (!udf->udf)
		return wtg_fail(err, WTG_SYSTEM, 0, "no memory to read %s", name);
	if (udfread_open_input(udf->udf, &udf->input.ops) < 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is truncated or damaged: its UDF "
				"filesystem cannot be read",
				name);
	*ret = WTG_STEAL(udf);
	return 0;
}

void wtg_udf_close(struct wtg_udf *udf)
{
	if (!udf)
		return;
	/* It frees nothing of ours: the input has no close. */
	if (udf->udf)
		udfread_close(udf->udf);
	free(udf);
}

/* How name is really spelled in dir, whatever the case; NULL if it is not there. */
static char *spelling(UDFDIR *dir, const char *name)
{
	struct udfread_dirent entry;

	udfread_rewinddir(dir);
	while (udfread_readdir(dir, &entry))
		if (wtg_text_equal_fold(entry.d_name, name))
			return wtg_text_copy(entry.d_name);
	return NULL;
}

static void close_dir(UDFDIR **dir)
{
	if (*dir)
		udfread_closedir(*dir);
}

static void close_file(UDFFILE **file)
{
	if (*file)
		udfread_file_close(*file);
}

/* Open the file at path, taking its parts off one after the other. */
static UDFFILE *open_path(struct wtg_udf *udf, const char *path)
{
	_cleanup_(close_dir) UDFDIR *dir = udfread_opendir(udf->udf, "/");
	_cleanup_free_ char *copy = wtg_text_copy(path);
	char *rest = copy;

	while (dir) {
		const char *part = strsep(&rest, "/");
		_cleanup_free_ char *name = spelling(dir, part);
		UDFDIR *next;

		if (!name)
			return NULL;
		if (!rest)
			return udfread_file_openat(dir, name);
		next = udfread_opendir_at(dir, name);
		udfread_closedir(dir);
		dir = next;
	}
	return NULL;
}

static int map(const struct wtg_udf *udf, UDFFILE *file, struct wtg_source *source,
	       struct wtg_error *err)
{
	int64_t size = udfread_file_size(file);
	uint64_t left = size > 0 ? (uint64_t)size : 0;

	if (left > udf->input.size_bytes)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is truncated: it has %ju bytes, and %s "
				"alone should have %ju",
				udf->name, (uintmax_t)udf->input.size_bytes, source->name,
				(uintmax_t)left);
	for (uint32_t block = 0; left > 0; block++) {
		uint64_t offset =
			(uint64_t)udfread_file_lba(file, block) * UDF_BLOCK_SIZE;
		uint64_t length = left < UDF_BLOCK_SIZE ? left : UDF_BLOCK_SIZE;

		if (offset == 0)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s does not lie on the disc as "
					"files of this size do",
					source->name);
		if (offset + length > udf->input.size_bytes)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s is truncated: it has %ju bytes, "
					"and %s goes on behind that",
					udf->name, (uintmax_t)udf->input.size_bytes,
					source->name);
		wtg_source_extend(source, offset, length);
		if (source->n_items > MAX_RUNS)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s lies in more than %d pieces", source->name,
					MAX_RUNS);
		left -= length;
	}
	return 0;
}

int wtg_udf_find(struct wtg_udf *udf, const char *path, struct wtg_source *ret,
		 struct wtg_error *err)
{
	_cleanup_(close_file) UDFFILE *file = NULL;
	_cleanup_(wtg_source_done) struct wtg_source source = { .fd = udf->input.fd };
	_muted_;

	file = open_path(udf, path);
	if (!file)
		return 0;
	source.name = wtg_text("%s (%s)", udf->name, path);
	if (map(udf, file, &source, err) < 0)
		return -1;
	*ret = source;
	source = (struct wtg_source){ 0 };
	return 1;
}
