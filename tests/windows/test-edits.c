/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "windows/edits.h"
#include "windows/hive-compare.h"
#include "windows/hive.h"
#include "wtg/text.h"

#include "stand-in-system.h"

#define SET STAND_IN_SET

static const struct wtg_edit_options defaults = { .build = 19045 };

/* Change a hive by one edit: a value, or, with name NULL, all values of a key. */
static void vary(struct wtg_bytes *hive, const char *key, const char *name, uint32_t type,
		 const void *data, size_t size)
{
	struct wtg_edits edits = { 0 };
	struct wtg_edit edit = {
		.action = name ? WTG_EDIT_SET : WTG_EDIT_CLEAR,
		.key = wtg_text_copy(key),
		.value = wtg_text_copy(name),
		.type = type,
		.data = wtg_bytes_copy(data, size),
	};
	struct wtg_bytes varied = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	WTG_APPEND(&edits, edit);
	assert_good(wtg_hive_edit(hive, &edits, &varied, &err));
	wtg_edits_done(&edits);
	wtg_bytes_done(hive);
	*hive = varied;
}

static void vary_dword(struct wtg_bytes *hive, const char *key, const char *name,
		       uint32_t number)
{
	uint8_t data[4];

	wtg_put_le32(data, number);
	vary(hive, key, name, WTG_REG_DWORD, data, sizeof(data));
}

static const struct wtg_edit *find_edit(const struct wtg_edits *edits, const char *key,
					const char *value)
{
	for (size_t i = 0; i < edits->n_items; i++)
		if (strcmp(edits->items[i].key, key) == 0 &&
		    wtg_text_equal(edits->items[i].value, value))
			return &edits->items[i];
	return NULL;
}

/* "change: 1 -> 4"; expected NULL: there is no such edit. */
static void assert_edit(const struct wtg_edits *edits, const char *key, const char *value,
			const char *expected)
{
	static const char *const outcomes[] = { "change", "keep", "absent" };
	const struct wtg_edit *edit = find_edit(edits, key, value);
	_cleanup_free_ char *found = NULL;

	if (edit)
		found = wtg_text("%s: %s -> %s", outcomes[edit->outcome], edit->old_text,
				 edit->new_text);
	if (!wtg_text_equal(found, expected))
		fail_msg("%s %s: expected \"%s\", found \"%s\"", key, value, expected,
			 found);
}

/* Plan, edit, and see that a second plan finds nothing to change. */
static void plan_and_prove(const struct wtg_bytes *hive,
			   const struct wtg_edit_options *options, struct wtg_edits *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes edited = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits again = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_edits_plan(hive, options, ret, &err));
	assert_good(wtg_hive_edit(hive, ret, &edited, &err));
	assert_good(wtg_edits_plan(&edited, options, &again, &err));
	assert_int_equal(wtg_edits_changes(&again), 0);
	/* Some are not asked about again: a captured installation no longer looks so. */
	assert_true(again.n_items <= ret->n_items);
	for (size_t i = 0; i < again.n_items; i++) {
		const struct wtg_edit *first =
			find_edit(ret, again.items[i].key, again.items[i].value);

		assert_non_null(first);
		assert_string_equal(again.items[i].old_text, first->new_text);
	}
}

static void a_generalised_image_gets_five_changes(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };

	(void)state;
	plan_and_prove(&hive, &defaults, &edits);
	assert_edit(&edits, SET "Services\\partmgr\\Parameters", "SanPolicy",
		    "change: 1 -> 4");
	assert_edit(&edits, SET "Control\\Session Manager\\Power", "HiberbootEnabled",
		    "change: 1 -> 0");
	assert_edit(&edits, SET "Control\\Power", "HibernateEnabled", "change: 1 -> 0");
	assert_edit(&edits, SET "Control\\Power", "HibernateEnabledDefault",
		    "change: absent -> 0");
	assert_edit(&edits, SET "Control\\BitLocker", "PreventDeviceEncryption",
		    "change: absent -> 1");
	assert_int_equal(wtg_edits_changes(&edits), 5);
	assert_false(edits.captured);

	assert_edit(&edits, SET "Control", "BootDriverFlags", "keep: 0x1c -> 0x1c");
	assert_edit(&edits, SET "Services\\UASPStor", "BootFlags", "keep: 0x14 -> 0x14");
	assert_edit(&edits, SET "Services\\UASPStor", "Start", "keep: 3 -> 3");
	assert_edit(&edits, SET "Services\\stornvme", "Start", "keep: 0 -> 0");
	assert_edit(&edits, SET "Services\\sdstor", "BootFlags",
		    "absent: absent -> absent");
	assert_edit(&edits, SET "Services\\sdstor", "Start", "absent: absent -> absent");
	assert_edit(&edits, "MountedDevices", NULL, NULL);
}

static void each_option_changes_its_own_values_only(void **state)
{
	static const struct {
		struct wtg_edit_options options;
		const char *key, *value, *expected;
		size_t n_changes;
	} rows[] = {
		{ { .internal_disks_online = true }, "Services\\partmgr\\Parameters",
		  "SanPolicy", NULL, 3 },
		{ { .hibernate = true }, "Control\\Power", "HibernateEnabled", NULL, 2 },
		{ { .hibernate = true }, "Control\\Session Manager\\Power",
		  "HiberbootEnabled", NULL, 2 },
		{ { .hibernate = true, .build = 22631 }, "Control\\Power",
		  "HibernateEnabledDefault", NULL, 2 },
		{ { .build = 18361 }, "Control\\Power", "HibernateEnabledDefault",
		  "absent: absent -> absent", 4 },
		{ { .build = 18362 }, "Control\\Power", "HibernateEnabledDefault",
		  "change: absent -> 0", 5 },
		{ { .device_encryption = true }, "Control\\BitLocker",
		  "PreventDeviceEncryption", NULL, 3 },
		{ { 0 }, "Control", "PortableOperatingSystem", NULL, 4 },
		{ { .portable_flag = true }, "Control", "PortableOperatingSystem",
		  "change: absent -> 1", 5 },
		{ { 0 }, "Control\\Session Manager\\Memory Management", "PagingFiles",
		  NULL, 4 },
		{ { .no_pagefile = true }, "Control\\Session Manager\\Memory Management",
		  "PagingFiles", "change: ?:\\p -> no texts", 5 },
		{ { 0 }, "Control\\CrashControl", "CrashDumpEnabled", NULL, 4 },
		{ { .no_crash_dump = true }, "Control\\CrashControl", "CrashDumpEnabled",
		  "change: 7 -> 0", 5 },
		{ { 0 }, "Control\\FileSystem", "NtfsDisableLastAccessUpdate", NULL, 4 },
		{ { .no_last_access = true, .build = 17133 }, "Control\\FileSystem",
		  "NtfsDisableLastAccessUpdate", "change: absent -> 1", 5 },
		{ { .no_last_access = true, .build = 17134 }, "Control\\FileSystem",
		  "NtfsDisableLastAccessUpdate", "change: absent -> 0x80000001", 5 },
	};
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
		_cleanup_free_ char *key = wtg_text(SET "%s", rows[i].key);

		plan_and_prove(&hive, &rows[i].options, &edits);
		assert_edit(&edits, key, rows[i].value, rows[i].expected);
		if (wtg_edits_changes(&edits) != rows[i].n_changes)
			fail_msg("row %zu: %zu changes, not %zu", i,
				 wtg_edits_changes(&edits), rows[i].n_changes);
	}
}

static void what_keeps_it_from_starting_is_repaired(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };

	(void)state;
	vary_dword(&hive, SET "Control", "BootDriverFlags", 0x41);
	vary_dword(&hive, SET "Services\\USBXHCI", "BootFlags", 0);
	vary_dword(&hive, SET "Services\\USBXHCI", "Start", 4);
	vary_dword(&hive, SET "Services\\USBSTOR", "BootFlags", 0x94);
	vary(&hive, SET "Services\\UASPStor", "BootFlags", WTG_REG_BINARY, "abc", 3);
	vary_dword(&hive, SET "Services\\usbhub", "Start", 0);
	vary_dword(&hive, SET "Services\\stornvme", "Start", 3);
	vary(&hive, SET "Services\\sdbus", NULL, 0, NULL, 0);
	plan_and_prove(&hive, &defaults, &edits);
	assert_edit(&edits, SET "Control", "BootDriverFlags", "change: 0x41 -> 0x5d");
	assert_edit(&edits, SET "Services\\USBXHCI", "BootFlags", "change: 0 -> 0x10");
	assert_edit(&edits, SET "Services\\USBXHCI", "Start", "change: 4 -> 3");
	assert_edit(&edits, SET "Services\\USBSTOR", "BootFlags", "keep: 0x94 -> 0x94");
	assert_edit(&edits, SET "Services\\UASPStor", "BootFlags",
		    "change: hex 61 62 63 -> 0x14");
	assert_edit(&edits, SET "Services\\usbhub", "Start", "keep: 0 -> 0");
	assert_edit(&edits, SET "Services\\stornvme", "Start", "change: 3 -> 0");
	assert_edit(&edits, SET "Services\\sdbus", "Start", "change: absent -> 3");
	assert_edit(&edits, SET "Services\\sdbus", "BootFlags", "change: absent -> 8");
}

/* Two of: set up, knows a PC, knows volumes. */
static void a_captured_installation_is_told_by_two_signs(void **state)
{
	(void)state;
	for (unsigned signs = 0; signs < 8; signs++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
			stand_in_write(stand_in_system());
		_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };

		if (signs & 1) {
			vary_dword(&hive, "Setup", "SetupType", 0);
			vary_dword(&hive, "Setup", "SystemSetupInProgress", 0);
			vary_dword(&hive, "Setup", "OOBEInProgress", 0);
		}
		if (signs & 2)
			vary_dword(&hive, "HardwareConfig\\{01}", "Id", 0);
		if (signs & 4)
			vary(&hive, "MountedDevices", "\\DosDevices\\C:", WTG_REG_BINARY,
			     "x", 1);
		plan_and_prove(&hive, &defaults, &edits);
		assert_int_equal(edits.captured, __builtin_popcount(signs) >= 2);
	}
}

static void a_captured_installation_forgets_where_it_was(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };

	(void)state;
	vary_dword(&hive, "HardwareConfig\\{01}", "BootDriverFlags", 0);
	vary_dword(&hive, "HardwareConfig\\{02}", "BootDriverFlags", 0x1c);
	vary_dword(&hive, "HardwareConfig\\Current", "Id", 0);
	vary_dword(&hive, SET "Services\\stornvme\\StartOverride", "0", 3);
	vary_dword(&hive, SET "Services\\Unknown\\StartOverride", "0", 3);
	vary(&hive, "MountedDevices", "\\DosDevices\\C:", WTG_REG_BINARY, "x", 1);
	vary(&hive, "MountedDevices", "\\DosDevices\\D:", WTG_REG_BINARY, "y", 1);
	plan_and_prove(&hive, &defaults, &edits);
	assert_edit(&edits, "HardwareConfig\\{01}", "BootDriverFlags",
		    "change: 0 -> 0x1c");
	assert_edit(&edits, "HardwareConfig\\{02}", "BootDriverFlags",
		    "keep: 0x1c -> 0x1c");
	assert_edit(&edits, "HardwareConfig\\Current", "BootDriverFlags", NULL);
	assert_edit(&edits, SET "Services\\stornvme\\StartOverride", NULL,
		    "change: 1 value -> 0 values");
	assert_edit(&edits, SET "Services\\storahci\\StartOverride", NULL,
		    "absent: absent -> absent");
	assert_edit(&edits, SET "Services\\Unknown\\StartOverride", NULL, NULL);
	assert_edit(&edits, "MountedDevices", NULL, "change: 2 values -> 0 values");
}

static void both_control_sets_that_may_be_started_are_edited(void **state)
{
	struct wtg_regf_key *root = wtg_regf_root("ROOT");
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };

	(void)state;
	stand_in_select(root, 3, 2);
	for (int i = 1; i <= 3; i++) {
		_cleanup_free_ char *set = wtg_text("ControlSet%03d", i);

		stand_in_control_set(root, set);
	}
	hive = stand_in_write(root);
	plan_and_prove(&hive, &defaults, &edits);
	assert_edit(&edits, "ControlSet003\\Control\\Power", "HibernateEnabled",
		    "change: 1 -> 0");
	assert_edit(&edits, "ControlSet002\\Control\\Power", "HibernateEnabled",
		    "change: 1 -> 0");
	assert_edit(&edits, "ControlSet001\\Control\\Power", "HibernateEnabled", NULL);
	assert_int_equal(wtg_edits_changes(&edits), 10);
}

static void a_hive_that_does_not_say_what_counts_is_refused(void **state)
{
	static const struct {
		const char *value;
		uint32_t number;
		const char *sentence;
	} rows[] = {
		{ "Current", 0, "no ControlSet000, which its Select\\Current names" },
		{ "Current", 2, "no ControlSet002, which its Select\\Current names" },
		{ "Default", 1001, "no ControlSet1001, which its Select\\Default names" },
		{ "Default", UINT32_MAX, "which its Select\\Default names" },
	};
	_cleanup_(wtg_bytes_done) struct wtg_bytes none =
		stand_in_write(stand_in_system());
	struct wtg_edits edits = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
			stand_in_write(stand_in_system());

		vary_dword(&hive, "Select", rows[i].value, rows[i].number);
		assert_fails(wtg_edits_plan(&hive, &defaults, &edits, &err), WTG_INPUT,
			     rows[i].sentence);
	}
	vary(&none, "Select", "Default", WTG_REG_SZ, "1\0\0", 4);
	assert_fails(wtg_edits_plan(&none, &defaults, &edits, &err), WTG_INPUT,
		     "Select\\Default is missing");
	vary(&none, "Select", NULL, 0, NULL, 0);
	assert_fails(wtg_edits_plan(&none, &defaults, &edits, &err), WTG_INPUT,
		     "Select\\Current is missing");
}

/* A control set that says nothing, and one thing that only Windows 8 and later have. */
static void a_hive_without_what_every_windows_has_is_refused(void **state)
{
	static const char *const missing[] = { "Services\\partmgr", "Control" };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct wtg_regf_key *root = wtg_regf_root("ROOT");
		_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
		_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };

		stand_in_select(root, 1, 1);
		stand_in_dword(root, SET "Services\\USBXHCI", "Start", 3);
		if (i == 1)
			stand_in_dword(root, SET "Services\\partmgr", "Start", 0);
		else
			stand_in_dword(root, SET "Control", "BootDriverFlags", 0x1c);
		hive = stand_in_write(root);
		assert_fails(wtg_edits_plan(&hive, &defaults, &edits, &err), WTG_INPUT,
			     missing[i]);
	}
}

static void windows_8_is_known_by_any_of_three_things(void **state)
{
	static const char *const keys[] = { NULL, SET "Services\\USBXHCI",
					    "DriverDatabase", SET "Control" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct wtg_regf_key *root = wtg_regf_root("ROOT");
		_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
		_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;

		stand_in_select(root, 1, 1);
		stand_in_dword(root, SET "Services\\partmgr", "Start", 0);
		stand_in_dword(root, SET "Control", "BootDriverFlags", i == 3 ? 0x1c : 0);
		if (keys[i])
			stand_in_key(root, keys[i]);
		hive = stand_in_write(root);
		if (keys[i])
			assert_good(wtg_edits_plan(&hive, &defaults, &edits, &err));
		else
			assert_fails(wtg_edits_plan(&hive, &defaults, &edits, &err),
				     WTG_INPUT, "of Windows 7 or older");
	}
}

static void a_key_with_a_large_value_is_not_rewritten(void **state)
{
	static const uint8_t large[16345];
	static const struct wtg_edit_options asked = { .no_crash_dump = true };
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 }, allowed = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	vary(&hive, SET "Control\\CrashControl", "Filters", WTG_REG_BINARY, large, 16344);
	plan_and_prove(&hive, &asked, &allowed);

	vary(&hive, SET "Control\\CrashControl", "Filters", WTG_REG_BINARY, large, 16345);
	assert_fails(wtg_edits_plan(&hive, &asked, &edits, &err), WTG_INPUT,
		     "registry key " SET
		     "Control\\CrashControl: it has a value of 16345 bytes, "
		     "which setting CrashDumpEnabled would damage");
	/* Nobody asks for that key to be changed, or it is already as it should be. */
	plan_and_prove(&hive, &defaults, &edits);
	wtg_edits_done(&edits);
	vary_dword(&hive, SET "Control\\CrashControl", "CrashDumpEnabled", 0);
	plan_and_prove(&hive, &asked, &edits);
}

static void a_hive_that_is_right_comes_back_as_it_was(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	_cleanup_(wtg_bytes_done) struct wtg_bytes once = { 0 }, twice = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 }, none = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_edits_plan(&hive, &defaults, &edits, &err));
	assert_good(wtg_hive_edit(&hive, &edits, &once, &err));
	assert_good(wtg_edits_plan(&once, &defaults, &none, &err));
	assert_good(wtg_hive_edit(&once, &none, &twice, &err));
	assert_int_equal(twice.size, once.size);
	assert_memory_equal(twice.data, once.data, once.size);
}

static void a_name_that_only_seems_to_be_the_right_one_is_seen(void **state)
{
	struct wtg_regf_key *root = stand_in_system();
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 }, edited = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	char *name;

	(void)state;
	stand_in_dword(root, SET "Control\\BitLockerX", "a", 1);
	hive = stand_in_write(root);
	name = memmem(hive.data, hive.size, "BitLockerX", 10);
	assert_non_null(name);
	name[9] = '\0';
	assert_good(wtg_edits_plan(&hive, &defaults, &edits, &err));
	assert_fails(wtg_hive_edit(&hive, &edits, &edited, &err), WTG_SYSTEM,
		     "not planned: the value PreventDeviceEncryption");
}

/* Compare an edited hive with the stand-in, as if only the edits planned were made. */
static void assert_seen(const struct wtg_bytes *edited, const struct wtg_edits *planned,
			const char *sentence)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	struct wtg_hive_view before, after;
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_hive_view_open(&hive, &before, &err));
	assert_good(wtg_hive_view_open(edited, &after, &err));
	assert_fails(wtg_hive_compare(&before, &after, planned, &err), WTG_SYSTEM,
		     sentence);
}

static void whatever_was_not_planned_is_seen(void **state)
{
	static const struct {
		const char *key, *name, *sentence;
		uint32_t number;
	} rows[] = {
		{ "Select", "Failed", "changed: the value Failed of the key Select", 1 },
		{ "Select", "Fresh", "not planned: the value Fresh of the key Select",
		  1 },
		{ "Select", NULL, "lost: the value Current of the key Select", 0 },
		{ SET "Control\\New", "Fresh",
		  "the subkey New of the key ControlSet001\\Control", 1 },
	};
	const struct wtg_edits none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
			stand_in_write(stand_in_system());

		if (rows[i].name)
			vary_dword(&hive, rows[i].key, rows[i].name, rows[i].number);
		else
			vary(&hive, rows[i].key, NULL, 0, NULL, 0);
		assert_seen(&hive, &none, rows[i].sentence);
	}
}

static void whatever_was_planned_and_not_made_is_seen(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bytes edited = { 0 };

	(void)state;
	assert_good(wtg_edits_plan(&hive, &defaults, &edits, &err));
	assert_seen(&hive, &edits, "not as planned: the value");
	assert_good(wtg_hive_edit(&hive, &edits, &edited, &err));
	vary_dword(&edited, SET "Services\\partmgr\\Parameters", "SanPolicy", 3);
	assert_seen(&edited, &edits, "not as planned: the value SanPolicy");
	wtg_bytes_done(&edited);
}

/* What a stranger may have done to a hive ends in a sentence or in a whole hive. */
static void any_damage_is_survived(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	size_t n_refused = 0;

	(void)state;
	for (size_t i = 0; i < hive.size; i += 3) {
		struct wtg_edits edits = { 0 };
		struct wtg_bytes edited = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;
		uint8_t was = hive.data[i];

		hive.data[i] ^= (uint8_t)(1 << i % 8 | 1 << (i / 8) % 8);
		if (wtg_edits_plan(&hive, &defaults, &edits, &err) < 0 ||
		    wtg_hive_edit(&hive, &edits, &edited, &err) < 0) {
			assert_non_null(err.message);
			assert_null(edited.data);
			n_refused++;
		}
		hive.data[i] = was;
		wtg_edits_done(&edits);
		wtg_bytes_done(&edited);
		wtg_error_done(&err);
	}
	assert_in_range(n_refused, 100, hive.size / 3);
}

static void says_what_was_and_what_will_be(void **state)
{
	static const char *const parts[] = {
		"{\"captured\":false,\"changes\":5,"
		"\"already_right\":28,\"not_in_image\":2,\"edits\":[{\"key\":\"ControlSet001\\\\Services"
		"\\\\partmgr\\\\Parameters\",\"value\":\"SanPolicy\",\"old\":\"1\",\"new\":\"4\","
		"\"change\":true,\"class\":\"always\",\"reason\":\"keeps the disks of the PC that "
		"it runs on offline and unharmed\"},",
		("\"value\":\"BootDriverFlags\",\"old\":\"0x1c\",\"new\":\"0x1c\",\"change\":false,"
		 "\"class\":\"verify\""),
		"]}",
	};
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		stand_in_write(stand_in_system());
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
	struct wtg_json *json = wtg_json_new();
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_free_ char *line = NULL;

	(void)state;
	assert_good(wtg_edits_plan(&hive, &defaults, &edits, &err));
	wtg_edits_describe(&edits, wtg_json_facts(json));
	line = wtg_json_line(json);
	wtg_json_free(json);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(line, parts[i]))
			fail_msg("expected \"%s\" in \"%s\"", parts[i], line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_generalised_image_gets_five_changes),
		cmocka_unit_test(each_option_changes_its_own_values_only),
		cmocka_unit_test(what_keeps_it_from_starting_is_repaired),
		cmocka_unit_test(a_captured_installation_is_told_by_two_signs),
		cmocka_unit_test(a_captured_installation_forgets_where_it_was),
		cmocka_unit_test(both_control_sets_that_may_be_started_are_edited),
		cmocka_unit_test(a_hive_that_does_not_say_what_counts_is_refused),
		cmocka_unit_test(a_hive_without_what_every_windows_has_is_refused),
		cmocka_unit_test(windows_8_is_known_by_any_of_three_things),
		cmocka_unit_test(a_key_with_a_large_value_is_not_rewritten),
		cmocka_unit_test(a_hive_that_is_right_comes_back_as_it_was),
		cmocka_unit_test(a_name_that_only_seems_to_be_the_right_one_is_seen),
		cmocka_unit_test(whatever_was_not_planned_is_seen),
		cmocka_unit_test(whatever_was_planned_and_not_made_is_seen),
		cmocka_unit_test(any_damage_is_survived),
		cmocka_unit_test(says_what_was_and_what_will_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
