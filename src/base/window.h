/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stretch of the target, and what happens to it.
 *
 * Every byte that reaches a drive goes through wtg_window_pwrite() (or _zero()): bounded to
 * the window, counted, and failing for ever after the first failure, because the kernel
 * reports a lost write once and then forgets it (errseq_t in Linux).  A window
 * without a ledger is for reading only.  Only a struct wtg_writer, which exists only while a
 * plan runs, hands out windows with one.
 *
 * Windows are small values: copy them freely, they own nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ledger.h"
#include "wtg/error.h"

struct wtg_line;

struct wtg_window {
	int fd;             /* borrowed */
	uint64_t offset;    /* where the window starts on the target */
	uint64_t length;
	struct wtg_ledger *ledger; /* borrowed; NULL: read only */
	struct wtg_line *line; /* in a worker (base/worker.h): who reads and writes for it */
};

/* The part of a window at [offset, offset + length); aborts if it is not inside. */
struct wtg_window wtg_window_part(const struct wtg_window *w, uint64_t offset, uint64_t length);

/* Offsets are relative to the window.  Outside of it: kind WTG_SYSTEM, and nothing happens.
 * What was written and is read again through a window that may write is compared: kind
 * WTG_MISMATCH. */
int wtg_window_pread(const struct wtg_window *w, void *buffer, size_t size, uint64_t at,
		     struct wtg_error *err);
int wtg_window_pwrite(const struct wtg_window *w, const void *buffer, size_t size, uint64_t at,
		      struct wtg_error *err);
/* Memory of WTG_LINE_BYTES in which the next write may be prepared, so that it is copied no more;
 * NULL: there is none, any other does. */
uint8_t *wtg_window_room(const struct wtg_window *w);

/* May that be written?  Else what wtg_window_pwrite() would fail with. */
int wtg_window_check(const struct wtg_window *w, uint64_t size, uint64_t at,
		     struct wtg_error *err);
int wtg_window_zero(const struct wtg_window *w, uint64_t at, uint64_t length,
		    struct wtg_error *err);

/* The descriptor, for what reads by itself: all that was written is there to be read. */
int wtg_window_lend(const struct wtg_window *w, int *ret_fd, struct wtg_error *err);

/* fdatasync() the descriptor; a failure is as final as that of a write. */
int wtg_window_flush(const struct wtg_window *w, struct wtg_error *err);
