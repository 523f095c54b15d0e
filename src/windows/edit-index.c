/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/edit-index.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/regf-cell.h"
#include "wtg/text.h"

static void map_done(struct wtg_name_map *map)
{
	for (size_t i = 0; i < map->n_items; i++)
		free(map->items[i].folded);
	free(map->items);
	free(map->slots);
}

/* FNV-1a. */
static size_t hash(uint32_t owner, const char *folded)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ owner;

	for (const char *c = folded; *c; c++)
		sum = (sum ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	return (size_t)(sum ^ sum >> 32);
}

/* The slot where a name is, or would be put. */
static uint32_t *slot_of(const struct wtg_name_map *map, uint32_t owner, const char *folded)
{
	size_t i = hash(owner, folded);

	for (;; i++) {
		uint32_t *slot = &map->slots[i & (map->n_slots - 1)];
		const struct wtg_name_entry *entry;

		if (*slot == 0)
			return slot;
		entry = &map->items[*slot - 1];
		if (entry->owner == owner && strcmp(entry->folded, folded) == 0)
			return slot;
	}
}

/* At most half of the slots are taken: so a search ends. */
static void widen(struct wtg_name_map *map)
{
	free(map->slots);
	map->n_slots = map->n_slots ? 2 * map->n_slots : 64;
	map->slots = wtg_alloc(map->n_slots * sizeof(*map->slots));
	for (size_t i = 0; i < map->n_items; i++)
		*slot_of(map, map->items[i].owner, map->items[i].folded) = (uint32_t)i + 1;
}

static size_t find(const struct wtg_name_map *map, uint32_t owner, const char *name)
{
	_cleanup_free_ char *folded = NULL;
	uint32_t *slot;

	if (map->n_items == 0)
		return 0;
	folded = wtg_regf_fold(name);
	slot = slot_of(map, owner, folded);
	return *slot ? map->items[*slot - 1].number : 0;
}

static void put(struct wtg_name_map *map, uint32_t owner, const char *name, size_t number)
{
	_cleanup_free_ char *folded = wtg_regf_fold(name);
	uint32_t *slot;

	if (map->n_slots < 2 * (map->n_items + 1))
		widen(map);
	slot = slot_of(map, owner, folded);
	if (*slot == 0) {
		const struct wtg_name_entry entry = { owner, WTG_STEAL(folded), 0 };

		WTG_APPEND(map, entry);
		*slot = (uint32_t)map->n_items;
	}
	map->items[*slot - 1].number = number;
}

void wtg_edit_index_done(struct wtg_edit_index *index)
{
	free(index->items);
	map_done(&index->keys);
	map_done(&index->values);
	*index = (struct wtg_edit_index){ 0 };
}

char *wtg_key_part(const char **at)
{
	size_t length;
	char *part;

	*at += strspn(*at, "\\");
	length = strcspn(*at, "\\");
	if (length == 0)
		return NULL;
	part = wtg_text("%.*s", (int)length, *at);
	*at += length;
	return part;
}

uint32_t wtg_edit_index_subkey(const struct wtg_edit_index *index, uint32_t key, const char *name)
{
	size_t found = key == WTG_EDIT_NOWHERE ? 0 : find(&index->keys, key, name);

	return found ? (uint32_t)found : WTG_EDIT_NOWHERE;
}

uint32_t wtg_edit_index_key(const struct wtg_edit_index *index, const char *path)
{
	uint32_t key = WTG_EDIT_ROOT;
	char *part;

	while ((part = wtg_key_part(&path))) {
		key = wtg_edit_index_subkey(index, key, part);
		free(part);
	}
	return key;
}

static void need_root(struct wtg_edit_index *index)
{
	const struct wtg_edit_key root = { .parent = WTG_EDIT_ROOT };

	if (index->n_items == 0)
		WTG_APPEND(index, root);
}

uint32_t wtg_edit_index_make(struct wtg_edit_index *index, uint32_t key, const char *name)
{
	const struct wtg_edit_key made = { .parent = key };
	uint32_t there;

	need_root(index);
	there = wtg_edit_index_subkey(index, key, name);
	if (there != WTG_EDIT_NOWHERE)
		return there;
	put(&index->keys, key, name, index->n_items);
	WTG_APPEND(index, made);
	return (uint32_t)index->n_items - 1;
}

static void need(struct wtg_edit_index *index, uint32_t key)
{
	while (!index->items[key].needed) {
		index->items[key].needed = true;
		key = index->items[key].parent;
	}
}

static void note(struct wtg_edit_index *index, uint32_t key, const struct wtg_edit *edit,
		 size_t number)
{
	switch (edit->action) {
	case WTG_EDIT_SET:
		need(index, key);
		put(&index->values, key, edit->value, number);
		return;
	case WTG_EDIT_DELETE:
		put(&index->values, key, edit->value, number);
		return;
	case WTG_EDIT_CLEAR:
		index->items[key].cleared = number;
		return;
	case WTG_EDIT_MAKE_KEY:
		need(index, key);
		index->items[key].made = number;
		return;
	case WTG_EDIT_DELETE_KEY:
		index->items[key].deleted = number;
		return;
	}
	abort();
}

uint32_t wtg_edit_index_add(struct wtg_edit_index *index, const struct wtg_edit *edit,
			    size_t number)
{
	uint32_t key = WTG_EDIT_ROOT;
	const char *at = edit->key;
	char *part;

	need_root(index);
	while ((part = wtg_key_part(&at))) {
		key = wtg_edit_index_make(index, key, part);
		free(part);
	}
	note(index, key, edit, number);
	return key;
}

struct wtg_edit_index wtg_edit_index_of(const struct wtg_edits *edits)
{
	struct wtg_edit_index index = { 0 };

	for (size_t i = 0; i < edits->n_items; i++)
		if (edits->items[i].outcome == WTG_EDIT_CHANGE)
			wtg_edit_index_add(&index, &edits->items[i], i + 1);
	return index;
}

size_t wtg_edit_index_value(const struct wtg_edit_index *index, uint32_t key, const char *name)
{
	return key == WTG_EDIT_NOWHERE ? 0 : find(&index->values, key, name);
}
