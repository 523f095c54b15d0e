/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/driver-place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/regf.h"
#include "wtg/text.h"

/* SetupAPI's names go from oem0.inf to oem9999.inf (Microsoft: DEVPKEY_Device_DriverInfPath). */
#define MAX_OEM 10000

/* Where a package's date and version lie in its value Version (driver-wishes.c). */
#define VERSION_BYTES 48
#define VERSION_DATE 24
#define VERSION_NUMBER 32

void wtg_driver_site_done(struct wtg_driver_site *site)
{
	wtg_bytes_done(&site->oem_map);
	*site = (struct wtg_driver_site){ 0 };
}

/* A text value, the first of several; NULL: there is none. */
static char *text_of(const struct wtg_hive_view *view, wtg_hive_key key, const char *name)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	uint32_t type;

	if (!key || wtg_hive_view_value(view, key, name, &type, &data) <= 0)
		return NULL;
	if (type != WTG_REG_SZ && type != WTG_REG_EXPAND_SZ && type != WTG_REG_MULTI_SZ)
		return NULL;
	return wtg_utf16_to_utf8(data.data, data.size);
}

static wtg_hive_key key_of(const struct wtg_driver_site *site, enum wtg_hive_id hive,
			   const char *path)
{
	return site->has[hive] ? wtg_hive_view_key(&site->views[hive], 0, path) : 0;
}

/* After the number of "oem12.inf"; 0: it is called something else. */
static unsigned after_oem(const char *name)
{
	unsigned number;
	int end = 0;

	if (strncasecmp(name, "oem", 3) != 0 || name[3] < '0' || name[3] > '9' ||
	    sscanf(name + 3, "%4u%n", &number, &end) != 1 || strcasecmp(name + 3 + end, ".inf") != 0)
		return 0;
	return number + 1;
}

static unsigned max_of(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void skip_known(struct wtg_driver_site *site, enum wtg_hive_id hive)
{
	wtg_hive_key infs = key_of(site, hive, "DriverDatabase\\DriverInfFiles"), child;

	for (size_t i = 0; infs && (child = wtg_hive_view_subkey(&site->views[hive], infs, i)); i++) {
		_cleanup_free_ char *name = wtg_hive_view_name(&site->views[hive], child);

		if (name)
			site->next_oem = max_of(site->next_oem, after_oem(name));
	}
}

/*
 * DriverDatabase\OemInfMap: a bit for each oem%u.inf that is taken, the highest of the first byte
 * for oem0.inf: "ff f0" on a PC that has had oem0.inf to oem11.inf, of both hives, and "e0" on one
 * with three.  Windows 11 images come with some: their numbers must not be given out again.
 */
static void read_map(struct wtg_driver_site *site)
{
	wtg_hive_key key = key_of(site, WTG_HIVE_SYSTEM, "DriverDatabase");
	uint32_t type;

	if (!key || wtg_hive_view_value(&site->views[WTG_HIVE_SYSTEM], key, "OemInfMap", &type,
					&site->oem_map) <= 0)
		return;
	if (site->oem_map.size > MAX_OEM / 8)
		site->oem_map.size = MAX_OEM / 8;
	for (unsigned i = 0; i < site->oem_map.size * 8; i++)
		if (site->oem_map.data[i / 8] & 0x80 >> i % 8)
			site->next_oem = max_of(site->next_oem, i + 1);
}

int wtg_driver_site_open(const struct wtg_driver_ground *ground, struct wtg_driver_site *ret,
			 struct wtg_error *err)
{
	static const enum wtg_hive_id hives[] = { WTG_HIVE_SOFTWARE, WTG_HIVE_DRIVERS };
	struct wtg_driver_site site = { .ground = ground, .next_oem = ground->first_free };

	if (wtg_system_open(&ground->hives[WTG_HIVE_SYSTEM], &site.views[WTG_HIVE_SYSTEM],
			    &site.sets, err) < 0)
		return -1;
	site.has[WTG_HIVE_SYSTEM] = true;
	for (size_t i = 0; i < sizeof(hives) / sizeof(hives[0]); i++) {
		enum wtg_hive_id id = hives[i];

		site.has[id] = ground->hives[id].size > 0;
		if (site.has[id] &&
		    wtg_hive_view_open(&ground->hives[id], &site.views[id], err) < 0)
			return wtg_while(err, "read %s", wtg_hive_paths[id]);
	}
	if (!site.has[WTG_HIVE_SOFTWARE])
		return wtg_fail(err, WTG_INPUT, 0, "the image has no %s, which says where Windows "
				"looks for drivers", wtg_hive_paths[WTG_HIVE_SOFTWARE]);
	skip_known(&site, WTG_HIVE_SYSTEM);
	skip_known(&site, WTG_HIVE_DRIVERS);
	read_map(&site);
	*ret = site;
	return 0;
}

unsigned wtg_driver_site_take(struct wtg_driver_site *site)
{
	unsigned number = site->next_oem++;

	while (site->oem_map.size <= number / 8) {
		site->oem_map.data = wtg_realloc(site->oem_map.data, site->oem_map.size + 1, 1);
		site->oem_map.data[site->oem_map.size++] = 0;
	}
	site->oem_map.data[number / 8] |= (uint8_t)(0x80 >> number % 8);
	return number;
}

/* ------------------------------------------------------------------ what the image has */

/* The newest package that an INF's name stands for, as date and version; false: none is known. */
static bool package_of(const struct wtg_driver_site *site, enum wtg_hive_id hive, const char *inf,
		       uint64_t *ret_date, uint64_t *ret_version)
{
	_cleanup_free_ char *inf_key = wtg_text("DriverDatabase\\DriverInfFiles\\%s", inf);
	_cleanup_free_ char *package =
		text_of(&site->views[hive], key_of(site, hive, inf_key), "Active");
	_cleanup_free_ char *package_key =
		wtg_text("DriverDatabase\\DriverPackages\\%s", package ? package : "");
	_cleanup_(wtg_bytes_done) struct wtg_bytes version = { 0 };
	wtg_hive_key key = package ? key_of(site, hive, package_key) : 0;
	uint32_t type;

	if (!key || wtg_hive_view_value(&site->views[hive], key, "Version", &type, &version) <= 0 ||
	    version.size < VERSION_BYTES)
		return false;
	*ret_date = wtg_le64(version.data + VERSION_DATE);
	*ret_version = wtg_le64(version.data + VERSION_NUMBER);
	return true;
}

static uint64_t number_of(const uint16_t parts[4])
{
	return (uint64_t)parts[0] << 48 | (uint64_t)parts[1] << 32 | (uint64_t)parts[2] << 16 |
	       parts[3];
}

/* As Windows ranks what suits a device equally well: by date, then by version. */
static bool is_older(const struct wtg_driver_site *site, const char *inf,
		     const struct wtg_driver *driver)
{
	uint64_t date, version;

	if (!package_of(site, WTG_HIVE_SYSTEM, inf, &date, &version) &&
	    !package_of(site, WTG_HIVE_DRIVERS, inf, &date, &version))
		return false;
	if (date != driver->date_filetime)
		return date < driver->date_filetime;
	return version < number_of(driver->version_parts);
}

char *wtg_driver_site_objection(const struct wtg_driver_site *site, const struct wtg_driver *driver,
				const struct wtg_driver_service *service)
{
	const struct wtg_hive_view *system = &site->views[WTG_HIVE_SYSTEM];
	_cleanup_free_ char *path = wtg_text("ControlSet%03u\\Services\\%s", site->sets.startup,
					     service->name);
	wtg_hive_key key = wtg_hive_view_key(system, 0, path);
	_cleanup_free_ char *image = text_of(system, key, "ImagePath");
	_cleanup_free_ char *owner = text_of(system, key, "Owners");

	if (!image)
		return NULL;
	if (!owner)
		return wtg_text("the image has a service %s of its own", service->name);
	if (is_older(site, owner, driver))
		return NULL;
	return wtg_text("the image has the service %s from %s, which is not known to be older",
			service->name, owner);
}

/* ------------------------------------------------------------------ where Windows looks */

#define CURRENT_VERSION "Microsoft\\Windows\\CurrentVersion"

/* Characters: hivex cannot make a value longer than 16344 bytes that Windows would read. */
#define MAX_PATHS 8000

static char *add_path(const char *paths, const char *directory)
{
	/* Below Windows, and as Windows writes paths. */
	char *text = wtg_text("%s;%%SystemRoot%%\\%s", paths, strchr(directory, '/') + 1);

	for (char *at = text + strlen(paths); *at; at++)
		if (*at == '/')
			*at = '\\';
	return text;
}

/*
 * Microsoft, "Preloading Driver Packages": each package has a directory of its own, and each is
 * appended to DevicePath; nothing there says that Windows would look further down.
 */
int wtg_driver_wish_paths(const struct wtg_driver_site *site,
			  struct wtg_driver_placement *placement, struct wtg_error *err)
{
	const size_t n_places = placement->places.n_items;
	const struct wtg_hive_view *software = &site->views[WTG_HIVE_SOFTWARE];
	wtg_hive_key key = wtg_hive_view_key(software, 0, CURRENT_VERSION);
	_cleanup_free_ char *paths = text_of(software, key, "DevicePath");
	size_t n;

	if (!key)
		return wtg_fail(err, WTG_INPUT, 0, "%s has no " CURRENT_VERSION,
				wtg_hive_paths[WTG_HIVE_SOFTWARE]);
	if (!paths || !*paths) {
		free(paths);
		paths = wtg_text_copy("%SystemRoot%\\inf");
	}
	for (n = 0; n < n_places; n++) {
		char *more = add_path(paths, placement->places.items[n].waits_in);

		if (strlen(more) > MAX_PATHS) {
			free(more);
			break;
		}
		free(paths);
		paths = more;
	}
	placement->n_beyond = n_places - n;
	wtg_wish_text(&placement->wishes, WTG_HIVE_SOFTWARE, CURRENT_VERSION, "DevicePath",
		      WTG_REG_EXPAND_SZ, paths);
	wtg_wishes_because(&placement->wishes, 0, "--drivers: where Windows looks for a new device's");
	return 0;
}
