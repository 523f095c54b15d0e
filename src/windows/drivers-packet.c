/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base/alloc.h"
#include "windows/drivers-inner.h"
#include "wtg/text.h"

static void flatten_wishes(const struct wtg_wishes *wishes, struct wtg_packet *packet)
{
	wtg_packet_number(packet, wishes->n_items);
	for (size_t i = 0; i < wishes->n_items; i++) {
		const struct wtg_wish *wish = &wishes->items[i];

		wtg_packet_number(packet, wish->hive);
		wtg_packet_number(packet, wish->action);
		wtg_packet_text(packet, wish->key);
		wtg_packet_text(packet, wish->value);
		wtg_packet_number(packet, wish->type);
		wtg_packet_bytes(packet, wish->data.data, wish->data.size);
		wtg_packet_text(packet, wish->reason);
	}
}

static void flatten_texts(char *const *texts, size_t n, struct wtg_packet *packet)
{
	wtg_packet_number(packet, n);
	for (size_t i = 0; i < n; i++)
		wtg_packet_text(packet, texts[i]);
}

static void flatten_devices(const struct wtg_driver *driver, struct wtg_packet *packet)
{
	wtg_packet_number(packet, driver->n_devices);
	for (size_t i = 0; i < driver->n_devices; i++) {
		const struct wtg_driver_device *device = &driver->devices[i];

		wtg_packet_text(packet, device->description);
		wtg_packet_text(packet, device->install);
		flatten_texts(device->ids, device->n_ids, packet);
	}
	wtg_packet_number(packet, driver->n_sections);
	for (size_t i = 0; i < driver->n_sections; i++) {
		wtg_packet_text(packet, driver->sections[i].name);
		flatten_wishes(&driver->sections[i].hardware, packet);
		flatten_wishes(&driver->sections[i].software, packet);
	}
}

static void flatten_files(const struct wtg_driver *driver, struct wtg_packet *packet)
{
	wtg_packet_number(packet, driver->n_files);
	for (size_t i = 0; i < driver->n_files; i++) {
		wtg_packet_text(packet, driver->files[i].name);
		wtg_packet_number(packet, driver->files[i].source);
		wtg_packet_text(packet, driver->files[i].target);
	}
}

static void flatten_services(const struct wtg_driver *driver, struct wtg_packet *packet)
{
	wtg_packet_number(packet, driver->n_services);
	for (size_t i = 0; i < driver->n_services; i++) {
		const struct wtg_driver_service *service = &driver->services[i];

		wtg_packet_text(packet, service->name);
		wtg_packet_text(packet, service->display_name);
		wtg_packet_text(packet, service->group);
		wtg_packet_text(packet, service->binary);
		wtg_packet_text(packet, service->install);
		wtg_packet_number(packet, service->type);
		wtg_packet_number(packet, service->start);
		wtg_packet_number(packet, service->error_control);
		wtg_packet_number(packet, service->boot_flags);
		wtg_packet_number(packet, service->is_function);
		flatten_wishes(&service->registry, packet);
	}
}

static void flatten_driver(const struct wtg_driver *driver, struct wtg_packet *packet)
{
	wtg_packet_text(packet, driver->path);
	wtg_packet_text(packet, driver->name);
	wtg_packet_text(packet, driver->provider);
	wtg_packet_text(packet, driver->class_name);
	wtg_packet_text(packet, driver->version);
	wtg_packet_text(packet, driver->date);
	wtg_packet_text(packet, driver->catalog);
	for (size_t i = 0; i < sizeof(driver->class_guid.bytes); i++)
		wtg_packet_number(packet, driver->class_guid.bytes[i]);
	wtg_packet_number(packet, driver->date_filetime);
	for (size_t i = 0; i < 4; i++)
		wtg_packet_number(packet, driver->version_parts[i]);
	flatten_devices(driver, packet);
	flatten_files(driver, packet);
	flatten_services(driver, packet);
	wtg_packet_number(packet, driver->signature);
	wtg_packet_text(packet, driver->signer);
	flatten_texts(driver->remarks, driver->n_remarks, packet);
	wtg_packet_text(packet, driver->passed_over);
	wtg_packet_number(packet, driver->boot_critical);
}

void wtg_drivers_flatten(const struct wtg_drivers *drivers, struct wtg_packet *packet)
{
	wtg_packet_number(packet, drivers->n_items);
	for (size_t i = 0; i < drivers->n_items; i++)
		flatten_driver(&drivers->items[i], packet);
}

/* ------------------------------------------------------------------ and back */

#define NUMBER32 (UINT64_C(1) << 32)

static char *read_text(struct wtg_reader *reader) /* or NULL */
{
	return wtg_text_copy(wtg_read_text(reader));
}

static char *read_some_text(struct wtg_reader *reader)
{
	const char *text = wtg_read_text(reader);

	if (!text)
		reader->bad = true;
	return wtg_text_copy(text ? text : "");
}

static void read_wishes(struct wtg_reader *reader, struct wtg_wishes *wishes)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_wish wish = { .key = NULL };

		wish.hive = (enum wtg_hive_id)wtg_read_below(reader, WTG_N_HIVES);
		wish.action = (enum wtg_edit_action)wtg_read_below(reader,
								  WTG_EDIT_DELETE_KEY + 1);
		wish.key = read_some_text(reader);
		wish.value = read_text(reader);
		wish.type = (uint32_t)wtg_read_below(reader, NUMBER32);
		wish.data = wtg_read_bytes(reader);
		wish.reason = read_text(reader);
		WTG_APPEND(wishes, wish);
	}
}

static void read_texts(struct wtg_reader *reader, char ***ret, size_t *ret_n)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++)
		WTG_PACKAGE_ADD(*ret, *ret_n, read_some_text(reader));
}

static void read_devices(struct wtg_reader *reader, struct wtg_driver *driver)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_driver_device device = { .description = read_text(reader) };

		device.install = read_some_text(reader);
		read_texts(reader, &device.ids, &device.n_ids);
		WTG_PACKAGE_ADD(driver->devices, driver->n_devices, device);
	}
	n = wtg_read_count(reader);
	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_driver_section section = { .name = read_some_text(reader) };

		read_wishes(reader, &section.hardware);
		read_wishes(reader, &section.software);
		WTG_PACKAGE_ADD(driver->sections, driver->n_sections, section);
	}
}

static void read_files(struct wtg_reader *reader, struct wtg_driver *driver)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_driver_file file = { .name = read_some_text(reader) };

		file.source = (size_t)wtg_read_number(reader);
		file.target = read_text(reader);
		WTG_PACKAGE_ADD(driver->files, driver->n_files, file);
	}
}

static void read_services(struct wtg_reader *reader, struct wtg_driver *driver)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_driver_service service = { .name = read_some_text(reader) };

		service.display_name = read_text(reader);
		service.group = read_text(reader);
		service.binary = read_text(reader);
		service.install = read_some_text(reader);
		service.type = (uint32_t)wtg_read_below(reader, NUMBER32);
		service.start = (uint32_t)wtg_read_below(reader, NUMBER32);
		service.error_control = (uint32_t)wtg_read_below(reader, NUMBER32);
		service.boot_flags = (uint32_t)wtg_read_below(reader, NUMBER32);
		service.is_function = wtg_read_truth(reader);
		read_wishes(reader, &service.registry);
		WTG_PACKAGE_ADD(driver->services, driver->n_services, service);
	}
}

static void read_driver(struct wtg_reader *reader, struct wtg_driver *driver)
{
	driver->path = read_some_text(reader);
	driver->name = read_some_text(reader);
	driver->provider = read_text(reader);
	driver->class_name = read_text(reader);
	driver->version = read_text(reader);
	driver->date = read_text(reader);
	driver->catalog = read_text(reader);
	for (size_t i = 0; i < sizeof(driver->class_guid.bytes); i++)
		driver->class_guid.bytes[i] = (uint8_t)wtg_read_below(reader, 256);
	driver->date_filetime = wtg_read_number(reader);
	for (size_t i = 0; i < 4; i++)
		driver->version_parts[i] = (uint16_t)wtg_read_below(reader, UINT16_MAX + 1);
	read_devices(reader, driver);
	read_files(reader, driver);
	read_services(reader, driver);
	driver->signature = (enum wtg_driver_signature)wtg_read_below(reader,
								     WTG_DRIVER_SIGNED + 1);
	driver->signer = read_text(reader);
	read_texts(reader, &driver->remarks, &driver->n_remarks);
	driver->passed_over = read_text(reader);
	driver->boot_critical = wtg_read_truth(reader);
}

int wtg_drivers_unflatten(struct wtg_reader *reader, struct wtg_drivers *ret,
			  struct wtg_error *err)
{
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_driver driver = { .path = NULL };

		read_driver(reader, &driver);
		WTG_APPEND(&drivers, driver);
	}
	if (reader->bad)
		return wtg_fail(err, WTG_INPUT, 0,
				"the process that reads the drivers gave back what makes no sense");
	*ret = drivers;
	drivers = (struct wtg_drivers){ 0 };
	return 0;
}
