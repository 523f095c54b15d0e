/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree for the NTFS builder, planted file by file. */
#pragma once

#include "drive.h"
#include "volume/ntfs-build.h"

struct plant {
	struct wtg_build_inode *inodes; /* the first is the root */
	uint32_t n_inodes;
	size_t capacity;
	void **owned;
	size_t n_owned, owned_capacity;
};

#define PLANT_TIME UINT64_C(0x01d0000000000000) /* 2014 */

void plant_open(struct plant *plant);
void plant_done(struct plant *plant);

/* A file or directory (attributes) of that name in UTF-8, with a short name or NULL. */
uint32_t plant_add(struct plant *plant, uint32_t parent, const char *name,
		   const char *short_name, uint32_t attributes);

/* One more name. */
void plant_link(struct plant *plant, uint32_t number, uint32_t parent, const char *name,
		const char *short_name);

/* A stream (name "": the unnamed) of size bytes of a pattern that starts with seed. */
void plant_stream(struct plant *plant, uint32_t number, const char *name, uint64_t size_bytes,
		  uint8_t seed);

/* The byte of that pattern at an offset. */
uint8_t plant_byte(uint8_t seed, uint64_t at);

/* Everything, its data written where the builder says. */
int plant_build(struct plant *plant, const struct wtg_window *window, struct wtg_error *err);
