/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The services of a package: [install.Services] (Microsoft: INF AddService Directive), and
 * whether Windows may need one of them to find the volume that it starts from.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "windows/drivers-inner.h"
#include "windows/regf.h"
#include "wtg/text.h"

#define MAX_SERVICES 4096
#define MAX_NAME 256 /* of a service; Microsoft: CreateServiceW */
#define SPSVCINST_ASSOCSERVICE 0x00000002u
#define SERVICE_BOOT_START 0u
#define SERVICE_DEMAND_START 3u
#define SERVICE_KERNEL_DRIVER 1u
#define SERVICE_ERROR_NORMAL 1u

/* By what a Windows may hang that starts from a drive in a USB port, or behind a bridge in one
 * (Microsoft: System-Defined Device Setup Classes Available to Vendors). */
static const char *const boot_classes[] = {
	"4d36e97b-e325-11ce-bfc1-08002be10318", /* SCSIAdapter: NVMe, RAID, VMD, virtio, UAS */
	"4d36e96a-e325-11ce-bfc1-08002be10318", /* HDC: ATA controllers */
	"4d36e967-e325-11ce-bfc1-08002be10318", /* DiskDrive */
	"71a27cdd-812a-11d0-bec7-08002be2092f", /* Volume */
	"36fc9e60-c465-11cf-8056-444553540000", /* USB: host controllers, hubs, mass storage */
	"4d36e97d-e325-11ce-bfc1-08002be10318", /* System: buses and bridges */
	"a0a588a4-c46f-4b37-b7ea-c82fe89870c6", /* SDHost */
	"6bdd1fc1-810f-11d0-bec7-08002be2092f", /* 1394 */
	"d48179be-ec20-11d1-b6b8-00c04fa372a7", /* SBP2 */
};

static uint32_t number_of(const struct wtg_needed *sections, const char *key, uint32_t otherwise)
{
	for (size_t i = 0; i < sections->n_items; i++) {
		const struct wtg_inf_line *line = wtg_inf_line(sections->items[i], key);
		uint32_t number;

		if (line && wtg_package_number(wtg_inf_field(line, 0), &number))
			return number;
	}
	return otherwise;
}

static const struct wtg_inf_line *line_of(const struct wtg_needed *sections, const char *key)
{
	for (size_t i = 0; i < sections->n_items; i++) {
		const struct wtg_inf_line *line = wtg_inf_line(sections->items[i], key);

		if (line)
			return line;
	}
	return NULL;
}

static char *text_of(const struct wtg_needed *sections, const char *key)
{
	const char *text = wtg_inf_field(line_of(sections, key), 0);

	return *text ? wtg_text_copy(text) : NULL;
}

/* %12%\x.sys below Windows; what is in the package stays as it is.  NULL: neither. */
static char *binary_path(const char *text)
{
	const char *end = text[0] == '%' ? strchr(text + 1, '%') : NULL;
	_cleanup_free_ char *dirid = end ? wtg_text("%.*s", (int)(end - text - 1), text + 1) : NULL;
	const char *directory = dirid ? wtg_driver_directory(dirid) : NULL;
	_cleanup_free_ char *below = wtg_text("%s/%s", directory ? directory : "",
					      end ? end + 1 : "");
	_cleanup_free_ char *path = end ? wtg_driver_path(below) : NULL;

	if (path && strcmp(dirid, "13") == 0)
		return wtg_text("%%13%%/%s", path);
	if (!path || !directory || !wtg_text_starts(path, "Windows/"))
		return NULL;
	return wtg_text_copy(path + strlen("Windows/"));
}

/* Dependencies = service,+group: two values, as the service control manager keeps them. */
static void add_dependencies(struct wtg_driver_service *service, const struct wtg_inf_line *line)
{
	static const char *const names[] = { "DependOnService", "DependOnGroup" };

	for (int group = 0; line && group < 2; group++) {
		_cleanup_free_ const char **texts =
			wtg_alloc((line->n_fields + 1) * sizeof(*texts));
		size_t n = 0;

		for (size_t i = 0; i < line->n_fields; i++)
			if ((line->fields[i][0] == '+') == group && line->fields[i][group])
				texts[n++] = line->fields[i] + group;
		if (n > 0)
			wtg_wish_texts(&service->registry, WTG_HIVE_SYSTEM, "", names[group],
				       texts);
	}
}

static int read_service(struct wtg_package *package, const struct wtg_inf_section *section,
			struct wtg_driver_service *service)
{
	struct wtg_needed parts;
	const char *description;

	if (wtg_package_needed(package, section, &parts) < 0)
		return -1;
	service->type = number_of(&parts, "ServiceType", SERVICE_KERNEL_DRIVER);
	service->start = number_of(&parts, "StartType", SERVICE_DEMAND_START);
	service->error_control = number_of(&parts, "ErrorControl", SERVICE_ERROR_NORMAL);
	service->boot_flags = number_of(&parts, "BootFlags", 0);
	service->display_name = text_of(&parts, "DisplayName");
	service->group = text_of(&parts, "LoadOrderGroup");
	service->binary = binary_path(wtg_inf_field(line_of(&parts, "ServiceBinary"), 0));
	description = wtg_inf_field(line_of(&parts, "Description"), 0);
	if (*description)
		wtg_wish_text(&service->registry, WTG_HIVE_SYSTEM, "", "Description", WTG_REG_SZ,
			      description);
	add_dependencies(service, line_of(&parts, "Dependencies"));
	for (size_t i = 0; i < parts.n_items; i++)
		if (wtg_package_addreg(package, parts.items[i], &service->registry) < 0)
			return -1;
	return 0;
}

/* AddService = name,[flags],section[,…]; without a name nothing is added. */
static int add_service(struct wtg_package *package, const struct wtg_inf_line *line,
		       const char *install)
{
	struct wtg_driver *driver = &package->driver;
	const struct wtg_inf_section *section =
		wtg_inf_section(&package->inf, wtg_inf_field(line, 2));
	struct wtg_driver_service service = { .name = NULL };
	uint32_t flags = 0;

	if (!*wtg_inf_field(line, 0))
		return 0;
	if (strpbrk(wtg_inf_field(line, 0), "/\\") || strlen(wtg_inf_field(line, 0)) > MAX_NAME)
		return wtg_fail(package->err, WTG_INPUT, 0,
				"line %u: no service can be called %s", line->number,
				wtg_inf_field(line, 0));
	if (!section)
		return wtg_fail(package->err, WTG_INPUT, 0,
				"line %u: service %s has no section [%s]", line->number,
				wtg_inf_field(line, 0), wtg_inf_field(line, 2));
	if (driver->n_services == MAX_SERVICES)
		return wtg_fail(package->err, WTG_INPUT, 0,
				"more than %d services make no sense in a driver", MAX_SERVICES);
	(void)wtg_package_number(wtg_inf_field(line, 1), &flags);
	service.name = wtg_text_copy(wtg_inf_field(line, 0));
	service.install = wtg_text_copy(install);
	service.is_function = flags & SPSVCINST_ASSOCSERVICE;
	WTG_PACKAGE_ADD(driver->services, driver->n_services, service);
	return read_service(package, section, &driver->services[driver->n_services - 1]);
}

static int add_services(struct wtg_package *package, const char *install)
{
	_cleanup_free_ char *name = wtg_text("%s.Services", install);
	struct wtg_needed parts;

	if (wtg_package_needed(package, wtg_inf_section(&package->inf, name), &parts) < 0)
		return -1;
	for (size_t i = 0; i < parts.n_items; i++) {
		const struct wtg_inf_section *part = parts.items[i];

		for (size_t j = 0; j < part->n_items; j++)
			if (wtg_text_equal_fold(part->items[j].key, "AddService") &&
			    add_service(package, &part->items[j], install) < 0)
				return -1;
	}
	return 0;
}

static bool is_boot_class(const struct wtg_guid *class_guid)
{
	for (size_t i = 0; i < sizeof(boot_classes) / sizeof(boot_classes[0]); i++) {
		struct wtg_guid known = wtg_guid_const(boot_classes[i]);

		if (wtg_guid_equal(&known, class_guid))
			return true;
	}
	return false;
}

int wtg_package_services(struct wtg_package *package)
{
	struct wtg_driver *driver = &package->driver;
	bool loaded_early = false;

	for (size_t i = 0; i < driver->n_sections; i++)
		if (add_services(package, driver->sections[i].name) < 0)
			return -1;
	/* The boot loader loads those of boot start, and those whose BootFlags name the bus that
	 * Windows starts from. */
	for (size_t i = 0; i < driver->n_services; i++)
		loaded_early |= driver->services[i].start == SERVICE_BOOT_START ||
				driver->services[i].boot_flags != 0;
	driver->boot_critical = loaded_early && is_boot_class(&driver->class_guid);
	return 0;
}
