/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of one WIM, wherever they lie: a file of its own, or runs of an ISO.  Read in
 * place; nothing is mounted or copied.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wtg/cleanup.h"
#include "wtg/error.h"
#include "wtg/progress.h"

struct wtg_run {
	uint64_t offset; /* in the file behind fd */
	uint64_t length;
};

struct wtg_source {
	int fd;		     /* borrowed */
	char *name;	     /* for messages: "win.iso (sources/install.wim)" */
	uint64_t size_bytes; /* the sum of the runs */
	struct wtg_run *items;
	size_t n_items, capacity;
};

void wtg_source_done(struct wtg_source *source);

/* Append the next length bytes, at offset of the file. */
void wtg_source_extend(struct wtg_source *source, uint64_t offset, uint64_t length);

/* Outside of the source: kind WTG_INPUT, since all offsets come from the image. */
int wtg_source_pread(const struct wtg_source *source, void *buffer, size_t size,
		     uint64_t at, struct wtg_error *err);

/* Copy [at, at + length) to the same place of to_fd, a private scratch file. */
int wtg_source_copy(const struct wtg_source *source, uint64_t at, uint64_t length,
		    int to_fd, struct wtg_progress *progress, struct wtg_error *err);
