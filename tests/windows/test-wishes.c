/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What somebody wishes of a hive: what that comes to, and the hive afterwards. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "stand-in-system.h"
#include "windows/edits.h"
#include "windows/hive-compare.h"
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

static void every_type_keeps_its_bytes(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = small_hive(), edited = { 0 };
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 }, again = { 0 };
	_cleanup_free_ uint8_t *largest = wtg_alloc(16344);
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct wtg_hive_view view;
	char name[8];

	(void)state;
	for (uint32_t type = 0; type <= 11; type++) {
		snprintf(name, sizeof(name), "%u", type);
		wtg_wish_bytes(&wishes, WTG_HIVE_NTUSER, "New", name, type,
			       wtg_bytes_copy(bytes, type <= 8 ? type : 8));
	}
	wtg_wish_bytes(&wishes, WTG_HIVE_NTUSER, "New", "largest", WTG_REG_BINARY,
		       wtg_bytes_copy(largest, 16344));
	wtg_wish_bytes(&wishes, WTG_HIVE_NTUSER, "New", "Gr\xc3\xb6\xc3\x9f" "e \xf0\x9f\x98\x80",
		       WTG_REG_BINARY, wtg_bytes_copy(bytes, 5));
	assert_good(wtg_edits_plan_wishes(&hive, WTG_HIVE_NTUSER, &wishes, 1, &edits, &err));
	assert_good(wtg_hive_edit(&hive, &edits, &edited, &err));
	assert_good(wtg_hive_view_open(&edited, &view, &err));
	for (size_t i = 0; i < wishes.n_items; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
		uint32_t type;

		assert_int_equal(wtg_hive_view_value(&view, wtg_hive_view_key(&view, 0, "new"),
						     wishes.items[i].value, &type, &data), 1);
		assert_int_equal(type, wishes.items[i].type);
		assert_int_equal(data.size, wishes.items[i].data.size);
		assert_memory_equal(data.data, wishes.items[i].data.data, data.size);
	}
	assert_good(wtg_edits_plan_wishes(&edited, WTG_HIVE_NTUSER, &wishes, 1, &again, &err));
	assert_int_equal(wtg_edits_changes(&again), 0);
}

/* Upper case first, then by UTF-16: what Windows looks them up by. */
static void keys_with_letters_are_where_windows_looks(void **state)
{
	static const char *const names[] = { "zebra", "\xc3\x89lys\xc3\xa9" "e", "\xc3\x9c" "berall",
					     "\xc3\xa9lan", "\xe6\x97\xa5", "B" };
	static const char sorted[] = "\\L\n\\L\\B\n\\L\\zebra\n\\L\\\xc3\xa9lan\n"
				     "\\L\\\xc3\x89lys\xc3\xa9" "e\n\\L\\\xc3\x9c" "berall\n"
				     "\\L\\\xe6\x97\xa5\n";
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = small_hive(), edited = { 0 };
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 }, again = { 0 };
	_cleanup_free_ char *after = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		_cleanup_free_ char *key = wtg_text("L\\%s", names[i]);

		wtg_wish_key(&wishes, WTG_HIVE_DEFAULT, WTG_EDIT_MAKE_KEY, key, NULL);
	}
	assert_good(wtg_edits_plan_wishes(&hive, WTG_HIVE_DEFAULT, &wishes, 1, &edits, &err));
	assert_good(wtg_hive_edit(&hive, &edits, &edited, &err));
	after = dump_hive(&edited);
	if (!strstr(after, sorted))
		fail_msg("found\n%s", after);
	wish(&wishes, WTG_HIVE_DEFAULT, "make l\\\xc3\x89LAN"); /* is there, in other letters */
	assert_good(wtg_edits_plan_wishes(&edited, WTG_HIVE_DEFAULT, &wishes, 1, &again, &err));
	assert_int_equal(wtg_edits_changes(&again), 0);
}

/* Planned for a hive, wishes must be refused; they are freed. */
static void assert_refused(const struct wtg_bytes *hive, struct wtg_wishes *wishes,
			   const char *sentence)
{
	struct wtg_edits edits = { 0 };

	assert_fails(wtg_edits_plan_wishes(hive, WTG_HIVE_SOFTWARE, wishes, 1, &edits, &err),
		     WTG_INPUT, sentence);
	assert_null(edits.items);
	wtg_wishes_done(wishes);
}

static void what_a_hive_has_may_stand_in_the_way(void **state)
{
	static const struct {
		const char *wish, *sentence;
	} rows[] = {
		{ "drop \\", "a whole hive cannot be deleted" },
		{ "set Link\\x|y=1", "the key Link is a link to \\Registry" },
		{ "drop Link", "the key Link is a link to \\Registry" },
		{ "set Big|x=1", "it has a value of 16345 bytes" },
		{ "delete Big|small", "it has a value of 16345 bytes" },
	};
	struct wtg_regf_key *root = wtg_regf_root("ROOT");
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
	_cleanup_free_ uint8_t *large = wtg_alloc(16344);

	(void)state;
	wtg_regf_value(wtg_regf_key(root, "Link"), "SymbolicLinkValue", 6,
		       "\\\0R\0e\0g\0i\0s\0t\0r\0y", 18);
	wtg_regf_dword(wtg_regf_key(root, "Big"), "small", 1);
	wtg_regf_value(wtg_regf_key(root, "Big"), "large", WTG_REG_BINARY, large, 16344);
	hive = stand_in_write(root);
	/* Our writer makes none of more than that: now the value says it has one more. */
	wtg_put_le32((uint8_t *)memmem(hive.data, hive.size, "large", 5) - 16, 16345);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_wishes wishes = { 0 };

		wish(&wishes, WTG_HIVE_SOFTWARE, rows[i].wish);
		assert_refused(&hive, &wishes, rows[i].sentence);
	}
}

static void what_no_hive_can_have_is_refused(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = small_hive();
	_cleanup_free_ char *name = wtg_text("%0256d", 1), *value = wtg_text("%016384d", 1);
	_cleanup_free_ uint8_t *large = wtg_alloc(16345);
	char *deep = wtg_text_copy("a");
	struct wtg_wishes wishes = { 0 };

	(void)state;
	for (size_t i = 0; i < 512; i++) {
		char *deeper = wtg_text("%s\\a", deep);

		free(deep);
		deep = deeper;
	}
	wtg_wish_key(&wishes, WTG_HIVE_SOFTWARE, WTG_EDIT_MAKE_KEY, deep, NULL);
	free(deep);
	assert_refused(&hive, &wishes, "nested deeper than 512");
	wtg_wish_key(&wishes, WTG_HIVE_SOFTWARE, WTG_EDIT_MAKE_KEY, name, NULL);
	assert_refused(&hive, &wishes, "a key's name may have 255 characters, it has 256");
	wtg_wish_number(&wishes, WTG_HIVE_SOFTWARE, "a", value, 1);
	assert_refused(&hive, &wishes, "a value's name may have 16383");
	wtg_wish_bytes(&wishes, WTG_HIVE_SOFTWARE, "a", "v", WTG_REG_BINARY,
		       wtg_bytes_copy(large, 16345));
	assert_refused(&hive, &wishes, "the value v has 16345 bytes");
	wish(&wishes, WTG_HIVE_SOFTWARE, "make \xe1\x83\x90");
	assert_refused(&hive, &wishes, "letters by which only Windows can sort");
}

static void a_wish_for_the_current_control_set_is_for_all_that_windows_starts_from(void **state)
{
	struct wtg_regf_key *root = wtg_regf_root("ROOT");
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
	_cleanup_free_ char *changes = NULL;

	(void)state;
	stand_in_select(root, 1, 2);
	stand_in_control_set(root, "ControlSet001");
	stand_in_control_set(root, "ControlSet002");
	hive = stand_in_write(root);
	wish(&wishes, WTG_HIVE_SYSTEM, "set currentcontrolset\\Control|x=1\n"
				       "set ControlSet002\\Control|y=1\nset Setup|z=1");
	assert_good(wtg_edits_plan_wishes(&hive, WTG_HIVE_SYSTEM, &wishes, 1, &edits, &err));
	changes = changes_text(&edits);
	assert_string_equal(changes, "ControlSet001\\Control|x: absent -> 1\n"
				     "ControlSet002\\Control|x: absent -> 1\n"
				     "ControlSet002\\Control|y: absent -> 1\n"
				     "Setup|z: absent -> 1\n");
}

/* How many edits change something, and how many are undone. */
static void assert_outcomes(const struct wtg_edits *edits, size_t changed, size_t undone)
{
	size_t n_undone = 0;

	for (size_t i = 0; i < edits->n_items; i++)
		n_undone += edits->items[i].outcome == WTG_EDIT_UNDONE;
	assert_int_equal(wtg_edits_changes(edits), changed);
	assert_int_equal(n_undone, undone);
}

static void what_makes_a_drive_portable_is_not_undone_without_a_word(void **state)
{
	static const struct {
		const char *wish;
		size_t changed, undone;
	} rows[] = {
		{ "set CurrentControlSet\\Control|x=1", 6, 0 },
		{ "set CurrentControlSet\\Services\\partmgr\\Parameters|SANPOLICY=4", 5, 0 },
		{ "set CurrentControlSet\\Services\\partmgr\\Parameters|SanPolicy=1", 4, 1 },
		{ "delete CurrentControlSet\\Services\\partmgr\\Parameters|SanPolicy", 5, 1 },
		{ "clear CurrentControlSet\\Services\\partmgr\\Parameters", 5, 1 },
		{ "drop CurrentControlSet\\Services\\partmgr\\Parameters", 5, 1 },
		{ "drop CurrentControlSet\\Services\\USBXHCI", 6, 2 }, /* Start and BootFlags */
		{ "set CurrentControlSet\\Services\\USBXHCI|Start=0", 6, 0 }, /* earlier still */
		{ "set CurrentControlSet\\Services\\USBXHCI|Start=4", 6, 1 },
		{ "set CurrentControlSet\\Services\\USBXHCI|BootFlags=20", 6, 0 },
		{ "set CurrentControlSet\\Services\\USBXHCI|BootFlags=4", 6, 1 },
	};
	const struct wtg_edit_options options = { .build = 19045 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = stand_in_write(stand_in_system());

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes edited = { 0 };
		_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
		_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };

		wish(&wishes, WTG_HIVE_SYSTEM, rows[i].wish);
		assert_good(wtg_edits_plan(&hive, &options, &edits, &err));
		assert_good(wtg_edits_plan_wishes(&hive, WTG_HIVE_SYSTEM, &wishes, 1, &edits, &err));
		assert_good(wtg_hive_edit(&hive, &edits, &edited, &err));
		assert_good(wtg_edits_settle(&edited, &options, &edits, &err));
		assert_outcomes(&edits, rows[i].changed, rows[i].undone);
		for (size_t j = 0; j < edits.n_items; j++)
			if (edits.items[j].outcome == WTG_EDIT_UNDONE)
				assert_non_null(strstr(edits.items[j].reason, "; undone by wish 1"));
	}
}

/* What is only said to have been done is seen. */
static void an_edit_that_was_not_made_is_seen(void **state)
{
	static const char *const rows[] = { "set Company\\App|a=9", "delete Company\\App|a",
					    "clear Company\\App", "make Fresh", "drop Company\\App",
					    "drop Company\\App\nset Company\\App|a=1" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes hive = small_hive(), edited = { 0 };
		_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
		_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
		const struct wtg_edits none = { 0 };
		struct wtg_hive_view before, after;

		wish(&wishes, WTG_HIVE_SOFTWARE, rows[i]);
		assert_good(wtg_edits_plan_wishes(&hive, WTG_HIVE_SOFTWARE, &wishes, 1, &edits, &err));
		assert_good(wtg_hive_edit(&hive, &edits, &edited, &err));
		assert_good(wtg_hive_view_open(&hive, &before, &err));
		assert_good(wtg_hive_view_open(&edited, &after, &err));
		assert_fails(wtg_hive_compare(&before, &before, &edits, &err), WTG_SYSTEM, "");
		assert_fails(wtg_hive_compare(&before, &after, &none, &err), WTG_SYSTEM, "");
		assert_good(wtg_hive_compare(&before, &after, &edits, &err));
	}
}

static void ten_thousand_wishes_are_one_run(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = small_hive(), edited = { 0 };
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		_cleanup_free_ char *key = wtg_text("Many\\%u\\%u", i % 100, i / 100 % 10);
		_cleanup_free_ char *name = wtg_text("v%u", i);

		wtg_wish_number(&wishes, WTG_HIVE_SOFTWARE, key, name, i);
	}
	assert_good(wtg_edits_plan_wishes(&hive, WTG_HIVE_SOFTWARE, &wishes, 1, &edits, &err));
	assert_int_equal(wtg_edits_changes(&edits), 10000);
	assert_good(wtg_hive_edit(&hive, &edits, &edited, &err));
	/* hivex writes each value's key once, or this would be a hundred times that. */
	assert_in_range(edited.size, hive.size + 10000 * 30, hive.size + 10000 * 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wishes_come_to_what_they_say_in_their_order),
		cmocka_unit_test(every_type_keeps_its_bytes),
		cmocka_unit_test(keys_with_letters_are_where_windows_looks),
		cmocka_unit_test(what_a_hive_has_may_stand_in_the_way),
		cmocka_unit_test(what_no_hive_can_have_is_refused),
		cmocka_unit_test(
			a_wish_for_the_current_control_set_is_for_all_that_windows_starts_from),
		cmocka_unit_test(what_makes_a_drive_portable_is_not_undone_without_a_word),
		cmocka_unit_test(an_edit_that_was_not_made_is_seen),
		cmocka_unit_test(ten_thousand_wishes_are_one_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
