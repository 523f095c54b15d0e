/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ledger of everything that was written through one descriptor: how much, the first
 * failure, and a 64-bit hash of every 4 KiB page as it should now read, so that a run can
 * look again at every byte that it wrote (8 bytes for each page written: 0.2 %).
 *
 * The hash is quick and not cryptographic: it is there for drives that lose, misplace or
 * garble writes, not for an adversary who computes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wtg/error.h"
#include "wtg/progress.h"

#define WTG_LEDGER_FLUSH UINT64_MAX
#define WTG_PAGE_BYTES 4096u

struct wtg_behind; /* behind.h */

/* A stretch of the drive in which so many bytes were written one after the other. */
struct wtg_lap {
	uint64_t bytes, start, end;
};
#define WTG_LAPS 7

struct wtg_ledger {
	uint64_t bytes_written;
	uint64_t n_writes;
	uint64_t busy_ns;       /* that writes and flushes took, up to the last flush */
	struct wtg_lap laps[WTG_LAPS]; /* the one that grows first; see base/window.c */
	struct wtg_behind *behind; /* what goes past the cache; NULL: */
	bool in_cache;             /* nothing does, as far as is known */
	int failure;        /* errno of the first failed write or flush; 0: none so far */
	uint64_t failed_at; /* offset on the target, or WTG_LEDGER_FLUSH */
	uint64_t **shelves; /* of page hashes, made as they are needed; 0: never written */
	size_t n_shelves;
};

/* Zeroed is an empty ledger. */
void wtg_ledger_done(struct wtg_ledger *ledger);

/* size bytes were written to fd at offset.  Of a page that was written only in part
 * the rest is read, to hash it whole; if that fails, errno is set and -1 comes back. */
int wtg_ledger_note(struct wtg_ledger *ledger, int fd, const void *data, size_t size,
		    uint64_t offset);

/* Is this what was last written to the page at offset? */
bool wtg_ledger_holds(const struct wtg_ledger *ledger, const uint8_t page[static WTG_PAGE_BYTES],
		      uint64_t offset);

/* Was something else written to the page at offset? */
bool wtg_ledger_contradicts(const struct wtg_ledger *ledger,
			    const uint8_t page[static WTG_PAGE_BYTES], uint64_t offset);

/* What it means that the page at offset reads back as this, which contradicts: always -1, kind
 * WTG_MISMATCH, or WTG_CAPACITY where it is what was written elsewhere on a drive that wraps
 * around.  Looks at other pages through fd. */
int wtg_ledger_fail_page(const struct wtg_ledger *ledger, int fd,
			 const uint8_t page[static WTG_PAGE_BYTES], uint64_t offset,
			 struct wtg_error *err);

/* Where such a page was written; false where it was not, or at more than one place. */
bool wtg_ledger_origin(const struct wtg_ledger *ledger, const uint8_t page[static WTG_PAGE_BYTES],
		       uint64_t *ret_offset);

/* Start over with no page on record; what was counted and what failed stays. */
void wtg_ledger_forget(struct wtg_ledger *ledger);

/* Bytes of all pages on record. */
uint64_t wtg_ledger_bytes(const struct wtg_ledger *ledger);

/*
 * Read every page on record from fd, which may be one with O_DIRECT, and compare; kind
 * WTG_MISMATCH with the first byte offset whose page differs, or WTG_CAPACITY when it holds
 * what was written elsewhere.  disk_bytes ends a last, short page.
 */
int wtg_ledger_verify(const struct wtg_ledger *ledger, int fd, uint64_t disk_bytes,
		      struct wtg_progress *progress, struct wtg_error *err);
