/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line between a worker and whoever started it (base/worker.h): the worker asks, the other
 * side answers.  What is read from and written to the drive goes through memory that both
 * share, in slots; the rest through a socket.  Of a worker's threads only one talks.
 *
 * A worker may have several on the other side, a drive each (base/crew.h): it asks all of them to
 * write, and goes on when all have; what it reads, the first of them answers.  One that hangs up,
 * or does not answer for WTG_LINE_PATIENCE_S, is left behind; with the last of them it ends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/packet.h"
#include "wtg/progress.h"

#define WTG_LINE_BYTES (4u << 20) /* of a slot */
#define WTG_LINE_SLOTS 64u        /* memory that is not used is none */
#define WTG_LINE_SHARED_BYTES ((size_t)WTG_LINE_SLOTS * WTG_LINE_BYTES)
#define WTG_LINE_SIDES 32u        /* others that a worker may have */
#define WTG_LINE_PATIENCE_S 60    /* with one of several that does not answer */

enum wtg_word {
	WTG_WORD_ADVANCE, /* size bytes of work are done; no answer */
	WTG_WORD_READ,    /* size bytes at `at` of the drive, into a slot */
	WTG_WORD_WRITE,   /* from it */
	WTG_WORD_FLUSH,
	WTG_WORD_RESULT,  /* the last: size bytes of packet follow */
	WTG_WORD_FAILURE, /* the last, and an answer: an error of size bytes follows */
	WTG_WORD_DONE,    /* the answer when it went well */
	WTG_WORD_READY,   /* from one of several, before the first question to it */
};

/* On the socket in the form that it has in memory: both sides are this program. */
struct wtg_message {
	uint64_t word, at, size, slot;
};

struct wtg_line {
	struct wtg_progress progress; /* first: advance() casts back */
	int sockets[WTG_LINE_SIDES]; /* -1: was left behind */
	unsigned n_sockets;
	bool gathered; /* of several, each is ready or was left behind */
	uint8_t *shared; /* the slots; NULL: no window was lent */
	unsigned n_posted; /* writes that have no answer yet */
	uint64_t advanced; /* bytes of work that were not told yet */
};

uint8_t *wtg_line_slot(const struct wtg_line *line, unsigned slot);

/*
 * The worker's side.  post() asks for a write of size bytes of a slot, which nobody touches
 * until it is settled: answers come in the order of the questions, and settle() waits until
 * at most so many are missing.  What failed is told there, or by whatever is asked next.
 */
void wtg_line_post(struct wtg_line *line, unsigned slot, size_t size, uint64_t at);
int wtg_line_settle(struct wtg_line *line, unsigned n_posted, struct wtg_error *err);

/* A window's reads, writes and flush, by way of slot 0 and waited for. */
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
