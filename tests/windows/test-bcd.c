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
		cmocka_unit_test(the_specification_decides_what_is_not_constant),
		cmocka_unit_test(a_device_is_88_bytes_as_on_a_real_stick),
		cmocka_unit_test(the_same_specification_gives_the_same_bytes),
		cmocka_unit_test(the_description_follows_the_build_and_the_kind),
		cmocka_unit_test(other_programs_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
