/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/inf.h"
#include "wtg/text.h"

#include "stand-in-driver.h"

static struct wtg_inf parse(const char *text)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = stand_in_text(text);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_inf inf;

	assert_good(wtg_inf_parse(&bytes, &inf, &err));
	return inf;
}

static void refuses(const char *text, size_t size, const char *why)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = wtg_bytes_copy(text, size);
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_inf inf;

	assert_fails(wtg_inf_parse(&bytes, &inf, &err), WTG_INPUT, why);
}

static const char *field(const struct wtg_inf *inf, const char *section, size_t line, size_t i)
{
	const struct wtg_inf_section *found = wtg_inf_section(inf, section);

	assert_non_null(found);
	assert_true(line < found->n_items);
	return wtg_inf_field(&found->items[line], i);
}

static void finds_sections_and_keys_whatever_their_case(void **state)
{
	_cleanup_(wtg_inf_done) struct wtg_inf inf =
		parse("[Version]\nSignature=\"$Windows NT$\"\n[b]\n[a]\nx=1\n");
	const struct wtg_inf_section *version = wtg_inf_section(&inf, "VERSION");

	(void)state;
	assert_non_null(version);
	assert_string_equal(wtg_inf_field(wtg_inf_line(version, "SIGNATURE"), 0),
			    "$Windows NT$");
	assert_null(wtg_inf_line(version, "Class"));
	assert_string_equal(wtg_inf_field(wtg_inf_line(version, "Class"), 0), "");
	assert_null(wtg_inf_section(&inf, "Versio"));
	assert_null(wtg_inf_line(NULL, "x"));
	assert_string_equal(field(&inf, "A", 0, 0), "1");
}

static void takes_sections_of_one_name_as_one(void **state)
{
	_cleanup_(wtg_inf_done) struct wtg_inf inf =
		parse("[S]\na=1\n[T]\nb=2\n[s]\nc=3\n[T]\n[S]\nd=4\n");
	const struct wtg_inf_section *section = wtg_inf_section(&inf, "S");

	(void)state;
	assert_int_equal(inf.n_items, 2);
	assert_int_equal(section->n_items, 3);
	assert_string_equal(section->items[0].key, "a");
	assert_string_equal(section->items[1].key, "c");
	assert_string_equal(section->items[2].key, "d");
	assert_int_equal(section->items[2].number, 9);
}

static void takes_lines_apart_as_setupapi_does(void **state)
{
	_cleanup_(wtg_inf_done) struct wtg_inf inf = parse(
		"[S] ; of lines\n"
		"  a , \"b , ; c\" ,, d  e ; not this\n"
		"key = \"say \"\"yes\"\"\", x = y\n"
		"HKR,,name,,\"a=b\"\n"
		"joined=one \"  two  \"three\n"
		"dir = \\amd64\n"
		"\"quoted key\"=1\n"
		"open = \"no end\n"
		"last=1");
	const struct wtg_inf_section *section = wtg_inf_section(&inf, "s");

	(void)state;
	assert_int_equal(section->n_items, 8);
	assert_null(section->items[0].key);
	assert_int_equal(section->items[0].n_fields, 4);
	assert_string_equal(field(&inf, "s", 0, 0), "a");
	assert_string_equal(field(&inf, "s", 0, 1), "b , ; c");
	assert_string_equal(field(&inf, "s", 0, 2), "");
	assert_string_equal(field(&inf, "s", 0, 3), "d  e");
	assert_string_equal(section->items[1].key, "key");
	assert_string_equal(field(&inf, "s", 1, 0), "say \"yes\"");
	assert_string_equal(field(&inf, "s", 1, 1), "x = y");
	assert_null(section->items[2].key);
	assert_string_equal(field(&inf, "s", 2, 4), "a=b");
	assert_string_equal(field(&inf, "s", 3, 0), "one   two  three");
	assert_string_equal(field(&inf, "s", 4, 0), "\\amd64");
	assert_string_equal(section->items[5].key, "quoted key");
	assert_string_equal(field(&inf, "s", 6, 0), "no end");
	assert_string_equal(field(&inf, "s", 7, 0), "1");
}

static void goes_on_where_a_line_ends_in_a_backslash(void **state)
{
	_cleanup_(wtg_inf_done) struct wtg_inf inf =
		parse("[S]\r\na = 1, \\\r\n  2,\\ ; comment\r\n3\r\nb=\"c:\\\"\r\nc=x\\");
	const struct wtg_inf_section *section = wtg_inf_section(&inf, "S");

	(void)state;
	assert_int_equal(section->n_items, 3);
	assert_int_equal(section->items[0].n_fields, 3);
	assert_string_equal(field(&inf, "S", 0, 1), "2");
	assert_string_equal(field(&inf, "S", 0, 2), "3");
	assert_string_equal(field(&inf, "S", 1, 0), "c:\\");
	assert_int_equal(section->items[1].number, 5);
	assert_string_equal(field(&inf, "S", 2, 0), "x\\");
}

static void fills_in_tokens_once(void **state)
{
	_cleanup_(wtg_inf_done) struct wtg_inf inf = parse(
		"[S]\n%Name% = \"%Name% of %NAME%\", %12%\\x, %%SystemRoot%%, 100%, %no%\n"
		"a=%loop%,%both%\n"
		"[Strings]\nname=Plain\nboth=\"plain\"\nloop=\"%loop%\"\n"
		"[Strings.0409]\nBoth=English\n[Strings.0407]\nboth=Deutsch\n");
	const struct wtg_inf_section *section = wtg_inf_section(&inf, "S");

	(void)state;
	assert_string_equal(section->items[0].key, "Plain");
	assert_string_equal(field(&inf, "S", 0, 0), "Plain of Plain");
	assert_string_equal(field(&inf, "S", 0, 1), "%12%\\x");
	assert_string_equal(field(&inf, "S", 0, 2), "%SystemRoot%");
	assert_string_equal(field(&inf, "S", 0, 3), "100%");
	assert_string_equal(field(&inf, "S", 0, 4), "%no%");
	assert_string_equal(field(&inf, "S", 1, 0), "%loop%");
	assert_string_equal(field(&inf, "S", 1, 1), "English");
}

static void reads_every_encoding_that_windows_does(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} same[] = {
		{ "[S]\na=\xc3\xa4", 8 },
		{ "\xef\xbb\xbf[S]\na=\xc3\xa4", 11 },
		{ "[S]\na=\xe4", 7 },
		{ "\xff\xfe[\0S\0]\0\n\0a\0=\0\xe4\0", 16 },
		{ "[\0S\0]\0\n\0a\0=\0\xe4\0", 14 },
		{ "\xfe\xff\0[\0S\0]\0\n\0a\0=\0\xe4", 16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes =
			wtg_bytes_copy(same[i].text, same[i].size);
		struct wtg_error err = WTG_ERROR_INIT;
		_cleanup_(wtg_inf_done) struct wtg_inf inf = { 0 };

		assert_good(wtg_inf_parse(&bytes, &inf, &err));
		assert_string_equal(field(&inf, "S", 0, 0), "\xc3\xa4");
	}
}

static void refuses_what_is_no_inf(void **state)
{
	(void)state;
	refuses("a=1\n[S]\n", 8, "line 1 is not in any section");
	refuses("[S\na=1\n", 7, "line 1: a section's name has no end");
	refuses("[S]\na=\0b\n", 9, "it is not text");
	refuses("\xff\xfe[\0S\0]\0\n\0\0\0", 12, "it is not text");
}

/* text, n times, behind a beginning. */
static struct wtg_bytes repeated(const char *beginning, const char *text, size_t n)
{
	size_t first = strlen(beginning), length = strlen(text);
	struct wtg_bytes bytes = { .data = wtg_alloc(first + n * length),
				   .size = first + n * length };

	memcpy(bytes.data, beginning, first);
	for (size_t i = 0; i < n; i++)
		memcpy(bytes.data + first + i * length, text, length);
	return bytes;
}

static void refuses_bombs(void **state)
{
	static const struct {
		const char *beginning, *text;
		size_t n;
		const char *why;
	} bombs[] = {
		{ "[S]\n", "x", 17u << 20, "make no sense in an INF" },
		{ "[S]\n", "\n", 200001, "more than 200000 lines" },
		{ "[S]\n", ",", 1000001, "more than 1000000 values" },
		{ "", "[]\n", 50001, "more than 50000 sections" },
		{ "[Strings]\nx=12345678901234567890123456789012345\n[S]\n", "%x%", 1000,
		  "line 4: with its %tokens% filled in" },
		{ "[Strings]\nx=12345678901234567890123456789012345678901234567890\n[S]\n",
		  "%x%%x%%x%%x%%x%%x%%x%%x%%x%%x%,", 140000, "stand for more text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes =
			repeated(bombs[i].beginning, bombs[i].text, bombs[i].n);

		refuses((const char *)bytes.data, bytes.size, bombs[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_sections_and_keys_whatever_their_case),
		cmocka_unit_test(takes_sections_of_one_name_as_one),
		cmocka_unit_test(takes_lines_apart_as_setupapi_does),
		cmocka_unit_test(goes_on_where_a_line_ends_in_a_backslash),
		cmocka_unit_test(fills_in_tokens_once),
		cmocka_unit_test(reads_every_encoding_that_windows_does),
		cmocka_unit_test(refuses_what_is_no_inf),
		cmocka_unit_test(refuses_bombs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
