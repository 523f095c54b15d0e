/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "entry-drive.h"

#include <string.h>

#include "ventoy/json-text.h"
#include "wtg/text.h"

/* Somebody else's reader takes it, too, and finds that at a path of its own. */
static void jq_says(const struct wtg_files *files, const char *filter, const char *says)
{
	_cleanup_free_ char *text = text_of(files, JSON), *out = NULL,
			    *line = wtg_text("%s\n", says);
	_cleanup_free_ char *file = wtg_text("%s/json", test_dir());

	test_write_file(file, text, strlen(text));
	out = test_run(NULL, "jq -c '%s' '%s'", filter, file);
	assert_string_equal(out, line);
}

static struct wtg_ventoy_entry whole_entry(void)
{
	struct wtg_ventoy_entry entry = usual_entry();

	entry.tip = "It's \u00bbWindows\u00ab, on this drive";
	entry.is_default = true;
	entry.has_timeout = true;
	entry.timeout_seconds = 10;
	return entry;
}

#define PATH "/Windows To Go.img"
#define ALIAS "{\"image\":\"" PATH "\",\"alias\":\"Windows To Go\"}"

static void says_all_that_was_asked_for(void **state)
{
	struct wtg_ventoy_entry entry = whole_entry();
	struct wtg_files nothing = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files after = round_trip(&nothing, &entry);

	(void)state;
	test_require("jq");
	jq_says(&after, ".",
		"{\"menu_alias\":[" ALIAS "],"
		"\"menu_tip\":{\"tips\":[{\"image\":\"" PATH
		"\",\"tip\":\"It's »Windows«, on this drive\"}]},"
		"\"control\":[{\"VTOY_DEFAULT_IMAGE\":\"" PATH
		"\"},{\"VTOY_MENU_TIMEOUT\":\"10\"}]}");
}

/* What people have in their files, as Ventoy's documentation and VentoyPlugson write it.
 */
static const char *const users[] = {
	"{}",
	"{ }\n",
	"{\r\n}\r\n",
	"\xef\xbb\xbf{\n    \"control\":[\n        { \"VTOY_DEFAULT_MENU_MODE\": \"1\" "
	"},\n"
	"        { \"VTOY_FILT_DOT_UNDERSCORE_FILE\": \"1\" }\n    ],\n    \"theme\":{\n"
	"        \"file\":\"/ventoy/theme/blur/theme.txt\",\n        \"gfxmode\": "
	"\"1920x1080\"\n"
	"    }\n}",
	"{\"menu_alias\":[],\"menu_tip\":{\"tips\":[]},\"control\":[]}",
	"{\"menu_tip\":{\"left\":\"10%\"},\"menu_alias\" : [ "
	"{\"image\":\"/a.iso\",\"alias\":\"\\\"\\u00e4\"} , "
	"{\"dir\":\"/x\",\"alias\":\"y\"} ] , "
	"\"n\":[1.50e+3,-0,true,false,null,\"\\\\\"]}",
	"{\"menu_tip\":{},\"menu_alias\":[\n\t{\n\t\t\"image\": "
	"\"/*.iso\",\n\t\t\"alias\": \"x\"\n\t}\n]\n}\n",
	"{\"control_uefi\":[{\"VTOY_DEFAULT_MENU_MODE\":\"1\"}],\"control_legacy\":[],"
	"\"menu_alias_uefi\":[],"
	"\"menu_tip_uefi\":{}}",
	"{\"control\":[{}],\"control\":[{\"VTOY_MENU_TIMEOUT\":\"1\"}],\"menu_tip\":{"
	"\"tips\":[],\"tips\":[1]}}",
	"{\"control\":{\"a\":\"b\"},\"menu_alias\":\"\",\"menu_tip\":[],\"menu_tip_"
	"uefi\":{\"tips\":{}}}",
};

static void keeps_the_users_settings_to_the_byte(void **state)
{
	(void)state;
	test_require("jq");
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		for (unsigned bios = 0; bios < 2; bios++) {
			struct wtg_ventoy_entry entry = whole_entry();
			_cleanup_(wtg_files_done) struct wtg_files before =
				drive("x", users[i]);
			_cleanup_(wtg_files_done) struct wtg_files after = { 0 };

			entry.bios = bios;
			after = round_trip(&before, &entry);
			jq_says(&after, "type", "\"object\"");
		}
	}
}

static void goes_to_each_list_that_counts_where_it_starts(void **state)
{
	struct wtg_ventoy_entry entry = whole_entry();
	_cleanup_(wtg_files_done) struct wtg_files before = drive(
		NULL, "{\"control_uefi\":[],\"control_ia32\":[],\"control_aa64\":[],"
		      "\"menu_alias_legacy\":[],\"menu_alias_uefi\":[]}");
	_cleanup_(wtg_files_done) struct wtg_files uefi = round_trip(&before, &entry),
						   both = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files ia32 = { 0 }, arm = { 0 };

	(void)state;
	test_require("jq");
	jq_says(&uefi, "[.control_uefi,.control_ia32,.control_aa64,.control|length]",
		"[2,0,0,0]");
	jq_says(&uefi, "[.menu_alias_uefi,.menu_alias_legacy,.menu_alias|length]",
		"[1,0,0]");
	entry.bios = true;
	both = round_trip(&before, &entry);
	jq_says(&both, "[.control_uefi,.control_ia32,.control_aa64,.control|length]",
		"[2,0,0,2]");
	jq_says(&both, "[.menu_alias_uefi,.menu_alias_legacy,.menu_alias|length]",
		"[1,1,0]");
	entry.bios = false;
	entry.arch = WTG_ARCH_X86;
	ia32 = round_trip(&before, &entry);
	jq_says(&ia32, "[.control_uefi,.control_ia32,.control_aa64,.control|length]",
		"[0,2,0,0]");
	entry.arch = WTG_ARCH_ARM64;
	arm = round_trip(&before, &entry);
	jq_says(&arm, "[.control_uefi,.control_ia32,.control_aa64,.control|length]",
		"[0,0,2,0]");
	jq_says(&arm, "[.menu_alias_uefi,.menu_alias_legacy,.menu_alias|length]",
		"[0,0,1]");
}

static void what_the_user_has_set_stays_and_he_is_told(void **state)
{
	static const char json[] =
		"{\"control\":[{\"VTOY_DEFAULT_IMAGE\":\"/"
		"a.iso\"},{\"VTOY_MENU_TIMEOUT\":\"10\"}],"
		"\"menu_alias\":[{\"image\":\"" PATH "\",\"alias\":\"Mine\"}],"
		"\"menu_tip\":{\"tips\":[{\"image\":\"" PATH
		"\",\"tip\":\"Mine, too\"}]}}";
	_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = { 0 };
	struct wtg_ventoy_entry entry = whole_entry();
	_cleanup_(wtg_files_done) struct wtg_files before = drive(NULL, json);
	_cleanup_(wtg_files_done) struct wtg_files after = round_trip(&before, &entry);
	_cleanup_free_ char *text = text_of(&after, JSON);
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_string_equal(text, json);
	assert_good(wtg_ventoy_entry_plan(&entry, &current, &before, &changes, &err));
	assert_true(warns_of(&changes,
			     "\"VTOY_DEFAULT_IMAGE\" in \"control\" is set already"));
	assert_true(warns_of(&changes, "\"alias\" in \"menu_alias\" is set already"));
	assert_true(warns_of(&changes, "\"tip\" in \"menu_tip\" is set already"));
	assert_int_equal(changes.n_warnings, 3); /* the timeout is as it was asked for */
}

static void a_default_of_the_users_gets_no_timeout_of_ours(void **state)
{
	static const char json[] = "{\"control\":[{\"VTOY_DEFAULT_IMAGE\":\"/a.iso\"}]}";
	_cleanup_(wtg_files_done) struct wtg_files before = drive(NULL, json), after = { 0 };
	struct wtg_ventoy_entry entry = whole_entry();

	(void)state;
	test_require("jq");
	after = round_trip(&before, &entry);
	jq_says(&after, ".control", "[{\"VTOY_DEFAULT_IMAGE\":\"/a.iso\"}]");
}

static void removal_takes_only_what_is_still_ours(void **state)
{
	struct wtg_ventoy_entry entry = whole_entry();
	_cleanup_(wtg_files_done) struct wtg_files before = drive(NULL, NULL),
						   removed = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files after = merged(&before, &entry);
	struct wtg_file *file = (struct wtg_file *)wtg_files_find(&after, JSON);
	_cleanup_free_ char *text = text_of(&after, JSON);

	(void)state;
	test_require("jq");
	strstr(text, "\"10\"")[1] = '9'; /* the user waits longer */
	wtg_bytes_done(&file->content);
	file->content = wtg_bytes_copy(text, strlen(text));
	removed = merged(&after, NULL);
	assert_int_equal(removed.n_items, 1);
	jq_says(&removed, ".", "{\"control\":[{\"VTOY_MENU_TIMEOUT\":\"90\"}]}");
}

static void names_what_hides_the_entry(void **state)
{
	static const struct {
		const char *json, *says; /* NULL: nothing does */
	} rows[] = {
		{ "{\"image_list\":[\"/a.iso\"]}",
		  "\"image_list\" does not name \"" PATH "\"" },
		{ "{\"image_list\":[\"/a.iso\",\"" PATH "\"]}", NULL },
		{ "{\"image_list\":[\"/Windows*To*Go.img\"]}", NULL },
		{ "{\"image_list\":[\"/*.img\"]}", "image_list" }, /* a * is one byte */
		{ "{\"image_list_uefi\":[],\"image_list\":[\"" PATH "\"]}",
		  "\"image_list_uefi\"" },
		{ "{\"image_list_legacy\":[]}", NULL },
		{ "{\"image_blacklist\":[\"" PATH "\"]}", "\"image_blacklist\" hides" },
		{ "{\"image_blacklist\":[\"/a.img\"]}", NULL },
		{ "{\"control\":[{\"VTOY_FILE_FLT_IMG\":\"1\"}]}",
		  "\"VTOY_FILE_FLT_IMG\" in \"control\"" },
		{ "{\"control\":[{\"VTOY_FILE_FLT_IMG\":\"0\"}]}", NULL },
		{ "{\"control\":[{\"VTOY_FILE_FLT_IMG\":\"1\"},{\"VTOY_FILE_FLT_IMG\":"
		  "\"0\"}]}",
		  NULL },
		{ "{\"control\":[{\"a\":\"b\",\"VTOY_FILE_FLT_IMG\":\"1\"}]}",
		  NULL }, /* the first counts */
		{ "{\"control_uefi\":[],\"control\":[{\"VTOY_FILE_FLT_IMG\":\"1\"}]}",
		  NULL },
		{ "{\"control_uefi\":[{\"VTOY_DEFAULT_SEARCH_ROOT\":\"/ISO\"}]}",
		  "\"VTOY_DEFAULT_SEARCH_ROOT\" in \"control_uefi\"" },
		{ "{\"control\":[{\"VTOY_DEFAULT_SEARCH_ROOT\":\"/\"}]}", NULL },
		/* The placeholder lies in the root. */
		{ "{\"control\":[{\"VTOY_MAX_SEARCH_LEVEL\":\"0\"}]}", NULL },
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = {
			0
		};
		_cleanup_(wtg_files_done) struct wtg_files before =
			drive(NULL, rows[i].json);
		struct wtg_ventoy_entry entry = usual_entry();

		assert_good(
			wtg_ventoy_entry_plan(&entry, &current, &before, &changes, &err));
		if (changes.n_warnings != (rows[i].says ? 1 : 0))
			fail_msg("%s: %zu warnings%s%s", rows[i].json, changes.n_warnings,
				 changes.n_warnings ? ", as " : "",
				 changes.n_warnings ? changes.warnings[0] : "");
		if (rows[i].says && !warns_of(&changes, rows[i].says))
			fail_msg("%s: %s", rows[i].json, changes.warnings[0]);
	}
}

static void refuses_what_is_no_json_and_names_the_line(void **state)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{ "", "line 1: not JSON: { is missing" },
		{ "\n[]", "line 2: not JSON: { is missing" },
		{ "{\n\"a\": 1,\n}", "line 3: not JSON: a string is missing" },
		{ "{\"a\": 1 \"b\": 2}", "a comma or } is missing" },
		{ "{\"a\": [1 2]}", "a comma or ] is missing" },
		{ "{\"a\" 1}", "a colon is missing" },
		{ "{\"a\": }", "a value is missing" },
		{ "{\"a\": 01}", "a comma or }" },
		{ "{\"a\": 1.}", "a number that is none" },
		{ "{\"a\": nul}", "a value is missing" },
		{ "{\"a\": \"b\nc\"}", "line 1: not JSON: a string without an end" },
		{ "{\"a\": \"\t\"}", "a control character" },
		{ "{\"a\": \"\\x\"}", "an escape that there is not" },
		{ "{\"a\": \"\\u12g4\"}", "an escape that there is not" },
		{ "{\"a\": \"\xff\"}", "not UTF-8" },
		{ "{} x", "something comes after the end" },
		{ "// mine\n{}", "{ is missing" },
		{ "{\n\n/* mine */ }", "line 3: not JSON: a string is missing" },
		{ "\xff\xfe{", "UTF-16" },
		{ "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested too deep" },
		{ "{\"a", "a string without an end" },
		{ "{\"a\\", "an escape" },
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files before =
			drive(NULL, rows[i].json);
		struct wtg_ventoy_entry entry = usual_entry();
		struct wtg_ventoy_changes changes = { 0 };

		assert_fails(
			wtg_ventoy_entry_plan(&entry, &current, &before, &changes, &err),
			WTG_INPUT, rows[i].says);
		assert_int_equal(changes.edits.n_items, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_all_that_was_asked_for),
		cmocka_unit_test(keeps_the_users_settings_to_the_byte),
		cmocka_unit_test(goes_to_each_list_that_counts_where_it_starts),
		cmocka_unit_test(what_the_user_has_set_stays_and_he_is_told),
		cmocka_unit_test(a_default_of_the_users_gets_no_timeout_of_ours),
		cmocka_unit_test(removal_takes_only_what_is_still_ours),
		cmocka_unit_test(names_what_hides_the_entry),
		cmocka_unit_test(refuses_what_is_no_json_and_names_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
