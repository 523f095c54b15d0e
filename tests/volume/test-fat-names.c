/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "volume/fat.h"

#define ESP_BYTES (260ull << 20)

static void names_that_fat_cannot_hold_are_refused(void **state)
{
	static const struct {
		const char *one, *two, *sentence;
	} rows[] = {
		{ "a/../b", NULL,
		  "\"a/../b\" cannot be on a FAT volume: a name in it ends with a dot" },
		{ ".", NULL, "ends with a dot" },
		{ "", NULL, "empty" },
		{ "a//b", NULL, "empty" },
		{ "/a", NULL, "empty" },
		{ "a/", NULL, "empty" },
		{ "a:b", NULL, "forbids" },
		{ "a\\b", NULL, "forbids" },
		{ "what?", NULL, "forbids" },
		{ "a\nb", NULL, "forbids" },
		{ "a\x7f", NULL, "forbids" },
		{ "a\xff", NULL, "UTF-8" },
		{ "trailing ", NULL, "space" },
		{ "trailing.", NULL, "dot" },
		{ "x/con", NULL, "device" },
		{ "Aux.txt", NULL, "device" },
		{ "LPT1.a.b", NULL, "device" },
		{ "a/Twin", "a/tWIN", "the same name as \"a/Twin\"" },
		{ "ÄÖ", "äö", "the same name" },
		{ "dir/file", "DIR", "the same name" },
		{ "a", "a/b", "the same name" },
		{ "Ä/x", "ä/y", "the same name" },
	};
	struct wtg_error err = WTG_ERROR_INIT;
	char name[257 + 1] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
		struct wtg_bytes none = { 0 };

		wtg_files_add(&files, rows[i].one, none);
		if (rows[i].two)
			wtg_files_add(&files, rows[i].two, none);
		assert_fails(wtg_fat_check(ESP_BYTES, 512, &files, &err), WTG_INPUT,
			     rows[i].sentence);
	}
	for (size_t length = 255; length <= 256; length++) {
		_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
		int r;

		memset(name, 'n', length);
		wtg_files_add(&files, name, (struct wtg_bytes){ 0 });
		r = wtg_fat_check(ESP_BYTES, 512, &files, &err);
		assert_int_equal(r, length == 255 ? 0 : -1);
		if (r < 0)
			test_expect_error(&err, WTG_INPUT, "longer than 255");
	}
}

static void names_that_look_like_trouble_but_are_not_pass(void **state)
{
	static const char *const names[] = {
		"console", "com0", "com10", "lpt", "..a", "a..b",
		" lead", "nul_", "a b", "~1", "a'b;c,d=e+[f]",
	};
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		wtg_files_add(&files, names[i], (struct wtg_bytes){ 0 });
	wtg_files_add(&files, "Fonts/a", (struct wtg_bytes){ 0 });
	wtg_files_add(&files, "fonts/b", (struct wtg_bytes){ 0 });
	assert_good(wtg_fat_check(ESP_BYTES, 512, &files, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_fat_cannot_hold_are_refused),
		cmocka_unit_test(names_that_look_like_trouble_but_are_not_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
