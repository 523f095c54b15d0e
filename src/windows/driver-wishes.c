/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Windows writes into SYSTEM when it installs a driver package, so that the kernel finds a
 * driver for the disk that it starts from before anything else runs.  Seen in the hives of Windows
 * 8.1, 10 1709 and 10 19H1, in 618 packages, 12 of them of other makers than Microsoft; what
 * virt-v2v writes is a part of it, and starts Windows 8 to 11.  Packages of the classes that
 * starting needs are in SYSTEM's DriverDatabase also where there is a hive DRIVERS: that has the
 * others.
 */
#include "windows/driver-place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/regf.h"
#include "wtg/text.h"

#define DATABASE "DriverDatabase\\"

/* Of SetupAPI.h and the WDK's cfgmgr32.h: how well Windows knows who signed a package. */
#define SIGNER_WHQL 0x0d000005
#define SIGNER_AUTHENTICODE 0x0f000000
#define SIGNER_NONE 0x80000000

/* Who signs what Microsoft's laboratory passed. */
#define WHQL "Microsoft Windows Hardware Compatibility Publisher"

/* In all packages that drive a device there, Microsoft's or not. */
#define STATUS_FLAGS 0x12

/* In most configurations there, and in all those with a service of their own. */
#define CONFIG_SCOPE 7

/* Longer than any that Windows allows (MAX_DEVICE_ID_LEN). */
#define MAX_ID 200

/* ------------------------------------------------------------------ services */

/* A program of its own, not a driver: SERVICE_WIN32_OWN_PROCESS, _SHARE_PROCESS. */
static bool is_process(const struct wtg_driver_service *service)
{
	return service->type & 0x30;
}

/* As Windows writes them; what the loader starts, and lies with its drivers, without a root. */
static char *image_path(const struct wtg_driver_record *record,
			const struct wtg_driver_service *service)
{
	const char *root = is_process(service) ? "%SystemRoot%\\" : "\\SystemRoot\\";
	char *text;

	if (wtg_text_starts(service->binary, "%13%/"))
		text = wtg_text("%sSystem32/DriverStore/FileRepository/%s/%s", root,
				record->package, service->binary + strlen("%13%/"));
	else
		text = wtg_text("%s%s", service->start == 0 ? "" : root, service->binary);
	for (char *at = text; *at; at++)
		if (*at == '/')
			*at = '\\';
	return text;
}

/* One line of an AddReg, below another key. */
static void wish_setting(const struct wtg_wish *from, const char *below, struct wtg_wishes *wishes)
{
	const struct wtg_wish wish = {
		.hive = WTG_HIVE_SYSTEM,
		.action = from->action,
		.key = *from->key ? wtg_text("%s\\%s", below, from->key) : wtg_text_copy(below),
		.value = wtg_text_copy(from->value),
		.type = from->type,
		.data = wtg_bytes_copy(from->data.data, from->data.size),
	};

	WTG_APPEND(wishes, wish);
}

static void wish_settings(const struct wtg_wishes *settings, const char *below,
			  struct wtg_wishes *wishes)
{
	for (size_t i = 0; i < settings->n_items; i++)
		wish_setting(&settings->items[i], below, wishes);
}

static void wish_service(const struct wtg_driver_record *record,
			 const struct wtg_driver_service *service, struct wtg_wishes *wishes)
{
	_cleanup_free_ char *key = wtg_text("CurrentControlSet\\Services\\%s", service->name);
	_cleanup_free_ char *image = image_path(record, service);
	const char *const owners[] = { record->inf, NULL };

	wtg_wish_number(wishes, WTG_HIVE_SYSTEM, key, "Type", service->type);
	wtg_wish_number(wishes, WTG_HIVE_SYSTEM, key, "Start", service->start);
	wtg_wish_number(wishes, WTG_HIVE_SYSTEM, key, "ErrorControl", service->error_control);
	wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "ImagePath", WTG_REG_EXPAND_SZ, image);
	if (service->group)
		wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "Group", WTG_REG_SZ, service->group);
	if (service->display_name)
		wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "DisplayName", WTG_REG_SZ,
			      service->display_name);
	if (is_process(service))
		wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "ObjectName", WTG_REG_SZ,
			      "LocalSystem");
	if (service->boot_flags)
		wtg_wish_number(wishes, WTG_HIVE_SYSTEM, key, "BootFlags", service->boot_flags);
	wtg_wish_texts(wishes, WTG_HIVE_SYSTEM, key, "Owners", owners);
	wish_settings(&service->registry, key, wishes);
}

void wtg_driver_wish_services(const struct wtg_driver_record *record, struct wtg_wishes *wishes)
{
	for (size_t i = 0; i < record->driver->n_services; i++)
		wish_service(record, &record->driver->services[i], wishes);
}

/* ------------------------------------------------------------------ the database */

/*
 * The value Version of a package, 48 bytes:
 *
 *	 0  u8    255 of Windows' own, 0 of others
 *	 1  u8    255 in all
 *	 2  u16   the processor, as PROCESSOR_ARCHITECTURE_x has it
 *	 4  u32   0
 *	 8  GUID  the device class
 *	24  u64   DriverVer's date, as a FILETIME of midnight
 *	32  u64   DriverVer's version: 16 bits a part, the first part highest
 *	40  u64   0 in most; what else it may be nobody says
 */
static struct wtg_bytes version_of(const struct wtg_driver_record *record)
{
	static const uint8_t processors[] = { [WTG_ARCH_X86] = 0,
					      [WTG_ARCH_AMD64] = 9,
					      [WTG_ARCH_ARM64] = 12 };
	struct wtg_bytes version = { wtg_alloc(48), 48 };

	version.data[1] = 0xff;
	version.data[2] = processors[record->arch];
	memcpy(version.data + 8, record->driver->class_guid.bytes, 16);
	wtg_put_le64(version.data + 24, record->driver->date_filetime);
	for (size_t i = 0; i < 4; i++)
		wtg_put_le16(version.data + 38 - 2 * i, record->driver->version_parts[i]);
	return version;
}

static void wish_signature(const struct wtg_driver *driver, const char *key,
			   struct wtg_wishes *wishes)
{
	bool is_signed = driver->signature == WTG_DRIVER_SIGNED;
	uint32_t score = SIGNER_NONE;

	if (is_signed)
		score = wtg_text_equal(driver->signer, WHQL) ? SIGNER_WHQL : SIGNER_AUTHENTICODE;
	if (is_signed && driver->signer)
		wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "SignerName", WTG_REG_SZ,
			      driver->signer);
	wtg_wish_number(wishes, WTG_HIVE_SYSTEM, key, "SignerScore", score);
}

static void wish_package(const struct wtg_driver_record *record, const char *key,
			 struct wtg_wishes *wishes)
{
	const struct wtg_driver *driver = record->driver;

	wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "", WTG_REG_SZ, record->inf);
	wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "InfName", WTG_REG_SZ, driver->name);
	wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "Provider", WTG_REG_SZ,
		      driver->provider ? driver->provider : "");
	if (driver->catalog)
		wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "Catalog", WTG_REG_SZ,
			      driver->catalog);
	wish_signature(driver, key, wishes);
	wtg_wish_number(wishes, WTG_HIVE_SYSTEM, key, "StatusFlags", STATUS_FLAGS);
	wtg_wish_bytes(wishes, WTG_HIVE_SYSTEM, key, "Version", WTG_REG_BINARY,
		       version_of(record));
}

/* Not those of other devices, of which a package may have many. */
static const char *service_of(const struct wtg_driver *driver, const char *install)
{
	for (size_t i = 0; i < driver->n_services; i++)
		if (driver->services[i].is_function &&
		    wtg_text_equal_fold(driver->services[i].install, install))
			return driver->services[i].name;
	return NULL;
}

/* Of what a device's key gets, filters are the configuration's own: so Windows has them. */
static bool is_filter(const struct wtg_wish *wish)
{
	return !*wish->key && (wtg_text_equal_fold(wish->value, "UpperFilters") ||
			       wtg_text_equal_fold(wish->value, "LowerFilters"));
}

/* What a device that is installed by this section gets. */
static void wish_configuration(const struct wtg_driver *driver, const char *package,
			       const struct wtg_driver_section *section, struct wtg_wishes *wishes)
{
	_cleanup_free_ char *key = wtg_text("%s\\Configurations\\%s", package, section->name);
	_cleanup_free_ char *device = wtg_text("%s\\Device", key);
	_cleanup_free_ char *software = wtg_text("%s\\Driver", key);
	const char *service = service_of(driver, section->name);

	wtg_wish_number(wishes, WTG_HIVE_SYSTEM, key, "ConfigFlags", 0);
	wtg_wish_number(wishes, WTG_HIVE_SYSTEM, key, "ConfigScope", CONFIG_SCOPE);
	if (service)
		wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "Service", WTG_REG_SZ, service);
	for (size_t i = 0; i < driver->n_services; i++) {
		const struct wtg_driver_service *s = &driver->services[i];
		_cleanup_free_ char *below = wtg_text("%s\\Services\\%s", key, s->name);

		if (wtg_text_equal_fold(s->install, section->name))
			wish_settings(&s->registry, below, wishes);
	}
	for (size_t i = 0; i < section->hardware.n_items; i++) {
		const struct wtg_wish *wish = &section->hardware.items[i];

		wish_setting(wish, is_filter(wish) ? key : device, wishes);
	}
	wish_settings(&section->software, software, wishes);
}

/* Could a key be called so?  Of its parts none is empty, and Windows knows ASCII only. */
static bool is_possible(const char *id)
{
	size_t length = strlen(id);

	if (length == 0 || length > MAX_ID || id[0] == '\\' || id[length - 1] == '\\' ||
	    strstr(id, "\\\\"))
		return false;
	for (; *id; id++)
		if (*id <= ' ' || *id >= 0x7f)
			return false;
	return true;
}

/* Is it a hardware id of one device (1), a compatible id (2), or both (3); and the lowest place
 * that it has among the latter. */
static void rank(const struct wtg_driver *driver, const char *id, uint8_t ret[static 4])
{
	uint8_t kinds = 0;
	size_t place = SIZE_MAX;

	for (size_t i = 0; i < driver->n_devices; i++)
		for (size_t k = 0; k < driver->devices[i].n_ids; k++) {
			if (!wtg_text_equal_fold(driver->devices[i].ids[k], id))
				continue;
			kinds |= k == 0 ? 1 : 2;
			if (k > 0 && k - 1 < place)
				place = k - 1;
		}
	ret[0] = kinds;
	ret[1] = 0xff; /* the feature score: this is the one of an INF that gives none */
	ret[2] = place < 0xff ? (uint8_t)place : 0;
	ret[3] = 0;
}

static void wish_id(const struct wtg_driver_record *record, const char *package,
		    const struct wtg_driver_device *device, const char *id,
		    struct wtg_wishes *wishes)
{
	_cleanup_free_ char *ids = wtg_text(DATABASE "DeviceIds\\%s", id);
	_cleanup_free_ char *descriptor = wtg_text("%s\\Descriptors\\%s", package, id);
	uint8_t ranked[4];

	rank(record->driver, id, ranked);
	wtg_wish_bytes(wishes, WTG_HIVE_SYSTEM, ids, record->inf, WTG_REG_BINARY,
		       wtg_bytes_copy(ranked, sizeof(ranked)));
	wtg_wish_text(wishes, WTG_HIVE_SYSTEM, descriptor, "Configuration", WTG_REG_SZ,
		      device->install);
	if (device->description)
		wtg_wish_text(wishes, WTG_HIVE_SYSTEM, descriptor, "Description", WTG_REG_SZ,
			      device->description);
	wtg_wish_text(wishes, WTG_HIVE_SYSTEM, descriptor, "Manufacturer", WTG_REG_SZ,
		      record->driver->provider ? record->driver->provider : "");
}

static void wish_inf(const struct wtg_driver_record *record, struct wtg_wishes *wishes)
{
	const struct wtg_driver *driver = record->driver;
	_cleanup_free_ char *key = wtg_text(DATABASE "DriverInfFiles\\%s", record->inf);
	_cleanup_free_ const char **installs =
		wtg_alloc((driver->n_sections + 1) * sizeof(*installs));
	const char *const packages[] = { record->package, NULL };

	for (size_t i = 0; i < driver->n_sections; i++)
		installs[i] = driver->sections[i].name;

	wtg_wish_texts(wishes, WTG_HIVE_SYSTEM, key, "", packages);
	wtg_wish_text(wishes, WTG_HIVE_SYSTEM, key, "Active", WTG_REG_SZ, record->package);
	wtg_wish_texts(wishes, WTG_HIVE_SYSTEM, key, "Configurations", installs);
}

void wtg_driver_wish_database(const struct wtg_driver_record *record, struct wtg_wishes *wishes)
{
	const struct wtg_driver *driver = record->driver;
	_cleanup_free_ char *package = wtg_text(DATABASE "DriverPackages\\%s", record->package);
	char guid[WTG_GUID_TEXT_SIZE];
	_cleanup_free_ char *class_key = wtg_text(DATABASE "DeviceIds\\{%s}",
						  wtg_guid_format(&driver->class_guid, guid));

	wish_inf(record, wishes);
	/* Which packages are of this class: names without data, of type "none". */
	wtg_wish_bytes(wishes, WTG_HIVE_SYSTEM, class_key, record->inf, WTG_REG_NONE,
		       (struct wtg_bytes){ 0 });
	wish_package(record, package, wishes);
	for (size_t i = 0; i < driver->n_sections; i++)
		wish_configuration(driver, package, &driver->sections[i], wishes);
	for (size_t i = 0; i < driver->n_devices; i++)
		for (size_t k = 0; k < driver->devices[i].n_ids; k++)
			if (is_possible(driver->devices[i].ids[k]))
				wish_id(record, package, &driver->devices[i],
					driver->devices[i].ids[k], wishes);
}
