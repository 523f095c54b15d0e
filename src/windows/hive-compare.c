/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/hive-compare.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "windows/regf-cell.h"
#include "wtg/text.h"

/* Windows makes no key deeper. */
#define MAX_DEPTH 512

struct walk {
	const struct wtg_hive_view *before, *after;
	const struct wtg_edits *edits;
	size_t n_seen; /* edits that were found made */
};

/* A key on both sides; before is 0 where the edits make it. */
struct pair {
	wtg_hive_key before, after;
	const char *path; /* "" for the root */
	unsigned depth;
};

struct value {
	char *name;
	uint32_t type;
	struct wtg_bytes data;
};

static void value_done(struct value *value)
{
	free(value->name);
	wtg_bytes_done(&value->data);
}

static int differs(const char *path, const char *what, const char *name,
		   struct wtg_error *err)
{
	return wtg_fail(err, WTG_SYSTEM, 0,
			"the edited hive is not what it should be: %s %s of the key %s",
			what, name, path);
}

/* The i-th value; 0 after the last, and of no key. */
static int nth(const struct wtg_hive_view *view, wtg_hive_key key, size_t i,
	       struct value *ret)
{
	if (!key)
		return 0;
	return wtg_hive_view_nth_value(view, key, i, &ret->name, &ret->type, &ret->data);
}

/* The change of a value, or, if name is NULL, of all values of a key. */
static const struct wtg_edit *find_edit(const struct walk *w, const char *path,
					const char *name)
{
	for (size_t i = 0; i < w->edits->n_items; i++) {
		const struct wtg_edit *edit = &w->edits->items[i];

		if (edit->outcome == WTG_EDIT_CHANGE &&
		    strcasecmp(edit->key, path) == 0 &&
		    wtg_text_equal_fold(edit->value, name))
			return edit;
	}
	return NULL;
}

/* Must the key at path be there for an edit? */
static bool is_made(const struct walk *w, const char *path)
{
	size_t length = strlen(path);

	for (size_t i = 0; i < w->edits->n_items; i++) {
		const struct wtg_edit *edit = &w->edits->items[i];

		if (edit->outcome == WTG_EDIT_CHANGE &&
		    strncasecmp(edit->key, path, length) == 0 &&
		    (edit->key[length] == '\\' || edit->key[length] == '\0'))
			return true;
	}
	return false;
}

static bool is_same(uint32_t type, const struct wtg_bytes *data,
		    const struct value *value)
{
	return value->type == type && value->data.size == data->size &&
	       (data->size == 0 || memcmp(value->data.data, data->data, data->size) == 0);
}

/* The i-th value on both sides: 1 compared and as it should be, 0 after the last. */
static int compare_value(struct walk *w, const struct pair *pair, size_t i,
			 struct wtg_error *err)
{
	_cleanup_(value_done) struct value old = { 0 }, new = { 0 };
	int had = nth(w->before, pair->before, i, &old);
	int has = nth(w->after, pair->after, i, &new);
	const struct wtg_edit *edit;

	if (had < 0 || has < 0)
		return differs(pair->path, "damaged:", "a value", err);
	if (!had && !has)
		return 0;
	if (!has)
		return differs(pair->path, "lost: the value", old.name, err);
	edit = find_edit(w, pair->path, new.name);
	if (edit) {
		/* What was replaced keeps its place; what is new comes last. */
		if (had && !wtg_text_equal_fold(old.name, new.name))
			return differs(pair->path, "out of place: the value", new.name,
				       err);
		if (!is_same(edit->type, &edit->data, &new))
			return differs(pair->path, "not as planned: the value", new.name,
				       err);
		w->n_seen++;
		return 1;
	}
	if (!had || strcmp(old.name, new.name) != 0)
		return differs(pair->path, "not planned: the value", new.name, err);
	if (!is_same(old.type, &old.data, &new))
		return differs(pair->path, "changed: the value", new.name, err);
	return 1;
}

static int compare_values(struct walk *w, const struct pair *pair, struct wtg_error *err)
{
	_cleanup_(value_done) struct value left = { 0 };
	int result = 1;

	if (find_edit(w, pair->path, NULL)) {
		if (nth(w->after, pair->after, 0, &left) != 0)
			return differs(pair->path, "not deleted:", "a value", err);
		w->n_seen++;
		return 0;
	}
	for (size_t i = 0; result > 0; i++)
		result = compare_value(w, pair, i, err);
	return result;
}

static wtg_hive_key subkey(const struct wtg_hive_view *view, wtg_hive_key key, size_t i,
			   char **ret_name)
{
	wtg_hive_key child = key ? wtg_hive_view_subkey(view, key, i) : 0;

	if (child)
		*ret_name = wtg_hive_view_name(view, child);
	return child;
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

/* One subkey of after, at *i_before of before if it is there; which then moves on. */
static int compare_subkey(struct walk *w, const struct pair *parent, size_t *i_before,
			  size_t i_after, struct wtg_error *err)
{
	_cleanup_free_ char *old = NULL, *new = NULL, *path = NULL;
	struct pair pair = {
		.before = subkey(w->before, parent->before, *i_before, &old),
		.after = subkey(w->after, parent->after, i_after, &new),
		.depth = parent->depth + 1,
	};

	if (!pair.before && !pair.after)
		return 0;
	if (!pair.after || !new)
		return differs(parent->path, "lost: the subkey", old ? old : "", err);
	path = *parent->path ? wtg_text("%s\\%s", parent->path, new) : wtg_text_copy(new);
	pair.path = path;
	if (wtg_text_equal(old, new))
		(*i_before)++;
	else if (is_made(w, path) && is_in_order(w->after, parent->after, i_after))
		pair.before = 0;
	else
		return differs(parent->path, "not planned or out of place: the subkey",
			       new, err);
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

/*
 * Can what was edited be found by its name, as Windows finds it?  Names may hold a NUL,
 * which is where they end for hivex and for the walk: it takes "Power\0" for "Power".
 */
static int check_found(const struct wtg_hive_view *after, const struct wtg_edit *edit,
		       struct wtg_error *err)
{
	_cleanup_(value_done) struct value value = { 0 };
	wtg_hive_key key = wtg_hive_view_key(after, 0, edit->key);

	if (!edit->value && nth(after, key, 0, &value) == 0)
		return 0;
	if (edit->value && key &&
	    wtg_hive_view_value(after, key, edit->value, &value.type, &value.data) > 0 &&
	    is_same(edit->type, &edit->data, &value))
		return 0;
	return differs(edit->key, "not where Windows looks:",
		       edit->value ? edit->value : "the end of the values", err);
}

int wtg_hive_compare(const struct wtg_hive_view *before,
		     const struct wtg_hive_view *after, const struct wtg_edits *edits,
		     struct wtg_error *err)
{
	struct walk w = { .before = before, .after = after, .edits = edits };
	struct pair root = { .before = before->root, .after = after->root, .path = "" };

	if (compare_key(&w, &root, err) < 0)
		return -1;
	if (w.n_seen != wtg_edits_changes(edits))
		return wtg_fail(err, WTG_SYSTEM, 0,
				"the edited hive has %zu of %zu changes", w.n_seen,
				wtg_edits_changes(edits));
	for (size_t i = 0; i < edits->n_items; i++)
		if (edits->items[i].outcome == WTG_EDIT_CHANGE &&
		    check_found(after, &edits->items[i], err) < 0)
			return -1;
	return 0;
}
