/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line between a worker and whoever started it (base/worker.h): the worker asks, the other
 * side answers.  What is read from and written to the drive goes through memory that both
 * share; the rest through a socket.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/packet.h"
#include "wtg/progress.h"

#define WTG_LINE_BYTES (4u << 20)

enum wtg_word {
	WTG_WORD_ADVANCE, /* size bytes of work are done; no answer */
	WTG_WORD_READ,    /* size bytes at `at` of the drive, into the shared memory */
	WTG_WORD_WRITE,   /* from it */
	WTG_WORD_FLUSH,
	WTG_WORD_RESULT,  /* the last: size bytes of packet follow */
	WTG_WORD_FAILURE, /* the last, and an answer: an error of size bytes follows */
	WTG_WORD_DONE,    /* the answer when it went well */
};

/* On the socket in the form that it has in memory: both sides are this program. */
struct wtg_message {
	uint64_t word, at, size;
};

struct wtg_line {
	struct wtg_progress progress; /* first: advance() casts back */
	int socket;
	uint8_t *shared; /* WTG_LINE_BYTES; NULL: no window was lent */
	uint64_t advanced; /* bytes of work that were not told yet */
};

/* The worker's side: a window's reads, writes and flush. */
int wtg_line_pread(struct wtg_line *line, void *buffer, size_t size, uint64_t at,
		   struct wtg_error *err);
int wtg_line_pwrite(struct wtg_line *line, const void *buffer, size_t size, uint64_t at,
		    struct wtg_error *err);
int wtg_line_flush(struct wtg_line *line, struct wtg_error *err);

/* Its last words; it ends if they cannot be said. */
void wtg_line_end(struct wtg_line *line, enum wtg_word word, const struct wtg_packet *packet);

/* Where the worker's work reports its bytes. */
struct wtg_progress *wtg_line_progress(struct wtg_line *line);

/* Both sides: all of it, or -1 with errno set. */
int wtg_line_send(int socket, const void *data, size_t size);
