/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The write path.  libntfs-3g and wimlib write a volume in hundreds of thousands of small
 * pieces, in any order and many of them twice; a flash stick takes that badly.  A cache
 * stands between them and a window: it keeps what was written, answers reads from it, and
 * sends it on in large, ascending writes.
 *
 * It holds at most budget_bytes.  The window's old content is never read: what the cache
 * did not write itself reads as zeros, as on a new drive, until it is told to trust the
 * window.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/window.h"
#include "wtg/cleanup.h"

struct wtg_cache;

/* The window's descriptor and ledger are borrowed.  For a window without a ledger the
 * cache reads through and refuses writes; old content is then read. */
struct wtg_cache *wtg_cache_new(const struct wtg_window *window, size_t budget_bytes);

/* Drops what was not flushed. */
void wtg_cache_free(struct wtg_cache *cache);
WTG_DEFINE_FREEP(struct wtg_cache, wtg_cache_free)

int wtg_cache_pread(struct wtg_cache *cache, void *buffer, size_t size, uint64_t at,
		    struct wtg_error *err);
int wtg_cache_pwrite(struct wtg_cache *cache, const void *buffer, size_t size,
		     uint64_t at, struct wtg_error *err);

/* Send everything to the window, ascending.  Does not fsync. */
int wtg_cache_flush(struct wtg_cache *cache, struct wtg_error *err);

/* From now on what was not written through this cache is read from the window: the volume
 * there is ours, from an earlier step. */
void wtg_cache_trust_window(struct wtg_cache *cache);

/*
 * Nothing that matters lies in this stretch: where the cache did not write, it is zeros
 * again (as far as it consists of whole blocks of the cache).  This keeps the drive's old
 * content from being read, and from staying behind in the gaps between what is written.
 */
void wtg_cache_forget(struct wtg_cache *cache, uint64_t at, uint64_t length);
