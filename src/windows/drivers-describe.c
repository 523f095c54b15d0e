/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "windows/drivers.h"
#include "wtg/text.h"

static const char *signature_name(enum wtg_driver_signature signature)
{
	switch (signature) {
	case WTG_DRIVER_UNSIGNED:
		return "none";
	case WTG_DRIVER_BROKEN:
		return "broken";
	case WTG_DRIVER_SIGNED:
		return "signed";
	}
	return NULL;
}

static const char *start_name(uint32_t start)
{
	static const char *const names[] = { "boot", "system", "auto", "demand", "disabled" };

	return start < sizeof(names) / sizeof(names[0]) ? names[start] : NULL;
}

static void describe_devices(const struct wtg_driver *driver, struct wtg_facts *out)
{
	wtg_fact_open(out, "devices", WTG_LIST);
	for (size_t i = 0; i < driver->n_devices; i++) {
		const struct wtg_driver_device *device = &driver->devices[i];

		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "description", device->description);
		wtg_fact_open(out, "ids", WTG_LIST);
		for (size_t j = 0; j < device->n_ids; j++)
			wtg_fact_text(out, NULL, device->ids[j]);
		wtg_fact_close(out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static bool is_repeated(const struct wtg_driver *driver, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (wtg_text_equal_fold(driver->services[j].name, driver->services[i].name))
			return true;
	return false;
}

static void describe_services(const struct wtg_driver *driver, struct wtg_facts *out)
{
	wtg_fact_open(out, "services", WTG_LIST);
	for (size_t i = 0; i < driver->n_services; i++) {
		if (is_repeated(driver, i))
			continue;
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "name", driver->services[i].name);
		wtg_fact_text(out, "start", start_name(driver->services[i].start));
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static void describe_place(const struct wtg_driver_place *place, struct wtg_facts *out)
{
	wtg_fact_text(out, "waits_in", place->waits_in);
	wtg_fact_text(out, "installed_as", place->inf);
	wtg_fact_text(out, "not_installed_because", place->why_not);
	wtg_fact_number(out, "file_count", place->n_files);
	wtg_fact_bytes(out, "size_bytes", place->size_bytes);
}

static void describe_one(const struct wtg_driver *driver, const struct wtg_driver_place *place,
			 struct wtg_facts *out)
{
	wtg_fact_text(out, "inf", driver->path);
	wtg_fact_text(out, "provider", driver->provider);
	wtg_fact_text(out, "class", driver->class_name);
	wtg_fact_text(out, "version", driver->version);
	wtg_fact_text(out, "date", driver->date);
	if (driver->passed_over) {
		wtg_fact_text(out, "passed_over", driver->passed_over);
		return;
	}
	wtg_fact_text(out, "signature", signature_name(driver->signature));
	wtg_fact_text(out, "signer", driver->signer);
	wtg_fact_truth(out, "boot_critical", driver->boot_critical);
	if (place)
		describe_place(place, out);
	if (driver->n_devices > 0)
		wtg_fact_text(out, "device", driver->devices[0].description);
	if (driver->n_devices > 0 && driver->devices[0].n_ids > 0)
		wtg_fact_text(out, "hardware_id", driver->devices[0].ids[0]);
	wtg_fact_number(out, "device_count", driver->n_devices);
	wtg_fact_open(out, "details", WTG_DETAIL);
	describe_devices(driver, out);
	if (driver->n_services)
		describe_services(driver, out);
	wtg_fact_close(out);
	if (driver->n_remarks == 0)
		return;
	wtg_fact_open(out, "left_to_windows", WTG_LIST);
	for (size_t i = 0; i < driver->n_remarks; i++)
		wtg_fact_text(out, NULL, driver->remarks[i]);
	wtg_fact_close(out);
}

/* Places are in the order of the drivers. */
void wtg_drivers_describe(const struct wtg_drivers *drivers,
			  const struct wtg_driver_placement *placement, struct wtg_facts *out)
{
	size_t next = 0;

	wtg_fact_open(out, "drivers", WTG_LIST);
	for (size_t i = 0; i < drivers->n_items; i++) {
		const struct wtg_driver_place *place = NULL;

		if (placement && next < placement->places.n_items &&
		    placement->places.items[next].driver == i)
			place = &placement->places.items[next++];
		wtg_fact_open(out, NULL, WTG_OBJECT);
		describe_one(&drivers->items[i], place, out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}
