/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/hive-compare.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/edit-index.h"
#include "windows/regf-cell.h"
#include "wtg/text.h"

/* Windows makes no key deeper. */
#define MAX_DEPTH 512

struct walk {
	const struct wtg_hive_view *before, *after;
	const struct wtg_edits *edits;
	struct wtg_edit_index index;
	size_t n_seen; /* edits that were found made */
};

/* A key on both sides; before is 0 where the edits make it. */
struct pair {
	const struct pair *parent; /* NULL: this is the root */
	wtg_hive_key before, after;
	uint32_t said; /* the key in the index; WTG_EDIT_NOWHERE: no edit is at or below it */
	unsigned depth;
};

static char *path_of(const struct walk *w, const struct pair *pair)
{
	_cleanup_free_ char *parent = NULL, *name = NULL;

	if (!pair->parent)
		return wtg_text_copy("");
	parent = path_of(w, pair->parent);
	name = wtg_hive_view_name(w->after, pair->after);
	return *parent ? wtg_text("%s\\%s", parent, name ? name : "?") : WTG_STEAL(name);
}

static int differs(const struct walk *w, const struct pair *pair, const char *what,
		   const struct wtg_regf_name *name, struct wtg_error *err)
{
	_cleanup_free_ char *path = path_of(w, pair);
	_cleanup_free_ char *text = name ? wtg_regf_name_text(name) : NULL;

	return wtg_fail(err, WTG_SYSTEM, 0,
			"the edited hive is not what it should be: %s%s%s of the key %s", what,
			text ? " " : "", text ? text : "", path);
}

/* ------------------------------------------------------------------ values */

/* The i-th value: 1, 0 after the last and of no key, -1 damaged. */
static int nth(const struct wtg_hive_view *view, wtg_hive_key key, uint32_t i,
	       struct wtg_regf_vk *ret)
{
	struct wtg_regf_nk nk;
	uint32_t offset;

	if (!key)
		return 0;
	if (!wtg_regf_nk(view, key, &nk))
		return -1;
	if (i >= nk.n_values)
		return 0;
	return wtg_regf_nth_vk(view, &nk, i, &offset) && wtg_regf_vk(view, offset, ret) ? 1
											 : -1;
}

static bool holds(const struct wtg_hive_view *view, const struct wtg_regf_vk *vk,
		  const uint8_t *data)
{
	for (uint32_t i = 0; i < vk->n_pieces; i++) {
		struct wtg_regf_piece piece;

		if (!wtg_regf_piece(view, vk, i, &piece) ||
		    memcmp(piece.data, data, piece.size) != 0)
			return false;
		data += piece.size;
	}
	return true;
}

static bool is_as_planned(const struct walk *w, const struct wtg_edit *edit,
			  const struct wtg_regf_vk *vk)
{
	return vk->type == edit->type && vk->size == edit->data.size &&
	       holds(w->after, vk, edit->data.data);
}

static bool is_unchanged(const struct walk *w, const struct wtg_regf_vk *old,
			 const struct wtg_regf_vk *new)
{
	if (old->type != new->type || old->size != new->size || old->n_pieces != new->n_pieces ||
	    !wtg_regf_name_same(&old->name, &new->name))
		return false;
	for (uint32_t i = 0; i < old->n_pieces; i++) {
		struct wtg_regf_piece was, is;

		if (!wtg_regf_piece(w->before, old, i, &was) ||
		    !wtg_regf_piece(w->after, new, i, &is) || was.size != is.size ||
		    memcmp(was.data, is.data, was.size) != 0)
			return false;
	}
	return true;
}

/* The edit of a value; a name with a NUL in it is none that an edit could have. */
static const struct wtg_edit *edit_of(const struct walk *w, const struct pair *pair,
				      const struct wtg_regf_vk *vk)
{
	_cleanup_free_ char *name = NULL;
	size_t number;

	if (pair->said == WTG_EDIT_NOWHERE || !wtg_regf_name_is_text(&vk->name))
		return NULL;
	name = wtg_regf_name_text(&vk->name);
	number = wtg_edit_index_value(&w->index, pair->said, name);
	return number ? &w->edits->items[number - 1] : NULL;
}

/* What was there: each value deleted, or in its place as it was or as planned. */
static int compare_old_values(struct walk *w, const struct pair *pair, uint32_t *i_after,
			      struct wtg_error *err)
{
	struct wtg_regf_vk old, new;
	int had;

	for (uint32_t i = 0; (had = nth(w->before, pair->before, i, &old)) > 0; i++) {
		const struct wtg_edit *edit = edit_of(w, pair, &old);

		w->n_seen += edit != NULL;
		if (edit && edit->action == WTG_EDIT_DELETE)
			continue;
		if (nth(w->after, pair->after, *i_after, &new) <= 0)
			return differs(w, pair, "lost: the value", &old.name, err);
		if (!edit && !is_unchanged(w, &old, &new))
			return differs(w, pair, "changed: the value", &old.name, err);
		if (edit && !(wtg_regf_name_same(&old.name, &new.name) &&
			      is_as_planned(w, edit, &new)))
			return differs(w, pair, "not as planned: the value", &old.name, err);
		++*i_after;
	}
	return had < 0 ? differs(w, pair, "damaged: a value", NULL, err) : 0;
}

/* What is new comes after that. */
static int compare_new_values(struct walk *w, const struct pair *pair, uint32_t i,
			      struct wtg_error *err)
{
	struct wtg_regf_vk new;
	int has;

	for (; (has = nth(w->after, pair->after, i, &new)) > 0; i++) {
		const struct wtg_edit *edit = edit_of(w, pair, &new);

		if (!edit || edit->action != WTG_EDIT_SET)
			return differs(w, pair, "not planned: the value", &new.name, err);
		if (!is_as_planned(w, edit, &new))
			return differs(w, pair, "not as planned: the value", &new.name, err);
		w->n_seen++;
	}
	return has < 0 ? differs(w, pair, "damaged: a value", NULL, err) : 0;
}

static int compare_values(struct walk *w, const struct pair *pair, struct wtg_error *err)
{
	struct pair values = *pair;
	uint32_t i_after = 0;

	if (pair->said != WTG_EDIT_NOWHERE) {
		const struct wtg_edit_key *key = &w->index.items[pair->said];

		w->n_seen += key->cleared != 0;
		w->n_seen += key->made != 0;
		if (key->cleared)
			values.before = 0;
	}
	if (compare_old_values(w, &values, &i_after, err) < 0)
		return -1;
	return compare_new_values(w, &values, i_after, err);
}

/* ------------------------------------------------------------------ keys */

struct child {
	wtg_hive_key key; /* 0: there is none */
	struct wtg_regf_nk nk;
	uint32_t said;
};

/* The subkey at i. */
static struct child child_at(const struct walk *w, const struct wtg_hive_view *view,
			     wtg_hive_key parent, size_t i, uint32_t said)
{
	struct child child = { .said = WTG_EDIT_NOWHERE };

	child.key = parent ? wtg_hive_view_subkey(view, parent, i) : 0;
	if (!child.key || !wtg_regf_nk(view, child.key, &child.nk))
		return (struct child){ .said = WTG_EDIT_NOWHERE };
	if (said != WTG_EDIT_NOWHERE && wtg_regf_name_is_text(&child.nk.name)) {
		_cleanup_free_ char *name = wtg_regf_name_text(&child.nk.name);

		child.said = wtg_edit_index_subkey(&w->index, said, name);
	}
	return child;
}

static bool is_deleted(const struct walk *w, const struct child *child)
{
	return child->said != WTG_EDIT_NOWHERE && w->index.items[child->said].deleted;
}

static bool is_needed(const struct walk *w, const struct child *child)
{
	return child->said != WTG_EDIT_NOWHERE && w->index.items[child->said].needed;
}

/* Windows looks subkeys up by halving their list: does the i-th come after the one before
 * it and before the one after it? */
static bool is_in_order(const struct wtg_hive_view *view, wtg_hive_key key, size_t i)
{
	struct wtg_regf_nk this, other;
	wtg_hive_key next = wtg_hive_view_subkey(view, key, i + 1);

	if (!wtg_regf_nk(view, wtg_hive_view_subkey(view, key, i), &this))
		return false;
	if (next && (!wtg_regf_nk(view, next, &other) ||
		     wtg_regf_name_compare(&this.name, &other.name) >= 0))
		return false;
	return i == 0 ||
	       (wtg_regf_nk(view, wtg_hive_view_subkey(view, key, i - 1), &other) &&
		wtg_regf_name_compare(&other.name, &this.name) < 0);
}

static int compare_key(struct walk *w, const struct pair *pair, struct wtg_error *err);

/* The subkey of after at i_after, and that of before at *i_before if it is the same one. */
static int compare_subkey(struct walk *w, const struct pair *parent, size_t *i_before,
			  size_t i_after, struct wtg_error *err)
{
	struct child old = child_at(w, w->before, parent->before, *i_before, parent->said);
	struct child new = child_at(w, w->after, parent->after, i_after, parent->said);
	struct pair pair = { parent, 0, new.key, new.said, parent->depth + 1 };

	for (; old.key && is_deleted(w, &old); w->n_seen++)
		old = child_at(w, w->before, parent->before, ++*i_before, parent->said);
	if (!old.key && !new.key)
		return 0;
	if (!new.key)
		return differs(w, parent, "lost: the subkey", &old.nk.name, err);
	if (old.key && wtg_regf_name_same(&old.nk.name, &new.nk.name)) {
		pair.before = old.key;
		++*i_before;
	} else if (!is_needed(w, &new) || !is_in_order(w->after, parent->after, i_after)) {
		return differs(w, parent, "not planned or out of place: the subkey",
			       &new.nk.name, err);
	}
	return compare_key(w, &pair, err) < 0 ? -1 : 1;
}

static int compare_key(struct walk *w, const struct pair *pair, struct wtg_error *err)
{
	size_t i_before = 0;
	int result = 1;

	if (pair->depth > MAX_DEPTH)
		return wtg_fail(err, WTG_SYSTEM, 0, "the edited hive is too deep");
	if (compare_values(w, pair, err) < 0)
		return -1;
	for (size_t i = 0; result > 0; i++)
		result = compare_subkey(w, pair, &i_before, i, err);
	return result;
}

int wtg_hive_compare(const struct wtg_hive_view *before,
		     const struct wtg_hive_view *after, const struct wtg_edits *edits,
		     struct wtg_error *err)
{
	struct walk w = {
		.before = before,
		.after = after,
		.edits = edits,
		.index = wtg_edit_index_of(edits),
	};
	struct pair root = {
		.before = before->root,
		.after = after->root,
		.said = w.index.n_items ? WTG_EDIT_ROOT : WTG_EDIT_NOWHERE,
	};
	int result = compare_key(&w, &root, err);

	wtg_edit_index_done(&w.index);
	if (result < 0)
		return -1;
	if (w.n_seen != wtg_edits_changes(edits))
		return wtg_fail(err, WTG_SYSTEM, 0,
				"the edited hive has %zu of %zu changes", w.n_seen,
				wtg_edits_changes(edits));
	return 0;
}
