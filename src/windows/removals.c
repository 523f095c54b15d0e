/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/removals.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "wtg/text.h"

#define STORE "Microsoft\\Windows\\CurrentVersion\\Appx\\AppxAllUserStore"

/* Images have 40 to 60. */
#define MAX_APPS 2000

/* Packages that are no apps but what apps are made with; to take them away breaks others. */
static const char *const frameworks[] = {
	"Microsoft.VCLibs.",	  "Microsoft.NET.Native.", "Microsoft.UI.Xaml.",
	"Microsoft.WindowsAppRuntime.", "Microsoft.Advertising.Xaml",
	"Microsoft.Services.Store.Engagement",
};

/* Not by '*': the Store, from which alone most others come back and which Microsoft does not
 * support being without, what installs packages, and Windows' own security settings. */
static const char *const missed[] = {
	"Microsoft.WindowsStore", "Microsoft.StorePurchaseApp", "Microsoft.DesktopAppInstaller",
	"Microsoft.SecHealthUI",
};

void wtg_remove_reserved_storage(struct wtg_wishes *wishes)
{
	size_t first = wishes->n_items;

	wtg_wish_number(wishes, WTG_HIVE_SOFTWARE,
			"Microsoft\\Windows\\CurrentVersion\\ReserveManager", "ShippedWithReserves", 0);
	wtg_wishes_because(wishes, first, "--no-reserved-storage: updates have no room set aside");
}

void wtg_apps_done(struct wtg_apps *apps)
{
	for (size_t i = 0; i < apps->n_items; i++) {
		free(apps->items[i].full_name);
		free(apps->items[i].family);
	}
	free(apps->items);
	*apps = (struct wtg_apps){ 0 };
}

/* ------------------------------------------------------------------ names */

/* Name, version, architecture, resource and publisher, with '_' between them, which is in none
 * of them (Microsoft: "An overview of Package Identity"). */
#define N_PARTS 5

static bool split(const char *full_name, const char *ret_parts[static N_PARTS])
{
	size_t n = 0;

	for (const char *part = full_name; part; n++) {
		if (n == N_PARTS)
			return false;
		ret_parts[n] = part;
		part = strchr(part, '_');
		part = part ? part + 1 : NULL;
	}
	return n == N_PARTS && *full_name != '_' && *ret_parts[N_PARTS - 1];
}

/* NULL: it is no package's full name. */
static char *family_of(const char *full_name)
{
	const char *parts[N_PARTS];

	if (!split(full_name, parts))
		return NULL;
	return wtg_text("%.*s_%s", (int)strcspn(full_name, "_"), full_name, parts[N_PARTS - 1]);
}

bool wtg_app_owns(const struct wtg_app *app, const char *directory)
{
	_cleanup_free_ char *family = family_of(directory);

	return family && wtg_text_equal_fold(family, app->family);
}

static bool is_among(const char *name, const char *const *starts, size_t n_starts)
{
	for (size_t i = 0; i < n_starts; i++)
		if (strncasecmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static bool is_framework(const struct wtg_app *app)
{
	return is_among(app->family, frameworks, sizeof(frameworks) / sizeof(frameworks[0]));
}

static bool is_missed(const struct wtg_app *app)
{
	return is_among(app->family, missed, sizeof(missed) / sizeof(missed[0]));
}

/* ------------------------------------------------------------------ what there is */

int wtg_apps_list(const struct wtg_hive_view *software, struct wtg_apps *ret,
		  struct wtg_error *err)
{
	wtg_hive_key list = wtg_hive_view_key(software, 0, STORE "\\Applications"), key;
	_cleanup_(wtg_apps_done) struct wtg_apps apps = { 0 };

	for (size_t i = 0; list && (key = wtg_hive_view_subkey(software, list, i)); i++) {
		char *name = wtg_hive_view_name(software, key);
		char *family = name ? family_of(name) : NULL;
		struct wtg_app app = { name, family };

		if (!family) {
			free(name);
			continue;
		}
		WTG_APPEND(&apps, app);
		if (apps.n_items > MAX_APPS)
			return wtg_fail(err, WTG_INPUT, 0,
					"the image has more than %d provisioned apps", MAX_APPS);
	}
	*ret = apps;
	apps = (struct wtg_apps){ 0 };
	return 0;
}

char *wtg_apps_removed(const struct wtg_hive_view *software, size_t i)
{
	wtg_hive_key list = wtg_hive_view_key(software, 0, STORE "\\Deprovisioned"), key;

	if (i >= MAX_APPS || !list)
		return NULL;
	key = wtg_hive_view_subkey(software, list, i);
	return key ? wtg_hive_view_name(software, key) : NULL;
}

static char *names_of(const struct wtg_apps *apps)
{
	char *list = wtg_text_copy("");

	for (size_t i = 0; i < apps->n_items; i++) {
		const struct wtg_app *app = &apps->items[i];
		_cleanup_free_ char *before = list;

		if (is_framework(app)) {
			before = NULL;
			continue;
		}
		list = wtg_text("%s%s%.*s", before, *before ? ", " : "",
				(int)strcspn(app->family, "_"), app->family);
	}
	return list;
}

/* ------------------------------------------------------------------ taking them out */

static bool matches(const struct wtg_app *app, const char *name)
{
	size_t length = strlen(name);

	if (length > 0 && name[length - 1] == '*')
		return strncasecmp(app->family, name, length - 1) == 0 && !is_framework(app) &&
		       !is_missed(app);
	return strncasecmp(app->family, name, length) == 0 && app->family[length] == '_';
}

static void remove_one(const struct wtg_app *app, struct wtg_wishes *wishes,
		       struct wtg_apps *removed)
{
	_cleanup_free_ char *application =
		wtg_text("%s\\Applications\\%s", STORE, app->full_name);
	_cleanup_free_ char *deprovisioned =
		wtg_text("%s\\Deprovisioned\\%s", STORE, app->family);
	struct wtg_app copy = { wtg_text_copy(app->full_name), wtg_text_copy(app->family) };
	size_t first = wishes->n_items;

	wtg_wish_key(wishes, WTG_HIVE_SOFTWARE, WTG_EDIT_DELETE_KEY, application, NULL);
	wtg_wishes_because(wishes, first, "--remove-app: no new account gets this app");
	wtg_wish_key(wishes, WTG_HIVE_SOFTWARE, WTG_EDIT_MAKE_KEY, deprovisioned, NULL);
	wtg_wishes_because(wishes, first, "--remove-app: updates do not bring it back");
	WTG_APPEND(removed, copy);
}

static bool is_removed(const struct wtg_apps *removed, const struct wtg_app *app)
{
	for (size_t i = 0; i < removed->n_items; i++)
		if (wtg_text_equal(removed->items[i].full_name, app->full_name))
			return true;
	return false;
}

static int fail_none(const struct wtg_apps *apps, const char *name, struct wtg_error *err)
{
	_cleanup_free_ char *list = names_of(apps);

	if (apps->n_items == 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"--remove-app %s: the image provisions no apps at all", name);
	wtg_fail(err, WTG_INPUT, 0, "--remove-app %s: the image provisions no app of that name",
		 name);
	return wtg_hint(err, "It has: %s.", list);
}

int wtg_remove_app(const struct wtg_apps *apps, const char *name, struct wtg_wishes *wishes,
		   struct wtg_apps *removed, struct wtg_error *err)
{
	size_t n_found = 0;

	for (size_t i = 0; i < apps->n_items; i++) {
		const struct wtg_app *app = &apps->items[i];

		if (!matches(app, name))
			continue;
		if (is_framework(app))
			return wtg_fail(err, WTG_INPUT, 0,
					"--remove-app %s: other apps are made with it and would "
					"not start", name);
		n_found++;
		if (!is_removed(removed, app))
			remove_one(app, wishes, removed);
	}
	return n_found > 0 ? 0 : fail_none(apps, name, err);
}
