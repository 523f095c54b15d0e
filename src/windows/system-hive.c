/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/system-hive.h"

#include "base/alloc.h"
#include "wtg/text.h"

/* Windows keeps a handful and counts on from the last. */
#define MAX_CONTROL_SET 999

static int read_select(const struct wtg_hive_view *hive, const char *name, uint32_t *ret,
		       struct wtg_error *err)
{
	_cleanup_free_ char *path = NULL;
	uint32_t number;

	if (!wtg_hive_view_dword(hive, "Select", name, &number))
		return wtg_fail(err, WTG_INPUT, 0,
				"the SYSTEM hive does not say which control set counts: "
				"Select\\%s is missing",
				name);
	path = wtg_text("ControlSet%03u", number);
	if (number == 0 || number > MAX_CONTROL_SET || !wtg_hive_view_key(hive, 0, path))
		return wtg_fail(err, WTG_INPUT, 0,
				"the SYSTEM hive has no %s, which its Select\\%s names",
				path, name);
	*ret = number;
	return 0;
}

/*
 * Three things came with Windows 8 and its USB 3 stack, and each can be missing alone (a
 * stripped image, a wrong flag; newer builds keep DriverDatabase in a hive of its own):
 * the driver itself, the flags by which drivers are promoted to boot-start, and the
 * database that replaced Control\CriticalDeviceDatabase.  Windows 7 SP1 has none of them.
 */
static bool is_windows_8_or_later(const struct wtg_hive_view *hive, uint32_t control_set)
{
	_cleanup_free_ char *driver =
		wtg_text("ControlSet%03u\\Services\\USBXHCI", control_set);
	_cleanup_free_ char *control = wtg_text("ControlSet%03u\\Control", control_set);
	uint32_t flags = 0;

	return wtg_hive_view_key(hive, 0, driver) ||
	       wtg_hive_view_key(hive, 0, "DriverDatabase") ||
	       (wtg_hive_view_dword(hive, control, "BootDriverFlags", &flags) &&
		flags != 0);
}

/* Every Windows has these; an edit below one that is missing would make half of it. */
static int check_control_set(const struct wtg_hive_view *hive, uint32_t control_set,
			     struct wtg_error *err)
{
	static const char *const keys[] = { "Control", "Services\\partmgr" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		_cleanup_free_ char *path =
			wtg_text("ControlSet%03u\\%s", control_set, keys[i]);

		if (!wtg_hive_view_key(hive, 0, path))
			return wtg_fail(err, WTG_INPUT, 0,
					"the SYSTEM hive is no whole one: it has no %s",
					path);
	}
	return 0;
}

static int check_clean(const struct wtg_hive_view *hive, const char *name,
		       struct wtg_error *err)
{
	if (hive->sequence1 == hive->sequence2)
		return 0;
	wtg_fail(err, WTG_INPUT, 0,
		 "the %s hive was not closed (sequence %u, %u): changes still wait "
		 "in its log", name, hive->sequence1, hive->sequence2);
	return wtg_hint(err,
			"The image was captured from a running, crashed or hibernated "
			"Windows. Start that once more, shut it down with 'shutdown /s "
			"/t 0' and capture it again.");
}

int wtg_hive_open_clean(const struct wtg_bytes *bytes, const char *name,
			struct wtg_hive_view *ret, struct wtg_error *err)
{
	struct wtg_hive_view hive;

	if (wtg_hive_view_open(bytes, &hive, err) < 0)
		return wtg_while(err, "read the %s hive", name);
	if (check_clean(&hive, name, err) < 0)
		return -1;
	if (wtg_hive_view_check(&hive, err) < 0)
		return wtg_while(err, "read the %s hive", name);
	*ret = hive;
	return 0;
}

int wtg_system_open(const struct wtg_bytes *bytes, struct wtg_hive_view *ret,
		    struct wtg_control_sets *ret_sets, struct wtg_error *err)
{
	struct wtg_control_sets sets = { 0 };
	struct wtg_hive_view hive;

	if (wtg_hive_open_clean(bytes, "SYSTEM", &hive, err) < 0)
		return -1;
	if (read_select(&hive, "Current", &sets.current, err) < 0 ||
	    read_select(&hive, "Default", &sets.startup, err) < 0)
		return -1;
	if (!is_windows_8_or_later(&hive, sets.current))
		return wtg_fail(err, WTG_INPUT, 0,
				"the SYSTEM hive is of Windows 7 or older, which cannot "
				"start from USB");
	if (check_control_set(&hive, sets.current, err) < 0 ||
	    check_control_set(&hive, sets.startup, err) < 0)
		return -1;
	*ret = hive;
	*ret_sets = sets;
	return 0;
}

/* Has the key at path a value at all? */
static bool has_values(const struct wtg_hive_view *hive, const char *path)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	_cleanup_free_ char *name = NULL;
	wtg_hive_key key = wtg_hive_view_key(hive, 0, path);
	uint32_t type;

	return key && wtg_hive_view_nth_value(hive, key, 0, &name, &type, &data) == 1;
}

/* Is a DWORD of Setup there and 0? */
static bool is_over(const struct wtg_hive_view *hive, const char *name)
{
	uint32_t number;

	return wtg_hive_view_dword(hive, "Setup", name, &number) && number == 0;
}

/* Sysprep leaves SetupType 2, OOBEInProgress 1 and a CmdLine that starts windeploy.exe; the first
 * start that gets through sets all to 0. */
bool wtg_system_is_set_up(const struct wtg_hive_view *system)
{
	return is_over(system, "SetupType") && is_over(system, "SystemSetupInProgress") &&
	       is_over(system, "OOBEInProgress");
}

bool wtg_system_was_booted(const struct wtg_hive_view *system)
{
	wtg_hive_key machines = wtg_hive_view_key(system, 0, "HardwareConfig");
	bool set_up = wtg_system_is_set_up(system);
	/* Made by the first start, one subkey for each PC. */
	bool knows_a_machine = machines && wtg_hive_view_subkey(system, machines, 0);
	/* Letters given to volumes; generalising empties it. */
	bool knows_volumes = has_values(system, "MountedDevices");

	return set_up + knows_a_machine + knows_volumes >= 2;
}
