/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk through everything in a hive. */
#include "windows/regf-read.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "wtg/text.h"

/* Windows makes no key deeper. */
#define MAX_DEPTH 512

/* Cells lie on multiples of 8, so a bit stands for 8 bytes: set for the start of each
 * allocated cell, cleared when something lays claim to it.  What two things claim is a
 * loop or an overlap, and so every cell is visited once at most. */
struct walk {
	const struct wtg_hive_view *view;
	uint8_t *unclaimed;
};

static int mark_cells(const struct walk *w, struct wtg_error *err)
{
	const struct wtg_hive_view *view = w->view;
	size_t bin = REGF_BASE_BYTES;

	while (bin < view->size) {
		size_t end = bin + wtg_le32(view->data + bin + HBIN_SIZE);
		size_t at = bin + HBIN_HEADER_BYTES;

		while (at < end) {
			uint32_t raw = wtg_le32(view->data + at);
			bool allocated = raw >= 0x80000000u;
			uint32_t size = allocated ? 0u - raw : raw;

			if (size == 0 || size % 8 != 0 || size > end - at)
				return wtg_fail(err, WTG_INPUT, 0,
						"the hive's cell at 0x%zx is damaged",
						at);
			if (allocated)
				w->unclaimed[(at - REGF_BASE_BYTES) / 64] |=
					(uint8_t)(1 << at / 8 % 8);
			at += size;
		}
		bin = end;
	}
	return 0;
}

static bool is_unclaimed(const struct walk *w, uint32_t offset)
{
	return offset % 8 == 0 && offset < w->view->size - REGF_BASE_BYTES &&
	       w->unclaimed[offset / 64] & 1 << offset / 8 % 8;
}

static int claim(const struct walk *w, uint32_t offset, const char *what,
		 struct wtg_error *err)
{
	if (!is_unclaimed(w, offset))
		return wtg_fail(err, WTG_INPUT, 0,
				"%s at 0x%x is no cell or belongs to something else",
				what, offset);
	w->unclaimed[offset / 64] &= (uint8_t) ~(1 << offset / 8 % 8);
	return 0;
}

/* Big data: the cell that leads to the list of the pieces, and that list. */
static int claim_big(const struct walk *w, const struct wtg_regf_vk *vk,
		     struct wtg_error *err)
{
	struct wtg_regf_cell db;

	if (claim(w, vk->data, "its data", err) < 0)
		return -1;
	if (!wtg_regf_cell(w->view, vk->data, DB_BYTES, &db) ||
	    memcmp(db.data, "db", 2) != 0)
		return wtg_fail(err, WTG_INPUT, 0, "its data are too long for one cell");
	return claim(w, wtg_le32(db.data + DB_SEGMENTS), "its list of data", err);
}

static int check_data(const struct walk *w, const struct wtg_regf_vk *vk,
		      struct wtg_error *err)
{
	if (vk->is_big && claim_big(w, vk, err) < 0)
		return -1;
	for (uint32_t i = 0; i < vk->n_pieces; i++) {
		struct wtg_regf_piece piece;

		if (!wtg_regf_piece(w->view, vk, i, &piece))
			return wtg_fail(err, WTG_INPUT, 0, "its data are damaged");
		if (!vk->resident && claim(w, piece.offset, "its data", err) < 0)
			return -1;
	}
	return 0;
}

/* Say in which key or value the recorded damage is. */
static int while_in(struct wtg_error *err, const char *what,
		    const struct wtg_regf_name *name)
{
	_cleanup_free_ char *text = wtg_regf_name_text(name);
	_cleanup_free_ char *shown = wtg_text_printable(text);

	return wtg_while(err, "%s %s", what, shown);
}

static int check_value(const struct walk *w, uint32_t offset, struct wtg_error *err)
{
	struct wtg_regf_vk vk;

	if (claim(w, offset, "a value", err) < 0)
		return -1;
	if (!wtg_regf_vk(w->view, offset, &vk))
		return wtg_fail(err, WTG_INPUT, 0, "the value at 0x%x is damaged",
				offset);
	if (check_data(w, &vk, err) < 0)
		return while_in(err, "value", &vk.name);
	return 0;
}

static int check_values(const struct walk *w, const struct wtg_regf_nk *nk,
			struct wtg_error *err)
{
	if (nk->n_values == 0)
		return 0;
	if (claim(w, nk->values, "its list of values", err) < 0)
		return -1;
	for (uint32_t i = 0; i < nk->n_values; i++) {
		uint32_t offset;

		if (!wtg_regf_nth_vk(w->view, nk, i, &offset))
			return wtg_fail(err, WTG_INPUT, 0,
					"its list of values is too short");
		if (check_value(w, offset, err) < 0)
			return -1;
	}
	return 0;
}

/* The subkeys of one key, as the walk passes them. */
struct family {
	wtg_hive_key parent;
	unsigned depth; /* of the subkeys */
	uint64_t n_seen;
	struct wtg_regf_name last_seen;
};

/*
 * Windows finds a subkey by halving the list, and by the hash or the first characters
 * that lie there: what is misplaced does not exist for it.  Judged where names are ASCII,
 * since folding the others is Windows' own.
 */
static int check_place(const struct wtg_regf_list *list, uint32_t i,
		       const struct wtg_regf_name *name, const struct family *family,
		       struct wtg_error *err)
{
	const uint8_t *hint = list->entries + (size_t)i * list->entry_bytes + 4;
	struct wtg_regf_name hinted = { hint, name->size < 4 ? name->size : 4, true };
	struct wtg_regf_name first = { name->data, hinted.size, true };

	if (!wtg_regf_name_is_ascii(name))
		return 0;
	if (list->hashed && wtg_le32(hint) != wtg_regf_name_hash(name))
		return wtg_fail(err, WTG_INPUT, 0,
				"its hash in the list of subkeys is wrong");
	if (list->hinted && name->latin1 && wtg_regf_name_compare(&first, &hinted) != 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"its hint in the list of subkeys is wrong");
	if (family->n_seen > 0 && wtg_regf_name_is_ascii(&family->last_seen) &&
	    wtg_regf_name_compare(&family->last_seen, name) >= 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"it is misplaced in the list of subkeys");
	return 0;
}

static int check_below(const struct walk *w, const struct wtg_regf_nk *nk,
		       wtg_hive_key key, unsigned depth, struct wtg_error *err);

static int check_security(const struct walk *w, const struct wtg_regf_nk *nk,
			  struct wtg_error *err)
{
	struct wtg_regf_cell sk; /* shared by keys: not claimed */

	if (!wtg_regf_cell(w->view, nk->security, SK_DESCRIPTOR, &sk) ||
	    memcmp(sk.data, "sk", 2) != 0 ||
	    wtg_le32(sk.data + SK_SIZE) > sk.size - SK_DESCRIPTOR)
		return wtg_fail(err, WTG_INPUT, 0, "its security descriptor is damaged");
	return 0;
}

static int check_class(const struct walk *w, const struct wtg_regf_nk *nk,
		       struct wtg_error *err)
{
	struct wtg_regf_cell name;

	if (nk->class_bytes == 0)
		return 0;
	if (!wtg_regf_cell(w->view, nk->class_name, nk->class_bytes, &name))
		return wtg_fail(err, WTG_INPUT, 0, "its class name is damaged");
	return claim(w, nk->class_name, "its class name", err);
}

static int check_leaf(const struct walk *w, const struct wtg_regf_list *list,
		      struct family *family, struct wtg_error *err)
{
	for (uint32_t i = 0; i < list->n_entries; i++) {
		wtg_hive_key key = wtg_regf_list_entry(list, i);
		struct wtg_regf_nk nk;

		if (claim(w, key, "a key", err) < 0)
			return -1;
		if (!wtg_regf_nk(w->view, key, &nk) || nk.parent != family->parent)
			return wtg_fail(err, WTG_INPUT, 0, "the key at 0x%x is damaged",
					key);
		if (check_place(list, i, &nk.name, family, err) < 0 ||
		    check_below(w, &nk, key, family->depth, err) < 0)
			return while_in(err, "key", &nk.name);
		family->last_seen = nk.name;
		family->n_seen++;
	}
	return 0;
}

static int claim_list(const struct walk *w, uint32_t offset, struct wtg_regf_list *ret,
		      struct wtg_error *err)
{
	if (claim(w, offset, "its list of subkeys", err) < 0)
		return -1;
	if (!wtg_regf_list(w->view, offset, ret))
		return wtg_fail(err, WTG_INPUT, 0,
				"its list of subkeys at 0x%x is damaged", offset);
	return 0;
}

static int check_index(const struct walk *w, const struct wtg_regf_list *index,
		       struct family *family, struct wtg_error *err)
{
	for (uint32_t i = 0; i < index->n_entries; i++) {
		struct wtg_regf_list leaf;

		if (claim_list(w, wtg_regf_list_entry(index, i), &leaf, err) < 0)
			return -1;
		if (leaf.is_index)
			return wtg_fail(err, WTG_INPUT, 0,
					"its lists of subkeys are nested");
		if (check_leaf(w, &leaf, family, err) < 0)
			return -1;
	}
	return 0;
}

static int check_subkeys(const struct walk *w, const struct wtg_regf_nk *nk,
			 struct family *family, struct wtg_error *err)
{
	struct wtg_regf_list list;
	int result;

	if (nk->n_subkeys == 0)
		return 0;
	if (family->depth > MAX_DEPTH)
		return wtg_fail(err, WTG_INPUT, 0, "keys are nested deeper than %d",
				MAX_DEPTH);
	if (claim_list(w, nk->subkeys, &list, err) < 0)
		return -1;
	result = list.is_index ? check_index(w, &list, family, err)
			       : check_leaf(w, &list, family, err);
	if (result < 0)
		return -1;
	if (family->n_seen != nk->n_subkeys)
		return wtg_fail(err, WTG_INPUT, 0, "it has %u subkeys and lists %ju",
				nk->n_subkeys, (uintmax_t)family->n_seen);
	return 0;
}

/* What a key consists of. */
static int check_below(const struct walk *w, const struct wtg_regf_nk *nk,
		       wtg_hive_key key, unsigned depth, struct wtg_error *err)
{
	struct family family = { .parent = key, .depth = depth + 1 };

	if (check_security(w, nk, err) < 0 || check_class(w, nk, err) < 0 ||
	    check_values(w, nk, err) < 0)
		return -1;
	return check_subkeys(w, nk, &family, err);
}

int wtg_hive_view_check(const struct wtg_hive_view *view, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *unclaimed = NULL;
	struct walk w = { .view = view };
	struct wtg_regf_nk root;

	unclaimed = wtg_try_alloc((view->size - REGF_BASE_BYTES) / 64, "walking the hive",
				  err);
	if (!unclaimed)
		return -1;
	w.unclaimed = unclaimed;
	if (mark_cells(&w, err) < 0)
		return -1;
	if (claim(&w, view->root, "the root key", err) < 0)
		return -1;
	if (!wtg_regf_nk(view, view->root, &root))
		return wtg_fail(err, WTG_INPUT, 0, "the hive's root key is damaged");
	return check_below(&w, &root, view->root, 0, err);
}
