/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of a row of edits count, and what each of them means for the hive. */
#include "windows/edits-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/edit-value.h"
#include "windows/regf-cell.h"
#include "wtg/text.h"

static bool is_of_value(const struct wtg_edit *edit)
{
	return edit->action == WTG_EDIT_SET || edit->action == WTG_EDIT_DELETE;
}

/* The number of a later edit because of which this one is not made; 0: none. */
static size_t overruled_by(const struct wtg_planner *p, size_t number)
{
	const struct wtg_edit *edit = &p->edits.items[number - 1];
	uint32_t key = p->keys.items[number - 1];
	const struct wtg_edit_key *said = &p->index.items[key];
	size_t last = is_of_value(edit) ? wtg_edit_index_value(&p->index, key, edit->value) : 0;

	if (last > number)
		return last;
	if ((is_of_value(edit) || edit->action == WTG_EDIT_CLEAR) && said->cleared > number)
		return said->cleared;
	if (edit->action == WTG_EDIT_MAKE_KEY && said->made > number)
		return said->made;
	for (;; key = said->parent) {
		said = &p->index.items[key];
		if (said->deleted > number)
			return said->deleted;
		if (key == WTG_EDIT_ROOT)
			return 0;
	}
}

/* Does an earlier edit take away what the hive has there? */
static bool is_fresh(const struct wtg_planner *p, size_t number)
{
	uint32_t key = p->keys.items[number - 1];
	const struct wtg_edit_key *said = &p->index.items[key];

	if (is_of_value(&p->edits.items[number - 1]) && said->cleared)
		return true;
	for (;; key = said->parent) {
		said = &p->index.items[key];
		if (said->deleted && said->deleted < number)
			return true;
		if (key == WTG_EDIT_ROOT)
			return false;
	}
}

static bool is_same(const struct wtg_edit_value *old, const struct wtg_edit *edit)
{
	return old->found && old->type == edit->type && old->data.size == edit->data.size &&
	       (old->data.size == 0 ||
		memcmp(old->data.data, edit->data.data, old->data.size) == 0);
}

static void say(struct wtg_edit *edit, enum wtg_edit_outcome outcome, char *old_text,
		char *new_text)
{
	edit->outcome = outcome;
	edit->old_text = old_text;
	edit->new_text = new_text;
}

static void decide_value(bool fresh, const struct wtg_edit_value *old,
			 struct wtg_edit *edit)
{
	const struct wtg_edit_value new = { edit->action == WTG_EDIT_SET, edit->type, edit->data };
	bool secret = wtg_edit_is_secret(edit->value);

	say(edit, WTG_EDIT_CHANGE,
	    secret && old->found ? wtg_text_copy("not shown") : wtg_edit_value_text(old),
	    secret && new.found ? wtg_text_copy("not shown") : wtg_edit_value_text(&new));
	if (edit->action == WTG_EDIT_DELETE && (fresh || !old->found))
		edit->outcome = WTG_EDIT_ABSENT;
	if (edit->action == WTG_EDIT_SET && !fresh && is_same(old, edit))
		edit->outcome = WTG_EDIT_KEEP;
}

static char *count_text(size_t n, const char *what)
{
	return wtg_text("%zu %s%s", n, what, n == 1 ? "" : "s");
}

static char *key_text(const struct wtg_planner *p, const struct wtg_place *place)
{
	struct wtg_regf_nk nk;
	_cleanup_free_ char *values = NULL, *subkeys = NULL;

	if (!place->key || !wtg_regf_nk(&p->hive, place->key, &nk))
		return wtg_text_copy("absent");
	values = count_text(nk.n_values, "value");
	subkeys = count_text(nk.n_subkeys, "subkey");
	return wtg_text("a key with %s and %s", values, subkeys);
}

static void decide_clear(const struct wtg_planner *p, const struct wtg_place *place, bool fresh,
			 struct wtg_edit *edit)
{
	struct wtg_regf_nk nk = { .n_values = 0 };

	if (place->key)
		(void)wtg_regf_nk(&p->hive, place->key, &nk);
	say(edit, nk.n_values > 0 ? WTG_EDIT_CHANGE : WTG_EDIT_KEEP,
	    count_text(nk.n_values, "value"), wtg_text_copy("0 values"));
	if (fresh || !place->key)
		edit->outcome = WTG_EDIT_ABSENT;
}

/* What a wish that counts means for the hive. */
static int decide(const struct wtg_planner *p, size_t number, struct wtg_error *err)
{
	_cleanup_(wtg_edit_value_done) struct wtg_edit_value old = { 0 };
	const struct wtg_place *place = &p->places.items[p->keys.items[number - 1]];
	struct wtg_edit *edit = &p->edits.items[number - 1];
	bool fresh = is_fresh(p, number), there = place->key && !fresh;

	switch (edit->action) {
	case WTG_EDIT_SET:
	case WTG_EDIT_DELETE:
		if (wtg_edit_value_read(&p->hive, place->key, edit->value, &old, err) < 0)
			return -1;
		decide_value(fresh, &old, edit);
		return 0;
	case WTG_EDIT_CLEAR:
		decide_clear(p, place, fresh, edit);
		return 0;
	case WTG_EDIT_MAKE_KEY:
		say(edit, there ? WTG_EDIT_KEEP : WTG_EDIT_CHANGE, key_text(p, place),
		    wtg_text_copy("a key"));
		return 0;
	case WTG_EDIT_DELETE_KEY:
		say(edit, there ? WTG_EDIT_CHANGE : WTG_EDIT_ABSENT, key_text(p, place),
		    wtg_text_copy("absent"));
		return 0;
	}
	abort();
}

/* ------------------------------------------------------------------ all of them */

/* Another value of a key that hivex would damage when it writes this one. */
static int check_siblings(struct wtg_planner *p, size_t number, struct wtg_error *err)
{
	const struct wtg_edit *edit = &p->edits.items[number - 1];
	uint32_t key = p->keys.items[number - 1];
	struct wtg_place *place = &p->places.items[key];

	if (edit->outcome != WTG_EDIT_CHANGE || !is_of_value(edit) || !place->key ||
	    place->checked || is_fresh(p, number))
		return 0;
	place->checked = true;
	for (size_t i = 0;; i++) {
		_cleanup_(wtg_edit_value_done) struct wtg_edit_value value = { 0 };
		_cleanup_free_ char *name = NULL;
		int found = wtg_hive_view_nth_value(&p->hive, place->key, i, &name, &value.type,
						    &value.data);
		size_t said = found > 0 ? wtg_edit_index_value(&p->index, key, name) : 0;

		if (found < 0)
			return wtg_fail(err, WTG_INPUT, 0, "its value %zu is damaged", i + 1);
		if (found == 0)
			return 0;
		if (value.data.size > WTG_EDIT_MAX_BYTES &&
		    !(said && p->edits.items[said - 1].outcome == WTG_EDIT_CHANGE))
			return wtg_fail(err, WTG_INPUT, 0,
					"it has a value of %zu bytes, which a change of another "
					"one would damage", value.data.size);
	}
}

/* A row of the table that a wish overrules: is that worth telling? */
static bool is_undone(struct wtg_edit *edit, const struct wtg_edit *by)
{
	char *reason;

	if (edit->class == WTG_EDIT_WISH || edit->class == WTG_EDIT_CAPTURED ||
	    edit->outcome == WTG_EDIT_ABSENT)
		return false;
	if (by->action == WTG_EDIT_SET && by->type == edit->type &&
	    by->data.size == edit->data.size &&
	    memcmp(by->data.data, edit->data.data, by->data.size) == 0)
		return false;
	reason = wtg_text("%s; undone by %s", edit->reason, by->reason);
	free(edit->reason);
	edit->reason = reason;
	edit->outcome = WTG_EDIT_UNDONE;
	return true;
}

int wtg_edits_decide(struct wtg_planner *p, struct wtg_error *err)
{
	_cleanup_free_ bool *dropped = wtg_alloc(p->edits.n_items + 1);
	size_t n = 0;

	for (size_t number = 1; number <= p->edits.n_items; number++) {
		struct wtg_edit *edit = &p->edits.items[number - 1];
		size_t by = overruled_by(p, number);

		if (by)
			dropped[number - 1] = !is_undone(edit, &p->edits.items[by - 1]);
		else if (edit->class == WTG_EDIT_WISH && decide(p, number, err) < 0)
			return wtg_while(err, "%s: registry key %s", edit->reason, edit->key);
	}
	for (size_t number = 1; number <= p->edits.n_items; number++) {
		const struct wtg_edit *edit = &p->edits.items[number - 1];

		if (!dropped[number - 1] && check_siblings(p, number, err) < 0)
			return wtg_while(err, "%s: registry key %s", edit->reason, edit->key);
	}
	for (size_t i = 0; i < p->edits.n_items; i++) {
		if (dropped[i])
			wtg_edit_done(&p->edits.items[i]);
		else
			p->edits.items[n++] = p->edits.items[i];
	}
	p->edits.n_items = n;
	return 0;
}
