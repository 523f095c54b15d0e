/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/weave.h"

#include <stdlib.h>

#include "base/alloc.h"

/* A Windows has 200,000 names, and drivers may bring 20,000 more, each looked for by every part of
 * its path. */
struct wtg_tree_index {
	uint32_t *first; /* name, by inode of the directory */
	size_t n_first, first_capacity;
	uint32_t *next; /* in the same directory, by name; the order is the table's */
	size_t n_next, next_capacity;
};

void wtg_tree_names_moved(struct wtg_tree *tree)
{
	if (!tree->index)
		return;
	free(tree->index->first);
	free(tree->index->next);
	free(tree->index);
	tree->index = NULL;
}

static void put(uint32_t **numbers, size_t *n, size_t *capacity)
{
	wtg_grow(numbers, capacity, *n, sizeof(**numbers));
	(*numbers)[(*n)++] = WTG_NONE;
}

/* All that is new in the tables.  Of what is added later nothing has a name that was there, so
 * that it may come first. */
static void keep_up(const struct wtg_tree *tree, struct wtg_tree_index *index)
{
	size_t from = index->n_next;

	while (index->n_first < tree->inodes.n_items)
		put(&index->first, &index->n_first, &index->first_capacity);
	while (index->n_next < tree->names.n_items)
		put(&index->next, &index->n_next, &index->next_capacity);
	for (size_t i = index->n_next; i > from; i--) {
		const struct wtg_catalog_name *name = &tree->names.items[i - 1];

		if (name->inode == WTG_NONE || name->parent >= index->n_first)
			continue;
		index->next[i - 1] = index->first[name->parent];
		index->first[name->parent] = (uint32_t)(i - 1);
	}
}

static uint16_t fold(uint16_t unit)
{
	return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
}

static bool is_same(const struct wtg_name16 *a, const struct wtg_name16 *b)
{
	if (a->n_units != b->n_units)
		return false;
	for (size_t i = 0; i < a->n_units; i++)
		if (fold(wtg_le16(a->data + 2 * i)) != fold(wtg_le16(b->data + 2 * i)))
			return false;
	return true;
}

uint32_t wtg_tree_child(struct wtg_tree *tree, uint32_t parent, const struct wtg_name16 *name,
			uint32_t after)
{
	struct wtg_tree_index *index;
	uint32_t at;

	if (!tree->index)
		tree->index = wtg_alloc(sizeof(*tree->index));
	index = tree->index;
	keep_up(tree, index);
	at = after == WTG_NONE ? index->first[parent] : index->next[after];
	for (; at != WTG_NONE; at = index->next[at])
		if (is_same(&tree->names.items[at].name, name) ||
		    is_same(&tree->names.items[at].short_name, name))
			return at;
	return WTG_NONE;
}
