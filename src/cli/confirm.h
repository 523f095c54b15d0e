/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Destruction is confirmed by name: never by "yes", and never by default. */
#pragma once

#include "wtg/error.h"
#include "wtg/target.h"

/* What becomes of the drive: what the user agrees to. */
enum cli_stake {
	CLI_STAKE_ALL,    /* everything on it is lost */
	CLI_STAKE_SPACE,  /* its free space is used; the rest stays */
	CLI_STAKE_VENTOY, /* its Ventoy is replaced; the rest stays */
	CLI_STAKE_REPAIR, /* what its Windows starts with is mended; the rest stays */
	CLI_STAKE_ENTRY,  /* small files in its Ventoy's first partition; the rest stays */
};

/* Does --confirm, if it is given, name the target?  Asked of a dry run, too.  Fails with
 * kind WTG_REFUSED. */
int cli_confirm_given(const struct wtg_target *target, const char *given,
		      struct wtg_error *err);

/*
 * 0 when there is nothing to lose, or when the user types the target's name on the
 * terminal. Otherwise kind WTG_REFUSED, or WTG_CANCELLED after a signal.
 */
int cli_confirm_ask(const struct wtg_target *target, enum cli_stake stake,
		    struct wtg_error *err);

/* The same for several targets: each --confirm names another one of them, and of those that
 * are left and have something to lose each is asked for by itself. */
struct cli_fleet;
int cli_confirm_given_all(struct cli_fleet *fleet, struct wtg_error *err);
int cli_confirm_ask_all(struct cli_fleet *fleet, struct wtg_error *err);

/* cli_confirm_ask() where the drive was shown already, beside others: a model that may be that
 * of all of them does not name it. */
int cli_confirm_ask_one_of(const struct wtg_target *target, struct wtg_error *err);
