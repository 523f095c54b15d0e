/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stretch of memory with its size, files held in memory, and little-endian numbers. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wtg/cleanup.h"

struct wtg_bytes {
	uint8_t *data; /* owned */
	size_t size;
};

void wtg_bytes_done(struct wtg_bytes *bytes);
struct wtg_bytes wtg_bytes_copy(const void *data, size_t size);

/*
 * A file in memory.  The path is relative to wherever the set belongs, UTF-8, with '/'
 * between its parts, none of them empty, "." or "..".
 */
struct wtg_file {
	char *path;
	struct wtg_bytes content;
};

struct wtg_files {
	struct wtg_file *items;
	size_t n_items, capacity;
};

void wtg_files_done(struct wtg_files *files);

/* Takes content; copies path. */
void wtg_files_add(struct wtg_files *files, const char *path, struct wtg_bytes content);

/* The file with that path, ASCII case ignored as FAT and NTFS do; NULL if there is none. */
const struct wtg_file *wtg_files_find(const struct wtg_files *files, const char *path);

uint64_t wtg_files_size_bytes(const struct wtg_files *files);

static inline uint16_t wtg_le16(const void *p)
{
	const uint8_t *b = p;
	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t wtg_le32(const void *p)
{
	const uint8_t *b = p;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

static inline uint64_t wtg_le64(const void *p)
{
	const uint8_t *b = p;
	return wtg_le32(b) | (uint64_t)wtg_le32(b + 4) << 32;
}

static inline void wtg_put_le16(void *p, uint16_t v)
{
	uint8_t *b = p;
	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}

static inline void wtg_put_le32(void *p, uint32_t v)
{
	wtg_put_le16(p, (uint16_t)v);
	wtg_put_le16((uint8_t *)p + 2, (uint16_t)(v >> 16));
}

static inline void wtg_put_le64(void *p, uint64_t v)
{
	wtg_put_le32(p, (uint32_t)v);
	wtg_put_le32((uint8_t *)p + 4, (uint32_t)(v >> 32));
}
