/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "windows/regf.h"
#include "windows/removals.h"

#define STORE "Microsoft\\Windows\\CurrentVersion\\Appx\\AppxAllUserStore"
#define PUBLISHER "8wekyb3d8bbwe"

static struct wtg_error err;

static const char *const provisioned[] = {
	"Microsoft.BingNews_4.2.27001.0_neutral_~_" PUBLISHER,
	"Microsoft.BingWeather_4.53.33420.0_neutral_~_" PUBLISHER,
	"Microsoft.VCLibs.140.00_14.0.30704.0_x64__" PUBLISHER,
	"Microsoft.WindowsStore_22202.1402.2.0_neutral_~_" PUBLISHER,
	"MicrosoftTeams_23002.403.1788.1930_x64__" PUBLISHER,
	"no package",
};

/* A SOFTWARE hive with those apps. */
static struct wtg_bytes make_software(size_t n_apps)
{
	static const char *const path[] = { "Microsoft", "Windows", "CurrentVersion", "Appx",
					    "AppxAllUserStore", "Applications" };
	_cleanup_(wtg_regf_freep) struct wtg_regf_key *root = wtg_regf_root("SOFTWARE");
	struct wtg_regf_key *key = root;

	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++)
		key = wtg_regf_key(key, path[i]);
	for (size_t i = 0; i < n_apps; i++)
		wtg_regf_text(wtg_regf_key(key, provisioned[i]), "Path", "C:\\Program Files");
	return wtg_regf_write(root, "SOFTWARE", 0);
}

static void list(size_t n_apps, struct wtg_apps *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = make_software(n_apps);
	struct wtg_hive_view view;

	assert_good(wtg_hive_view_open(&hive, &view, &err));
	assert_good(wtg_apps_list(&view, ret, &err));
}

static void apps_are_listed_by_family(void **state)
{
	_cleanup_(wtg_apps_done) struct wtg_apps apps = { 0 };

	(void)state;
	list(6, &apps);
	assert_int_equal(apps.n_items, 5);
	assert_string_equal(apps.items[0].family, "Microsoft.BingNews_" PUBLISHER);
	assert_string_equal(apps.items[0].full_name, provisioned[0]);
	assert_string_equal(apps.items[4].family, "MicrosoftTeams_" PUBLISHER);
}

static void a_removed_app_is_not_given_to_accounts_and_does_not_return(void **state)
{
	_cleanup_(wtg_apps_done) struct wtg_apps apps = { 0 }, removed = { 0 };
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };

	(void)state;
	list(5, &apps);
	assert_good(wtg_remove_app(&apps, "microsoft.bingnews", &wishes, &removed, &err));
	assert_int_equal(removed.n_items, 1);
	assert_int_equal(wishes.n_items, 2);
	assert_int_equal(wishes.items[0].hive, WTG_HIVE_SOFTWARE);
	assert_int_equal(wishes.items[0].action, WTG_EDIT_DELETE_KEY);
	assert_string_equal(wishes.items[0].key,
			    STORE "\\Applications\\Microsoft.BingNews_4.2.27001.0_neutral_~_" PUBLISHER);
	assert_int_equal(wishes.items[1].action, WTG_EDIT_MAKE_KEY);
	assert_string_equal(wishes.items[1].key,
			    STORE "\\Deprovisioned\\Microsoft.BingNews_" PUBLISHER);
	assert_non_null(wishes.items[0].reason);
	assert_non_null(wishes.items[1].reason);
}

static void a_star_takes_all_but_what_would_be_missed(void **state)
{
	_cleanup_(wtg_apps_done) struct wtg_apps apps = { 0 }, removed = { 0 };
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };

	(void)state;
	list(5, &apps);
	assert_good(wtg_remove_app(&apps, "Microsoft.Bing*", &wishes, &removed, &err));
	assert_int_equal(removed.n_items, 2);
	assert_good(wtg_remove_app(&apps, "*", &wishes, &removed, &err));
	assert_int_equal(removed.n_items, 3);
	assert_int_equal(wishes.n_items, 6);
	assert_good(wtg_remove_app(&apps, "Microsoft.WindowsStore", &wishes, &removed, &err));
	assert_int_equal(removed.n_items, 4);
}

static void what_is_not_there_or_needed_is_refused(void **state)
{
	_cleanup_(wtg_apps_done) struct wtg_apps apps = { 0 }, removed = { 0 }, none = { 0 };
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };

	(void)state;
	list(5, &apps);
	assert_int_equal(wtg_remove_app(&apps, "Microsoft.Bing", &wishes, &removed, &err), -1);
	assert_string_equal(err.hint, "It has: Microsoft.BingNews, Microsoft.BingWeather, "
				      "Microsoft.WindowsStore, MicrosoftTeams.");
	test_expect_error(&err, WTG_INPUT, "--remove-app Microsoft.Bing: the image provisions no app");
	assert_fails(wtg_remove_app(&apps, "Microsoft.VCLibs.140.00", &wishes, &removed, &err),
		     WTG_INPUT, "other apps are made with it");
	assert_fails(wtg_remove_app(&apps, "Microsoft.VCLibs*", &wishes, &removed, &err), WTG_INPUT,
		     "no app of that name");
	assert_fails(wtg_remove_app(&apps, "", &wishes, &removed, &err), WTG_INPUT, "no app");
	assert_fails(wtg_remove_app(&none, "*", &wishes, &removed, &err), WTG_INPUT,
		     "provisions no apps at all");
	assert_int_equal(wishes.n_items, 0);
}

static void directories_belong_to_their_app(void **state)
{
	static const struct {
		const char *directory;
		bool owned;
	} rows[] = {
		{ "Microsoft.BingNews_4.2.27001.0_x64__" PUBLISHER, true },
		{ "microsoft.bingnews_4.2.27001.0_neutral_split.scale-100_" PUBLISHER, true },
		{ "Microsoft.BingNews_4.2.27001.0_neutral_~_" PUBLISHER, true },
		{ "Microsoft.BingNewsroom_4.2.27001.0_x64__" PUBLISHER, false },
		{ "Microsoft.BingNews_4.2.27001.0_x64__somebodyelse1", false },
		{ "Microsoft.BingNews", false },
		{ "a_b_c_d_e_f", false },
		{ "", false },
	};
	struct wtg_app app = { NULL, (char *)"Microsoft.BingNews_" PUBLISHER };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (wtg_app_owns(&app, rows[i].directory) != rows[i].owned)
			fail_msg("%s", rows[i].directory);
}

static void a_hive_without_apps_has_none(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = test_hive("software-partial.xz");
	_cleanup_(wtg_apps_done) struct wtg_apps apps = { 0 };
	struct wtg_hive_view view;

	(void)state;
	assert_good(wtg_hive_view_open(&hive, &view, &err));
	assert_good(wtg_apps_list(&view, &apps, &err));
	assert_int_equal(apps.n_items, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apps_are_listed_by_family),
		cmocka_unit_test(a_removed_app_is_not_given_to_accounts_and_does_not_return),
		cmocka_unit_test(a_star_takes_all_but_what_would_be_missed),
		cmocka_unit_test(what_is_not_there_or_needed_is_refused),
		cmocka_unit_test(directories_belong_to_their_app),
		cmocka_unit_test(a_hive_without_apps_has_none),
	};

	return cmocka_run_group_tests_name("removals", tests, NULL, NULL);
}
