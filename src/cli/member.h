/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One of several drives that a run makes: what its own process, the one that leads and the one
 * in front (front.h) all see of it.  Flat, in memory that they share.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wtg/error.h"
#include "wtg/run.h"
#include "wtg/scratch.h"

#define CLI_MAX_TARGETS 32

struct cli_member {
	char path[PATH_MAX];
	bool file;
	pid_t process; /* that makes it; 0: none */
	struct wtg_account account; /* as wtg_run() tells, true at every moment */
	struct wtg_scratch_note scratch; /* of that process */

	bool ended; /* how, is told below */
	bool told;  /* to the user, too */
	enum wtg_kind kind;
	char message[PATH_MAX + 1024], hint[PATH_MAX + 512]; /* of a failure; or of a success */
};

/* It ended in this way, which is then only its own affair: err is fresh again. */
void cli_member_end(struct cli_member *member, struct wtg_error *err);

static inline bool cli_member_is_touched(const struct cli_member *member)
{
	return member->account.drive != WTG_DRIVE_UNTOUCHED;
}
