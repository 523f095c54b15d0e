/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys by the names that they have in a running Windows. */
#include "windows/reg-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

/* The longest that fits comes first. */
static const struct root {
	const char *name, *alias;
	enum wtg_hive_id hive;
	const char *key;    /* that it is in the hive; NULL: it is in none that is edited */
	const char *reason; /* then: why */
} roots[] = {
	{ "HKEY_LOCAL_MACHINE\\SOFTWARE", "HKLM\\SOFTWARE", WTG_HIVE_SOFTWARE, "", NULL },
	{ "HKEY_LOCAL_MACHINE\\SYSTEM", "HKLM\\SYSTEM", WTG_HIVE_SYSTEM, "", NULL },
	{ "HKEY_LOCAL_MACHINE", "HKLM", 0, NULL,
	  "of HKEY_LOCAL_MACHINE only SOFTWARE and SYSTEM can be changed" },
	{ "HKEY_CLASSES_ROOT", "HKCR", WTG_HIVE_SOFTWARE, "Classes", NULL },
	{ "HKEY_USERS\\.DEFAULT", "HKU\\.DEFAULT", WTG_HIVE_DEFAULT, "", NULL },
	{ "HKEY_USERS", "HKU", 0, NULL, "of HKEY_USERS only .DEFAULT can be changed: there are no "
					"accounts yet" },
	{ "HKEY_CURRENT_USER\\Software\\Classes", "HKCU\\Software\\Classes", 0, NULL,
	  "the classes of an account (UsrClass.dat) are made with it: HKEY_CLASSES_ROOT is for all "
	  "accounts" },
	{ "HKEY_CURRENT_USER", "HKCU", WTG_HIVE_NTUSER, "", NULL },
	{ "HKEY_CURRENT_CONFIG", "HKCC", 0, NULL,
	  "HKEY_CURRENT_CONFIG is made anew at each start" },
};

/* What is behind a prefix of whole parts; NULL: path does not start so. */
static const char *behind(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncasecmp(path, prefix, n) != 0 || (path[n] != '\\' && path[n] != '\0'))
		return NULL;
	return path[n] ? path + n + 1 : path + n;
}

/* No part empty, no character that no name has. */
static int check_parts(const struct wtg_reg_scan *scan, const char *path, struct wtg_error *err)
{
	size_t n = strlen(path);

	if (n == 0 || path[0] == '\\' || path[n - 1] == '\\' || strstr(path, "\\\\"))
		return wtg_reg_fail(scan, err, "a part of the key's name is empty");
	for (const char *c = path; *c; c++)
		if ((uint8_t)*c < ' ')
			return wtg_reg_fail(scan, err, "a control character in the key's name");
	return 0;
}

int wtg_reg_locate(const struct wtg_reg_scan *scan, const char *path, enum wtg_hive_id *ret_hive,
		   char **ret_key, struct wtg_error *err)
{
	if (check_parts(scan, path, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		const struct root *root = &roots[i];
		const char *rest = behind(path, root->name);

		if (!rest)
			rest = behind(path, root->alias);
		if (!rest)
			continue;
		if (!root->key)
			return wtg_reg_fail(scan, err, "%s", root->reason);
		*ret_hive = root->hive;
		*ret_key = wtg_text("%s%s%s", root->key, *root->key && *rest ? "\\" : "", rest);
		return 0;
	}
	return wtg_reg_fail(scan, err, "the key begins with no HKEY_… that there is");
}
