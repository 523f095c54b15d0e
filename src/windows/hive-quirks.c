/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/hive-quirks.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/edit-index.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"

static bool has_cells(const struct wtg_hive_view *view, const struct wtg_regf_nk *nk)
{
	if (nk->class_name != REGF_NONE && nk->class_bytes == 0)
		return false;
	for (uint32_t i = 0; i < nk->n_values; i++) {
		struct wtg_regf_vk vk;
		uint32_t offset;

		if (!wtg_regf_nth_vk(view, nk, i, &offset) || !wtg_regf_vk(view, offset, &vk) ||
		    (!vk.resident && vk.size == 0))
			return false;
	}
	return true;
}

/* A key, or, deep, all of its subkeys, too: the view was checked, so that ends. */
static bool can_be_given_up(const struct wtg_hive_view *view, wtg_hive_key key, bool deep)
{
	struct wtg_regf_nk nk;
	wtg_hive_key child;

	if (!wtg_regf_nk(view, key, &nk) || !has_cells(view, &nk))
		return false;
	for (size_t i = 0; deep && (child = wtg_hive_view_subkey(view, key, i)); i++)
		if (!can_be_given_up(view, child, true))
			return false;
	return true;
}

int wtg_hive_check_quirks(const struct wtg_bytes *hive, const struct wtg_edits *edits,
			  struct wtg_error *err)
{
	struct wtg_hive_view view;

	if (wtg_hive_view_open(hive, &view, err) < 0 || wtg_hive_view_check(&view, err) < 0)
		return -1;
	for (size_t i = 0; i < edits->n_items; i++) {
		const struct wtg_edit *edit = &edits->items[i];
		wtg_hive_key key = 0;

		if (edit->outcome == WTG_EDIT_CHANGE)
			key = wtg_hive_view_key(&view, 0, edit->key);
		if (key && !can_be_given_up(&view, key, edit->action == WTG_EDIT_DELETE_KEY))
			return wtg_fail(err, WTG_INPUT, 0,
					"the registry key %s, or what is in it, is damaged",
					edit->key);
	}
	return 0;
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text >= 0x80)
			return false;
	return true;
}

/* A key in its parent's list, with what the list keeps of its name. */
struct entry {
	struct wtg_regf_nk nk;
	uint8_t bytes[8];
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return wtg_regf_name_compare(&x->nk.name, &y->nk.name);
}

/* The lists that a key's subkeys are in: one, or those of an index. */
struct leaves {
	struct wtg_regf_list *items;
	size_t n_items, capacity;
	size_t n_entries;
};

static bool find_leaves(const struct wtg_hive_view *view, wtg_hive_key key, struct leaves *ret)
{
	struct wtg_regf_list list, leaf;
	struct wtg_regf_nk nk;

	if (!wtg_regf_nk(view, key, &nk) || nk.n_subkeys == 0 ||
	    !wtg_regf_list(view, nk.subkeys, &list))
		return false;
	if (!list.is_index)
		WTG_APPEND(ret, list);
	for (uint32_t i = 0; list.is_index && i < list.n_entries; i++) {
		if (!wtg_regf_list(view, wtg_regf_list_entry(&list, i), &leaf) || leaf.is_index)
			return false;
		WTG_APPEND(ret, leaf);
	}
	for (size_t i = 0; i < ret->n_items; i++) {
		ret->n_entries += ret->items[i].n_entries;
		if (ret->items[i].hashed != ret->items[0].hashed ||
		    ret->items[i].hinted != ret->items[0].hinted)
			return false;
	}
	return ret->n_entries > 0;
}

/* Take a list apart, or put it together again. */
static bool take_entries(const struct wtg_hive_view *view, const struct wtg_regf_list *list,
			 struct entry *entries)
{
	for (uint32_t i = 0; i < list->n_entries; i++) {
		if (!wtg_regf_nk(view, wtg_regf_list_entry(list, i), &entries[i].nk))
			return false;
		memcpy(entries[i].bytes, list->entries + (size_t)i * list->entry_bytes,
		       list->entry_bytes);
	}
	return true;
}

static void put_entries(struct wtg_bytes *hive, const struct wtg_hive_view *view,
			const struct wtg_regf_list *list, struct entry *entries)
{
	uint8_t *at = hive->data + (list->entries - view->data);

	for (uint32_t i = 0; i < list->n_entries; i++, at += list->entry_bytes) {
		uint8_t *hint = entries[i].bytes + 4;
		bool ascii = wtg_regf_name_is_ascii(&entries[i].nk.name);

		if (list->hashed && !ascii)
			wtg_put_le32(hint, wtg_regf_name_hash(&entries[i].nk.name));
		if (list->hinted && !ascii) /* no hint: the name itself is compared */
			wtg_put_le32(hint, 0);
		memcpy(at, entries[i].bytes, list->entry_bytes);
	}
}

static void sort_subkeys(struct wtg_bytes *hive, const struct wtg_hive_view *view,
			 wtg_hive_key key)
{
	_cleanup_free_ struct entry *entries = NULL;
	struct leaves leaves = { 0 };
	bool whole = find_leaves(view, key, &leaves);
	size_t n = 0;

	if (whole)
		entries = wtg_alloc(leaves.n_entries * sizeof(*entries));
	for (size_t i = 0; whole && i < leaves.n_items; n += leaves.items[i++].n_entries)
		whole = take_entries(view, &leaves.items[i], entries + n);
	if (whole)
		qsort(entries, n, sizeof(*entries), compare_entries);
	n = 0;
	for (size_t i = 0; whole && i < leaves.n_items; n += leaves.items[i++].n_entries)
		put_entries(hive, view, &leaves.items[i], entries + n);
	free(leaves.items);
}

int wtg_hive_sort(struct wtg_bytes *hive, const struct wtg_edits *edits, struct wtg_error *err)
{
	struct wtg_hive_view view;

	if (wtg_hive_view_open(hive, &view, err) < 0)
		return wtg_while(err, "read the edited hive");
	for (size_t i = 0; i < edits->n_items; i++) {
		const struct wtg_edit *edit = &edits->items[i];
		wtg_hive_key key = view.root;
		const char *at = edit->key;
		char *part;

		if (edit->outcome != WTG_EDIT_CHANGE || is_ascii(edit->key))
			continue;
		while (key && (part = wtg_key_part(&at))) {
			if (!is_ascii(part))
				sort_subkeys(hive, &view, key);
			key = wtg_hive_view_key(&view, key, part);
			free(part);
		}
	}
	return 0;
}
