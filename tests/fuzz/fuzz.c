/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/json.h"

#define MAX_DISK_BYTES (64u << 20)
#define NUMBER_BYTES 4

void fuzz_broken(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
	abort();
}

struct wtg_bytes fuzz_bytes(const uint8_t *data, size_t size)
{
	return (struct wtg_bytes){ .data = (uint8_t *)data, .size = size };
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = wtg_alloc(size + 1);

	memcpy(text, data, strnlen((const char *)data, size));
	return text;
}

bool fuzz_is_path(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n <= 2 && strspn(path, ".") >= n))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}

static int new_file(uint64_t size_bytes)
{
	struct wtg_error err = WTG_ERROR_INIT;
	int fd;

	if (wtg_memory_file("fuzz", size_bytes, &fd, &err) < 0)
		abort();
	return fd;
}

int fuzz_file(const uint8_t *data, size_t size)
{
	int fd = new_file(size);

	if (wtg_pwrite_all(fd, data, size, 0) < 0)
		abort();
	return fd;
}

int fuzz_disk(const uint8_t *data, size_t size, uint32_t block_bytes, uint64_t *ret_bytes)
{
	uint32_t most = MAX_DISK_BYTES / block_bytes;
	uint32_t n_blocks = size < NUMBER_BYTES ? 0 : wtg_le32(data);
	int fd;

	if (n_blocks > most)
		n_blocks = most;
	fd = new_file((uint64_t)n_blocks * block_bytes);
	for (size_t at = NUMBER_BYTES; at + NUMBER_BYTES + block_bytes <= size;
	     at += NUMBER_BYTES + block_bytes) {
		uint32_t block = wtg_le32(data + at);

		if (block < n_blocks &&
		    wtg_pwrite_all(fd, data + at + NUMBER_BYTES, block_bytes,
				   (uint64_t)block * block_bytes) < 0)
			abort();
	}
	*ret_bytes = (uint64_t)n_blocks * block_bytes;
	return fd;
}

struct wtg_window fuzz_window(int fd, uint64_t size_bytes)
{
	return (struct wtg_window){ .fd = fd, .length = size_bytes };
}

void fuzz_describe(void (*describe)(const void *thing, struct wtg_facts *out),
		   const void *thing)
{
	struct wtg_json *json = wtg_json_new();
	_cleanup_free_ char *line = NULL;
	struct wtg_json_doc *doc;

	describe(thing, wtg_json_facts(json));
	line = wtg_json_line(json);
	doc = wtg_json_parse(line, strlen(line));
	FUZZ_ASSERT(doc);
	wtg_json_doc_free(doc);
	wtg_json_free(json);
}
