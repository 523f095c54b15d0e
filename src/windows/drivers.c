/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/drivers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "windows/drivers-inner.h"
#include "wtg/text.h"

#define MAX_EFFORT 1000000u
#define MAX_REMARKS 64

static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

static void free_service(struct wtg_driver_service *service)
{
	free(service->name);
	free(service->display_name);
	free(service->group);
	free(service->binary);
	free(service->install);
	wtg_wishes_done(&service->registry);
}

static void free_arrays(struct wtg_driver *driver)
{
	for (size_t i = 0; i < driver->n_devices; i++) {
		free(driver->devices[i].description);
		free(driver->devices[i].install);
		free_texts(driver->devices[i].ids, driver->devices[i].n_ids);
	}
	free(driver->devices);
	for (size_t i = 0; i < driver->n_sections; i++) {
		free(driver->sections[i].name);
		wtg_wishes_done(&driver->sections[i].hardware);
		wtg_wishes_done(&driver->sections[i].software);
	}
	free(driver->sections);
	for (size_t i = 0; i < driver->n_files; i++) {
		free(driver->files[i].name);
		free(driver->files[i].target);
	}
	free(driver->files);
	for (size_t i = 0; i < driver->n_services; i++)
		free_service(&driver->services[i]);
	free(driver->services);
	free_texts(driver->remarks, driver->n_remarks);
}

static void free_driver(struct wtg_driver *driver)
{
	free_arrays(driver);
	free(driver->path);
	free(driver->name);
	free(driver->provider);
	free(driver->class_name);
	free(driver->version);
	free(driver->date);
	free(driver->catalog);
	free(driver->signer);
	free(driver->passed_over);
	*driver = (struct wtg_driver){ 0 };
}

void wtg_drivers_done(struct wtg_drivers *drivers)
{
	for (size_t i = 0; i < drivers->n_items; i++)
		free_driver(&drivers->items[i]);
	free(drivers->items);
	*drivers = (struct wtg_drivers){ 0 };
}

static int compare_paths(const void *a, const void *b, void *context)
{
	const struct wtg_files *files = context;

	return strcasecmp(files->items[*(const size_t *)a].path,
			  files->items[*(const size_t *)b].path);
}

static struct wtg_driver_files sort_files(const struct wtg_files *files)
{
	struct wtg_driver_files among = {
		.files = files,
		.order = wtg_alloc((files->n_items + 1) * sizeof(size_t)),
	};

	for (size_t i = 0; i < files->n_items; i++)
		among.order[i] = i;
	qsort_r(among.order, files->n_items, sizeof(size_t), compare_paths, (void *)files);
	return among;
}

static void files_done(struct wtg_driver_files *among)
{
	free(among->order);
}

size_t wtg_driver_files_find(const struct wtg_driver_files *among, const char *path)
{
	size_t first = 0, end = among->files->n_items;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		size_t at = among->order[middle];
		int order = strcasecmp(among->files->items[at].path, path);

		if (order == 0)
			return at;
		if (order < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return SIZE_MAX;
}

int wtg_package_spend(struct wtg_package *package, size_t n_lines)
{
	package->effort += n_lines;
	if (package->effort > MAX_EFFORT)
		return wtg_fail(package->err, WTG_INPUT, 0,
				"its sections name each other more often than makes sense");
	return 0;
}

void wtg_package_remark(struct wtg_package *package, const char *fmt, ...)
{
	struct wtg_driver *driver = &package->driver;
	char *remark = NULL;
	va_list args;

	if (driver->n_remarks == MAX_REMARKS)
		return;
	va_start(args, fmt);
	if (vasprintf(&remark, fmt, args) < 0)
		wtg_out_of_memory();
	va_end(args);
	for (size_t i = 0; i < driver->n_remarks; i++) {
		if (strcmp(driver->remarks[i], remark) == 0) {
			free(remark);
			return;
		}
	}
	WTG_PACKAGE_ADD(driver->remarks, driver->n_remarks, remark);
}

bool wtg_package_number(const char *text, uint32_t *ret)
{
	bool negative = *text == '-';
	const char *digits = text + negative;
	bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	char *end;
	unsigned long long value;

	if (hex)
		digits += 2;
	if (!strchr(hex ? "0123456789abcdefABCDEF" : "0123456789", *digits) || !*digits)
		return false;
	value = strtoull(digits, &end, hex ? 16 : 10);
	if (*end || value > UINT32_MAX)
		return false;
	*ret = negative ? -(uint32_t)value : (uint32_t)value;
	return true;
}

const struct wtg_inf_section *wtg_package_decorated(const struct wtg_package *package,
						    const char *name)
{
	_cleanup_free_ char *with_arch = wtg_text("%s.NT%s", name, wtg_arch_name(package->arch));
	_cleanup_free_ char *with_nt = wtg_text("%s.NT", name);
	const struct wtg_inf_section *section = wtg_inf_section(&package->inf, with_arch);

	if (!section)
		section = wtg_inf_section(&package->inf, with_nt);
	return section ? section : wtg_inf_section(&package->inf, name);
}

/* Everything that the parts find out about one INF. */
static int read_parts(struct wtg_package *package)
{
	static int (*const parts[])(struct wtg_package *package) = {
		wtg_package_version, wtg_package_models,   wtg_package_files,
		wtg_package_services, wtg_package_registry, wtg_package_catalog,
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i](package) < 0)
			return -1;
		if (package->driver.passed_over)
			return 0;
	}
	return 0;
}

static int read_package(struct wtg_package *package)
{
	const struct wtg_file *file = &package->among->files->items[package->source];
	const char *slash = strrchr(file->path, '/');
	int result;

	package->driver.path = wtg_text_copy(file->path);
	package->driver.name = wtg_text_copy(slash ? slash + 1 : file->path);
	if (wtg_inf_parse(&file->content, &package->inf, package->err) < 0)
		return wtg_while(package->err, "driver %s", file->path);
	package->installs = wtg_alloc(package->inf.n_items + 1);
	package->copied = wtg_alloc(package->inf.n_items + 1);
	result = read_parts(package);
	free(package->installs);
	free(package->copied);
	wtg_inf_done(&package->inf);
	return result < 0 ? wtg_while(package->err, "driver %s", file->path) : 0;
}

/* Of several that do not fit, the first tells why. */
static int none_fits(const struct wtg_drivers *drivers, struct wtg_error *err)
{
	if (drivers->n_items == 0)
		return wtg_fail(err, WTG_INPUT, 0, "there is no driver: no file whose name "
				"ends in .inf");
	return wtg_fail(err, WTG_INPUT, 0, "none of the drivers fits this Windows: %s: %s",
			drivers->items[0].path, drivers->items[0].passed_over);
}

/* "._x.inf" is what macOS leaves beside x.inf where it cannot keep its attributes. */
static bool is_inf(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t length = strlen(name);

	return length > 4 && strcasecmp(name + length - 4, ".inf") == 0 &&
	       !wtg_text_starts(name, "._");
}

int wtg_drivers_read(const struct wtg_files *files, enum wtg_arch arch, unsigned build,
		     struct wtg_drivers *ret, struct wtg_error *err)
{
	_cleanup_(files_done) struct wtg_driver_files among = sort_files(files);
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	bool fits = false;

	for (size_t i = 0; i < files->n_items; i++) {
		struct wtg_package package = {
			.among = &among,
			.source = among.order[i],
			.arch = arch,
			.build = build,
			.err = err,
		};
		int result;

		if (!is_inf(files->items[package.source].path))
			continue;
		result = read_package(&package);
		WTG_APPEND(&drivers, package.driver);
		if (result < 0)
			return -1;
		fits |= !package.driver.passed_over;
	}
	if (!fits)
		return none_fits(&drivers, err);
	*ret = drivers;
	drivers = (struct wtg_drivers){ 0 };
	return 0;
}
