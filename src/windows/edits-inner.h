/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wishes on their way to edits, for edits-wishes.c and edits-decide.c. */
#pragma once

#include "windows/edit-index.h"
#include "windows/edits.h"
#include "windows/regf-read.h"

/* Of an index: where its keys are in the hive. */
struct wtg_place {
	wtg_hive_key key; /* 0: it is not there */
	char *path;       /* as the hive spells it, or who first named it */
	unsigned depth;
	bool checked;     /* no other value stands in the way of an edit */
};

struct wtg_planner {
	enum wtg_hive_id id;
	struct wtg_hive_view hive;
	struct wtg_control_sets sets;
	struct wtg_edit_index index;
	struct {
		struct wtg_place *items;
		size_t n_items, capacity;
	} places; /* by the index's numbers */
	struct {
		uint32_t *items;
		size_t n_items, capacity;
	} keys;   /* of edits, their keys in the index */
	struct wtg_edits edits;
};

/* Of the row of edits, those that count, with what they change: the rest is taken out. */
int wtg_edits_decide(struct wtg_planner *p, struct wtg_error *err);
