/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/edits.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/edit-table.h"
#include "windows/edit-value.h"
#include "windows/regf.h"
#include "wtg/text.h"

#define START_DISABLED 4

struct planner {
	const struct wtg_hive_view *hive;
	const struct wtg_edit_options *options;
	struct wtg_edits edits;
};

/* What a row wants a REG_DWORD to be. */
static uint32_t wanted_number(const struct wtg_edit_row *row, const struct wtg_edit_value *old)
{
	uint32_t number = wtg_edit_value_is_number(old) ? wtg_le32(old->data.data) : 0;

	switch (row->rule) {
	case WTG_RULE_NUMBER:
		return row->number;
	case WTG_RULE_BITS:
		return number | row->number;
	case WTG_RULE_ENABLED:
		return wtg_edit_value_is_number(old) && number != START_DISABLED ? number : row->number;
	case WTG_RULE_NO_TEXTS:
	case WTG_RULE_NO_VALUES:
		break;
	}
	abort();
}

static void decide_number(const struct wtg_edit_row *row, const struct wtg_edit_value *old,
			  struct wtg_edit *edit)
{
	uint32_t number = wanted_number(row, old);
	uint8_t data[4];

	wtg_put_le32(data, number);
	edit->type = WTG_REG_DWORD;
	edit->data = wtg_bytes_copy(data, sizeof(data));
	edit->new_text = wtg_edit_number_text(number);
	if (wtg_edit_value_is_number(old) && wtg_le32(old->data.data) == number)
		edit->outcome = WTG_EDIT_KEEP;
}

static void decide_no_texts(const struct wtg_edit_value *old, struct wtg_edit *edit)
{
	static const uint8_t end[2];

	edit->type = WTG_REG_MULTI_SZ;
	edit->data = wtg_bytes_copy(end, sizeof(end));
	edit->new_text = wtg_text_copy("no texts");
	if (wtg_edit_value_is_no_texts(old))
		edit->outcome = WTG_EDIT_KEEP;
}

static void decide_absent(struct wtg_edit *edit)
{
	edit->outcome = WTG_EDIT_ABSENT;
	edit->old_text = wtg_text_copy("absent");
	edit->new_text = wtg_text_copy("absent");
}

static int plan_value(const struct planner *p, const struct wtg_edit_row *row,
		      wtg_hive_key key, struct wtg_edit *edit, struct wtg_error *err)
{
	_cleanup_(wtg_edit_value_done) struct wtg_edit_value old = { 0 };

	if (wtg_edit_value_read(p->hive, key, row->value, &old, err) < 0)
		return -1;
	edit->value = wtg_text_copy(row->value);
	if (!old.found && p->options->build < row->since_build) {
		decide_absent(edit);
		return 0;
	}
	edit->old_text = wtg_edit_value_text(&old);
	if (row->rule == WTG_RULE_NO_TEXTS)
		decide_no_texts(&old, edit);
	else
		decide_number(row, &old, edit);
	return 0;
}

/* How many values a key has, and how large the largest is that is not named except. */
static int measure_values(const struct wtg_hive_view *hive, wtg_hive_key key,
			  const char *except, size_t *ret_largest, size_t *ret_n,
			  struct wtg_error *err)
{
	size_t largest = 0;

	for (size_t n = 0;; n++) {
		_cleanup_(wtg_edit_value_done) struct wtg_edit_value value = { 0 };
		_cleanup_free_ char *name = NULL;
		int found = wtg_hive_view_nth_value(hive, key, n, &name, &value.type,
						    &value.data);

		if (found < 0)
			return wtg_fail(err, WTG_INPUT, 0, "its value %zu is damaged",
					n + 1);
		if (found == 0) {
			*ret_largest = largest;
			*ret_n = n;
			return 0;
		}
		if (!wtg_text_equal_fold(name, except) && value.data.size > largest)
			largest = value.data.size;
	}
}

static int plan_no_values(const struct planner *p, wtg_hive_key key,
			  struct wtg_edit *edit, struct wtg_error *err)
{
	size_t largest, n = 0;

	if (measure_values(p->hive, key, NULL, &largest, &n, err) < 0)
		return -1;
	edit->outcome = n > 0 ? WTG_EDIT_CHANGE : WTG_EDIT_KEEP;
	edit->old_text = wtg_text(n == 1 ? "%zu value" : "%zu values", n);
	edit->new_text = wtg_text_copy("0 values");
	return 0;
}

static int check_siblings(const struct planner *p, wtg_hive_key key,
			  const struct wtg_edit *edit, struct wtg_error *err)
{
	size_t largest = 0, n;

	if (!key || edit->outcome != WTG_EDIT_CHANGE || !edit->value)
		return 0;
	if (measure_values(p->hive, key, edit->value, &largest, &n, err) < 0)
		return -1;
	if (largest > WTG_EDIT_MAX_BYTES)
		return wtg_fail(err, WTG_INPUT, 0,
				"it has a value of %zu bytes, which setting %s would "
				"damage", largest, edit->value);
	return 0;
}

static int plan_key(struct planner *p, const struct wtg_edit_row *row, const char *path,
		    struct wtg_error *err)
{
	wtg_hive_key key = wtg_hive_view_key(p->hive, 0, path);
	struct wtg_edit edit = {
		.class = row->class,
		.action = row->rule == WTG_RULE_NO_VALUES ? WTG_EDIT_CLEAR : WTG_EDIT_SET,
		.outcome = WTG_EDIT_CHANGE,
		.key = wtg_text_copy(path),
		.reason = wtg_text_copy(row->reason),
	};
	int result = 0;

	/* Only what is asked for or on by default may need a key made. */
	if (!key && (row->class == WTG_EDIT_VERIFY || row->class == WTG_EDIT_CAPTURED)) {
		edit.value = wtg_text_copy(row->value);
		decide_absent(&edit);
	} else if (row->rule == WTG_RULE_NO_VALUES) {
		result = plan_no_values(p, key, &edit, err);
	} else {
		result = plan_value(p, row, key, &edit, err);
	}
	if (result == 0)
		result = check_siblings(p, key, &edit, err);
	WTG_APPEND(&p->edits, edit);
	return result < 0 ? wtg_while(err, "registry key %s", path) : 0;
}

static int plan_subkeys(struct planner *p, const struct wtg_edit_row *row,
			const char *parent, struct wtg_error *err)
{
	wtg_hive_key key = wtg_hive_view_key(p->hive, 0, parent), child;

	for (size_t i = 0; key && (child = wtg_hive_view_subkey(p->hive, key, i)); i++) {
		_cleanup_free_ char *name = wtg_hive_view_name(p->hive, child);
		_cleanup_free_ char *path = wtg_text("%s\\%s", parent, name ? name : "");

		if (name && name[0] == '{' && plan_key(p, row, path, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_in_root(const struct wtg_edit_row *row)
{
	return row->key[0] == '\\';
}

/* A row of the table under prefix ("ControlSet001\\", or "" for the root). */
static int plan_row(struct planner *p, const struct wtg_edit_row *row, const char *prefix,
		    struct wtg_error *err)
{
	_cleanup_free_ char *path = wtg_text("%s%s", prefix, row->key + is_in_root(row));
	char *star = strchr(path, '*');

	if (!star)
		return plan_key(p, row, path, err);
	*star = '\0';
	if (!row->names) {
		star[-1] = '\0'; /* the '\\' */
		return plan_subkeys(p, row, path, err);
	}
	for (size_t i = 0; row->names[i]; i++) {
		_cleanup_free_ char *full =
			wtg_text("%s%s%s", path, row->names[i], star + 1);

		if (plan_key(p, row, full, err) < 0)
			return -1;
	}
	return 0;
}

static bool applies(const struct planner *p, const struct wtg_edit_row *row)
{
	if (row->class == WTG_EDIT_CAPTURED && !p->edits.captured)
		return false;
	return !row->wanted || row->wanted(p->options);
}

/* All rows of one control set, or, if that is 0, of the hive's root. */
static int plan_rows(struct planner *p, uint32_t control_set, struct wtg_error *err)
{
	_cleanup_free_ char *prefix =
		control_set ? wtg_text("ControlSet%03u\\", control_set)
			    : wtg_text_copy("");

	for (size_t i = 0; i < wtg_n_edit_rows; i++) {
		const struct wtg_edit_row *row = &wtg_edit_rows[i];

		if (is_in_root(row) != (control_set == 0) || !applies(p, row))
			continue;
		if (plan_row(p, row, prefix, err) < 0)
			return -1;
	}
	return 0;
}

int wtg_edits_plan(const struct wtg_bytes *system, const struct wtg_edit_options *options,
		   struct wtg_edits *ret, struct wtg_error *err)
{
	struct wtg_hive_view hive;
	struct planner p = { .hive = &hive, .options = options };
	struct wtg_control_sets sets = { 0 };

	if (wtg_system_open(system, &hive, &sets, err) < 0)
		return -1;
	p.edits.captured = wtg_system_was_booted(&hive);
	if (plan_rows(&p, sets.current, err) < 0 ||
	    (sets.startup != sets.current && plan_rows(&p, sets.startup, err) < 0) ||
	    plan_rows(&p, 0, err) < 0) {
		wtg_edits_done(&p.edits);
		return -1;
	}
	*ret = p.edits;
	return 0;
}

/* Is what a row is about as it should be? */
static bool is_right(const struct wtg_edits *now, const struct wtg_edit *edit)
{
	for (size_t i = 0; i < now->n_items; i++)
		if (now->items[i].outcome == WTG_EDIT_KEEP &&
		    wtg_text_equal_fold(now->items[i].key, edit->key) &&
		    wtg_text_equal_fold(now->items[i].value, edit->value))
			return true;
	return false;
}

int wtg_edits_settle(const struct wtg_bytes *edited, const struct wtg_edit_options *options,
		     struct wtg_edits *edits, struct wtg_error *err)
{
	_cleanup_(wtg_edits_done) struct wtg_edits now = { 0 };
	size_t n = 0;

	if (wtg_edits_plan(edited, options, &now, err) < 0)
		return wtg_while(err, "after what was asked for");
	for (size_t i = 0; i < edits->n_items; i++) {
		struct wtg_edit *edit = &edits->items[i];

		if (edit->outcome == WTG_EDIT_UNDONE && is_right(&now, edit))
			wtg_edit_done(edit);
		else
			edits->items[n++] = *edit;
	}
	edits->n_items = n;
	return 0;
}
