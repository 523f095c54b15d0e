/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user gave in files of his own, read but not parsed: that is for the worker, which
 * inherits it.  Bounded: an answer file 1 MiB, a script 16 MiB, a list of revocations 1 MiB,
 * drivers 1 GiB in 20,000 files.
 */
#pragma once

#include "base/bytes.h"
#include "windows/answers.h"
#include "windows/dbx.h"
#include "wtg/error.h"
#include "wtg/request.h"
#include "wtg/target.h"

struct wtg_custom { /* lives no longer than the request */
	struct wtg_files answer;   /* none or one; the path is as the user gave it */
	struct wtg_files registry; /* in the order given; likewise */
	struct wtg_files drivers;  /* of the directories given ("virtio/w11/viostor.inf"), sorted;
				    * symbolic links are not followed */
	struct wtg_files dbx;      /* none or one */
	struct wtg_answers answers; /* of the options; arch and build are not known yet */
	struct wtg_user *accounts; /* owned */
	char **texts;               /* owned: what those borrow */
	size_t n_texts;
	const char *exposed_password; /* a file with one that others may read; borrowed, or NULL */
};

/* Read them all; which of several drives it is for, and seed, tell the computer's name.  Kind
 * WTG_USAGE where options contradict each other or Windows' rules, WTG_INPUT for what is not
 * there or too large. */
int wtg_custom_read(const struct wtg_request *request, const struct wtg_disk *disk,
		    const uint8_t seed[16], struct wtg_custom *ret, struct wtg_error *err);

/* The list of what is revoked alone, which info and verify want, too; path may be NULL. */
int wtg_custom_read_dbx(const char *path, struct wtg_files *ret, struct wtg_error *err);

/* Parse it, in a worker: nothing gives a list of nothing (wtg_dbx_has_scope()). */
int wtg_custom_parse_dbx(const struct wtg_files *dbx, struct wtg_dbx *ret, struct wtg_error *err);

/* Wipes passwords first. */
void wtg_custom_done(struct wtg_custom *custom);
