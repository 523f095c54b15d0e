/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The starter's side of the line to a worker: for worker.c and crew.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/worker.h"

struct wtg_service {
	const struct wtg_errand *errand; /* its window is what is served */
	struct wtg_progress *progress;
	int socket;
	uint8_t *shared; /* the slots; NULL: no window */
	uint8_t *own;    /* as large as a slot, for us alone */
	bool is_one_of_many; /* others are served the same: where the window fails, we leave */
	enum wtg_kind told; /* of the last failure that the worker was told of */
};

/* Answer until its last word.  1: *reply is there; 0: it is gone without one; -1: the work failed,
 * we were interrupted, or left. */
int wtg_serve(struct wtg_service *service, struct wtg_packet *reply, struct wtg_error *err);

/* How such a worker ended, from its status: always -1. */
int wtg_serve_tell_end(const struct wtg_errand *errand, int status, struct wtg_error *err);
