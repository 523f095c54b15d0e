/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small SYSTEM hive, as an image has it that Sysprep generalised, for tests to vary. */
#pragma once

#include "support.h"

#include <string.h>

#include "windows/regf.h"
#include "wtg/text.h"

#define STAND_IN_SET "ControlSet001\\"

/* The key at path, made with all that lead to it. */
static inline struct wtg_regf_key *stand_in_key(struct wtg_regf_key *root,
						const char *path)
{
	_cleanup_free_ char *copy = wtg_text_copy(path);
	char *rest = NULL;

	for (char *name = strtok_r(copy, "\\", &rest); name;
	     name = strtok_r(NULL, "\\", &rest))
		root = wtg_regf_key(root, name);
	return root;
}

static inline void stand_in_dword(struct wtg_regf_key *root, const char *path,
				  const char *name, uint32_t number)
{
	wtg_regf_dword(stand_in_key(root, path), name, number);
}

static inline void stand_in_select(struct wtg_regf_key *root, uint32_t current,
				   uint32_t startup)
{
	stand_in_dword(root, "Select", "Current", current);
	stand_in_dword(root, "Select", "Default", startup);
	stand_in_dword(root, "Select", "Failed", 0);
	stand_in_dword(root, "Select", "LastKnownGood", current);
}

/* A control set as it is by default: what verify looks at is in order. */
static inline void stand_in_control_set(struct wtg_regf_key *root, const char *set)
{
	static const struct {
		const char *name;
		uint32_t start, boot_flags;
	} services[] = {
		{ "USBXHCI", 3, 0x10 }, { "Ucx01000", 3, 0x10 }, { "USBHUB3", 3, 0x10 },
		{ "usbehci", 3, 0x4 },	{ "usbhub", 3, 0x4 },	 { "usbccgp", 3, 0x14 },
		{ "USBSTOR", 3, 0x14 }, { "UASPStor", 3, 0x14 }, { "sdbus", 3, 0x8 },
		{ "stornvme", 0, 0 },	{ "storahci", 0, 0 },	 { "partmgr", 0, 0 },
		{ "disk", 0, 0 },	{ "volmgr", 0, 0 },	 { "volume", 0, 0 },
		{ "mountmgr", 0, 0 },	{ "pci", 0, 0 },	 { "ACPI", 0, 0 },
	};
	struct wtg_regf_key *control = wtg_regf_key(wtg_regf_key(root, set), "Control");
	struct wtg_regf_key *all = wtg_regf_key(wtg_regf_key(root, set), "Services");
	static const uint8_t paging[] = "?\0:\0\\\0p\0\0\0\0";

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		struct wtg_regf_key *service = wtg_regf_key(all, services[i].name);

		wtg_regf_dword(service, "Start", services[i].start);
		wtg_regf_text(service, "ImagePath", services[i].name);
		if (services[i].boot_flags)
			wtg_regf_dword(service, "BootFlags", services[i].boot_flags);
	}
	stand_in_dword(all, "partmgr\\Parameters", "SanPolicy", 1);
	wtg_regf_dword(control, "BootDriverFlags", 0x1c);
	stand_in_dword(control, "Session Manager\\Power", "HiberbootEnabled", 1);
	stand_in_dword(control, "Power", "HibernateEnabled", 1);
	stand_in_dword(control, "CrashControl", "CrashDumpEnabled", 7);
	stand_in_dword(control, "FileSystem", "LongPathsEnabled", 0);
	wtg_regf_value(stand_in_key(control, "Session Manager\\Memory Management"),
		       "PagingFiles", WTG_REG_MULTI_SZ, paging, 12);
	stand_in_key(control, "Arbiters");
	stand_in_key(control, "Class");
}

static inline struct wtg_regf_key *stand_in_system(void)
{
	struct wtg_regf_key *root = wtg_regf_root("ROOT");

	stand_in_select(root, 1, 1);
	stand_in_control_set(root, "ControlSet001");
	stand_in_dword(root, "Setup", "SetupType", 2);
	stand_in_dword(root, "Setup", "SystemSetupInProgress", 1);
	stand_in_dword(root, "Setup", "OOBEInProgress", 1);
	wtg_regf_text(stand_in_key(root, "Setup"), "CmdLine", "oobe\\windeploy.exe");
	stand_in_key(root, "MountedDevices");
	return root;
}

/* The bytes of a hive; frees its tree. */
static inline struct wtg_bytes stand_in_write(struct wtg_regf_key *root)
{
	struct wtg_bytes bytes = wtg_regf_write(root, "SYSTEM", 132000000000000000ull);

	wtg_regf_free(root);
	return bytes;
}
