/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store that we write. */
#include "support.h"

#include <string.h>

#include "wtg/text.h"
#include "bcd-store.h"

#define BOOT_MANAGER "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"

static void recovery_off_is_one_element_more(void **state)
{
	struct wtg_bcd_spec spec = test_bcd_spec();
	_cleanup_(test_store_done) struct test_store plain = test_store_build(&spec);
	_cleanup_(test_store_done) struct test_store off = { 0 };
	bool enabled = true;

	(void)state;
	assert_false(wtg_bcd_boolean(&plain.bcd, &spec.osloader, 0x16000009, &enabled));
	spec.recovery_off = true;
	off = test_store_build(&spec);
	assert_true(wtg_bcd_boolean(&off.bcd, &spec.osloader, 0x16000009, &enabled));
	assert_false(enabled);
}

static void the_specification_decides_what_is_not_constant(void **state)
{
	struct wtg_bcd_spec spec = test_bcd_spec();
	_cleanup_(test_store_done) struct test_store store = { 0 };
	_cleanup_free_ char *description = NULL;
	_cleanup_free_ char *locale = NULL;
	struct wtg_bcd_read_device device;
	struct wtg_guid guid;
	uint64_t timeout;

	(void)state;
	spec.description = "Windows 11 für unterwegs";
	spec.locale = "de-DE";
	spec.timeout_seconds = 5;
	store = test_store_build(&spec);
	description = wtg_bcd_string(&store.bcd, &spec.osloader, 0x12000004);
	locale = wtg_bcd_string(&store.bcd, &wtg_bcd_bootmgr, 0x12000005);
	assert_string_equal(description, spec.description);
	assert_string_equal(locale, "de-DE");
	assert_true(wtg_bcd_integer(&store.bcd, &wtg_bcd_bootmgr, 0x25000004, &timeout));
	assert_int_equal(timeout, 5);
	assert_true(wtg_bcd_object(&store.bcd, &wtg_bcd_bootmgr, 0x23000003, &guid));
	assert_true(wtg_guid_equal(&guid, &spec.osloader));

	device = wtg_bcd_device(&store.bcd, &spec.osloader, 0x21000001);
	assert_int_equal(device.kind, WTG_BCD_DEVICE_PARTITION_GPT);
	assert_true(wtg_guid_equal(&device.disk, &spec.windows.disk));
	assert_true(wtg_guid_equal(&device.partition, &spec.windows.partition));
}

#define RESUME "{0a2c3d4e-0000-4000-8000-000000000002}"
#define LOADER "{1b2c3d4e-0000-4000-8000-000000000001}"
#define MEMORY_TEST "{b2721d73-1db4-4c62-bf78-c548a880142d}"

/* How many elements the first store has that the second has not, or not with these data: they
 * are all in differences, "object id". */
static size_t count_others(const struct wtg_bcd *of, const struct wtg_bcd *than,
			   const char *const *differences)
{
	wtg_hive_key object, element;
	size_t n = 0;

	for (size_t i = 0; (object = wtg_hive_view_subkey(&of->view, of->objects, i)); i++) {
		_cleanup_free_ char *name = wtg_hive_view_name(&of->view, object);
		wtg_hive_key list = wtg_hive_view_key(&of->view, object, "Elements");

		for (size_t j = 0; (element = wtg_hive_view_subkey(&of->view, list, j)); j++) {
			_cleanup_(wtg_bytes_done) struct wtg_bytes a = { 0 }, b = { 0 };
			_cleanup_free_ char *id = wtg_hive_view_name(&of->view, element);
			_cleanup_free_ char *path = wtg_text("%s\\Elements\\%s", name, id);
			_cleanup_free_ char *known = wtg_text("%s %s", name, id);
			wtg_hive_key other =
				wtg_hive_view_key(&than->view, than->objects, path);
			const char *const *d = differences;
			uint32_t type;

			assert_int_equal(wtg_hive_view_value(&of->view, element, "Element",
							     &type, &a), 1);
			if (other && wtg_hive_view_value(&than->view, other, "Element", &type,
							 &b) == 1 &&
			    a.size == b.size && memcmp(a.data, b.data, a.size) == 0)
				continue;
			while (*d && strcmp(*d, known) != 0)
				d++;
			if (!*d)
				fail_msg("%s differs", known);
			n++;
		}
	}
	return n;
}

static void assert_path(const struct test_store *store, const char *object, const char *path)
{
	struct wtg_guid guid;
	_cleanup_free_ char *found = NULL;

	assert_true(wtg_guid_parse(object, &guid));
	found = wtg_bcd_string(&store->bcd, &guid, 0x12000002);
	if (!path)
		assert_null(found);
	else
		assert_string_equal(found, path);
}

static void for_bios_it_has_other_paths_and_no_isolated_context(void **state)
{
	static const char *const differences[] = {
		BOOT_MANAGER " 12000002", RESUME " 12000002", RESUME " 16000060",
		LOADER " 12000002", LOADER " 16000060", MEMORY_TEST " 12000002", NULL,
	};
	struct wtg_bcd_spec spec = test_bcd_spec();
	_cleanup_(test_store_done) struct test_store uefi = test_store_build(&spec);
	_cleanup_(test_store_done) struct test_store bios = { 0 };

	(void)state;
	spec.bios = true;
	bios = test_store_build(&spec);
	assert_path(&bios, BOOT_MANAGER, NULL);
	assert_path(&bios, RESUME, "\\Windows\\system32\\winresume.exe");
	assert_path(&bios, LOADER, "\\Windows\\system32\\winload.exe");
	assert_path(&bios, MEMORY_TEST, "\\boot\\memtest.exe");
	assert_int_equal(count_others(&uefi.bcd, &bios.bcd, differences), 6);
	assert_int_equal(count_others(&bios.bcd, &uefi.bcd, differences), 3);
}

static void where_firmware_does_not_look_the_two_programs_are_there(void **state)
{
	static const char *const differences[] = { BOOT_MANAGER " 12000002",
						   MEMORY_TEST " 12000002", NULL };
	struct wtg_bcd_spec spec = test_bcd_spec();
	_cleanup_(test_store_done) struct test_store usual = test_store_build(&spec);
	_cleanup_(test_store_done) struct test_store hidden = { 0 };

	(void)state;
	spec.vtefi = true;
	hidden = test_store_build(&spec);
	assert_path(&hidden, BOOT_MANAGER, "\\VTEFI\\Microsoft\\Boot\\bootmgfw.efi");
	assert_path(&hidden, MEMORY_TEST, "\\VTEFI\\Microsoft\\Boot\\memtest.efi");
	assert_int_equal(count_others(&usual.bcd, &hidden.bcd, differences), 2);
	assert_int_equal(count_others(&hidden.bcd, &usual.bcd, differences), 2);
}

/* What {bootmgr} and the loader say of their partitions on a Windows 10 that starts on Legacy
 * BIOS: signature 76a4a23d, 1 MiB and 580 MiB. */
static void a_partition_of_an_mbr_drive_is_88_bytes_as_on_a_real_one(void **state)
{
	static const struct {
		const char *key;
		uint8_t start[4];
	} rows[] = {
		{ BOOT_MANAGER "\\Elements\\11000001", { 0, 0, 0x10, 0 } },
		{ MEMORY_TEST "\\Elements\\11000001", { 0, 0, 0x10, 0 } },
		{ LOADER "\\Elements\\11000001", { 0, 0, 0x40, 0x24 } },
		{ LOADER "\\Elements\\21000001", { 0, 0, 0x40, 0x24 } },
		{ RESUME "\\Elements\\11000001", { 0, 0, 0x40, 0x24 } },
	};
	struct wtg_bcd_spec spec = test_bcd_spec_bios();
	_cleanup_(test_store_done) struct test_store store = test_store_build(&spec);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t real[88] = { [0x10] = 6, [0x18] = 0x48, [0x34] = 1, [0x38] = 0x3d,
				     0xa2, 0xa4, 0x76 };
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
		wtg_hive_key key = wtg_hive_view_key(&store.bcd.view, store.bcd.objects,
						     rows[i].key);
		uint32_t type;

		memcpy(real + 0x20, rows[i].start, 4);
		assert_int_equal(
			wtg_hive_view_value(&store.bcd.view, key, "Element", &type, &data), 1);
		assert_int_equal(data.size, sizeof(real));
		assert_memory_equal(data.data, real, sizeof(real));
	}
}

/* What {bootmgr} says of its partition on a real Windows 11 To Go stick. */
static void a_device_is_88_bytes_as_on_a_real_stick(void **state)
{
	static const uint8_t head[] = { 6, 0, 0, 0, 0, 0, 0, 0, 0x48 };
	static const uint8_t partition[] = {
		0x37, 0x65, 0xb1, 0x17, 0xcc, 0xab, 0x87, 0x44,
		0x97, 0x92, 0xe6, 0x3a, 0x0a, 0x7d, 0xc8, 0xb4,
	};
	static const uint8_t disk[] = {
		0x87, 0x49, 0x66, 0x60, 0x0e, 0xce, 0x1b, 0x41,
		0x9d, 0xb7, 0x86, 0x24, 0x8b, 0x86, 0xbb, 0xb2,
	};
	uint8_t real[88] = { 0 };
	struct wtg_bcd_spec spec = test_bcd_spec();
	_cleanup_(test_store_done) struct test_store store = test_store_build(&spec);
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	wtg_hive_key key = wtg_hive_view_key(
		&store.bcd.view, 0, "Objects\\" BOOT_MANAGER "\\Elements\\11000001");
	uint32_t type;

	(void)state;
	memcpy(real + 0x10, head, sizeof(head));
	memcpy(real + 0x20, partition, sizeof(partition));
	memcpy(real + 0x38, disk, sizeof(disk));
	assert_int_equal(
		wtg_hive_view_value(&store.bcd.view, key, "Element", &type, &data), 1);
	assert_int_equal(data.size, sizeof(real));
	assert_memory_equal(data.data, real, sizeof(real));
}

static void the_same_specification_gives_the_same_bytes(void **state)
{
	struct wtg_bcd_spec spec = test_bcd_spec();
	_cleanup_(wtg_bytes_done) struct wtg_bytes a = wtg_bcd_build(&spec);
	_cleanup_(wtg_bytes_done) struct wtg_bytes b = wtg_bcd_build(&spec);

	(void)state;
	assert_int_equal(a.size, 20480); /* as bcdboot's */
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.data, b.data, a.size);
}

static void the_hive_is_called_by_its_own_path(void **state)
{
	static const struct {
		bool bios, vtefi;
		const char *path;
	} rows[] = {
		{ false, false, "\\EFI\\Microsoft\\Boot\\BCD" },
		{ false, true, "\\VTEFI\\Microsoft\\Boot\\BCD" },
		{ true, false, "\\Boot\\BCD" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_bcd_spec spec = rows[i].bios ? test_bcd_spec_bios() : test_bcd_spec();
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };

		spec.vtefi = rows[i].vtefi;
		bytes = wtg_bcd_build(&spec);
		/* UTF-16 in the header, and a NUL. */
		for (size_t c = 0; c <= strlen(rows[i].path); c++)
			assert_int_equal(bytes.data[0x30 + 2 * c], rows[i].path[c]);
	}
}

static void the_description_follows_the_build_and_the_kind(void **state)
{
	(void)state;
	assert_string_equal(wtg_bcd_description(19045, "Client"), "Windows 10");
	assert_string_equal(wtg_bcd_description(21999, NULL), "Windows 10");
	assert_string_equal(wtg_bcd_description(22000, "Client"), "Windows 11");
	assert_string_equal(wtg_bcd_description(26100, NULL), "Windows 11");
	assert_string_equal(wtg_bcd_description(20348, "Server"), "Windows Server");
	assert_string_equal(wtg_bcd_description(26100, "Server Core"), "Windows Server");
}

/* Our reader and theirs find the same partition. */
static void others_read_the_same_of_an_mbr_drive(void **state)
{
	struct wtg_bcd_spec spec = test_bcd_spec_bios();
	_cleanup_(test_store_done) struct test_store store = test_store_build(&spec);
	struct wtg_bcd_read_device device = wtg_bcd_device(&store.bcd, &spec.osloader, 0x21000001);
	_cleanup_free_ char *path = wtg_text("%s/BCD-bios", test_dir());
	_cleanup_free_ char *output = NULL;

	(void)state;
	assert_int_equal(device.kind, WTG_BCD_DEVICE_PARTITION_MBR);
	assert_int_equal(device.mbr_signature, 0x76a4a23d);
	assert_int_equal(device.mbr_offset_bytes, 0x24400000);

	test_require("hivexml");
	test_write_file(path, store.bytes.data, store.bytes.size);
	/* From the partition's first byte to the signature, in Base 64. */
	output = test_run(NULL, "hivexml '%s' | tr -d '\\r\\n' | "
				"grep -o AAAAAEAkAAAAAAAAAAAAAAAAAAAAAAEAAAA9oqR2 | wc -l", path);
	assert_string_equal(output, "3\n");
}

static void other_programs_read_it(void **state)
{
	static const struct {
		const char *program, *command;
		const char *shown; /* the path of the loader */
	} rows[] = {
		{ "hivexml", "hivexml BCD",
		  "value=\"\\Windows\\system32\\winload.efi\"" },
		{ "reglookup", "reglookup BCD", "SZ,\\Windows\\system32\\winload.efi," },
		{ "hivexsh",
		  "printf 'cd "
		  "Objects\\\\{1b2c3d4e-0000-4000-8000-000000000001}"
		  "\\\\Elements\\\\12000002\nlsval Element\n' | hivexsh BCD",
		  "\\Windows\\system32\\winload.efi" },
		{ "reged", "reged -x BCD X '\\' out >log && cat out",
		  "\"Element\"=\"\\\\Windows\\\\system32\\\\winload.efi\"" },
	};
	struct wtg_bcd_spec spec = test_bcd_spec();
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = wtg_bcd_build(&spec);
	_cleanup_free_ char *path = wtg_text("%s/BCD", test_dir());

	(void)state;
	test_write_file(path, bytes.data, bytes.size);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *output = NULL;

		test_require(rows[i].program);
		output = test_run(NULL, "cd '%s' && %s", test_dir(), rows[i].command);
		if (!strstr(output, rows[i].shown))
			fail_msg("%s does not show %s: %.300s", rows[i].program,
				 rows[i].shown, output);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recovery_off_is_one_element_more),
		cmocka_unit_test(the_hive_is_called_by_its_own_path),
		cmocka_unit_test(the_specification_decides_what_is_not_constant),
		cmocka_unit_test(for_bios_it_has_other_paths_and_no_isolated_context),
		cmocka_unit_test(where_firmware_does_not_look_the_two_programs_are_there),
		cmocka_unit_test(a_partition_of_an_mbr_drive_is_88_bytes_as_on_a_real_one),
		cmocka_unit_test(a_device_is_88_bytes_as_on_a_real_stick),
		cmocka_unit_test(the_same_specification_gives_the_same_bytes),
		cmocka_unit_test(the_description_follows_the_build_and_the_kind),
		cmocka_unit_test(others_read_the_same_of_an_mbr_drive),
		cmocka_unit_test(other_programs_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
