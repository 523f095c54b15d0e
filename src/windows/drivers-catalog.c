/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/alloc.h"
#include "windows/cat-file.h"
#include "windows/drivers-inner.h"
#include "wtg/text.h"

static const struct wtg_bytes *content_of(const struct wtg_package *package, size_t i)
{
	return &package->among->files->items[package->driver.files[i].source].content;
}

static bool is_catalog(const struct wtg_package *package, size_t i)
{
	return wtg_text_equal_fold(package->driver.files[i].name, package->driver.catalog);
}

/* Does it vouch for everything in the package, as that is? */
static bool has_all(const struct wtg_package *package, const struct wtg_cat_file *catalog)
{
	for (size_t i = 0; i < package->driver.n_files; i++)
		if (!is_catalog(package, i) && !wtg_cat_file_has(catalog, content_of(package, i)))
			return false;
	return true;
}

int wtg_package_catalog(struct wtg_package *package)
{
	_cleanup_(wtg_cat_file_done) struct wtg_cat_file catalog = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error why = WTG_ERROR_INIT;
	struct wtg_driver *driver = &package->driver;
	size_t i = 0;

	while (i < driver->n_files && !is_catalog(package, i))
		i++;
	if (i == driver->n_files) {
		driver->signature = WTG_DRIVER_UNSIGNED;
		return 0;
	}
	driver->signature = WTG_DRIVER_BROKEN;
	if (wtg_cat_file_read(content_of(package, i), &catalog, &why) < 0)
		return 0;
	if (catalog.intact && has_all(package, &catalog))
		driver->signature = WTG_DRIVER_SIGNED;
	driver->signer = WTG_STEAL(catalog.signer);
	return 0;
}
