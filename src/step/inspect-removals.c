/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "volume/ntfs.h"
#include "windows/removals.h"
#include "wtg/text.h"

#define TOPIC "without"
#define MAX_HIVE_BYTES (256u << 20)
#define MAX_NAMES 8 /* more would hide the others */

static void look_at_reserves(struct wtg_inspection *in, const struct wtg_hive_view *software)
{
	uint32_t reserves;

	if (wtg_hive_view_dword(software, "Microsoft\\Windows\\CurrentVersion\\ReserveManager",
				"ShippedWithReserves", &reserves) && reserves == 0)
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
			 "Windows sets no room aside for its updates");
}

static bool is_provisioned(const struct wtg_apps *apps, const char *family)
{
	for (size_t i = 0; i < apps->n_items; i++)
		if (wtg_text_equal_fold(apps->items[i].family, family))
			return true;
	return false;
}

static char *joined(char *list, const char *family)
{
	char *longer = wtg_text("%s%s%.*s", list ? list : "", list ? ", " : "",
				(int)strcspn(family, "_"), family);

	free(list);
	return longer;
}

static void look_at_apps(struct wtg_inspection *in, const struct wtg_hive_view *software)
{
	_cleanup_(wtg_apps_done) struct wtg_apps apps = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *names = NULL;
	char *family;
	size_t n = 0;

	if (wtg_apps_list(software, &apps, &err) < 0) {
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC, "%s", err.message);
		wtg_error_done(&err);
		return;
	}
	for (size_t i = 0; (family = wtg_apps_removed(software, i)); i++) {
		_cleanup_free_ char *name = family;

		if (is_provisioned(&apps, family))
			wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
				 "%s counts as removed, and yet new accounts get it", family);
		else if (n++ < MAX_NAMES)
			names = joined(names, family);
	}
	if (n > MAX_NAMES)
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
			 "new accounts do not get %s and %zu more apps", names, n - MAX_NAMES);
	else if (n > 0)
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC, "new accounts do not get %s", names);
}

/* Of what is there, not of what is not: so the hive need not be sound all over. */
void wtg_inspect_removals(struct wtg_inspection *in, struct wtg_ntfs *volume)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view software;

	if (!wtg_ntfs_exists(volume, wtg_hive_paths[WTG_HIVE_SOFTWARE]))
		return;
	if (wtg_ntfs_read(volume, wtg_hive_paths[WTG_HIVE_SOFTWARE], MAX_HIVE_BYTES, &hive,
			  &err) < 0 ||
	    wtg_hive_view_open(&hive, &software, &err) < 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, "registry", "%s: %s",
			 wtg_hive_paths[WTG_HIVE_SOFTWARE], err.message);
		wtg_error_done(&err);
		return;
	}
	if (software.sequence1 != software.sequence2)
		return;
	look_at_reserves(in, &software);
	look_at_apps(in, &software);
}
