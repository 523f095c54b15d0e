/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys and values that a list of edits names, found quickly and as the registry compares
 * names: a hive has a million values, a list may have ten thousand edits.  Edits are known by
 * their number, from 1, in the order in which they are made; 0 is none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "windows/edits.h"

/* (owner, name) → number. */
struct wtg_name_map {
	struct wtg_name_entry {
		uint32_t owner;
		char *folded; /* owned */
		size_t number;
	} *items;
	size_t n_items, capacity;
	uint32_t *slots; /* index of an item plus 1 */
	size_t n_slots;
};

#define WTG_EDIT_ROOT 0
#define WTG_EDIT_NOWHERE UINT32_MAX

struct wtg_edit_key { /* one that an edit names, or on the way to one */
	uint32_t parent; /* the root's is itself */
	bool needed;     /* there after the edits, for what they put at or below it */
	size_t deleted, cleared, made; /* the last edit that does so */
};

struct wtg_edit_index {
	struct wtg_edit_key *items; /* [WTG_EDIT_ROOT] is the hive's root; no edits: there is none */
	size_t n_items, capacity;
	struct wtg_name_map keys, values;
};

void wtg_edit_index_done(struct wtg_edit_index *index);

/* Note an edit; gives its key. */
uint32_t wtg_edit_index_add(struct wtg_edit_index *index, const struct wtg_edit *edit,
			    size_t number);

/* Only those edits that change something. */
struct wtg_edit_index wtg_edit_index_of(const struct wtg_edits *edits);

/* A subkey, WTG_EDIT_NOWHERE if no edit is at or below it (key may be that, too); or made. */
uint32_t wtg_edit_index_subkey(const struct wtg_edit_index *index, uint32_t key,
			       const char *name);
uint32_t wtg_edit_index_make(struct wtg_edit_index *index, uint32_t key, const char *name);

/* The key at a path that an edit names. */
uint32_t wtg_edit_index_key(const struct wtg_edit_index *index, const char *path);

/* The last edit of a value. */
size_t wtg_edit_index_value(const struct wtg_edit_index *index, uint32_t key,
			    const char *name);

/* The next part of a key's path, which *at is moved behind; NULL after the last.  The caller
 * frees. */
char *wtg_key_part(const char **at);
