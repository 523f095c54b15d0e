/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What plan.c, run.c and writer.c share; nobody else includes it. */
#pragma once

#include "plan/plan.h"

struct wtg_step {
	const struct wtg_step_ops *ops;
	void *params;
};

struct wtg_plan {
	struct wtg_step *items;
	size_t n_items, capacity;
	void (*describe_head)(const void *context, struct wtg_facts *out);
	void (*free_head)(void *context);
	void *head;
	struct {
		char **items;
		size_t n_items, capacity;
	} warnings, omissions; /* these are among the warnings, too */
	uint64_t marker_offset; /* 0: this plan leaves no record */
	uint64_t run_id;
	struct wtg_crew *crew; /* borrowed; NULL: none */
};

uint64_t wtg_step_cost(const struct wtg_step *step, enum wtg_phase phase);
uint64_t wtg_plan_cost(const struct wtg_plan *plan, enum wtg_phase phase);

struct wtg_writer {
	int fd;
	const char *path; /* borrowed from the target */
	bool created;     /* the file was made for this run */
	uint64_t size_bytes;
	struct wtg_ledger ledger;
	struct wtg_progress *progress;
	struct wtg_observer *observer;
	struct wtg_crew *crew; /* borrowed; NULL: none */
};

/* Open the target exclusively and for writing; the only maker of writers. */
int wtg_writer_open(const struct wtg_target *target, struct wtg_progress *progress,
		    struct wtg_observer *observer, struct wtg_writer *ret,
		    struct wtg_error *err);

/* It opened a file that was not there before, and no write to it succeeded. */
bool wtg_writer_is_unused(const struct wtg_writer *writer);

/* Close it, telling whether that went well; an unused file is removed again. */
int wtg_writer_close(struct wtg_writer *writer, struct wtg_error *err);
