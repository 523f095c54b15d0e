/* SPDX-License-Identifier: GPL-3.0-or-later */
/* [Version]: whose it is, of which class, how old, and which catalog vouches for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "windows/drivers-inner.h"
#include "wtg/text.h"

static char *copy_or_null(const char *text)
{
	return *text ? wtg_text_copy(text) : NULL;
}

/* Days since 1601-01-01 of the Gregorian calendar, where FILETIME begins. */
static uint64_t days_since_1601(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[12] = { 0,   31,  59,  90,	 120, 151,
					     181, 212, 243, 273, 304, 334 };
	unsigned past = year - 1; /* years that are over */
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	uint64_t days = 365u * (past - 1600u) + (past / 4 - 400u) - (past / 100 - 16u) +
			(past / 400 - 4u);

	return days + before[month - 1] + (leap && month > 2) + day - 1;
}

/* DriverVer = mm/dd/yyyy[,w.x.y.z] (Microsoft: INF DriverVer directive). */
static void read_date(struct wtg_driver *driver, const char *text)
{
	unsigned month, day, year;
	char first, second;

	if (sscanf(text, "%2u%c%2u%c%4u", &month, &first, &day, &second, &year) != 5 ||
	    !strchr("/-", first) || !strchr("/-", second) || month < 1 || month > 12 ||
	    day < 1 || day > 31 || year < 1980)
		return;
	driver->date = wtg_text("%04u-%02u-%02u", year, month, day);
	driver->date_filetime = days_since_1601(year, month, day) * 86400u * 10000000u;
}

static void read_version(struct wtg_driver *driver, const char *text)
{
	unsigned parts[4] = { 0 };

	if (sscanf(text, "%5u.%5u.%5u.%5u", &parts[0], &parts[1], &parts[2], &parts[3]) < 1)
		return;
	for (int i = 0; i < 4; i++) {
		if (parts[i] > UINT16_MAX)
			return;
	}
	for (int i = 0; i < 4; i++)
		driver->version_parts[i] = (uint16_t)parts[i];
	driver->version = wtg_text("%u.%u.%u.%u", parts[0], parts[1], parts[2], parts[3]);
}

/* CatalogFile.NTamd64, CatalogFile.NT or CatalogFile. */
static char *read_catalog(const struct wtg_package *package,
			  const struct wtg_inf_section *version)
{
	_cleanup_free_ char *with_arch =
		wtg_text("CatalogFile.NT%s", wtg_arch_name(package->arch));
	const char *const keys[] = { with_arch, "CatalogFile.NT", "CatalogFile" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct wtg_inf_line *line = wtg_inf_line(version, keys[i]);

		if (line)
			return copy_or_null(wtg_inf_field(line, 0));
	}
	return NULL;
}

int wtg_package_version(struct wtg_package *package)
{
	const struct wtg_inf_section *version = wtg_inf_section(&package->inf, "Version");
	const char *signature = wtg_inf_field(wtg_inf_line(version, "Signature"), 0);
	const struct wtg_inf_line *ver = wtg_inf_line(version, "DriverVer");
	struct wtg_driver *driver = &package->driver;

	driver->provider = copy_or_null(wtg_inf_field(wtg_inf_line(version, "Provider"), 0));
	driver->class_name = copy_or_null(wtg_inf_field(wtg_inf_line(version, "Class"), 0));
	read_date(driver, wtg_inf_field(ver, 0));
	read_version(driver, wtg_inf_field(ver, 1));
	driver->catalog = read_catalog(package, version);
	/* "$Chicago$" is for Windows 95 and NT alike. */
	if (!wtg_text_equal_fold(signature, "$Windows NT$") &&
	    !wtg_text_equal_fold(signature, "$Chicago$"))
		driver->passed_over = wtg_text("it is no driver of Windows: its [Version] has "
					       "no Signature \"$Windows NT$\"");
	else if (!wtg_guid_parse(wtg_inf_field(wtg_inf_line(version, "ClassGuid"), 0),
				 &driver->class_guid))
		driver->passed_over = wtg_text("it is of no class: its [Version] has no "
					       "ClassGuid");
	return 0;
}
