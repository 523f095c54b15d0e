/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What wishes mean for one hive.  All of them are put in a row behind what is planned already; of
 * two that speak of the same, or where one takes away what the other is in, the later one counts.
 */
#include "windows/edits.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/edit-value.h"
#include "windows/edits-inner.h"
#include "windows/regf-cell.h"
#include "wtg/text.h"

/* Windows' limits: of a key's name, of a value's, and how deep keys lie. */
#define MAX_KEY_UNITS 255
#define MAX_VALUE_UNITS 16383
#define MAX_DEPTH 512

#define REG_LINK 6

static void planner_done(struct wtg_planner *p)
{
	for (size_t i = 0; i < p->places.n_items; i++)
		free(p->places.items[i].path);
	free(p->places.items);
	free(p->keys.items);
	wtg_edit_index_done(&p->index);
	wtg_edits_done(&p->edits);
}

/* ------------------------------------------------------------------ keys */

static size_t count_units(const char *text)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(text);

	return utf16.size / 2 - 1;
}

static int check_new_name(const char *name, unsigned depth, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(name);
	const struct wtg_regf_name units = { utf16.data, utf16.size - 2, false };

	if (units.size / 2 > MAX_KEY_UNITS)
		return wtg_fail(err, WTG_INPUT, 0, "a key's name may have %d characters, it has %zu",
				MAX_KEY_UNITS, units.size / 2);
	if (depth > MAX_DEPTH)
		return wtg_fail(err, WTG_INPUT, 0, "keys cannot be nested deeper than %d",
				MAX_DEPTH);
	if (!wtg_regf_name_is_foldable(&units))
		return wtg_fail(err, WTG_INPUT, 0,
				"the key %s has letters by which only Windows can sort keys", name);
	return 0;
}

/* Windows would follow a link, and never look at what is below it here. */
static int check_no_link(const struct wtg_planner *p, const struct wtg_place *place,
			 struct wtg_error *err)
{
	_cleanup_(wtg_edit_value_done) struct wtg_edit_value link = { 0 };
	_cleanup_free_ char *target = NULL;

	if (wtg_edit_value_read(&p->hive, place->key, "SymbolicLinkValue", &link, err) < 0)
		return -1;
	if (!link.found || link.type != REG_LINK)
		return 0;
	target = wtg_utf16_to_utf8(link.data.data, link.data.size);
	return wtg_fail(err, WTG_INPUT, 0, "the key %s is a link to %s", place->path, target);
}

static int add_place(struct wtg_planner *p, uint32_t parent, const char *name,
		     struct wtg_error *err)
{
	const struct wtg_place *above = &p->places.items[parent];
	struct wtg_place place = { .depth = above->depth + 1 };
	_cleanup_free_ char *spelling = NULL;

	if (above->key)
		place.key = wtg_hive_view_key(&p->hive, above->key, name);
	if (!place.key && check_new_name(name, place.depth, err) < 0)
		return -1;
	spelling = place.key ? wtg_hive_view_name(&p->hive, place.key) : wtg_text_copy(name);
	place.path = parent == WTG_EDIT_ROOT ? WTG_STEAL(spelling)
					     : wtg_text("%s\\%s", above->path, spelling);
	WTG_APPEND(&p->places, place);
	return check_no_link(p, &place, err);
}

/* The key at path, in the index and in its place. */
static int find_place(struct wtg_planner *p, const char *path, uint32_t *ret, struct wtg_error *err)
{
	uint32_t key = WTG_EDIT_ROOT;
	const char *at = path;
	char *next;

	while ((next = wtg_key_part(&at))) {
		_cleanup_free_ char *part = next;
		uint32_t child = wtg_edit_index_make(&p->index, key, part);

		if (child == p->places.n_items && add_place(p, key, part, err) < 0)
			return -1;
		key = child;
	}
	*ret = key;
	return 0;
}

/* ------------------------------------------------------------------ the row of edits */

/* Takes edit. */
static int put_in_row(struct wtg_planner *p, struct wtg_edit edit, struct wtg_error *err)
{
	uint32_t key = 0;
	int result = find_place(p, edit.key, &key, err);

	if (result == 0) {
		free(edit.key);
		edit.key = wtg_text_copy(p->places.items[key].path);
		wtg_edit_index_add(&p->index, &edit, p->edits.n_items + 1);
		WTG_APPEND(&p->keys, key);
	}
	WTG_APPEND(&p->edits, edit);
	return result;
}

static int check_wish(const struct wtg_wish *wish, struct wtg_error *err)
{
	if (wish->value && count_units(wish->value) > MAX_VALUE_UNITS)
		return wtg_fail(err, WTG_INPUT, 0, "a value's name may have %d characters",
				MAX_VALUE_UNITS);
	if (wish->data.size > WTG_EDIT_MAX_BYTES)
		return wtg_fail(err, WTG_INPUT, 0,
				"the value %s has %zu bytes, and a hive gets no value of more "
				"than %d from us", wish->value, wish->data.size,
				WTG_EDIT_MAX_BYTES);
	if (wish->action == WTG_EDIT_DELETE_KEY && wish->key[strspn(wish->key, "\\")] == '\0')
		return wtg_fail(err, WTG_INPUT, 0, "a whole hive cannot be deleted");
	return 0;
}

static int put_wish(struct wtg_planner *p, const struct wtg_wish *wish, const char *key,
		    struct wtg_error *err)
{
	const struct wtg_edit edit = {
		.class = WTG_EDIT_WISH,
		.action = wish->action,
		.outcome = WTG_EDIT_CHANGE,
		.key = wtg_text_copy(key),
		.value = wtg_text_copy(wish->value),
		.type = wish->type,
		.data = wtg_bytes_copy(wish->data.data, wish->data.size),
		.reason = wtg_text_copy(wish->reason ? wish->reason : "asked for"),
	};

	return put_in_row(p, edit, err);
}

/* In SYSTEM the current control set is not on disk: it is those that Windows starts from. */
static int put_in_sets(struct wtg_planner *p, const struct wtg_wish *wish, struct wtg_error *err)
{
	static const char current[] = "CurrentControlSet";
	size_t length = sizeof(current) - 1;
	const uint32_t sets[] = { p->sets.current, p->sets.startup };

	if (p->id != WTG_HIVE_SYSTEM || strncasecmp(wish->key, current, length) != 0 ||
	    (wish->key[length] != '\\' && wish->key[length] != '\0'))
		return put_wish(p, wish, wish->key, err);
	for (size_t i = 0; i < 2 && (i == 0 || sets[1] != sets[0]); i++) {
		_cleanup_free_ char *key =
			wtg_text("ControlSet%03u%s", sets[i], wish->key + length);

		if (put_wish(p, wish, key, err) < 0)
			return -1;
	}
	return 0;
}

static int put_all_in_row(struct wtg_planner *p, const struct wtg_edits *planned,
			  const struct wtg_wishes *wishes, size_t n_wishes, struct wtg_error *err)
{
	for (size_t i = 0; i < planned->n_items; i++)
		if (put_in_row(p, wtg_edit_copy(&planned->items[i]), err) < 0)
			return -1;
	for (size_t i = 0; i < n_wishes; i++) {
		for (size_t j = 0; j < wishes[i].n_items; j++) {
			const struct wtg_wish *wish = &wishes[i].items[j];

			if (wish->hive == p->id &&
			    (check_wish(wish, err) < 0 || put_in_sets(p, wish, err) < 0))
				return wtg_while(err, "%s: registry key %s",
						 wish->reason ? wish->reason : "asked for",
						 wish->key);
		}
	}
	return 0;
}

static int open_hive(const struct wtg_bytes *hive, struct wtg_planner *p, struct wtg_error *err)
{
	struct wtg_place root = { .path = wtg_text_copy("") };
	int result = p->id == WTG_HIVE_SYSTEM
			     ? wtg_system_open(hive, &p->hive, &p->sets, err)
			     : wtg_hive_open_clean(hive, strrchr(wtg_hive_paths[p->id], '/') + 1,
						   &p->hive, err);

	root.key = p->hive.root;
	WTG_APPEND(&p->places, root);
	return result;
}

int wtg_edits_plan_wishes(const struct wtg_bytes *hive, enum wtg_hive_id id,
			  const struct wtg_wishes *wishes, size_t n_wishes,
			  struct wtg_edits *edits, struct wtg_error *err)
{
	_cleanup_(planner_done) struct wtg_planner p = { .id = id };

	if (open_hive(hive, &p, err) < 0 || put_all_in_row(&p, edits, wishes, n_wishes, err) < 0 ||
	    wtg_edits_decide(&p, err) < 0)
		return -1;
	p.edits.captured = edits->captured;
	wtg_edits_done(edits);
	*edits = p.edits;
	p.edits = (struct wtg_edits){ 0 };
	return 0;
}
