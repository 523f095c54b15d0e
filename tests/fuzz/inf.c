/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An INF, and the driver package that it makes with the files that it names. */
#include "fuzz.h"

#include <string.h>

#include "windows/driver-place.h"
#include "windows/drivers.h"
#include "windows/edits.h"
#include "windows/inf.h"
#include "windows/regf.h"
#include "wtg/error.h"
#include "wtg/text.h"

#define MISSING "is not there: "
#define MAX_ROUNDS 16

static void check_inf(const struct wtg_inf *inf)
{
	for (size_t i = 0; i < inf->n_items; i++) {
		const struct wtg_inf_section *section = &inf->items[i];

		FUZZ_ASSERT(wtg_inf_section(inf, section->name) == section);
		for (size_t j = 0; j < section->n_items; j++)
			FUZZ_ASSERT(section->items[j].n_fields > 0 &&
				    section->items[j].number > 0);
	}
}

static void check_wishes(const struct wtg_wishes *wishes)
{
	for (size_t i = 0; i < wishes->n_items; i++) {
		const char *key = wishes->items[i].key;

		FUZZ_ASSERT(wishes->items[i].hive == WTG_HIVE_SYSTEM);
		FUZZ_ASSERT(key[0] != '\\' && !strstr(key, "\\\\"));
	}
}

static void check_driver(const struct wtg_driver *driver, const struct wtg_files *files)
{
	FUZZ_ASSERT(driver->passed_over || (driver->n_devices > 0 && driver->n_sections > 0));
	for (size_t i = 0; i < driver->n_files; i++) {
		FUZZ_ASSERT(driver->files[i].source < files->n_items);
		FUZZ_ASSERT(!driver->files[i].target || fuzz_is_path(driver->files[i].target));
	}
	for (size_t i = 0; i < driver->n_services; i++) {
		const struct wtg_driver_service *service = &driver->services[i];

		FUZZ_ASSERT(*service->name && !strpbrk(service->name, "/\\"));
		FUZZ_ASSERT(!service->binary || fuzz_is_path(service->binary));
		check_wishes(&service->registry);
	}
	for (size_t i = 0; i < driver->n_sections; i++) {
		check_wishes(&driver->sections[i].hardware);
		check_wishes(&driver->sections[i].software);
	}
}

static void describe(const void *drivers, struct wtg_facts *out)
{
	wtg_drivers_describe(drivers, NULL, out);
}

static void check_packet(const struct wtg_drivers *drivers)
{
	_cleanup_(wtg_packet_done) struct wtg_packet packet = { 0 }, again = { 0 };
	_cleanup_(wtg_drivers_done) struct wtg_drivers copy = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_reader reader;

	wtg_drivers_flatten(drivers, &packet);
	reader = wtg_reader(&packet);
	FUZZ_ASSERT(wtg_drivers_unflatten(&reader, &copy, &err) == 0);
	FUZZ_ASSERT(wtg_reader_done(&reader));
	wtg_drivers_flatten(&copy, &again);
	FUZZ_ASSERT(packet.size == again.size &&
		    memcmp(packet.data, again.data, packet.size) == 0);
}

/* What an image's hive would be told of it can be planned, or is refused in a sentence. */
static void check_database(const struct wtg_driver *driver)
{
	static struct wtg_bytes hive;
	const struct wtg_driver_record record = { .driver = driver,
						  .arch = WTG_ARCH_AMD64,
						  .inf = "oem0.inf",
						  .package = "x.inf_amd64_0123456789abcdef" };
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	for (size_t i = 0; i < driver->n_services; i++)
		if (!driver->services[i].binary)
			return;
	if (!hive.data) {
		struct wtg_regf_key *root = wtg_regf_root("ROOT");

		hive = wtg_regf_write(root, "SOFTWARE", 0);
		wtg_regf_free(root);
	}
	wtg_driver_wish_services(&record, &wishes);
	wtg_driver_wish_database(&record, &wishes);
	wtg_wishes_because(&wishes, 0, "fuzz");
	/* SYSTEM has to be one of a Windows. */
	for (size_t i = 0; i < wishes.n_items; i++)
		wishes.items[i].hive = WTG_HIVE_SOFTWARE;
	if (wtg_edits_plan_wishes(&hive, WTG_HIVE_SOFTWARE, &wishes, 1, &edits, &err) < 0)
		FUZZ_ASSERT(err.kind == WTG_INPUT);
	else
		FUZZ_ASSERT(edits.n_items > 0);
}

/* Whatever it says is missing is there in the next round. */
static bool add_missing(struct wtg_files *files, const struct wtg_error *err)
{
	const char *missing = strstr(err->message, MISSING);

	if (!missing)
		return false;
	wtg_files_add(files, missing + strlen(MISSING), wtg_bytes_copy("MZ", 2));
	return true;
}

static void read_package(struct wtg_files *files)
{
	for (int i = 0; i < MAX_ROUNDS; i++) {
		_cleanup_(wtg_drivers_done) struct wtg_drivers drivers = { 0 };
		_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

		if (wtg_drivers_read(files, WTG_ARCH_AMD64, 22631, &drivers, &err) == 0) {
			check_driver(&drivers.items[0], files);
			check_packet(&drivers);
			if (!drivers.items[0].passed_over)
				check_database(&drivers.items[0]);
			fuzz_describe(describe, &drivers);
			return;
		}
		FUZZ_ASSERT(err.kind == WTG_INPUT);
		if (!add_missing(files, &err))
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	_cleanup_(wtg_inf_done) struct wtg_inf inf = { 0 };
	struct wtg_bytes bytes = fuzz_bytes(data, size);

	if (wtg_inf_parse(&bytes, &inf, &err) < 0)
		return 0;
	check_inf(&inf);
	wtg_files_add(&files, "d/x.inf", wtg_bytes_copy(data, size));
	read_package(&files);
	return 0;
}
