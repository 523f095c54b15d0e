/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes on descriptors, and private files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wtg/error.h"
#include "wtg/progress.h"

/* 0, or -1 with errno set.  The end of the file before size bytes is errno ENODATA. */
int wtg_pread_all(int fd, void *buffer, size_t size, uint64_t offset);
int wtg_pwrite_all(int fd, const void *buffer, size_t size, uint64_t offset);

/* The same where the buffer has room for most, and least of it will do. */
int wtg_pread_least(int fd, void *buffer, size_t least, size_t most, uint64_t offset);

/* Close a descriptor that was written to; *fd becomes -1 whatever happens. */
int wtg_close(int *fd, const char *what, struct wtg_error *err);

/* The whole of a regular file of at most max bytes; kind WTG_INPUT if it is larger. */
int wtg_read_file(int fd, size_t max, const char *name, struct wtg_bytes *ret,
		  struct wtg_error *err);

/* A private file in memory, sparse, size bytes long; name is for debuggers only. */
int wtg_memory_file(const char *name, uint64_t size_bytes, int *ret_fd, struct wtg_error *err);

/* A private file in memory with this content, at offset 0. */
int wtg_memory_file_from(const char *name, const struct wtg_bytes *content, int *ret_fd,
			 struct wtg_error *err);

/* Where scratch files go: $TMPDIR if it is an absolute path, else /var/tmp; or, in a process
 * that has nothing else (base/worker.h), what was set: borrowed. */
const char *wtg_scratch_dir(void);
void wtg_scratch_set(const char *dir);

/*
 * Make a private directory under wtg_scratch_dir().  wtg_scratch_remove() deletes it and what
 * is in it, a few levels deep, following no link, and frees path; NULL is fine.
 */
int wtg_scratch_make(char **ret_path, struct wtg_error *err);
void wtg_scratch_remove(char *path);

/* A private file in wtg_scratch_dir() that has no name. */
int wtg_scratch_file(int *ret_fd, struct wtg_error *err);

/* The stretches of fd that hold data, ascending (SEEK_DATA/SEEK_HOLE): calls fn for each. */
int wtg_data_extents(int fd, uint64_t size_bytes,
		     int (*fn)(uint64_t offset, uint64_t length, void *context,
			       struct wtg_error *err),
		     void *context, struct wtg_error *err);

/* Round up or down to a multiple of unit (any nonzero number). */
static inline uint64_t wtg_round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static inline uint64_t wtg_round_down(uint64_t value, uint64_t unit)
{
	return value / unit * unit;
}

static inline void wtg_cleanup_scratch(char **path)
{
	wtg_scratch_remove(*path);
}
