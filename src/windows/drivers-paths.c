/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/alloc.h"
#include "windows/drivers-inner.h"
#include "wtg/text.h"

/*
 * Directories by number (Microsoft: Using Dirids; from 16384 on they are CSIDL of shlobj.h).
 * Left out is what only Windows knows: 13, the package's own in the driver store, those of
 * printers, and of users.
 */
static const struct {
	uint32_t dirid;
	const char *path;
} directories[] = {
	{ 10, "Windows" },
	{ 11, "Windows/System32" },
	{ 12, "Windows/System32/drivers" },
	{ 17, "Windows/INF" },
	{ 18, "Windows/Help" },
	{ 20, "Windows/Fonts" },
	{ 21, "Windows/System32" }, /* viewers */
	{ 23, "Windows/System32/spool/drivers/color" },
	{ 24, "" },                 /* the root of the system's volume */
	{ 25, "Windows" },          /* shared */
	{ 50, "Windows/System" },
	{ 16420, "Windows" },                     /* CSIDL_WINDOWS */
	{ 16421, "Windows/System32" },            /* CSIDL_SYSTEM */
	{ 16422, "Program Files" },               /* CSIDL_PROGRAM_FILES */
	{ 16425, "Windows/SysWOW64" },            /* CSIDL_SYSTEMX86 */
	{ 16426, "Program Files (x86)" },         /* CSIDL_PROGRAM_FILESX86 */
	{ 16427, "Program Files/Common Files" },  /* CSIDL_PROGRAM_FILES_COMMON */
	{ 16428, "Program Files (x86)/Common Files" },
};

const char *wtg_driver_directory(const char *dirid)
{
	uint32_t number;

	if (!wtg_package_number(dirid, &number))
		return NULL;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (directories[i].dirid == number)
			return directories[i].path;
	return NULL;
}

/* What no name on NTFS may have (Microsoft: Naming Files, Paths, and Namespaces), nor our paths. */
static bool is_name(const char *name, size_t length)
{
	if ((length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.'))
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] < 0x20 || strchr("<>:\"|?*", name[i]))
			return false;
	return length <= 255;
}

char *wtg_driver_path(const char *text)
{
	_cleanup_free_ char *path = wtg_alloc(strlen(text) + 1);
	size_t length = 0;

	while (*text) {
		size_t n = strcspn(text, "/\\");

		if (n > 0 && !(n == 1 && text[0] == '.')) {
			if (!is_name(text, n))
				return NULL;
			if (length > 0)
				path[length++] = '/';
			memcpy(path + length, text, n);
			length += n;
		}
		text += n + strspn(text + n, "/\\");
	}
	return length ? WTG_STEAL(path) : NULL;
}
