/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of the entry stands in ventoy.json, and what there would hide it (Ventoy: "Global
 * control", "menu alias", "menu tip", "file list", "plugin dual option";
 * ventoy_plugin.c).
 *
 * Each list can be there for all machines ("control") or for one kind of firmware
 * ("control_uefi"), and where the latter is, the former does not count there.  So an item
 * goes to each list that counts where this Windows starts.
 */
#include "ventoy/entry-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "ventoy/json-text.h"
#include "wtg/text.h"

/* The items that we put there. */
static const struct kind {
	const char *word;   /* in the record */
	const char *list;   /* the member that holds it, */
	const char *inner;  /* or an array in that */
	const char *first;  /* the keys of an item: where first has the same value, it is
			       the same; */
	const char *second; /* NULL: first is all, and Ventoy looks at no other */
} kinds[] = {
	{ "alias", "menu_alias", NULL, "image", "alias" },
	{ "tip", "menu_tip", "tips", "image", "tip" },
	{ "default", "control", NULL, "VTOY_DEFAULT_IMAGE", NULL },
	{ "timeout", "control", NULL, "VTOY_MENU_TIMEOUT", NULL },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *const modes[] = { "", "_legacy", "_uefi", "_ia32", "_aa64" };
#define N_MODES (sizeof(modes) / sizeof(modes[0]))

/* Does this Windows start on that firmware? */
static bool starts_on(const struct wtg_ventoy_entry *entry, const char *mode)
{
	if (wtg_text_equal(mode, "_legacy"))
		return entry->bios;
	return (entry->arch == WTG_ARCH_AMD64 && wtg_text_equal(mode, "_uefi")) ||
	       (entry->arch == WTG_ARCH_X86 && wtg_text_equal(mode, "_ia32")) ||
	       (entry->arch == WTG_ARCH_ARM64 && wtg_text_equal(mode, "_aa64"));
}

static const char *wanted_value(const struct wtg_entry_record *record, const char *word)
{
	if (wtg_text_equal(word, "alias"))
		return wtg_entry_made(record, "main") ? record->title : NULL;
	if (wtg_text_equal(word, "tip"))
		return wtg_entry_made(record, "main") ? record->tip : NULL;
	return wtg_text_equal(word, "default") ? record->default_image : record->timeout;
}

/* The item of that kind as we write it; NULL: none is wanted.  None of its words needs an
 * escape. */
static char *item_text(const struct kind *kind, const struct wtg_entry_record *record)
{
	const char *value = wanted_value(record, kind->word);

	if (!value)
		return NULL;
	if (!kind->second)
		return wtg_text("{ \"%s\": \"%s\" }", kind->first, value);
	return wtg_text("{ \"%s\": \"/%s.img\", \"%s\": \"%s\" }", kind->first,
			record->title, kind->second, value);
}

/* The list of that kind and mode.  False: it is not there.  container 0: it is no list.
 */
static bool find_list(const char *text, const struct kind *kind, const char *mode,
		      struct wtg_json_item *ret_member, size_t *ret_container)
{
	_cleanup_free_ char *key = wtg_text("%s%s", kind->list, mode);
	struct wtg_json_item member = { 0 };

	if (!wtg_json_member(text, wtg_json_top(text), key, &member))
		return false;
	*ret_member = member;
	*ret_container =
		text[member.value] == (kind->inner ? '{' : '[') ? member.value : 0;
	return true;
}

static bool is_blank(const char *text, const struct wtg_json_item *item)
{
	struct wtg_json_item inner = { 0 };

	return !wtg_json_next(text, item->value, &inner);
}

/* Take out of a list what is exactly item. */
static void take_item(char **text, size_t list, const char *item)
{
	struct wtg_json_item at = { 0 };

	while (wtg_json_next(*text, list, &at)) {
		if (at.end - at.start == strlen(item) &&
		    memcmp(*text + at.start, item, strlen(item)) == 0) {
			wtg_json_take(text, list, &at);
			return;
		}
	}
}

static void clean_one(char **text, const struct kind *kind, const char *mode,
		      const struct wtg_entry_record *record)
{
	_cleanup_free_ char *word = wtg_text("%s%s", kind->word, mode);
	_cleanup_free_ char *made_list = wtg_text("+%s%s", kind->list, mode);
	_cleanup_free_ char *made_inner =
		wtg_text("+%s%s", kind->inner ? kind->inner : "-", mode);
	_cleanup_free_ char *item = item_text(kind, record);
	struct wtg_json_item member = { 0 }, inner = { 0 };
	size_t container = 0, list;

	if (!find_list(*text, kind, mode, &member, &container) || !container)
		return;
	list = container;
	if (kind->inner) {
		if (!wtg_json_member(*text, container, kind->inner, &inner))
			return;
		list = inner.value;
	}
	if (item && wtg_entry_made(record, word))
		take_item(text, list, item);
	if (kind->inner && wtg_json_member(*text, container, kind->inner, &inner) &&
	    wtg_entry_made(record, made_inner) && is_blank(*text, &inner))
		wtg_json_take(text, container, &inner);
	if (wtg_entry_made(record, made_list) &&
	    find_list(*text, kind, mode, &member, &container) && is_blank(*text, &member))
		wtg_json_take(text, wtg_json_top(*text), &member);
}

void wtg_entry_json_clean(char **text, const struct wtg_entry_record *record)
{
	for (size_t i = N_KINDS; i-- > 0;)
		for (size_t m = 0; m < N_MODES; m++)
			clean_one(text, &kinds[i], modes[m], record);
}

/* What of the same kind the user has in that list himself; false: nothing. */
static bool find_user(const char *text, size_t list, const struct kind *kind,
		      const char *title, char **ret_value)
{
	_cleanup_free_ char *path = wtg_text("/%s.img", title);
	struct wtg_json_item at = { 0 }, first, second;
	bool found = false;

	while (wtg_json_next(text, list, &at)) {
		_cleanup_free_ char *value = NULL;
		struct wtg_json_item none = { 0 };

		if (!kind->second) {
			if (text[at.value] != '{' ||
			    !wtg_json_next(text, at.value, &none) ||
			    !wtg_json_key_is(text, &none, kind->first))
				continue;
			second = none;
		} else {
			if (!wtg_json_member(text, at.value, kind->first, &first))
				continue;
			value = wtg_json_string(text, &first);
			if (!wtg_text_equal(value, path))
				continue;
			if (!wtg_json_member(text, at.value, kind->second, &second))
				second = first;
		}
		free(*ret_value);
		*ret_value = wtg_json_string(text, &second);
		found = true;
	}
	return found;
}

/* Make the array that holds such items where it is missing.  0: what is there is no
 * array. */
static size_t make_list(char **text, const struct kind *kind, const char *mode,
			struct wtg_entry_record *record)
{
	_cleanup_free_ char *key = wtg_text("%s%s", kind->list, mode), *made = NULL,
			    *empty = NULL;
	struct wtg_json_item member = { 0 }, inner = { 0 };
	size_t container = 0;

	if (!find_list(*text, kind, mode, &member, &container)) {
		made = wtg_text("+%s", key);
		empty = wtg_text(kind->inner ? "\"%s\": { }" : "\"%s\": [ ]", key);
		wtg_json_put(text, wtg_json_top(*text), empty);
		wtg_entry_note_made(record, made);
		if (!find_list(*text, kind, mode, &member, &container))
			return 0;
	}
	if (!container || !kind->inner)
		return container;
	if (!wtg_json_member(*text, container, kind->inner, &inner)) {
		free(made);
		free(empty);
		made = wtg_text("+%s%s", kind->inner, mode);
		empty = wtg_text("\"%s\": [ ]", kind->inner);
		wtg_json_put(text, container, empty);
		wtg_entry_note_made(record, made);
		if (!wtg_json_member(*text, container, kind->inner, &inner))
			return 0;
	}
	return (*text)[inner.value] == '[' ? inner.value : 0;
}

/* Else what the user has for a default would start after our time. */
static bool starts_ours(const char *text, size_t list, const struct wtg_entry_record *record)
{
	static const struct kind is_default = { .first = "VTOY_DEFAULT_IMAGE" };
	_cleanup_free_ char *value = NULL;

	return find_user(text, list, &is_default, record->title, &value) &&
	       wtg_text_equal(value, record->default_image);
}

static void fill_one(char **text, const struct kind *kind, const char *mode,
		     struct wtg_entry_record *record, struct wtg_ventoy_changes *changes)
{
	_cleanup_free_ char *item = item_text(kind, record), *users = NULL;
	_cleanup_free_ char *word = wtg_text("%s%s", kind->word, mode);
	size_t list;

	if (!item)
		return;
	list = make_list(text, kind, mode, record);
	if (!list) {
		wtg_entry_warn(
			changes,
			"%s: \"%s%s\" is not what Ventoy takes for one, and stays as "
			"it is",
			WTG_VENTOY_JSON_PATH, kind->list, mode);
		return;
	}
	if (wtg_text_equal(kind->word, "timeout") && !starts_ours(*text, list, record))
		return;
	if (!find_user(*text, list, kind, record->title, &users)) {
		wtg_json_put(text, list, item);
		wtg_entry_note_made(record, word);
		return;
	}
	if (!wtg_text_equal(users, wanted_value(record, kind->word)))
		wtg_entry_warn(
			changes,
			"%s: \"%s\" in \"%s%s\" is set already, and stays as it is",
			WTG_VENTOY_JSON_PATH, kind->second ? kind->second : kind->first,
			kind->list, mode);
}

void wtg_entry_json_fill(char **text, const struct wtg_ventoy_entry *entry,
			 struct wtg_entry_record *record,
			 struct wtg_ventoy_changes *changes)
{
	struct wtg_json_item member;
	size_t container;

	for (size_t i = 0; i < N_KINDS; i++) {
		bool all = false; /* does the list for all machines count anywhere? */

		for (size_t m = 1; m < N_MODES; m++) {
			if (!starts_on(entry, modes[m]))
				continue;
			if (find_list(*text, &kinds[i], modes[m], &member, &container))
				fill_one(text, &kinds[i], modes[m], record, changes);
			else
				all = true;
		}
		if (all)
			fill_one(text, &kinds[i], modes[0], record, changes);
	}
}

/* As Ventoy compares: of the same length, and a * stands for any one byte. */
static bool matches(const char *pattern, const char *path)
{
	while (*pattern && *path && (*pattern == *path || *pattern == '*')) {
		pattern++;
		path++;
	}
	return *pattern == *path;
}

static bool list_has(const char *text, size_t list, const char *path)
{
	struct wtg_json_item at = { 0 };

	while (wtg_json_next(text, list, &at)) {
		_cleanup_free_ char *value = wtg_json_string(text, &at);

		if (value && matches(value, path))
			return true;
	}
	return false;
}

static void judge_lists(const char *text, const struct wtg_json_item *member,
			const char *key, const char *path,
			struct wtg_ventoy_changes *changes)
{
	bool has = list_has(text, member->value, path);

	if (wtg_text_starts(key, "image_list") && !has)
		wtg_entry_warn(
			changes,
			"%s: \"%s\" does not name \"%s\", which hides the entry in "
			"Ventoy's main menu; F6 has it",
			WTG_VENTOY_JSON_PATH, key, path);
	if (wtg_text_starts(key, "image_blacklist") && has)
		wtg_entry_warn(
			changes,
			"%s: \"%s\" hides the entry in Ventoy's main menu; F6 has it",
			WTG_VENTOY_JSON_PATH, key);
}

/*
 * The placeholder is in the root, so VTOY_MAX_SEARCH_LEVEL and a .ventoyignore do not
 * hide it: Ventoy asks for both only before it goes into a folder
 * (ventoy_collect_img_files).
 */
static void judge_control(const char *text, const struct wtg_json_item *member,
			  const char *key, struct wtg_ventoy_changes *changes)
{
	static const struct kind settings[] = {
		{ .first = "VTOY_FILE_FLT_IMG" },
		{ .first = "VTOY_DEFAULT_SEARCH_ROOT" },
	};

	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *value = NULL;

		find_user(text, member->value, &settings[i], "", &value);
		if (!value || (i == 0 ? !wtg_text_equal(value, "1") :
					value[0] != '/' || value[1] == '\0'))
			continue;
		wtg_entry_warn(
			changes,
			"%s: \"%s\" in \"%s\" hides the entry in Ventoy's main menu; "
			"F6 has it",
			WTG_VENTOY_JSON_PATH, settings[i].first, key);
	}
}

static void judge_one(const char *text, const char *key,
		      const struct wtg_json_item *member,
		      const struct wtg_entry_record *record,
		      struct wtg_ventoy_changes *changes)
{
	_cleanup_free_ char *path = wtg_text("/%s.img", record->title);

	if (text[member->value] != '[')
		return; /* Ventoy does not look at it */
	if (wtg_text_starts(key, "control"))
		judge_control(text, member, key, changes);
	else
		judge_lists(text, member, key, path, changes);
}

void wtg_entry_json_judge(const char *text, const struct wtg_ventoy_entry *entry,
			  const struct wtg_entry_record *record,
			  struct wtg_ventoy_changes *changes)
{
	static const char *const lists[] = { "control", "image_list", "image_blacklist" };
	struct wtg_json_item member;

	for (size_t i = 0; i < 3; i++) {
		bool all = false;

		for (size_t m = N_MODES; m-- > 0;) {
			_cleanup_free_ char *key = wtg_text("%s%s", lists[i], modes[m]);

			if (m > 0 ? !starts_on(entry, modes[m]) : !all)
				continue;
			if (wtg_json_member(text, wtg_json_top(text), key, &member))
				judge_one(text, key, &member, record, changes);
			else
				all = true;
		}
	}
}
