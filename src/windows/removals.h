/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a portable Windows can do without, as far as it can be taken out safely offline. */
#pragma once

#include "windows/regf-read.h"
#include "windows/wishes.h"
#include "wtg/error.h"

/* ReserveManager\ShippedWithReserves = 0: updates reserve no 7 GB. */
void wtg_remove_reserved_storage(struct wtg_wishes *wishes);

/*
 * Provisioned apps: no new account gets them, and no update brings them back
 * (AppxAllUserStore\Applications, and Deprovisioned, as Microsoft documents it).  Their files
 * stay: Windows' own database, which only it can change, still lists them.  name is a package's
 * ("Microsoft.BingNews"), with '*' at the end for all that start so.  *ret_family gets those
 * found; none: kind WTG_INPUT, with what there is.
 */
struct wtg_apps {
	struct wtg_app {
		char *full_name, *family;
	} *items;
	size_t n_items, capacity;
};
void wtg_apps_done(struct wtg_apps *apps);
int wtg_apps_list(const struct wtg_hive_view *software, struct wtg_apps *ret,
		  struct wtg_error *err);
int wtg_remove_app(const struct wtg_apps *apps, const char *name, struct wtg_wishes *wishes,
		   struct wtg_apps *ret_removed, struct wtg_error *err);
