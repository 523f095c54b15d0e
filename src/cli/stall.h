/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process that waits for its drive, and for how long. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Zeroed to begin with. */
struct cli_stall {
	uint64_t wait;     /* which it is; 0: it does not wait */
	uint64_t since_ms;
	uint64_t said_ms;  /* when that was said last, by whoever says it; 0: not yet */
};

/* Is a thread of it in uninterruptible sleep (proc(5))?  The kernel waits for a device. */
bool cli_stall_is_now(pid_t process);

/* Has it waited so long that the user should hear of it, or hear of it again? */
bool cli_stall_is_news(struct cli_stall *stall, pid_t process, uint64_t now_ms);
