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

static void rehash_leaf(struct wtg_bytes *hive, const struct wtg_hive_view *view,
			const struct wtg_regf_list *list)
{
	uint8_t *entries = hive->data + (list->entries - view->data);

	for (uint32_t i = 0; i < list->n_entries; i++) {
		uint8_t *hint = entries + (size_t)i * list->entry_bytes + 4;
		struct wtg_regf_nk nk;

		if (!wtg_regf_nk(view, wtg_regf_list_entry(list, i), &nk) ||
		    wtg_regf_name_is_ascii(&nk.name))
			continue;
		if (list->hashed)
			wtg_put_le32(hint, wtg_regf_name_hash(&nk.name));
		else if (list->hinted) /* no hint: the name itself is compared */
			wtg_put_le32(hint, 0);
	}
}

static void rehash(struct wtg_bytes *hive, const struct wtg_hive_view *view, wtg_hive_key key)
{
	struct wtg_regf_list list, leaf;
	struct wtg_regf_nk nk;

	if (!wtg_regf_nk(view, key, &nk) || nk.n_subkeys == 0 ||
	    !wtg_regf_list(view, nk.subkeys, &list))
		return;
	if (!list.is_index)
		rehash_leaf(hive, view, &list);
	for (uint32_t i = 0; list.is_index && i < list.n_entries; i++)
		if (wtg_regf_list(view, wtg_regf_list_entry(&list, i), &leaf) && !leaf.is_index)
			rehash_leaf(hive, view, &leaf);
}

int wtg_hive_rehash(struct wtg_bytes *hive, const struct wtg_edits *edits, struct wtg_error *err)
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
				rehash(hive, &view, key);
			key = wtg_hive_view_key(&view, key, part);
			free(part);
		}
	}
	return 0;
}
