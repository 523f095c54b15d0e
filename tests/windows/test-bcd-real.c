/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store that we write, element by element against real ones. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "wtg/text.h"
#include "bcd-store.h"

#define BOOT_MANAGER "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"

/* Everything that a store in use may have and ours has not, with the reason. */
static const struct {
	const char *key, *value;
	const char *reason;
} additions[] = {
	{ "Description", "TreatAsSystem", "set by the Windows that booted with it" },
	{ "Description", "GuidCache", "Windows' generator of identifiers" },
	{ "Objects\\" BOOT_MANAGER "\\Description", "FirmwareVariable",
	  "copied from the firmware's boot entry" },
	{ "Objects\\RESUME\\Elements\\14000008", "Element", "the recovery environment" },
	{ "Objects\\RESUME\\Elements\\16000009", "Element", "the recovery environment" },
	{ "Objects\\RESUME\\Elements\\21000001", "Element",
	  "set when Windows hibernates" },
	{ "Objects\\RESUME\\Elements\\26000006", "Element",
	  "set when Windows hibernates" },
	{ "Objects\\LOADER\\Elements\\14000008", "Element", "the recovery environment" },
	{ "Objects\\LOADER\\Elements\\15000066", "Element", "the recovery environment" },
	{ "Objects\\LOADER\\Elements\\16000009", "Element", "the recovery environment" },
};
#define N_ADDITIONS (sizeof(additions) / sizeof(additions[0]))

/* The objects that Windows adds, by type. */
static const struct {
	uint32_t type;
	const char *reason;
} added_objects[] = {
	{ 0x101fffff, "an entry of the firmware's menu" },
	{ 0x10100001, "the firmware's boot manager" },
	{ 0x10200003, "the loader of the recovery environment" },
	{ 0x30000000, "the ramdisk of the recovery environment" },
};

static struct wtg_bcd_device device_of(const struct wtg_bcd *bcd,
				       const struct wtg_guid *object)
{
	struct wtg_bcd_read_device read = wtg_bcd_device(bcd, object, 0x11000001);

	assert_int_equal(read.kind, WTG_BCD_DEVICE_PARTITION_GPT);
	return (struct wtg_bcd_device){ .style = WTG_TABLE_GPT,
					.disk = read.disk,
					.partition = read.partition };
}

/* Our own store for the same drive, identifiers and language as a real one. */
static struct test_store build_like(const struct wtg_bcd *real)
{
	_cleanup_free_ char *locale = NULL;
	_cleanup_free_ char *description = NULL;
	struct wtg_bcd_spec spec = { 0 };

	assert_true(wtg_bcd_object(real, &wtg_bcd_bootmgr, 0x23000003, &spec.osloader));
	assert_true(wtg_bcd_object(real, &wtg_bcd_bootmgr, 0x23000006, &spec.resume));
	assert_true(wtg_bcd_integer(real, &wtg_bcd_bootmgr, 0x25000004,
				    &spec.timeout_seconds));
	spec.system = device_of(real, &wtg_bcd_bootmgr);
	spec.windows = device_of(real, &spec.osloader);
	spec.locale = locale = wtg_bcd_string(real, &spec.osloader, 0x12000005);
	spec.description = description = wtg_bcd_string(real, &spec.osloader, 0x12000004);
	return test_store_build(&spec);
}

struct comparison {
	const struct wtg_bcd *real, *ours;
	char loader[WTG_GUID_TEXT_SIZE + 2], resume[WTG_GUID_TEXT_SIZE + 2];
	size_t n_equal;
	bool used[N_ADDITIONS];
};

/* A key's name in the table above: two objects have other identifiers in each store. */
static const char *label(const struct comparison *c, const char *name)
{
	if (strcmp(name, c->loader) == 0)
		return "LOADER";
	return strcmp(name, c->resume) == 0 ? "RESUME" : name;
}

static void allow_addition(struct comparison *c, const char *path, const char *value)
{
	for (size_t i = 0; i < N_ADDITIONS; i++) {
		if (strcmp(additions[i].key, path) != 0 ||
		    strcmp(additions[i].value, value) != 0)
			continue;
		c->used[i] = true;
		return;
	}
	fail_msg("only the real store has %s, %s", path, value);
}

/* Windows rewrites the boot manager's path from the firmware's entry: in its case, and
 * with one NUL more. */
static bool is_path_from_firmware(const char *path, const struct wtg_bytes *real,
				  const struct wtg_bytes *ours)
{
	_cleanup_free_ char *a = wtg_utf16_to_utf8(real->data, real->size);
	_cleanup_free_ char *b = wtg_utf16_to_utf8(ours->data, ours->size);

	return strcmp(path, "Objects\\" BOOT_MANAGER "\\Elements\\12000002") == 0 &&
	       wtg_text_equal_fold(a, b) && real->size == 68 && ours->size == 66;
}

/* Once Windows has booted with a store, it has it mounted as number 0. */
static bool is_key_name(const char *value, const struct wtg_bytes *real)
{
	_cleanup_free_ char *text = wtg_utf16_to_utf8(real->data, real->size);

	return strcmp(value, "KeyName") == 0 && strcmp(text, "BCD00000000") == 0;
}

static void compare_values(struct comparison *c, wtg_hive_key real, wtg_hive_key ours,
			   const char *path)
{
	for (size_t i = 0;; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes a = { 0 };
		_cleanup_(wtg_bytes_done) struct wtg_bytes b = { 0 };
		_cleanup_free_ char *name = NULL;
		uint32_t type_a, type_b;

		if (wtg_hive_view_nth_value(&c->real->view, real, i, &name, &type_a,
					    &a) != 1)
			return;
		if (!ours ||
		    wtg_hive_view_value(&c->ours->view, ours, name, &type_b, &b) != 1) {
			allow_addition(c, path, name);
			continue;
		}
		assert_int_equal(type_a, type_b);
		if (a.size == b.size && memcmp(a.data, b.data, a.size) == 0)
			c->n_equal++;
		else if (!is_path_from_firmware(path, &a, &b) && !is_key_name(name, &a))
			fail_msg("%s, %s differs", path, name);
	}
}

static bool is_added_object(const struct comparison *c, const char *path,
			    wtg_hive_key real)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes type = { 0 };
	wtg_hive_key description = wtg_hive_view_key(&c->real->view, real, "Description");
	uint32_t value_type;

	if (!wtg_text_starts(path, "Objects\\{") || !description ||
	    wtg_hive_view_value(&c->real->view, description, "Type", &value_type,
				&type) != 1)
		return false;
	for (size_t i = 0; i < sizeof(added_objects) / sizeof(added_objects[0]); i++)
		if (wtg_le32(type.data) == added_objects[i].type)
			return true;
	return false;
}

/* Everything in the real store is in ours, or allowed not to be. */
static void compare_keys(struct comparison *c, wtg_hive_key real, wtg_hive_key ours,
			 const char *path)
{
	wtg_hive_key subkey;

	compare_values(c, real, ours, path);
	for (size_t i = 0; (subkey = wtg_hive_view_subkey(&c->real->view, real, i));
	     i++) {
		_cleanup_free_ char *name = wtg_hive_view_name(&c->real->view, subkey);
		_cleanup_free_ char *below =
			wtg_text("%s%s%s", path, path[0] ? "\\" : "", label(c, name));
		wtg_hive_key our_subkey =
			ours ? wtg_hive_view_key(&c->ours->view, ours, name) : 0;

		if (our_subkey || !is_added_object(c, below, subkey))
			compare_keys(c, subkey, our_subkey, below);
	}
}

/* Everything in ours is in the real store. */
static size_t count_values(const struct comparison *c, wtg_hive_key ours,
			   wtg_hive_key real)
{
	_cleanup_free_ char *name = wtg_hive_view_name(&c->ours->view, ours);
	size_t n = 0, i;
	wtg_hive_key subkey;
	int found;

	if (!real)
		fail_msg("only our store has %s", name);
	for (i = 0, found = 1; found == 1; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 }, other = { 0 };
		_cleanup_free_ char *value = NULL;
		uint32_t type;

		found = wtg_hive_view_nth_value(&c->ours->view, ours, i, &value, &type,
						&data);
		if (found == 1 &&
		    wtg_hive_view_value(&c->real->view, real, value, &type, &other) != 1)
			fail_msg("only our store has %s, %s", name, value);
		n += found == 1;
	}
	for (i = 0; (subkey = wtg_hive_view_subkey(&c->ours->view, ours, i)); i++) {
		_cleanup_free_ char *below = wtg_hive_view_name(&c->ours->view, subkey);

		n += count_values(c, subkey,
				  wtg_hive_view_key(&c->real->view, real, below));
	}
	return n;
}

static void name_objects(struct comparison *c)
{
	struct wtg_guid loader, resume;
	char text[WTG_GUID_TEXT_SIZE];

	assert_true(wtg_bcd_object(c->ours, &wtg_bcd_bootmgr, 0x23000003, &loader));
	assert_true(wtg_bcd_object(c->ours, &wtg_bcd_bootmgr, 0x23000006, &resume));
	snprintf(c->loader, sizeof(c->loader), "{%s}", wtg_guid_format(&loader, text));
	snprintf(c->resume, sizeof(c->resume), "{%s}", wtg_guid_format(&resume, text));
}

static void every_element_is_as_in_real_stores(void **state)
{
	static const char *const stores[] = { "bcd-win10-uefi-gpt",
					      "bcd-win10-uefi-esp" };
	bool used[N_ADDITIONS] = { 0 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(test_store_done) struct test_store real =
			test_store_open(stores[i]);
		_cleanup_(test_store_done) struct test_store ours = build_like(&real.bcd);
		struct comparison c = { .real = &real.bcd, .ours = &ours.bcd };
		size_t n;

		name_objects(&c);
		compare_keys(&c, real.bcd.view.root, ours.bcd.view.root, "");
		n = count_values(&c, ours.bcd.view.root, real.bcd.view.root);
		/* 45 elements, 11 types, KeyName, System; path and KeyName differ. */
		assert_int_equal(n, 45 + 11 + 2);
		assert_int_equal(c.n_equal, n - 2);
		for (size_t j = 0; j < N_ADDITIONS; j++)
			used[j] |= c.used[j];
	}
	for (size_t i = 0; i < N_ADDITIONS; i++)
		if (!used[i])
			fail_msg("%s, %s (%s) is in no real store", additions[i].key,
				 additions[i].value, additions[i].reason);
}

/* The same key with the same content is described alike: counts, longest names. */
static void the_shape_of_keys_is_as_in_real_stores(void **state)
{
	static const char *const paths[] = {
		"Objects\\{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}",
		"Objects\\{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}\\Elements",
		"Objects\\{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}\\Elements\\16000020",
		"Objects\\{5189b25c-5558-4bf2-bca4-289b11bd29e2}\\Elements",
		"Objects\\{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}\\Elements\\14000006",
		"Objects\\{7ff607e0-4395-11db-b0de-0800200c9a66}\\Description",
		"Objects\\{7ff607e0-4395-11db-b0de-0800200c9a66}\\Elements",
		"Objects\\" BOOT_MANAGER "\\Elements",
		"Objects\\" BOOT_MANAGER "\\Elements\\11000001",
	};
	_cleanup_(test_store_done) struct test_store real =
		test_store_open("bcd-win10-uefi-gpt");
	_cleanup_(test_store_done) struct test_store ours = build_like(&real.bcd);
	struct wtg_regf_cell a, b;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		wtg_hive_key key = wtg_hive_view_key(&real.bcd.view, 0, paths[i]);
		wtg_hive_key our_key = wtg_hive_view_key(&ours.bcd.view, 0, paths[i]);

		assert_true(wtg_regf_cell(&real.bcd.view, key, NK_NAME, &a));
		assert_true(wtg_regf_cell(&ours.bcd.view, our_key, NK_NAME, &b));
		assert_int_equal(a.size, b.size);
		assert_memory_equal(a.data + NK_FLAGS, b.data + NK_FLAGS, 2);
		assert_memory_equal(a.data + NK_N_SUBKEYS, b.data + NK_N_SUBKEYS, 8);
		assert_memory_equal(a.data + NK_N_VALUES, b.data + NK_N_VALUES, 4);
		assert_memory_equal(a.data + NK_CLASS, b.data + NK_CLASS, 20);
		assert_memory_equal(a.data + NK_NAME_BYTES, b.data + NK_NAME_BYTES,
				    a.size - NK_NAME_BYTES);
	}
}

/* The template of an installed Windows has the constants in their shortest form. */
static void the_constants_are_those_of_the_template(void **state)
{
	static const struct {
		const char *in_template, *in_ours; /* NULL: the same */
		size_t n_integers, n_inherited;
	} rows[] = {
		{ "0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9", NULL, 1, 0 },
		{ "1afa9c49-16ab-4a5c-901b-212802da9460", NULL, 0, 1 },
		{ "4636856e-540f-4170-a130-a84776f4c654", NULL, 1, 0 },
		{ "5189b25c-5558-4bf2-bca4-289b11bd29e2", NULL, 0, 0 },
		{ "6efb52bf-1766-41db-a6b3-0ee5eff72bd7", NULL, 0, 2 },
		{ "7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e", NULL, 0, 3 },
		{ "7ff607e0-4395-11db-b0de-0800200c9a66", NULL, 3, 0 },
		{ "9dea862c-5cdd-4e70-acc1-f32b344d4795", NULL, 1, 1 },
		{ "b2721d73-1db4-4c62-bf78-c548a880142d", NULL, 1, 1 },
		{ "b012b84d-c47c-4ed5-b722-c0c42163e569",
		  "1b2c3d4e-0000-4000-8000-000000000001", 4, 1 },
		{ "0c334284-9a41-4de1-99b3-a7e87e8ff07e",
		  "0a2c3d4e-0000-4000-8000-000000000002", 3, 1 },
	};
	_cleanup_(test_store_done) struct test_store real =
		test_store_open("bcd-template-win10");
	struct wtg_bcd_spec spec = test_bcd_spec();
	_cleanup_(test_store_done) struct test_store ours = test_store_build(&spec);
	static const uint32_t integers[] = { 0x15000011, 0x1600000b, 0x16000020,
					     0x16000060, 0x17000077, 0x25000004,
					     0x25000008, 0x25000020, 0x250000c2,
					     0x250000f3, 0x250000f4, 0x250000f5 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_guid a = wtg_guid_const(rows[i].in_template), b = a;
		struct wtg_guid theirs[4] = { 0 }, our_own[4] = { 0 };
		size_t n_integers = 0, n;

		if (rows[i].in_ours)
			b = wtg_guid_const(rows[i].in_ours);
		for (size_t j = 0; j < sizeof(integers) / sizeof(integers[0]); j++) {
			uint64_t template = 0, our = 0;
			bool has = wtg_bcd_integer(&real.bcd, &a, integers[j], &template);

			assert_int_equal(
				wtg_bcd_integer(&ours.bcd, &b, integers[j], &our), has);
			assert_int_equal(template, our);
			n_integers += has;
		}
		n = wtg_bcd_objects(&real.bcd, &a, 0x14000006, theirs, 4);
		assert_int_equal(n, rows[i].n_inherited);
		assert_int_equal(wtg_bcd_objects(&ours.bcd, &b, 0x14000006, our_own, 4),
				 n);
		assert_memory_equal(theirs, our_own, sizeof(our_own));
		assert_int_equal(n_integers, rows[i].n_integers);
	}
}

static struct wtg_bytes raw_element(const struct wtg_bcd *bcd, const char *object,
				    const char *id)
{
	_cleanup_free_ char *path = wtg_text("Objects\\{%s}\\Elements\\%s", object, id);
	wtg_hive_key key = wtg_hive_view_key(&bcd->view, 0, path);
	struct wtg_bytes data;
	uint32_t type;

	assert_int_equal(wtg_hive_view_value(&bcd->view, key, "Element", &type, &data), 1);
	return data;
}

static void a_partition_of_an_mbr_drive_is_as_bcdedit_writes_it(void **state)
{
	static const char bcdedits[] = "19260817-6666-8888-abcd-000000000002";
	_cleanup_(test_store_done) struct test_store real =
		test_store_open("bcd-vhd-wim-entries");
	struct wtg_guid object = wtg_guid_const(bcdedits);
	struct wtg_bcd_read_device device = wtg_bcd_device(&real.bcd, &object, 0x11000001);
	struct wtg_bcd_spec spec = test_bcd_spec_bios();
	_cleanup_(wtg_bytes_done) struct wtg_bytes theirs = raw_element(&real.bcd, bcdedits,
									"11000001");
	_cleanup_(wtg_bytes_done) struct wtg_bytes ours = { 0 };
	_cleanup_(test_store_done) struct test_store store = { 0 };

	(void)state;
	spec.system.signature = device.mbr_signature;
	spec.system.first_byte = device.mbr_offset_bytes;
	store = test_store_build(&spec);
	ours = raw_element(&store.bcd, "9dea862c-5cdd-4e70-acc1-f32b344d4795", "11000001");
	assert_int_equal(ours.size, theirs.size);
	assert_memory_equal(ours.data, theirs.data, ours.size);
}

/* A medium's store has other objects; what the two have in common is alike. */
static void a_store_for_bios_is_as_that_of_a_medium(void **state)
{
	_cleanup_(test_store_done) struct test_store real = test_store_open("bcd-media-bios");
	struct wtg_bcd_spec spec = test_bcd_spec_bios();
	_cleanup_(test_store_done) struct test_store store = test_store_build(&spec);
	struct wtg_guid test = wtg_guid_const("b2721d73-1db4-4c62-bf78-c548a880142d");
	_cleanup_free_ char *a = wtg_bcd_string(&real.bcd, &test, 0x12000002);
	_cleanup_free_ char *b = wtg_bcd_string(&store.bcd, &test, 0x12000002);

	(void)state;
	assert_string_equal(a, b);
	assert_null(wtg_bcd_string(&real.bcd, &wtg_bcd_bootmgr, 0x12000002));
	assert_null(wtg_bcd_string(&store.bcd, &wtg_bcd_bootmgr, 0x12000002));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_element_is_as_in_real_stores),
		cmocka_unit_test(the_shape_of_keys_is_as_in_real_stores),
		cmocka_unit_test(the_constants_are_those_of_the_template),
		cmocka_unit_test(a_partition_of_an_mbr_drive_is_as_bcdedit_writes_it),
		cmocka_unit_test(a_store_for_bios_is_as_that_of_a_medium),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
