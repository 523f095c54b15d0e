/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/ledger.h"
#include "base/utf16.h"
#include "text.h"

#define MAX_DISK_BYTES (64u << 20)
#define NUMBER_BYTES 4
#define PAGE_BYTES 4096
#define GPT_SECTOR_BYTES 512
#define MAX_TABLE_BYTES (1u << 20)

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

/* Kept until the program ends, where LeakSanitizer still sees them. */
static void make_pages(struct fuzz_volume *volume)
{
	static const uint8_t zeros[PAGE_BYTES];
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = new_file(volume->size_bytes);
	struct wtg_window window = fuzz_window(fd, volume->size_bytes);
	struct wtg_error err = WTG_ERROR_INIT;
	uint64_t n = volume->size_bytes / PAGE_BYTES;
	uint8_t page[PAGE_BYTES];

	window.ledger = &ledger;
	volume->pages = wtg_alloc(n * sizeof(*volume->pages));
	if (volume->make(&window, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		abort();
	}
	for (uint64_t i = 0; i < n; i++) {
		if (wtg_pread_all(fd, page, PAGE_BYTES, i * PAGE_BYTES) < 0)
			abort();
		if (memcmp(page, zeros, PAGE_BYTES) != 0)
			volume->pages[i] = wtg_bytes_copy(page, PAGE_BYTES);
	}
}

int fuzz_volume(struct fuzz_volume *volume)
{
	int fd = new_file(volume->size_bytes);

	if (!volume->pages)
		make_pages(volume);
	for (uint64_t i = 0; i < volume->size_bytes / PAGE_BYTES; i++)
		if (volume->pages[i].data &&
		    wtg_pwrite_all(fd, volume->pages[i].data, PAGE_BYTES, i * PAGE_BYTES) < 0)
			abort();
	return fd;
}

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static void mend_header(int fd, uint64_t disk_bytes, uint64_t sector)
{
	uint8_t header[GPT_SECTOR_BYTES];
	uint64_t size, first;

	if (wtg_pread_all(fd, header, GPT_SECTOR_BYTES, sector * GPT_SECTOR_BYTES) < 0)
		return;
	first = wtg_le64(header + 72) % (disk_bytes / GPT_SECTOR_BYTES) * GPT_SECTOR_BYTES;
	size = (uint64_t)wtg_le32(header + 80) * wtg_le32(header + 84);
	if (size > 0 && size <= MAX_TABLE_BYTES && size <= disk_bytes - first) {
		_cleanup_free_ uint8_t *table = wtg_alloc(size);

		if (wtg_pread_all(fd, table, size, first) < 0)
			return;
		wtg_put_le32(header + 88, crc32_of(table, size));
	}
	size = wtg_le32(header + 12);
	wtg_put_le32(header + 16, 0);
	if (size <= GPT_SECTOR_BYTES)
		wtg_put_le32(header + 16, crc32_of(header, size));
	(void)!wtg_pwrite_all(fd, header, GPT_SECTOR_BYTES, sector * GPT_SECTOR_BYTES);
}

void fuzz_mend_gpt(int fd, uint64_t disk_bytes)
{
	if (disk_bytes < 4 * GPT_SECTOR_BYTES)
		return;
	mend_header(fd, disk_bytes, 1);
	mend_header(fd, disk_bytes, disk_bytes / GPT_SECTOR_BYTES - 1);
}

struct wtg_window fuzz_window(int fd, uint64_t size_bytes)
{
	return (struct wtg_window){ .fd = fd, .length = size_bytes };
}

void fuzz_check_harmless(const char *text)
{
	size_t length = strlen(text), n;
	uint32_t c;

	for (size_t at = 0; at < length; at += n) {
		n = wtg_utf8_next(text + at, length - at, &c);
		FUZZ_ASSERT(n > 0);
		FUZZ_ASSERT(c == '\n' || (c >= 0x20 && (c < 0x7f || c > 0x9f)));
		FUZZ_ASSERT(c < 0x202a || c > 0x202e);
		FUZZ_ASSERT(c < 0x2066 || c > 0x2069);
	}
}

typedef void describe_fn(const void *thing, struct wtg_facts *out);

static void describe_as_json(describe_fn *describe, const void *thing)
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

static void describe_as_text(describe_fn *describe, const void *thing,
			     enum cli_text_extent extent)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	struct cli_text sink;

	if (!to)
		abort();
	describe(thing, cli_text_start(&sink, to, extent));
	fclose(to);
	FUZZ_ASSERT(strlen(text) == size);
	fuzz_check_harmless(text);
}

void fuzz_describe(describe_fn *describe, const void *thing)
{
	describe_as_json(describe, thing);
	describe_as_text(describe, thing, CLI_TEXT_BRIEF);
	describe_as_text(describe, thing, CLI_TEXT_ALL);
}
