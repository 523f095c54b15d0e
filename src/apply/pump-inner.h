/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pump's coordinator (pump.c) and its threads (pump-thread.c) share. */
#pragma once

#include <pthread.h>

#include "apply/pump.h"
#include "base/crypto.h"
#include "base/outflow.h"

/* The hash of an item that is in more than one piece goes from piece to piece, in order. */
struct wtg_chain {
	struct wtg_sha1 *sha1;
	uint64_t at; /* hashed so far */
};

struct wtg_pumping {
	const struct wtg_pump *pump;
	struct wtg_outflow *outflow;
	unsigned n_slots;

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t filled; /* the coordinator waits: a segment, or a thread, is done */
	pthread_cond_t moved;  /* threads wait: for a slot, or for a piece before theirs */
	struct wtg_cutter cutter;
	struct wtg_chain *chains; /* by item */
	uint64_t n_free_until; /* segments before this number have a slot */
	unsigned n_running;
	bool failed;
	struct wtg_error error; /* the first */
};

/* What failed first is what the pump fails with; all come to their end. */
void wtg_pumping_stop(struct wtg_pumping *m, struct wtg_error *err);

/* A thread: its context is the pumping, of which it counted among the running. */
void *wtg_pumping_work(void *pumping);
