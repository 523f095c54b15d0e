/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What somebody wishes of a hive: what that comes to, and the hive afterwards. */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "stand-in-system.h"
#include "windows/edits.h"
#include "windows/hive.h"
#include "windows/regf-read.h"
#include "wtg/text.h"

#define SET STAND_IN_SET

static struct wtg_error err = WTG_ERROR_INIT;

/* A hive of a few keys, each value a number. */
static struct wtg_bytes small_hive(void)
{
	struct wtg_regf_key *root = wtg_regf_root("ROOT");

	stand_in_dword(root, "Company\\App", "a", 1);
	stand_in_dword(root, "Company\\App", "B", 2);
	stand_in_dword(root, "Company\\App", "c", 3);
	stand_in_dword(root, "Company\\App\\Deep\\Deeper", "", 4);
	stand_in_dword(root, "Company\\Other", "x", 5);
	stand_in_key(root, "Empty");
	return stand_in_write(root);
}

/* All keys and values, a key a line: "\Company\Other x=5". */
static void dump(const struct wtg_hive_view *view, wtg_hive_key key, const char *path, char **text)
{
	wtg_hive_key child;
	char *longer = wtg_text("%s%s", *text, *path ? path : "\\");

	free(*text);
	*text = longer;
	for (size_t i = 0;; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
		_cleanup_free_ char *name = NULL;
		uint32_t type;

		if (wtg_hive_view_nth_value(view, key, i, &name, &type, &data) != 1)
			break;
		longer = wtg_text("%s %s=%u", *text, *name ? name : "@",
				  data.size >= 4 ? wtg_le32(data.data) : (unsigned)data.size);
		free(*text);
		*text = longer;
	}
	longer = wtg_text("%s\n", *text);
	free(*text);
	*text = longer;
	for (size_t i = 0; (child = wtg_hive_view_subkey(view, key, i)); i++) {
		_cleanup_free_ char *name = wtg_hive_view_name(view, child);
		_cleanup_free_ char *below = wtg_text("%s\\%s", path, name);

		dump(view, child, below, text);
	}
}

static char *dump_hive(const struct wtg_bytes *hive)
{
	char *text = wtg_text_copy("");
	struct wtg_hive_view view;

	assert_good(wtg_hive_view_open(hive, &view, &err));
	assert_good(wtg_hive_view_check(&view, &err));
	dump(&view, view.root, "", &text);
	return text;
}

/* Wishes, a line each: "set KEY|NAME=NUMBER", "delete KEY|NAME", "clear KEY", "make KEY",
 * "drop KEY". */
static void wish(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *lines)
{
	_cleanup_free_ char *copy = wtg_text_copy(lines);
	char *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *key = strchr(line, ' ') + 1, *value = strchr(key, '|'), *number = NULL;
		size_t first = wishes->n_items;

		if (value) {
			*value++ = '\0';
			number = strchr(value, '=');
		}
		if (number)
			*number++ = '\0';
		if (wtg_text_starts(line, "set"))
			wtg_wish_number(wishes, hive, key, value, (uint32_t)atoi(number));
		else
			wtg_wish_key(wishes, hive,
				     wtg_text_starts(line, "delete") ? WTG_EDIT_DELETE
				     : wtg_text_starts(line, "clear") ? WTG_EDIT_CLEAR
				     : wtg_text_starts(line, "make")  ? WTG_EDIT_MAKE_KEY
								      : WTG_EDIT_DELETE_KEY,
				     key, value);
		wtg_wishes_because(wishes, first, "wish %zu", first + 1);
	}
}

/* The changes, a line each: "key|value: old -> new". */
static char *changes_text(const struct wtg_edits *edits)
{
	char *text = wtg_text_copy("");

	for (size_t i = 0; i < edits->n_items; i++) {
		const struct wtg_edit *edit = &edits->items[i];
		char *longer;

		if (edit->outcome != WTG_EDIT_CHANGE)
			continue;
		longer = wtg_text("%s%s|%s: %s -> %s\n", text, edit->key,
				  edit->value ? edit->value : "", edit->old_text, edit->new_text);
		free(text);
		text = longer;
	}
	return text;
}

static void wishes_come_to_what_they_say_in_their_order(void **state)
{
	static const struct {
		const char *wishes, *changes, *after;
	} rows[] = {
		{ "set company\\APP|b=7\nset Company\\App|new=8",
		  "Company\\App|b: 2 -> 7\nCompany\\App|new: absent -> 8\n",
		  "\\Company\\App a=1 B=7 c=3 new=8\n\\Company\\App\\Deep\n"
		  "\\Company\\App\\Deep\\Deeper @=4\n\\Company\\Other x=5\n\\Empty\n" },
		{ "set Company\\App|B=2\nmake EMPTY\ndelete Empty|none\ndrop None\nclear None", "",
		  NULL },
		{ "delete Company\\App|A\ndelete Company\\App\\Deep\\Deeper|",
		  "Company\\App|A: 1 -> absent\nCompany\\App\\Deep\\Deeper|: 4 -> absent\n",
		  "\\Company\\App B=2 c=3\n\\Company\\App\\Deep\n\\Company\\App\\Deep\\Deeper\n"
		  "\\Company\\Other x=5\n\\Empty\n" },
		{ "drop Company", "Company|: a key with 0 values and 2 subkeys -> absent\n",
		  "\\Empty\n" },
		{ "drop Company\\App\nset Company\\App|c=3\nset Company\\App\\Deep|d=1",
		  "Company\\App|: a key with 3 values and 1 subkey -> absent\n"
		  "Company\\App|c: 3 -> 3\nCompany\\App\\Deep|d: absent -> 1\n",
		  "\\Company\\App c=3\n\\Company\\App\\Deep d=1\n\\Company\\Other x=5\n\\Empty\n" },
		{ "set Company\\App|c=9\nset Company\\New|n=1\ndrop Company\\New\ndrop Company\\App",
		  "Company\\App|: a key with 3 values and 1 subkey -> absent\n",
		  "\\Company\\Other x=5\n\\Empty\n" },
		{ "set Company\\App|c=9\nclear Company\\App\nset Company\\App|a=1",
		  "Company\\App|: 3 values -> 0 values\nCompany\\App|a: 1 -> 1\n",
		  "\\Company\\App a=1\n\\Company\\App\\Deep\n\\Company\\App\\Deep\\Deeper @=4\n"
		  "\\Company\\Other x=5\n\\Empty\n" },
		{ "set Company\\App|c=9\ndelete Company\\App|C\nset Company\\App|c=10",
		  "Company\\App|c: 3 -> 0xa\n",
		  "\\Company\\App a=1 B=2 c=10\n\\Company\\App\\Deep\n"
		  "\\Company\\App\\Deep\\Deeper @=4\n\\Company\\Other x=5\n\\Empty\n" },
		{ "make \\A\\\\B\\\nset |root=1\ndrop Company\\App\ndrop Company\ndrop Company",
		  "A\\B|: absent -> a key\n|root: absent -> 1\n"
		  "Company|: a key with 0 values and 2 subkeys -> absent\n",
		  "\\A\n\\A\\B\n\\Empty\n" },
		{ "drop Empty\nmake empty", "Empty|: a key with 0 values and 0 subkeys -> absent\n"
		  "Empty|: a key with 0 values and 0 subkeys -> a key\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes hive = small_hive(), edited = { 0 };
		_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
		_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
		_cleanup_free_ char *changes = NULL, *before = NULL, *after = NULL;

		wish(&wishes, WTG_HIVE_SOFTWARE, rows[i].wishes);
		wish(&wishes, WTG_HIVE_NTUSER, "drop Company"); /* another hive */
		assert_good(wtg_edits_plan_wishes(&hive, WTG_HIVE_SOFTWARE, &wishes, 1, &edits,
						  &err));
		changes = changes_text(&edits);
		assert_string_equal(changes, rows[i].changes);
		assert_good(wtg_hive_edit(&hive, &edits, &edited, &err));
		before = dump_hive(&hive);
		after = dump_hive(&edited);
		if (!rows[i].after)
			assert_string_equal(after, before);
		else if (!strstr(after, rows[i].after))
			fail_msg("after row %zu:\n%s\nexpected:\n%s", i, after, rows[i].after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wishes_come_to_what_they_say_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
