/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers of other makers than Microsoft: those that are installed, and those that wait for
 * Windows to install them when it first starts. */
#include "step/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "volume/ntfs.h"
#include "windows/answers.h"
#include "windows/drivers.h"
#include "windows/regf-read.h"
#include "windows/regf.h"
#include "wtg/text.h"

#define TOPIC "drivers"
#define MAX_HIVE_BYTES (256u << 20)
#define MAX_WAITING_BYTES (1u << 30)

/* More than these are said as a number. */
#define MAX_NAMED 8

struct drivers {
	struct wtg_inspection *in;
	struct wtg_ntfs *volume;
	struct wtg_hive_view system;
	char set[32]; /* "ControlSet001" */
	struct {
		char **items;
		size_t n_items, capacity;
	} installed; /* "viostor.inf as oem3.inf" */
	bool faulty;
};

static void fault(struct drivers *d, enum wtg_grade grade, char *sentence)
{
	wtg_find(d->in->findings, grade, TOPIC, "%s", sentence);
	free(sentence);
	d->faulty = true;
}

static char *text_of(const struct drivers *d, wtg_hive_key key, const char *name)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	uint32_t type;

	if (!key || wtg_hive_view_value(&d->system, key, name, &type, &data) <= 0 ||
	    (type != WTG_REG_SZ && type != WTG_REG_EXPAND_SZ && type != WTG_REG_MULTI_SZ))
		return NULL;
	return wtg_utf16_to_utf8(data.data, data.size);
}

static bool is_oem(const char *inf)
{
	return inf && strncasecmp(inf, "oem", 3) == 0;
}

/* ------------------------------------------------------------------ installed */

/* "\SystemRoot\System32\drivers\x.sys" or "System32\drivers\x.sys", as a path on the volume; the
 * caller frees.  NULL: it is somewhere else. */
static char *path_of_image(const char *image)
{
	static const char *const roots[] = { "\\SystemRoot\\", "%SystemRoot%\\" };
	char *path;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (strncasecmp(image, roots[i], strlen(roots[i])) == 0)
			image += strlen(roots[i]);
	if (strchr(image, ':') || *image == '\\' || *image == '%')
		return NULL;
	path = wtg_text("Windows/%s", image);
	for (char *at = path; *at; at++)
		if (*at == '\\')
			*at = '/';
	return path;
}

/* Of those that the loader loads: at once, or for the drive that Windows starts from. */
static void look_at_service(struct drivers *d, wtg_hive_key key, const char *name)
{
	_cleanup_free_ char *path = wtg_text("%s\\Services\\%s", d->set, name);
	_cleanup_free_ char *owner = text_of(d, key, "Owners");
	_cleanup_free_ char *image = text_of(d, key, "ImagePath");
	_cleanup_free_ char *file = image ? path_of_image(image) : NULL;
	uint32_t start, boot_flags = 0, error_control = 0;

	if (!is_oem(owner) || !file ||
	    !wtg_hive_view_dword(&d->system, path, "Start", &start))
		return;
	(void)wtg_hive_view_dword(&d->system, path, "BootFlags", &boot_flags);
	if (start != 0 && boot_flags == 0)
		return;
	/* SERVICE_ERROR_SEVERE, _CRITICAL: the loader gives up; else it goes on without. */
	(void)wtg_hive_view_dword(&d->system, path, "ErrorControl", &error_control);
	if (!wtg_ntfs_exists(d->volume, file))
		fault(d, error_control >= 2 ? WTG_GRADE_WRONG : WTG_GRADE_WARNING,
		      wtg_text("%s is not there, which Windows loads to start (service %s, of %s)",
			       file, name, owner));
}

static void look_at_services(struct drivers *d)
{
	_cleanup_free_ char *path = wtg_text("%s\\Services", d->set);
	wtg_hive_key services = wtg_hive_view_key(&d->system, 0, path), key;

	for (size_t i = 0; services && (key = wtg_hive_view_subkey(&d->system, services, i)); i++) {
		_cleanup_free_ char *name = wtg_hive_view_name(&d->system, key);

		if (name)
			look_at_service(d, key, name);
	}
}

/* What SYSTEM says of a package, and whether that is there. */
static void look_at_package(struct drivers *d, const char *inf, const char *package)
{
	_cleanup_free_ char *path = wtg_text("DriverDatabase\\DriverPackages\\%s", package);
	wtg_hive_key key = wtg_hive_view_key(&d->system, 0, path);
	_cleanup_free_ char *name = text_of(d, key, "InfName");
	_cleanup_free_ char *copy = wtg_text("Windows/INF/%s", inf);
	_cleanup_free_ char *store =
		wtg_text("Windows/System32/DriverStore/FileRepository/%s/%s", package,
			 name ? name : "");
	uint32_t score;

	if (!key) {
		fault(d, WTG_GRADE_WARNING,
		      wtg_text("%s stands for the package %s, which SYSTEM does not know", inf,
			       package));
		return;
	}
	if (!wtg_ntfs_exists(d->volume, copy))
		fault(d, WTG_GRADE_WARNING, wtg_text("%s is not there", copy));
	if (name && !wtg_ntfs_exists(d->volume, store))
		fault(d, WTG_GRADE_WARNING, wtg_text("%s is not there", store));
	if (wtg_hive_view_dword(&d->system, path, "SignerScore", &score) && score >= 0x80000000)
		fault(d, WTG_GRADE_WARNING,
		      wtg_text("%s (%s) is installed and not signed: 64-bit Windows does not load "
			       "it", name ? name : package, inf));
	WTG_APPEND(&d->installed, wtg_text("%s as %s", name ? name : package, inf));
}

static void look_at_packages(struct drivers *d)
{
	wtg_hive_key infs = wtg_hive_view_key(&d->system, 0, "DriverDatabase\\DriverInfFiles"), key;

	for (size_t i = 0; infs && (key = wtg_hive_view_subkey(&d->system, infs, i)); i++) {
		_cleanup_free_ char *inf = wtg_hive_view_name(&d->system, key);
		_cleanup_free_ char *package = text_of(d, key, "Active");

		if (is_oem(inf) && package)
			look_at_package(d, inf, package);
	}
}

static void sum_up(struct drivers *d)
{
	char *names = NULL;

	for (size_t i = 0; i < d->installed.n_items; i++) {
		char *more = NULL;

		if (i < MAX_NAMED)
			more = wtg_text("%s%s%s", names ? names : "", names ? ", " : "",
					d->installed.items[i]);
		free(d->installed.items[i]);
		if (!more)
			continue;
		free(names);
		names = more;
	}
	if (names && !d->faulty)
		wtg_find(d->in->findings, WTG_GRADE_OK, TOPIC,
			 "of other makers, for starting, %zu installed: %s%s", d->installed.n_items,
			 names, d->installed.n_items > MAX_NAMED ? ", …" : "");
	free(names);
	free(d->installed.items);
}

static bool open_system(struct drivers *d, struct wtg_bytes *hive)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	uint32_t set;

	/* What is wrong with the hive itself is said elsewhere. */
	if (wtg_ntfs_read(d->volume, wtg_hive_paths[WTG_HIVE_SYSTEM], MAX_HIVE_BYTES, hive, &err) <
		    0 ||
	    wtg_hive_view_open(hive, &d->system, &err) < 0 ||
	    wtg_hive_view_check(&d->system, &err) < 0 ||
	    !wtg_hive_view_dword(&d->system, "Select", "Default", &set) || set > 999)
		return false;
	snprintf(d->set, sizeof(d->set), "ControlSet%03u", set);
	return true;
}

/* ------------------------------------------------------------------ waiting */

static void count_waiting(struct wtg_inspection *in, const struct wtg_drivers *drivers)
{
	const struct wtg_driver *first = NULL;
	size_t n = 0, n_unsigned = 0;

	for (size_t i = 0; i < drivers->n_items; i++) {
		const struct wtg_driver *driver = &drivers->items[i];

		n++;
		if (driver->signature == WTG_DRIVER_SIGNED)
			continue;
		if (n_unsigned++ == 0)
			first = driver;
	}
	wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
		 "%zu in " WTG_DRIVERS_PATH " for Windows to install when it first starts, all of them whole", n);
	if (first)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "%zu of those have no signature that fits, %s the first: 64-bit Windows does "
			 "not install them", n_unsigned, first->path);
}

/* Newer than any: what wants a newer Windows yet was given on purpose. */
#define ANY_BUILD 99999

static void look_at_waiting(struct wtg_inspection *in, struct wtg_ntfs *volume)
{
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	if (!wtg_ntfs_exists(volume, WTG_DRIVERS_PATH))
		return;
	if (wtg_ntfs_read_tree(volume, WTG_DRIVERS_PATH, MAX_WAITING_BYTES, &files, &err) < 0 ||
	    wtg_drivers_read(&files, wtg_pe_arch(&in->loader), ANY_BUILD, &drivers, &err) < 0)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC, "in " WTG_DRIVERS_PATH ": %s",
			 err.message);
	else
		count_waiting(in, &drivers);
}

void wtg_inspect_drivers(struct wtg_inspection *in, struct wtg_ntfs *volume)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
	struct drivers d = { .in = in, .volume = volume };

	if (open_system(&d, &hive)) {
		look_at_services(&d);
		look_at_packages(&d);
		sum_up(&d);
	}
	look_at_waiting(in, volume);
}
