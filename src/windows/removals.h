/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a portable Windows can do without, as far as it can be taken out safely offline. */
#pragma once

#include <stdbool.h>

#include "windows/regf-read.h"
#include "windows/wishes.h"
#include "wtg/error.h"

/* ReserveManager\ShippedWithReserves = 0: updates reserve no 7 GB. */
void wtg_remove_reserved_storage(struct wtg_wishes *wishes);

/*
 * Provisioned apps: no new account gets them, and no update brings them back
 * (AppxAllUserStore\Applications, from which accounts get theirs, and Deprovisioned, which
 * Microsoft documents: "Keep removed apps from returning during an update").  Their files stay:
 * Windows' own database, which only it can change, still lists them.
 */
struct wtg_apps {
	struct wtg_app {
		char *full_name; /* "Microsoft.BingNews_4.2.27001.0_neutral_~_8wekyb3d8bbwe" */
		char *family;    /* "Microsoft.BingNews_8wekyb3d8bbwe" */
	} *items;
	size_t n_items, capacity;
};
void wtg_apps_done(struct wtg_apps *apps);
int wtg_apps_list(const struct wtg_hive_view *software, struct wtg_apps *ret,
		  struct wtg_error *err);

/* The family of the i-th of those that were taken out, by whomever; NULL after the last.  The
 * caller frees. */
char *wtg_apps_removed(const struct wtg_hive_view *software, size_t i);

/*
 * name is a package's ("Microsoft.BingNews"), with '*' at the end for all that start so, but for
 * those that most people would miss, which want to be named in full.  *removed gets those found;
 * none, or one that other apps need: kind WTG_INPUT, with what there is.  Case does not count.
 */
int wtg_remove_app(const struct wtg_apps *apps, const char *name, struct wtg_wishes *wishes,
		   struct wtg_apps *removed, struct wtg_error *err);

/* Is a directory of "Program Files/WindowsApps" one of an app's?  ("Microsoft.BingNews_4.2…_x64__
 * 8wekyb3d8bbwe", and those of its languages and scales.) */
bool wtg_app_owns(const struct wtg_app *app, const char *directory);
