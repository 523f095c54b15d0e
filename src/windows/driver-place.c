/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/driver-place.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "windows/answers.h"
#include "windows/regf.h"
#include "wtg/text.h"

struct placing {
	const struct wtg_drivers *drivers;
	char **flaws; /* of each that is boot critical; NULL: none */
	struct wtg_driver_site site;
	struct wtg_driver_placement made;
};

static void place_done(struct wtg_driver_place *place)
{
	free(place->waits_in);
	free(place->inf);
	free(place->why_not);
	*place = (struct wtg_driver_place){ 0 };
}

void wtg_driver_placement_done(struct wtg_driver_placement *placement)
{
	for (size_t i = 0; i < placement->copies.n_items; i++)
		free(placement->copies.items[i].path);
	free(placement->copies.items);
	for (size_t i = 0; i < placement->places.n_items; i++)
		place_done(&placement->places.items[i]);
	free(placement->places.items);
	wtg_wishes_done(&placement->wishes);
	*placement = (struct wtg_driver_placement){ 0 };
}

static void placing_done(struct placing *p)
{
	for (size_t i = 0; i < p->drivers->n_items; i++)
		free(p->flaws[i]);
	free(p->flaws);
	wtg_driver_site_done(&p->site);
	wtg_driver_placement_done(&p->made);
}

/* ------------------------------------------------------------------ copies */

/* Takes path. */
static void copy(struct placing *p, char *path, size_t source, struct wtg_driver_place *place)
{
	const struct wtg_driver_copy one = { .path = path, .source = source };

	place->n_files++;
	place->size_bytes += p->site.ground->files->items[source].content.size;
	WTG_APPEND(&p->made.copies, one);
}

/* Could a file on Windows be called so? */
static bool is_possible(const char *path)
{
	for (size_t n; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (n == 0 || path[n - 1] == '.' || path[n - 1] == ' ' || n > 255)
			return false;
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)path[i] < ' ' || strchr("<>:\"\\|?*", path[i]))
				return false;
	}
	return true;
}

/* All of it, under a directory. */
static int copy_package(struct placing *p, const struct wtg_driver *driver, const char *directory,
			struct wtg_driver_place *place, struct wtg_error *err)
{
	for (size_t i = 0; i < driver->n_files; i++) {
		const char *path = wtg_driver_path_in_package(driver, &driver->files[i],
							      p->site.ground);

		if (!is_possible(path))
			return wtg_fail(err, WTG_INPUT, 0,
					"no file of Windows can have the name of %s, of %s", path,
					driver->path);
		copy(p, wtg_text("%s/%s", directory, path), driver->files[i].source, place);
	}
	return 0;
}

/* ------------------------------------------------------------------ waiting to be installed */

/* A name that means nothing to DevicePath or a command line. */
static char *directory_of(const struct wtg_driver *driver, size_t number)
{
	char *path = wtg_text(WTG_DRIVERS_PATH "/%02zu-%.40s", number, driver->name);
	char *dot = strrchr(path, '.'), *name = strrchr(path, '/') + 1;

	if (dot && dot > name && strcasecmp(dot, ".inf") == 0)
		*dot = '\0';
	for (; *name; name++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
			    *name))
			*name = '_';
	return path;
}

static int place_waiting(struct placing *p, size_t i, struct wtg_error *err)
{
	struct wtg_driver_place place = {
		.driver = i,
		.waits_in = directory_of(&p->drivers->items[i], p->made.places.n_items + 1),
	};
	int result = copy_package(p, &p->drivers->items[i], place.waits_in, &place, err);

	WTG_APPEND(&p->made.places, place);
	return result;
}

/* ------------------------------------------------------------------ as if installed */

static int compare_age(const struct wtg_driver *a, const struct wtg_driver *b)
{
	if (a->date_filetime != b->date_filetime)
		return a->date_filetime < b->date_filetime ? -1 : 1;
	for (size_t i = 0; i < 4; i++)
		if (a->version_parts[i] != b->version_parts[i])
			return a->version_parts[i] < b->version_parts[i] ? -1 : 1;
	return 0;
}

static bool has_service(const struct wtg_driver *driver, const char *name)
{
	for (size_t i = 0; i < driver->n_services; i++)
		if (wtg_text_equal_fold(driver->services[i].name, name))
			return true;
	return false;
}

/* A package for the same service that is newer, or as new and found before. */
static const struct wtg_driver *better_than(const struct placing *p, size_t i)
{
	const struct wtg_driver *driver = &p->drivers->items[i];

	for (size_t k = 0; k < p->drivers->n_items; k++) {
		const struct wtg_driver *other = &p->drivers->items[k];
		int age = compare_age(other, driver);

		if (k == i || other->passed_over || !other->boot_critical || p->flaws[k] ||
		    age < 0 || (age == 0 && k > i))
			continue;
		for (size_t s = 0; s < driver->n_services; s++)
			if (has_service(other, driver->services[s].name))
				return other;
	}
	return NULL;
}

/* Why it is not needed; the caller frees; NULL: it is. */
static char *objection_to(const struct placing *p, size_t i)
{
	const struct wtg_driver *driver = &p->drivers->items[i];
	const struct wtg_driver *better = better_than(p, i);
	char *objection = NULL;

	if (better)
		return wtg_text("%s has the same service, and is no older", better->path);
	for (size_t s = 0; s < driver->n_services && !objection; s++)
		objection = wtg_driver_site_objection(&p->site, driver, &driver->services[s]);
	return objection;
}

/*
 * "viostor.inf_amd64_0123456789abcdef", as Windows' store calls its directories.  Its digits are
 * made from the package's content in a way of its own; what Windows goes by is what the
 * DriverDatabase says, so that any will do (virt-v2v takes zeros).  Ours are of the INF.
 */
static char *package_name(const struct placing *p, const struct wtg_driver *driver)
{
	const struct wtg_file *inf = wtg_files_find(p->site.ground->files, driver->path);
	uint8_t sha256[WTG_SHA256_SIZE];
	char *name;

	wtg_sha256(inf ? inf->content.data : NULL, inf ? inf->content.size : 0, sha256);
	name = wtg_text("%s_%s_%016llx", driver->name, wtg_arch_name(p->site.ground->arch),
			(unsigned long long)wtg_le64(sha256));
	for (char *at = name; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return name;
}

/* Of two that go to one place one would lose, and the drive be found wrong at the end; hives are
 * written after drivers. */
static bool is_taken(const struct placing *p, const char *target, size_t source)
{
	const struct wtg_file *files = p->site.ground->files->items;

	for (size_t i = 0; i < WTG_N_HIVES; i++)
		if (wtg_text_equal_fold(wtg_hive_paths[i], target))
			return true;
	for (size_t i = 0; i < p->made.copies.n_items; i++) {
		const struct wtg_driver_copy *other = &p->made.copies.items[i];
		const struct wtg_bytes *a = &files[other->source].content;
		const struct wtg_bytes *b = &files[source].content;

		if (other->source != source && wtg_text_equal_fold(other->path, target) &&
		    (a->size != b->size || memcmp(a->data, b->data, a->size) != 0))
			return true;
	}
	return false;
}

/* INF and catalog under the name that Windows gave the package; what the INF has copied. */
static int copy_installed(struct placing *p, const struct wtg_driver *driver,
			  struct wtg_driver_place *place, struct wtg_error *err)
{
	for (size_t i = 0; i < driver->n_files; i++) {
		const struct wtg_driver_file *file = &driver->files[i];
		const char *path = p->site.ground->files->items[file->source].path;

		if (strcmp(path, driver->path) == 0)
			copy(p, wtg_text("Windows/INF/%s", place->inf), file->source, place);
		else if (wtg_text_equal_fold(file->name, driver->catalog))
			copy(p, wtg_text(WTG_DRIVER_CATALOGS "/%.*s.cat",
					 (int)strcspn(place->inf, "."), place->inf),
			     file->source, place);
		if (file->target && !is_possible(file->target))
			return wtg_fail(err, WTG_INPUT, 0,
					"no file of Windows can have the name of %s, of %s",
					file->target, driver->path);
		if (file->target && is_taken(p, file->target, file->source))
			return wtg_fail(err, WTG_INPUT, 0,
					"%s would have its %s become %s, which is another file's place",
					driver->path, file->name, file->target);
		if (file->target)
			copy(p, wtg_text_copy(file->target), file->source, place);
	}
	return 0;
}

static int install(struct placing *p, struct wtg_driver_place *place, struct wtg_error *err)
{
	const struct wtg_driver *driver = &p->drivers->items[place->driver];
	_cleanup_free_ char *package = package_name(p, driver);
	_cleanup_free_ char *store = wtg_text(WTG_DRIVER_STORE "/%s", package);
	const size_t first = p->made.wishes.n_items;
	struct wtg_driver_record record = { .driver = driver,
					    .arch = p->site.ground->arch,
					    .package = package };

	place->inf = wtg_text("oem%u.inf", wtg_driver_site_take(&p->site));
	record.inf = place->inf;
	if (copy_package(p, driver, store, place, err) < 0 ||
	    copy_installed(p, driver, place, err) < 0)
		return -1;
	wtg_driver_wish_services(&record, &p->made.wishes);
	wtg_driver_wish_database(&record, &p->made.wishes);
	wtg_wishes_because(&p->made.wishes, first, "--drivers: %s, as if installed as %s",
			   driver->path, place->inf);
	return 0;
}

static int install_all(struct placing *p, struct wtg_error *err)
{
	const size_t first = p->made.wishes.n_items;

	for (size_t i = 0; i < p->made.places.n_items; i++) {
		struct wtg_driver_place *place = &p->made.places.items[i];

		if (!p->drivers->items[place->driver].boot_critical)
			continue;
		place->lacking = p->flaws[place->driver];
		place->why_not = place->lacking ? wtg_text_copy(p->flaws[place->driver]) :
						  objection_to(p, place->driver);
		if (!place->why_not && install(p, place, err) < 0)
			return -1;
	}
	if (p->made.wishes.n_items > first)
		wtg_wish_bytes(&p->made.wishes, WTG_HIVE_SYSTEM, "DriverDatabase", "OemInfMap",
			       WTG_REG_BINARY,
			       wtg_bytes_copy(p->site.oem_map.data, p->site.oem_map.size));
	wtg_wishes_because(&p->made.wishes, first, "--drivers: which names of INFs are taken");
	return 0;
}

int wtg_drivers_place(const struct wtg_drivers *drivers, const struct wtg_driver_ground *ground,
		      struct wtg_driver_placement *ret, struct wtg_error *err)
{
	_cleanup_(placing_done) struct placing p = {
		.drivers = drivers,
		.flaws = wtg_alloc((drivers->n_items + 1) * sizeof(char *)),
	};

	for (size_t i = 0; i < drivers->n_items; i++)
		if (!drivers->items[i].passed_over && drivers->items[i].boot_critical)
			p.flaws[i] = wtg_driver_flaw(&drivers->items[i], ground);
	if (wtg_driver_site_open(ground, &p.site, err) < 0)
		return -1;
	for (size_t i = 0; i < drivers->n_items; i++)
		if (!drivers->items[i].passed_over && place_waiting(&p, i, err) < 0)
			return -1;
	if (p.made.places.n_items == 0) {
		*ret = (struct wtg_driver_placement){ 0 };
		return 0;
	}
	if (wtg_driver_wish_paths(&p.site, &p.made, err) < 0 || install_all(&p, err) < 0)
		return -1;
	*ret = p.made;
	p.made = (struct wtg_driver_placement){ 0 };
	return 0;
}
