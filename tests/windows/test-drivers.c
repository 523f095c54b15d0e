/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/drivers.h"
#include "windows/regf.h"
#include "wtg/text.h"

#include "stand-in-catalog.h"
#include "stand-in-driver.h"

#define BUILD 22631

static const struct wtg_driver *only(const struct wtg_drivers *drivers)
{
	assert_int_equal(drivers->n_items, 1);
	return &drivers->items[0];
}

static void expect_file(const struct wtg_driver *driver, const char *name, size_t source,
			const char *target)
{
	for (size_t i = 0; i < driver->n_files; i++) {
		const struct wtg_driver_file *file = &driver->files[i];

		if (file->source == source && wtg_text_equal(file->name, name) &&
		    wtg_text_equal(file->target, target))
			return;
	}
	fail_msg("no file %s for %s", name, target ? target : "nowhere");
}

static void reads_a_plain_package(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_driver *driver;
	char guid[WTG_GUID_TEXT_SIZE];

	(void)state;
	assert_good(wtg_drivers_read(&files, WTG_ARCH_AMD64, BUILD, &drivers, &err));
	driver = only(&drivers);
	assert_null(driver->passed_over);
	assert_string_equal(driver->path, "stor/stor.inf");
	assert_string_equal(driver->name, "stor.inf");
	assert_string_equal(driver->provider, "Stand-in, Inc.");
	assert_string_equal(driver->class_name, "SCSIAdapter");
	assert_string_equal(wtg_guid_format(&driver->class_guid, guid),
			    "4d36e97b-e325-11ce-bfc1-08002be10318");
	assert_string_equal(driver->date, "2021-03-31");
	assert_string_equal(driver->version, "100.85.104.20800");
	/* date -d '2021-03-31 UTC' +%s, and 11644473600 s from 1601 to 1970 */
	assert_int_equal(driver->date_filetime, (1617148800 + 11644473600) * 10000000);
	assert_int_equal(driver->version_parts[3], 20800);
	assert_string_equal(driver->catalog, "stor.cat");
	assert_int_equal(driver->n_devices, 2);
	assert_string_equal(driver->devices[0].description, "Stand-in disk controller");
	assert_string_equal(driver->devices[0].install, "stor_inst");
	assert_int_equal(driver->devices[0].n_ids, 2);
	assert_string_equal(driver->devices[0].ids[1], "PCI\\VEN_1234&DEV_0001");
	assert_int_equal(driver->n_files, 2);
	expect_file(driver, "stor.sys", 1, "Windows/System32/drivers/stor.sys");
	expect_file(driver, "stor.inf", 0, NULL);
	assert_true(driver->boot_critical);
	assert_int_equal(driver->signature, WTG_DRIVER_UNSIGNED);
	assert_int_equal(driver->n_remarks, 0);
}

static void reads_its_service_with_what_it_wants_in_the_registry(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_driver_service *service;
	const struct wtg_wish *wish;

	(void)state;
	assert_good(wtg_drivers_read(&files, WTG_ARCH_ARM64, BUILD, &drivers, &err));
	assert_int_equal(only(&drivers)->n_services, 1);
	service = &drivers.items[0].services[0];
	assert_string_equal(service->name, "stor");
	assert_string_equal(service->display_name, "Stand-in disk controller");
	assert_string_equal(service->group, "SCSI miniport");
	assert_string_equal(service->binary, "System32/drivers/stor.sys");
	assert_string_equal(service->install, "stor_inst");
	assert_int_equal(service->type, 1);
	assert_int_equal(service->start, 0);
	assert_int_equal(service->error_control, 1);
	assert_true(service->is_function);
	assert_int_equal(service->registry.n_items, 2);
	wish = &service->registry.items[1];
	assert_string_equal(wish->key, "Parameters");
	assert_string_equal(wish->value, "BusType");
	assert_int_equal(wish->type, WTG_REG_DWORD);
	assert_int_equal(wtg_le32(wish->data.data), 10);
	assert_int_equal(drivers.items[0].n_sections, 1);
	assert_int_equal(drivers.items[0].sections[0].hardware.n_items, 2);
	assert_int_equal(drivers.items[0].sections[0].hardware.items[0].action,
			 WTG_EDIT_MAKE_KEY);
}

static enum wtg_driver_signature signature_of(const struct wtg_files *files)
{
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_drivers_read(files, WTG_ARCH_AMD64, BUILD, &drivers, &err));
	return only(&drivers)->signature;
}

static void tells_whether_its_catalog_has_all_of_it(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	wtg_files_add(&files, "stor/STOR.CAT", stand_in_catalog_of(&files));
	assert_good(wtg_drivers_read(&files, WTG_ARCH_AMD64, BUILD, &drivers, &err));
	assert_int_equal(only(&drivers)->signature, WTG_DRIVER_SIGNED);
	assert_string_equal(drivers.items[0].signer, STAND_IN_SIGNER);
	expect_file(&drivers.items[0], "stor.cat", 2, NULL);
	files.items[1].content.data[0] ^= 1;
	assert_int_equal(signature_of(&files), WTG_DRIVER_BROKEN);
	files.items[1].content.data[0] ^= 1;
	assert_int_equal(signature_of(&files), WTG_DRIVER_SIGNED);
	files.items[2].content.size /= 2;
	assert_int_equal(signature_of(&files), WTG_DRIVER_BROKEN);
}

static char *described(const struct wtg_drivers *drivers)
{
	_cleanup_(wtg_json_freep) struct wtg_json *json = wtg_json_new();

	wtg_drivers_describe(drivers, NULL, wtg_json_facts(json));
	return wtg_json_line(json);
}

static void describes_itself_with_what_people_and_programs_ask_for(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
	_cleanup_free_ char *json = NULL;
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	stand_in_add(&files, "autorun.inf", "[AutoRun]\n");
	assert_good(wtg_drivers_read(&files, WTG_ARCH_ARM64, BUILD, &drivers, &err));
	json = described(&drivers);
	assert_string_equal(
		json,
		"{\"drivers\":[{\"inf\":\"autorun.inf\",\"passed_over\":\"it is no driver of "
		"Windows: its [Version] has no Signature \\\"$Windows NT$\\\"\"},"
		"{\"inf\":\"stor/stor.inf\",\"provider\":\"Stand-in, Inc.\","
		"\"class\":\"SCSIAdapter\",\"version\":\"100.85.104.20800\","
		"\"date\":\"2021-03-31\",\"signature\":\"none\",\"boot_critical\":true,"
		"\"device\":\"Stand-in disk controller\","
		"\"hardware_id\":\"PCI\\\\VEN_1234&DEV_0001\",\"device_count\":1,"
		"\"details\":{\"devices\":[{\"description\":\"Stand-in disk controller\","
		"\"ids\":[\"PCI\\\\VEN_1234&DEV_0001\"]}],"
		"\"services\":[{\"name\":\"stor\",\"start\":\"boot\"}]}}]}");
}

static void survives_the_way_from_process_to_process(void **state)
{
	_cleanup_(wtg_files_done) struct wtg_files files = stand_in_stor();
	_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 }, again = { 0 };
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 }, second = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_reader reader;

	(void)state;
	stand_in_add(&files, "autorun.inf", "[AutoRun]\n");
	assert_good(wtg_drivers_read(&files, WTG_ARCH_AMD64, BUILD, &drivers, &err));
	wtg_drivers_flatten(&drivers, &packet);
	reader = wtg_reader(&packet);
	assert_good(wtg_drivers_unflatten(&reader, &again, &err));
	assert_true(wtg_reader_done(&reader));
	wtg_drivers_flatten(&again, &second);
	assert_int_equal(second.size, packet.size);
	assert_memory_equal(second.data, packet.data, packet.size);
	assert_int_equal(again.items[1].sections[0].hardware.n_items, 2);
	for (size_t size = 0; size < packet.size; size += 8) {
		struct wtg_drivers none;

		reader = (struct wtg_reader){ .at = packet.data, .left = size };
		assert_fails(wtg_drivers_unflatten(&reader, &none, &err), WTG_INPUT,
			     "makes no sense");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_plain_package),
		cmocka_unit_test(tells_whether_its_catalog_has_all_of_it),
		cmocka_unit_test(describes_itself_with_what_people_and_programs_ask_for),
		cmocka_unit_test(survives_the_way_from_process_to_process),
		cmocka_unit_test(reads_its_service_with_what_it_wants_in_the_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
