/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry scripts: what they say, and what is refused. */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/reg-file.h"
#include "wtg/text.h"

#define HEAD "Windows Registry Editor Version 5.00\r\n\r\n"

static struct wtg_error err = WTG_ERROR_INIT;

/* A wish as text: "2 set Key|Name 4:01000000". */
static char *wish_text(const struct wtg_wish *wish)
{
	static const char *const actions[] = { "set", "delete", "clear", "make", "drop" };
	char *text = wtg_text("%d %s %s", wish->hive, actions[wish->action], wish->key), *longer;

	if (wish->value) {
		longer = wtg_text("%s|%s", text, wish->value);
		free(text);
		text = longer;
	}
	if (wish->action != WTG_EDIT_SET)
		return text;
	longer = wtg_text("%s %u:", text, wish->type);
	free(text);
	text = longer;
	for (size_t i = 0; i < wish->data.size; i++) {
		longer = wtg_text("%s%02x", text, wish->data.data[i]);
		free(text);
		text = longer;
	}
	return text;
}

static char *parse(const void *data, size_t size)
{
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
	const struct wtg_bytes script = { (uint8_t *)data, size };
	char *all = wtg_text_copy("");

	assert_good(wtg_reg_parse(&script, "a.reg", &wishes, &err));
	for (size_t i = 0; i < wishes.n_items; i++) {
		_cleanup_free_ char *text = wish_text(&wishes.items[i]);
		char *longer = wtg_text("%s%s\n", all, text);

		free(all);
		all = longer;
		assert_true(wtg_text_starts(wishes.items[i].reason, "--registry a.reg, line "));
	}
	return all;
}

static void every_form_of_a_value_is_read(void **state)
{
	static const struct {
		const char *script, *wishes;
	} rows[] = {
		{ "[HKLM\\SOFTWARE\\A]\n\"n\"=\"te\\\\x\\\"t\"", "1 set A|n 1:740065005c00780022007400"
								  "0000\n" },
		{ "[HKLM\\SOFTWARE\\A]\n@=\"\"", "1 set A| 1:0000\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"\"=dword:0000000A", "1 set A| 4:0a000000\n" },
		{ "[HKLM\\SOFTWARE\\A]\n \"a\\\\b\" = DWORD: ff ; why", "1 set A|a\\b 4:ff000000\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"b\"=hex:01,2,\\\r\n  ff,\\\r\n 00", "1 set A|b 3:0102ff00\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"b\"=hex:", "1 set A|b 3:\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"b\"=hex(0):", "1 set A|b 0:\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"b\"=hex(b):01,02,03,04,05,06,07,08",
		  "1 set A|b 11:0102030405060708\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"b\"=Hex(7):61,00,00,00,00,00", "1 set A|b 7:610000000000\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"b\"=-\n@=-", "1 delete A|b\n1 delete A|\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"two\"=\"a\r\nb\"\n\"c\"=dword:1",
		  "1 set A|two 1:61000d000a0062000000\n1 set A|c 4:01000000\n" },
		{ "[HKLM\\SOFTWARE\\A]\n\"\xc3\xa4\"=\"\xf0\x9f\x98\x80\"",
		  "1 set A|\xc3\xa4 1:3dd800de0000\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *script = wtg_text(HEAD "%s", rows[i].script);
		_cleanup_free_ char *found = parse(script, strlen(script));
		_cleanup_free_ char *expected = wtg_text("1 make A\n%s", rows[i].wishes);

		assert_string_equal(found, expected);
	}
}

static void every_key_that_can_be_changed_is_found(void **state)
{
	static const struct {
		const char *key, *wish;
	} rows[] = {
		{ "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control",
		  "0 make CurrentControlSet\\Control" },
		{ "hklm\\system", "0 make " },
		{ "HKEY_LOCAL_MACHINE\\Software\\A b", "1 make A b" },
		{ "HKEY_CLASSES_ROOT\\.txt", "1 make Classes\\.txt" },
		{ "HKCR", "1 make Classes" },
		{ "HKCR\\MIME\\text/html", "1 make Classes\\MIME\\text/html" },
		{ "HKEY_USERS\\.DEFAULT\\Console", "3 make Console" },
		{ "HKEY_CURRENT_USER\\Console", "4 make Console" },
		{ "HKCU\\Software\\ClassesNot", "4 make Software\\ClassesNot" },
		{ "HKCU\\a[b]c]", "4 make a[b]c]" },
		{ "-HKCU\\Software\\X", "4 drop Software\\X" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *script = wtg_text(HEAD "  [%s] ; and why", rows[i].key);
		_cleanup_free_ char *expected = wtg_text("%s\n", rows[i].wish);
		_cleanup_free_ char *found = parse(script, strlen(script));

		assert_string_equal(found, expected);
	}
}

static void both_versions_are_read_in_their_encodings(void **state)
{
	static const char body[] = HEAD "[HKCU\\\xc3\xa4]\r\n\"x\"=\"\xe2\x82\xac\"\r\n";
	static const char ansi[] = "REGEDIT4\n\n[HKCU\\a]\n\"x\"=hex(2):25,61,25,00\n"
				   "\"y\"=hex:61,ff\n\"z\"=hex(7):61,00,00\n";
	static const char wishes[] = "4 make \xc3\xa4\n4 set \xc3\xa4|x 1:ac200000\n";
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(body);
	_cleanup_free_ char *with_mark = wtg_text("\xef\xbb\xbf%s", body);
	_cleanup_free_ uint8_t *wide = wtg_alloc(utf16.size);
	_cleanup_free_ char *one = parse(body, strlen(body));
	_cleanup_free_ char *two = parse(with_mark, strlen(with_mark));
	_cleanup_free_ char *four = parse(ansi, strlen(ansi)), *three = NULL;

	(void)state;
	memcpy(wide, "\xff\xfe", 2);
	memcpy(wide + 2, utf16.data, utf16.size - 2);
	three = parse(wide, utf16.size);
	assert_string_equal(one, wishes);
	assert_string_equal(two, wishes);
	assert_string_equal(three, wishes);
	assert_string_equal(four, "4 make a\n4 set a|x 2:2500610025000000\n4 set a|y 3:61ff\n"
				  "4 set a|z 7:610000000000\n");
}

/* Scripts that are refused, and with what. */
static const struct {
	const char *script, *sentence;
} bad[] = {
	{ "", "a.reg, line 1: no registry script" },
	{ "MZ", "a.reg, line 1: no registry script" },
	{ "Windows Registry Editor Version 5.001\n", "a.reg, line 1: more in the line" },
	{ HEAD "\"a\"=dword:1", "line 3: a value before any key" },
	{ HEAD "[HKCU\\a]\njunk", "line 4: neither a key nor a value nor a comment" },
	{ HEAD "[HKCU\\a", "line 3: a key that does not end" },
	{ HEAD "[HKCU\\a] b", "line 3: a key that does not end" },
	{ HEAD "[-HKCU\\a]\n\"x\"=dword:1", "line 4: a value of a key that is deleted" },
	{ HEAD "[HKCU\\\\a]", "a part of the key's name is empty" },
	{ HEAD "[HKCU\\a\\]", "a part of the key's name is empty" },
	{ HEAD "[]", "a part of the key's name is empty" },
	{ HEAD "[HKCU\\a\tb]", "a control character" },
	{ HEAD "[HKCU/a]", "begins with no HKEY_" },
	{ HEAD "[HKEY_LOCAL_MACHINE/SOFTWARE/a]", "begins with no HKEY_" },
	{ HEAD "[HKLM]", "only SOFTWARE and SYSTEM" },
	{ HEAD "[HKLM\\SAM\\SAM]", "only SOFTWARE and SYSTEM" },
	{ HEAD "[HKLM\\BCD00000000]", "only SOFTWARE and SYSTEM" },
	{ HEAD "[HKLM\\SOFTWARE2]", "only SOFTWARE and SYSTEM" },
	{ HEAD "[HKEY_USERS\\S-1-5-18]", "only .DEFAULT" },
	{ HEAD "[HKCU\\Software\\Classes\\.txt]", "UsrClass.dat" },
	{ HEAD "[HKCC\\a]", "HKEY_CURRENT_CONFIG" },
	{ HEAD "[HKEY_DYN_DATA\\a]", "begins with no HKEY_" },
	{ HEAD "[HKCU\\a]\n\"x\"dword:1", "line 4: no '='" },
	{ HEAD "[HKCU\\a]\n\"x=dword:1\n\n", "line 4: the text in quotes does not end" },
	{ HEAD "[HKCU\\a]\n\"x\"=\"C:\\Temp\"", "must be doubled" },
	{ HEAD "[HKCU\\a]\n\"x\"=", "neither a text in quotes nor" },
	{ HEAD "[HKCU\\a]\n\"x\"=qword:1", "neither a text in quotes nor" },
	{ HEAD "[HKCU\\a]\n\"x\"=dword:", "no number" },
	{ HEAD "[HKCU\\a]\n\"x\"=dword:123456789", "no number" },
	{ HEAD "[HKCU\\a]\n\"x\"=dword:0x1", "more in the line" },
	{ HEAD "[HKCU\\a]\n\"x\"=dword:1 2", "more in the line" },
	{ HEAD "[HKCU\\a]\n\"x\"=--", "more in the line" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex(c):00", "hex(c) is no type" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex(ffffffff):00", "is no type" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex(123456789):00", "no type of values" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex():00", "no type of values" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex(1:00", "no type of values" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex 00", "no ':'" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex:100", "no list of bytes" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex:0g", "no list of bytes" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex:01,,02", "no list of bytes" },
	{ HEAD "[HKCU\\a]\n\"x\"=hex:01,\\\n\"y\"=dword:1", "line 5: no list of bytes" },
	{ HEAD "[HKCU\\a]\n\"\xff\"=dword:1", "line 4: neither UTF-16 nor UTF-8" },
	{ "REGEDIT4\n[HKCU\\a]\n;\xc3\xa4", "line 3: a character that is not ASCII" },
	{ "REGEDIT4\n[HKCU\\a]\n\"x\"=hex(1):e4,00", "line 3: a text that is not ASCII" },
	{ "\xfe\xff", "line 1: neither UTF-16 nor UTF-8" },
};

static void what_is_no_script_is_refused_with_its_line(void **state)
{
	static const char nul[] = HEAD "[HKCU\\a]\n\"a\0b\"=dword:1";
	static const uint8_t odd[] = { 0xff, 0xfe, 'R' }, half[] = { 0xff, 0xfe, '\n', 0, 0, 0xd8 };
	const struct {
		const void *data;
		size_t size;
		const char *sentence;
	} raw[] = {
		{ nul, sizeof(nul) - 1, "line 4: a NUL" },
		{ odd, sizeof(odd), "half a character" },
		{ half, sizeof(half), "line 2: half a character" },
	};
	struct wtg_wishes wishes = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct wtg_bytes script = { (uint8_t *)bad[i].script,
						  strlen(bad[i].script) };

		assert_fails(wtg_reg_parse(&script, "a.reg", &wishes, &err), WTG_INPUT,
			     bad[i].sentence);
	}
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
		const struct wtg_bytes script = { (uint8_t *)raw[i].data, raw[i].size };

		assert_fails(wtg_reg_parse(&script, "a.reg", &wishes, &err), WTG_INPUT,
			     raw[i].sentence);
	}
	wtg_wishes_done(&wishes);
}

static void no_script_is_longer_than_it_may_be(void **state)
{
	struct wtg_wishes wishes = { 0 };
	struct wtg_bytes script = { .data = wtg_alloc((16u << 20) + 1) };

	(void)state;
	memset(script.data, '\n', (16u << 20) + 1);
	memcpy(script.data, HEAD, sizeof(HEAD) - 1);
	script.size = (16u << 20) + 1;
	assert_fails(wtg_reg_parse(&script, "a.reg", &wishes, &err), WTG_INPUT, "at most 16777216");
	script.size = sizeof(HEAD) - 1 + 200000;
	assert_fails(wtg_reg_parse(&script, "a.reg", &wishes, &err), WTG_INPUT, "at most 200000");
	script.size = sizeof(HEAD) - 1 + 199997;
	assert_good(wtg_reg_parse(&script, "a.reg", &wishes, &err));
	wtg_bytes_done(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_a_value_is_read),
		cmocka_unit_test(every_key_that_can_be_changed_is_found),
		cmocka_unit_test(both_versions_are_read_in_their_encodings),
		cmocka_unit_test(what_is_no_script_is_refused_with_its_line),
		cmocka_unit_test(no_script_is_longer_than_it_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
