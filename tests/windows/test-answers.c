/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "windows/answers.h"
#include "windows/places.h"
#include "wtg/text.h"

static struct wtg_error err = WTG_ERROR_INIT;

/* ------------------------------------------------------------------ accounts */

static int check_users(struct wtg_user *users, size_t n, const char *computer)
{
	const struct wtg_answers answers = {
		.accounts = users,
		.n_accounts = n,
		.computer_name = computer,
	};

	return wtg_answers_check(&answers, &err);
}

static int check_name(const char *name)
{
	struct wtg_user user = { .name = name };

	return check_users(&user, 1, NULL);
}

static void accounts_are_called_as_windows_lets_them(void **state)
{
	static const char *const good[] = { "anna", "Anna Müller", "дмитрий", "a.b", "x",
					    "twenty characters123", "山田", "o'neill" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_good(check_name(good[i]));
}

static void refuses_names_that_windows_would(void **state)
{
	static const char *const reserved[] = { "Administrator", "ADMINISTRATOR", "administratör",
						"АДМИНИСТРАТОР", "guest", "GÄST", "DefaultAccount",
						"wdagutilityaccount", "HelpAssistant", "KRBTGT",
						"local", "none", "System", "network service",
						"users", "aux", "COM1" };
	static const char *const shapes[] = { ".", " ", ". .", "anna.", "anna ", " anna" };
	static const char never[] = "\"/\\[]:;|=,+*?<>@%";

	(void)state;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		assert_fails(check_name(reserved[i]), WTG_USAGE, "keeps that name for itself");
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		assert_fails(check_name(shapes[i]), WTG_USAGE, "neither ends with a dot");
	for (size_t i = 0; never[i]; i++) {
		char name[] = { 'a', never[i], 'b', '\0' };

		assert_fails(check_name(name), WTG_USAGE, "has none of");
	}
	assert_fails(check_name(""), WTG_USAGE, "the name is empty");
	assert_fails(check_name("a\tb"), WTG_USAGE, "has what is no character");
	assert_fails(check_name("\xff"), WTG_USAGE, "has what is no character");
	assert_fails(check_name("twenty-one characters"), WTG_USAGE, "21 characters");
}

static void no_two_have_one_name_nor_the_computers(void **state)
{
	struct wtg_user users[] = { { .name = "jörg" }, { .name = "JÖRG" } };

	(void)state;
	assert_fails(check_users(users, 2, NULL), WTG_USAGE, "are one name to Windows");
	users[1].name = "jorg";
	assert_good(check_users(users, 2, NULL));
	assert_fails(check_users(users, 2, "JORG"), WTG_USAGE, "the computer has that name");
}

static void somebody_is_an_administrator(void **state)
{
	struct wtg_user users[] = { { .name = "anna", .standard = true },
				    { .name = "bert", .standard = true } };

	(void)state;
	assert_fails(check_users(users, 2, NULL), WTG_USAGE, "none of the accounts is an admin");
	users[1].standard = false;
	assert_good(check_users(users, 2, NULL));
}

static void no_error_tells_a_password(void **state)
{
	static const char secret[] = "hunter2\n";
	char *long_one = wtg_text("%0128d", 7);
	struct wtg_user user = { .name = "anna", .password = secret };

	(void)state;
	assert_true(check_users(&user, 1, NULL) < 0);
	assert_null(strstr(err.message, "hunter2"));
	test_expect_error(&err, WTG_USAGE, "the password of anna has what nobody can type");
	user.password = long_one;
	assert_true(check_users(&user, 1, NULL) < 0);
	assert_null(strstr(err.message, "0000"));
	test_expect_error(&err, WTG_USAGE, "has 128 characters, Windows takes 127");
	free(long_one);
	user.password = "Grüße, 世界 & <b>";
	assert_good(check_users(&user, 1, NULL));
}

static void who_logs_on_by_itself_exists(void **state)
{
	const struct wtg_answers answers = { .auto_logon = true };

	(void)state;
	assert_fails(wtg_answers_check(&answers, &err), WTG_USAGE, "needs an account");
}

/* ------------------------------------------------------------------ the computer's name */

static const uint8_t seed[16] = { 0x1f, 0x2e, 0x3d, 0x4c, 0x5b, 0x6a, 0x79, 0x88 };

static void assert_name(const char *pattern, const char *serial, const char *expected)
{
	_cleanup_free_ char *name = NULL;

	assert_good(wtg_computer_name(pattern, serial, seed, &name, &err));
	assert_string_equal(name, expected);
}

static void computers_are_called_after_their_drives(void **state)
{
	(void)state;
	assert_name("TOGO", NULL, "TOGO");
	assert_name("wtg-%serial%", "4C53-0001 2603:0812", "wtg-00126030812");
	assert_name("%serial%", "AB12", "AB12");
	assert_name("wtg-%random%", NULL, "wtg-1F2E3D4C");
	assert_name("exam-room-%random%", NULL, "exam-room-1F2E3");
	assert_name("%serial%%random%", "0123456789abcdef", "9abcdef1F2E3D4");
	assert_name("%random%-%random%", NULL, "1F2E3D4-C5B6A79");
}

static void refuses_what_cannot_be_a_computers_name(void **state)
{
	static const struct {
		const char *pattern, *serial, *why;
	} rows[] = {
		{ "", NULL, "1 to 15 characters" },
		{ "sixteencharacter", NULL, "not 16" },
		{ "my pc", NULL, "letters a to z" },
		{ "büro", NULL, "letters a to z" },
		{ "a_b", NULL, "letters a to z" },
		{ "-pc", NULL, "neither begins nor ends" },
		{ "pc-", NULL, "neither begins nor ends" },
		{ "12345", NULL, "digits alone" },
		{ "%serial%", "0123456", "digits alone" },
		{ "pc-%serial%", NULL, "no serial number" },
		{ "pc-%serial%", "--- ", "no serial number" },
		{ "pc-%model%", NULL, "of patterns there are" },
		{ "100%", NULL, "of patterns there are" },
		{ "a-long-name-%serial%", "1", "fewer than 4" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *name = NULL;

		assert_fails(wtg_computer_name(rows[i].pattern, rows[i].serial, seed, &name, &err),
			     WTG_USAGE, rows[i].why);
		assert_null(name);
	}
	assert_true(wtg_computer_name_varies("x%serial%") && wtg_computer_name_varies("%random%"));
	assert_false(wtg_computer_name_varies("x") || wtg_computer_name_varies(NULL));
}

/* ------------------------------------------------------------------ places */

static int check_places(const char *locale, const char *keyboard, const char *zone)
{
	const struct wtg_answers answers = { .locale = locale, .keyboard = keyboard,
					     .time_zone = zone };

	return wtg_answers_check(&answers, &err);
}

static void knows_windows_locales_and_keyboards(void **state)
{
	(void)state;
	assert_good(check_places("de-DE", NULL, NULL));
	assert_good(check_places("sr-latn-rs", "de-CH;0409:00020409", NULL));
	assert_good(check_places(NULL, "0411:{03B5835F-F03C-411B-9CE2-AA23E1171E36}"
				       "{A76C93D9-5523-4E90-AAFA-4DB112F9AC76}", NULL));
	assert_fails(check_places("de", NULL, NULL), WTG_USAGE, "no such locale");
	assert_fails(check_places("de_DE.UTF-8", NULL, NULL), WTG_USAGE, "no such locale");
	assert_fails(check_places(NULL, "qwertz", NULL), WTG_USAGE, "neither a locale");
	assert_fails(check_places(NULL, "0407:407", NULL), WTG_USAGE, "neither a locale");
	assert_fails(check_places(NULL, "9999:00000407", NULL), WTG_USAGE, "neither a locale");
	assert_fails(check_places(NULL, "de-DE;", NULL), WTG_USAGE, "neither a locale");
	assert_fails(check_places(NULL, "0411:{03B5835F-F03C-411B-9CE2-AA23E1171E36}", NULL),
		     WTG_USAGE, "neither a locale");
}

static void an_image_shows_a_locale_in_its_own_language(void **state)
{
	static const struct {
		const char *locale, *languages, *expected;
	} rows[] = {
		{ "de-DE", "en-US, de-DE", "de-DE" },
		{ "de-AT", "en-US, de-DE", "de-DE" },
		{ "en-GB", "en-US, en-GB", "en-GB" },
		{ "fr-FR", "en-US, de-DE", NULL },
		{ "zh-HK", "zh-CN", NULL },
		{ "zh-HK", "zh-CN, zh-TW", "zh-TW" },
		{ "fi-FI", "fil-PH", NULL },
		{ "de-DE", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *found =
			wtg_answers_language(rows[i].locale, rows[i].languages);

		if (!wtg_text_equal(found, rows[i].expected))
			fail_msg("%s in %s: %s, expected %s", rows[i].locale, rows[i].languages,
				 found, rows[i].expected);
	}
}

static void knows_time_zones_by_either_name(void **state)
{
	(void)state;
	assert_string_equal(wtg_time_zone("Europe/Vienna"), "W. Europe Standard Time");
	assert_string_equal(wtg_time_zone("w. europe standard time"), "W. Europe Standard Time");
	assert_string_equal(wtg_time_zone("Asia/Kolkata"), "India Standard Time");
	assert_string_equal(wtg_time_zone("Asia/Calcutta"), "India Standard Time");
	assert_string_equal(wtg_time_zone("America/New_York"), "Eastern Standard Time");
	assert_string_equal(wtg_time_zone("Etc/UTC"), "UTC");
	assert_null(wtg_time_zone("Europe/Vien"));
	assert_null(wtg_time_zone("Europe/Vienna "));
	assert_null(wtg_time_zone(""));
	assert_fails(check_places(NULL, NULL, "CEST"), WTG_USAGE, "no name of Windows");
}

/* Whoever has a time zone set up has one of these. */
static void knows_every_time_zone_of_this_machine(void **state)
{
	FILE *list = fopen("/usr/share/zoneinfo/zone.tab", "re");
	char line[512], name[128];
	size_t n = 0;

	(void)state;
	if (!list)
		test_skip("no /usr/share/zoneinfo/zone.tab");
	while (fgets(line, sizeof(line), list)) {
		if (line[0] == '#' || sscanf(line, "%*s %*s %127s", name) != 1)
			continue;
		n++;
		if (!wtg_time_zone(name) && strcmp(name, "Antarctica/Troll") != 0)
			fail_msg("%s has no name of Windows", name);
	}
	fclose(list);
	assert_true(n > 300);
}

static void tables_have_no_twins(void **state)
{
	(void)state;
	for (size_t i = 0; i < wtg_n_locales; i++)
		for (size_t k = 0; k < i; k++)
			if (wtg_locales[i].id == wtg_locales[k].id ||
			    wtg_text_equal_fold(wtg_locales[i].name, wtg_locales[k].name))
				fail_msg("%s, %s", wtg_locales[i].name, wtg_locales[k].name);
	for (size_t i = 0; i < wtg_n_zones; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(wtg_zones[i].name, wtg_zones[k].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts_are_called_as_windows_lets_them),
		cmocka_unit_test(refuses_names_that_windows_would),
		cmocka_unit_test(no_two_have_one_name_nor_the_computers),
		cmocka_unit_test(somebody_is_an_administrator),
		cmocka_unit_test(no_error_tells_a_password),
		cmocka_unit_test(who_logs_on_by_itself_exists),
		cmocka_unit_test(computers_are_called_after_their_drives),
		cmocka_unit_test(refuses_what_cannot_be_a_computers_name),
		cmocka_unit_test(knows_windows_locales_and_keyboards),
		cmocka_unit_test(an_image_shows_a_locale_in_its_own_language),
		cmocka_unit_test(knows_time_zones_by_either_name),
		cmocka_unit_test(knows_every_time_zone_of_this_machine),
		cmocka_unit_test(tables_have_no_twins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
