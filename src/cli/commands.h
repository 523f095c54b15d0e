/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands, as rows of a table. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "result.h"
#include "wtg/error.h"

struct cli_command {
	const char *name;
	const char *operand; /* "TARGET"; NULL: it takes none */
	size_t min, max;     /* how many operands */
	enum cli_command_id id;
	bool works; /* in a process of its own (front.h) */
	int (*run)(struct cli_options *options, struct cli_outcome *outcome,
		   struct wtg_error *err);
	const char *summary;
};

extern const struct cli_command cli_commands[];
extern const size_t cli_n_commands;

/* By its first word and what follows that (may be NULL): some names have two.  Fails with kind
 * WTG_USAGE and, where a name is near, asks whether it was meant. */
int cli_command_find(const char *word, const char *next, const struct cli_command **ret,
		     struct wtg_error *err);
size_t cli_command_words(const struct cli_command *command);

int cli_list(struct cli_options *options, struct cli_outcome *outcome,
	     struct wtg_error *err);
int cli_info(struct cli_options *options, struct cli_outcome *outcome,
	     struct wtg_error *err);
int cli_create(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err);
int cli_plan(struct cli_options *options, struct cli_outcome *outcome,
	     struct wtg_error *err);
int cli_verify(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err);
int cli_status(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err);
int cli_repair(struct cli_options *options, struct cli_outcome *outcome,
	       struct wtg_error *err);
int cli_ventoy_install(struct cli_options *options, struct cli_outcome *outcome,
		       struct wtg_error *err);
int cli_ventoy_upgrade(struct cli_options *options, struct cli_outcome *outcome,
		       struct wtg_error *err);
int cli_ventoy_entry(struct cli_options *options, struct cli_outcome *outcome,
		     struct wtg_error *err);
int cli_ventoy_status(struct cli_options *options, struct cli_outcome *outcome,
		      struct wtg_error *err);
