/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading boot configuration stores: real ones, as hivexregedit shows them; odd ones. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "windows/regf.h"
#include "wtg/text.h"
#include "bcd-store.h"

#define BOOT_MANAGER "9dea862c-5cdd-4e70-acc1-f32b344d4795"
#define MEMORY_TEST "b2721d73-1db4-4c62-bf78-c548a880142d"
#define MEDIA_LOADER "7619dcc9-fafe-11d9-b411-000476eba25f"
#define MEDIA_RAMDISK "7619dcc8-fafe-11d9-b411-000476eba25f"
#define NTLOADER(n) "19260817-6666-8888-abcd-" n

static void devices_are_told_apart(void **state)
{
	static const struct {
		const char *store, *object;
		uint32_t id;
		enum wtg_bcd_device_kind kind;
	} rows[] = {
		{ "bcd-win10-uefi-gpt", BOOT_MANAGER, 0x11000001,
		  WTG_BCD_DEVICE_PARTITION_GPT },
		{ "bcd-win10-uefi-gpt", BOOT_MANAGER, 0x21000001, WTG_BCD_DEVICE_NONE },
		{ "bcd-win10-uefi-gpt", BOOT_MANAGER, 0x12000002, WTG_BCD_DEVICE_NONE },
		{ "bcd-win10-uefi-gpt", "733b62e6-f608-11eb-825c-c112f60133ab",
		  0x11000001, WTG_BCD_DEVICE_RAMDISK },
		{ "bcd-win10-uefi-gpt", "733b62e7-f608-11eb-825c-c112f60133ab",
		  0x31000003, WTG_BCD_DEVICE_PARTITION_GPT },
		{ "bcd-media-uefi", MEDIA_LOADER, 0x11000001, WTG_BCD_DEVICE_RAMDISK },
		{ "bcd-media-uefi", MEDIA_LOADER, 0x21000001, WTG_BCD_DEVICE_RAMDISK },
		{ "bcd-media-uefi", MEDIA_RAMDISK, 0x31000003, WTG_BCD_DEVICE_BOOT },
		{ "bcd-media-uefi", MEMORY_TEST, 0x11000001, WTG_BCD_DEVICE_BOOT },
		{ "bcd-media-bios", MEMORY_TEST, 0x11000001, WTG_BCD_DEVICE_BOOT },
		{ "bcd-setup-media", MEDIA_LOADER, 0x11000001, WTG_BCD_DEVICE_RAMDISK },
		{ "bcd-vhd-wim-entries", NTLOADER("000000000000"), 0x11000001,
		  WTG_BCD_DEVICE_RAMDISK },
		{ "bcd-vhd-wim-entries", NTLOADER("000000000001"), 0x21000001,
		  WTG_BCD_DEVICE_FILE },
		{ "bcd-vhd-wim-entries", NTLOADER("000000000002"), 0x11000001,
		  WTG_BCD_DEVICE_PARTITION_MBR },
		{ "bcd-template-win10", BOOT_MANAGER, 0x11000001, WTG_BCD_DEVICE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(test_store_done) struct test_store store =
			test_store_open(rows[i].store);
		struct wtg_guid object = wtg_guid_const(rows[i].object);
		struct wtg_bcd_read_device device =
			wtg_bcd_device(&store.bcd, &object, rows[i].id);

		if (device.kind != rows[i].kind)
			fail_msg("%s, %s, %08x: kind %d, not %d", rows[i].store,
				 rows[i].object, rows[i].id, device.kind, rows[i].kind);
	}
}

static void a_partition_is_named_by_what_identifies_it(void **state)
{
	_cleanup_(test_store_done) struct test_store gpt =
		test_store_open("bcd-win10-uefi-gpt");
	_cleanup_(test_store_done) struct test_store mbr =
		test_store_open("bcd-vhd-wim-entries");
	struct wtg_guid object = wtg_guid_const("733b62e5-f608-11eb-825c-c112f60133ab");
	struct wtg_bcd_read_device device = wtg_bcd_device(&gpt.bcd, &object, 0x11000001);
	char text[WTG_GUID_TEXT_SIZE];

	(void)state;
	assert_string_equal(wtg_guid_format(&device.partition, text),
			    "8e0f2c38-e4ea-47ba-b7fc-9d8c74dccf0b");
	assert_string_equal(wtg_guid_format(&device.disk, text),
			    "0b2394a9-095e-487d-8d48-719ecd4d78ca");

	object = wtg_guid_const(NTLOADER("000000000002"));
	device = wtg_bcd_device(&mbr.bcd, &object, 0x11000001);
	assert_int_equal(device.mbr_offset_bytes, 0x1f500000);
	assert_int_equal(device.mbr_signature, 0x43da9ab1);
}

static void integers_of_any_length_are_read(void **state)
{
	static const struct {
		const char *store, *object;
		uint32_t id;
		uint64_t number;
	} rows[] = {
		{ "bcd-win10-uefi-gpt", BOOT_MANAGER, 0x25000004, 30 },
		{ "bcd-setup-media", BOOT_MANAGER, 0x25000004, 30 }, /* 1 byte */
		{ "bcd-media-bios", BOOT_MANAGER, 0x25000004, 30 },
		{ "bcd-media-uefi", BOOT_MANAGER, 0x25000004, 0 },
		{ "bcd-media-uefi", "4636856e-540f-4170-a130-a84776f4c654", 0x15000014,
		  115200 }, /* 3 bytes */
		{ "bcd-win10-uefi-esp", "7ff607e0-4395-11db-b0de-0800200c9a66",
		  0x250000f5, 115200 },
		{ "bcd-template-win10", "7ff607e0-4395-11db-b0de-0800200c9a66",
		  0x250000f5, 115200 }, /* the key is named in upper case */
		{ "bcd-vhd-wim-entries", "ae5534e0-a924-466c-b836-758539a3ee3a",
		  0x35000001, 0x10000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(test_store_done) struct test_store store =
			test_store_open(rows[i].store);
		struct wtg_guid object = wtg_guid_const(rows[i].object);
		uint64_t number;

		assert_true(wtg_bcd_integer(&store.bcd, &object, rows[i].id, &number));
		assert_int_equal(number, rows[i].number);
		assert_false(wtg_bcd_integer(&store.bcd, &object, 0x25999999, &number));
	}
}

static void texts_booleans_and_references_are_read(void **state)
{
	_cleanup_(test_store_done) struct test_store media =
		test_store_open("bcd-media-uefi");
	_cleanup_(test_store_done) struct test_store system =
		test_store_open("bcd-win10-uefi-gpt");
	struct wtg_guid loader = wtg_guid_const(MEDIA_LOADER), guid, list[3];
	struct wtg_guid global = wtg_guid_const("7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e");
	_cleanup_free_ char *path = wtg_bcd_string(&media.bcd, &loader, 0x12000002);
	_cleanup_free_ char *other =
		wtg_bcd_string(&system.bcd, &wtg_bcd_bootmgr, 0x12000002);
	char text[WTG_GUID_TEXT_SIZE];
	bool truth = true;

	(void)state;
	assert_string_equal(path, "\\windows\\system32\\boot\\winload.efi");
	assert_string_equal(other, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"); /* two NULs */
	assert_null(wtg_bcd_string(&media.bcd, &loader, 0x11000001));

	assert_true(wtg_bcd_boolean(&media.bcd, &loader, 0x26000022, &truth) && truth);
	assert_true(wtg_bcd_boolean(&media.bcd, &loader, 0x260000b0, &truth) && !truth);
	assert_false(wtg_bcd_boolean(&media.bcd, &loader, 0x250000c2, &truth));

	assert_true(wtg_bcd_object(&media.bcd, &wtg_bcd_bootmgr, 0x23000003, &guid));
	assert_true(wtg_guid_equal(&guid, &loader));
	assert_true(wtg_bcd_has_object(&media.bcd, &guid));
	assert_false(wtg_bcd_object(&media.bcd, &loader, 0x12000002, &guid));
	assert_false(wtg_bcd_has_object(&system.bcd, &loader));

	assert_int_equal(wtg_bcd_objects(&system.bcd, &global, 0x14000006, list, 3), 3);
	assert_string_equal(wtg_guid_format(&list[2], text),
			    "5189b25c-5558-4bf2-bca4-289b11bd29e2");
	assert_int_equal(wtg_bcd_objects(&system.bcd, &global, 0x14000006, list, 1), 3);
	assert_int_equal(wtg_bcd_objects(&system.bcd, &global, 0x14000008, list, 3), 0);
}

/* A store with one element of {bootmgr}. */
static struct test_store store_with(uint32_t id, enum wtg_reg_type type, const void *data,
				    size_t size)
{
	_cleanup_(wtg_regf_freep) struct wtg_regf_key *root = wtg_regf_root("Any name");
	struct wtg_regf_key *key = wtg_regf_key(root, "Objects");
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_store store;
	char name[9];

	snprintf(name, sizeof(name), "%08X", id);
	wtg_regf_key(root, "Description");
	key = wtg_regf_key(wtg_regf_key(key, "{" BOOT_MANAGER "}"), "Elements");
	wtg_regf_value(wtg_regf_key(key, name), "Element", type, data, size);
	store.bytes = wtg_regf_write(root, "BCD", 0);
	assert_good(wtg_bcd_open(&store.bytes, &store.bcd, &err));
	return store;
}

/* "locate=\Windows\system32\winload.efi", as bcdedit writes it. */
static const uint8_t locate[46] = {
	[0x10] = 8,
	[0x18] = 0x1e,
	[0x24] = 2,
	[0x27] = 0x12,
};

static void a_search_for_a_file_is_ambiguous(void **state)
{
	_cleanup_(test_store_done) struct test_store store =
		store_with(0x11000001, WTG_REG_BINARY, locate, sizeof(locate));

	(void)state;
	assert_int_equal(wtg_bcd_device(&store.bcd, &wtg_bcd_bootmgr, 0x11000001).kind,
			 WTG_BCD_DEVICE_LOCATE);
}

/* Whatever type and lengths a device claims: the sanitizers watch. */
static void a_device_cut_short_is_no_partition(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 10; type++) {
		for (size_t size = 0; size < 88; size += 2) {
			uint8_t data[88] = { [0x10] = (uint8_t)type };
			_cleanup_(test_store_done) struct test_store store = { 0 };
			struct wtg_bcd_read_device device;

			/* At first it admits its length, then it boasts. */
			data[0x18] = (uint8_t)(size < 16 ? 0 : size - 16);
			data[0x28] = 0x1e;
			store = store_with(0x11000001, WTG_REG_BINARY, data, size);
			device = wtg_bcd_device(&store.bcd, &wtg_bcd_bootmgr, 0x11000001);
			if (size < 0x48)
				assert_int_not_equal(device.kind,
						     WTG_BCD_DEVICE_PARTITION_GPT);
			test_store_done(&store);

			data[0x18] = 0x48;
			store = store_with(0x11000001, WTG_REG_BINARY, data, size);
			device = wtg_bcd_device(&store.bcd, &wtg_bcd_bootmgr, 0x11000001);
			assert_int_equal(device.kind, WTG_BCD_DEVICE_NONE);
		}
	}
}

static void a_list_that_is_none_is_empty(void **state)
{
	static const uint8_t lists[][8] = {
		{ 'x', 0, 'y', 0, 0, 0, 0, 0 },
		{ '{', 0, '}', 0, 'x', 0, 'x', 0 },
		{ 0x00, 0xd8, 0x00, 0xd8, 0, 0, 0, 0 },
	};
	struct wtg_guid guid;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		_cleanup_(test_store_done) struct test_store store =
			store_with(0x24000001, WTG_REG_MULTI_SZ, lists[i], 8);

		assert_int_equal(wtg_bcd_objects(&store.bcd, &wtg_bcd_bootmgr, 0x24000001,
						 &guid, 1),
				 0);
	}
}

static void a_hive_that_is_no_store_is_refused(void **state)
{
	_cleanup_(wtg_regf_freep) struct wtg_regf_key *root = wtg_regf_root("ROOT");
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bcd bcd;

	(void)state;
	wtg_regf_key(root, "ControlSet001");
	bytes = wtg_regf_write(root, "SYSTEM", 0);
	assert_fails(wtg_bcd_open(&bytes, &bcd, &err), WTG_INPUT,
		     "no boot configuration store");
	bytes.data[0] = 'x';
	assert_fails(wtg_bcd_open(&bytes, &bcd, &err), WTG_INPUT, "not a registry hive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_are_told_apart),
		cmocka_unit_test(a_partition_is_named_by_what_identifies_it),
		cmocka_unit_test(integers_of_any_length_are_read),
		cmocka_unit_test(texts_booleans_and_references_are_read),
		cmocka_unit_test(a_search_for_a_file_is_ambiguous),
		cmocka_unit_test(a_device_cut_short_is_no_partition),
		cmocka_unit_test(a_list_that_is_none_is_empty),
		cmocka_unit_test(a_hive_that_is_no_store_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
