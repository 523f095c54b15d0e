/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Large writes to a drive, past the kernel's cache: a thread sends one while the next is made
 * ready, so the drive always has something to do, nothing is copied twice, and the cache keeps
 * what others need.  The first that fails is the last that is tried.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WTG_BEHIND_BYTES (4u << 20) /* of a write, at most */
#define WTG_BEHIND_UNIT 4096u       /* of places and sizes */

struct wtg_behind;

/* NULL: fd, which is borrowed, is no drive that takes such writes. */
struct wtg_behind *wtg_behind_new(int fd);

/* Drops what is not on its way yet. */
void wtg_behind_free(struct wtg_behind *behind);

/* Memory for the next write, of WTG_BEHIND_BYTES; waits until there is some. */
uint8_t *wtg_behind_room(struct wtg_behind *behind);

/* Send size bytes of that memory to `at`.  -1, with errno set, if the thread cannot be started. */
int wtg_behind_post(struct wtg_behind *behind, size_t size, uint64_t at);

/* Wait until all is written.  Until then nobody else reads or writes there.  -1, with errno set,
 * if a write failed. */
int wtg_behind_drain(struct wtg_behind *behind);

/* Did a write fail?  Its errno, and where; 0: none did so far. */
int wtg_behind_failure(struct wtg_behind *behind, uint64_t *ret_at);

/* For how long the drive wrote since this was asked last. */
uint64_t wtg_behind_busy_ns(struct wtg_behind *behind);
