/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits as a plan shows them. */
#include "windows/edits.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "wtg/text.h"

void wtg_edit_done(struct wtg_edit *edit)
{
	free(edit->key);
	free(edit->value);
	wtg_bytes_done(&edit->data);
	free(edit->old_text);
	free(edit->new_text);
	free(edit->reason);
}

struct wtg_edit wtg_edit_copy(const struct wtg_edit *edit)
{
	struct wtg_edit copy = *edit;

	copy.key = wtg_text_copy(edit->key);
	copy.value = wtg_text_copy(edit->value);
	copy.data = wtg_bytes_copy(edit->data.data, edit->data.size);
	copy.old_text = wtg_text_copy(edit->old_text);
	copy.new_text = wtg_text_copy(edit->new_text);
	copy.reason = wtg_text_copy(edit->reason);
	return copy;
}

void wtg_edits_done(struct wtg_edits *edits)
{
	for (size_t i = 0; i < edits->n_items; i++)
		wtg_edit_done(&edits->items[i]);
	free(edits->items);
	*edits = (struct wtg_edits){ 0 };
}

static size_t count(const struct wtg_edits *edits, enum wtg_edit_outcome outcome)
{
	size_t n = 0;

	for (size_t i = 0; i < edits->n_items; i++)
		n += edits->items[i].outcome == outcome;
	return n;
}

size_t wtg_edits_changes(const struct wtg_edits *edits)
{
	return count(edits, WTG_EDIT_CHANGE);
}

static const char *class_name(enum wtg_edit_class class)
{
	switch (class) {
	case WTG_EDIT_ALWAYS:
		return "always";
	case WTG_EDIT_VERIFY:
		return "verify";
	case WTG_EDIT_OPTION:
		return "option";
	case WTG_EDIT_CAPTURED:
		return "captured";
	case WTG_EDIT_WISH:
		return "wish";
	}
	abort();
}

/* What a driver's package has in the database is dozens of values, and the package is shown. */
static bool is_detail(const struct wtg_edit *edit)
{
	return edit->outcome != WTG_EDIT_CHANGE ||
	       strncasecmp(edit->key, "DriverDatabase\\", strlen("DriverDatabase\\")) == 0;
}

void wtg_edits_describe(const struct wtg_edits *edits, struct wtg_facts *out)
{
	wtg_fact_truth(out, "captured", edits->captured);
	wtg_fact_number(out, "changes", count(edits, WTG_EDIT_CHANGE));
	wtg_fact_number(out, "already_right", count(edits, WTG_EDIT_KEEP));
	wtg_fact_number(out, "not_in_image", count(edits, WTG_EDIT_ABSENT));
	if (count(edits, WTG_EDIT_UNDONE) > 0)
		wtg_fact_number(out, "undone", count(edits, WTG_EDIT_UNDONE));
	wtg_fact_open(out, "edits", WTG_LIST);
	for (size_t i = 0; i < edits->n_items; i++) {
		const struct wtg_edit *edit = &edits->items[i];

		if (edit->outcome == WTG_EDIT_ABSENT)
			continue;
		wtg_fact_open(out, NULL, is_detail(edit) ? WTG_DETAIL : WTG_OBJECT);
		wtg_fact_text(out, "key", edit->key);
		wtg_fact_text(out, "value", edit->value);
		wtg_fact_text(out, "old", edit->old_text);
		wtg_fact_text(out, "new", edit->new_text);
		wtg_fact_truth(out, "change", edit->outcome == WTG_EDIT_CHANGE);
		wtg_fact_text(out, "class", class_name(edit->class));
		wtg_fact_text(out, "reason", edit->reason);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}
