/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/edit-table.h"

/*
 * Windows 8 and later start from USB without any driver being set to boot-start: a driver
 * with Start=3 whose BootFlags share a bit with BootDriverFlags is promoted.  The bits
 * are those of the INF directive AddService: 0x4 USB disk, 0x8 SD, 0x10 USB 3 disk.  0x1c
 * is what every SYSTEM hive of 8.1 and 10 that we saw has by itself.
 */
#define PORTABLE_BUSES 0x1c

static const char *const usb3_drivers[] = { "USBXHCI", "Ucx01000", "USBHUB3", NULL };
static const char *const usb2_drivers[] = { "usbehci", "usbhub", NULL };
static const char *const usb_storage[] = { "usbccgp", "USBSTOR", "UASPStor", NULL };
static const char *const sd_drivers[] = { "sdbus", "sdstor", NULL };

/* Whatever bus the drive is on, Windows does not start without these. */
static const char *const boot_drivers[] = {
	"stornvme", "storahci", "partmgr", "disk", "volmgr",
	"volume",   "mountmgr", "pci",     "ACPI", NULL,
};

static const char *const portable_drivers[] = {
	"USBXHCI", "Ucx01000", "USBHUB3",  "usbehci", "usbhub", "usbccgp",
	"USBSTOR", "UASPStor", "sdbus",    "sdstor",  NULL,
};

static const char *const storage_drivers[] = {
	"USBXHCI",   "Ucx01000",  "USBHUB3",  "usbehci",      "usbhub",  "usbccgp",
	"USBSTOR",   "UASPStor",  "sdbus",    "sdstor",       "stornvme", "storahci",
	"storufs",   "spaceport", "iaStorAV", "iaStorAVC",    "iaStorV", "iaStorVD",
	"vmd",       "intelide",  "atapi",    "pciide",       "vmbus",   "storvsc",
	"viostor",   "vioscsi",   "EhStorTcgDrv", NULL,
};

static bool offline(const struct wtg_edit_options *options)
{
	return !options->internal_disks_online;
}

static bool no_hibernation(const struct wtg_edit_options *options)
{
	return !options->hibernate;
}

static bool no_encryption(const struct wtg_edit_options *options)
{
	return !options->device_encryption;
}

static bool portable_flag(const struct wtg_edit_options *options)
{
	return options->portable_flag;
}

static bool no_pagefile(const struct wtg_edit_options *options)
{
	return options->no_pagefile;
}

static bool no_crash_dump(const struct wtg_edit_options *options)
{
	return options->no_crash_dump;
}

/* 1803 made the number a set of flags, and of 0x80000000 "somebody chose this". */
static bool no_last_access_flags(const struct wtg_edit_options *options)
{
	return options->no_last_access && options->build >= 17134;
}

static bool no_last_access_number(const struct wtg_edit_options *options)
{
	return options->no_last_access && options->build < 17134;
}

const struct wtg_edit_row wtg_edit_rows[] = {
	{ .class = WTG_EDIT_ALWAYS, .rule = WTG_RULE_NUMBER,
	  .key = "Services\\partmgr\\Parameters", .value = "SanPolicy", .number = 4,
	  .wanted = offline,
	  .reason = "keeps the disks of the PC that it runs on offline and unharmed" },

	{ .class = WTG_EDIT_VERIFY, .rule = WTG_RULE_BITS, .key = "Control",
	  .value = "BootDriverFlags", .number = PORTABLE_BUSES,
	  .reason = "starts from USB and SD on a PC that it does not know" },

	{ .class = WTG_EDIT_VERIFY, .rule = WTG_RULE_BITS, .key = "Services\\*",
	  .names = usb3_drivers, .value = "BootFlags", .number = 0x10,
	  .reason = "has this driver loaded early when started from USB 3" },
	{ .class = WTG_EDIT_VERIFY, .rule = WTG_RULE_BITS, .key = "Services\\*",
	  .names = usb2_drivers, .value = "BootFlags", .number = 0x4,
	  .reason = "has this driver loaded early when started from USB 2" },
	{ .class = WTG_EDIT_VERIFY, .rule = WTG_RULE_BITS, .key = "Services\\*",
	  .names = usb_storage, .value = "BootFlags", .number = 0x14,
	  .reason = "has this driver loaded early when started from USB" },
	{ .class = WTG_EDIT_VERIFY, .rule = WTG_RULE_BITS, .key = "Services\\*",
	  .names = sd_drivers, .value = "BootFlags", .number = 0x8,
	  .reason = "has this driver loaded early when started from an SD card" },

	{ .class = WTG_EDIT_VERIFY, .rule = WTG_RULE_NUMBER, .key = "Services\\*",
	  .names = boot_drivers, .value = "Start", .number = 0,
	  .reason = "Windows does not start without this driver" },
	{ .class = WTG_EDIT_VERIFY, .rule = WTG_RULE_ENABLED, .key = "Services\\*",
	  .names = portable_drivers, .value = "Start", .number = 3,
	  .reason = "Windows cannot use the drive with this driver disabled" },

	{ .class = WTG_EDIT_CAPTURED, .rule = WTG_RULE_BITS, .key = "\\HardwareConfig\\*",
	  .value = "BootDriverFlags", .number = PORTABLE_BUSES,
	  .reason = "a PC that it knows from an internal disk would stop with 0x7B" },
	{ .class = WTG_EDIT_CAPTURED, .rule = WTG_RULE_NO_VALUES,
	  .key = "Services\\*\\StartOverride", .names = storage_drivers,
	  .reason = "the PC it was installed on did not need this driver; others do" },
	{ .class = WTG_EDIT_CAPTURED, .rule = WTG_RULE_NO_VALUES,
	  .key = "\\MountedDevices",
	  .reason = "with the letters of the volumes it was on, C: would be another" },

	{ .class = WTG_EDIT_ALWAYS, .rule = WTG_RULE_NUMBER,
	  .key = "Control\\Session Manager\\Power", .value = "HiberbootEnabled",
	  .number = 0, .wanted = no_hibernation,
	  .reason = "fast startup would resume one PC's session on another" },
	{ .class = WTG_EDIT_ALWAYS, .rule = WTG_RULE_NUMBER, .key = "Control\\Power",
	  .value = "HibernateEnabled", .number = 0, .wanted = no_hibernation,
	  .reason = "hibernation would resume on other hardware" },
	{ .class = WTG_EDIT_ALWAYS, .rule = WTG_RULE_NUMBER, .key = "Control\\Power",
	  .value = "HibernateEnabledDefault", .number = 0, .since_build = 18362,
	  .wanted = no_hibernation,
	  .reason = "what hibernation falls back to since Windows 10 1903" },

	{ .class = WTG_EDIT_ALWAYS, .rule = WTG_RULE_NUMBER, .key = "Control\\BitLocker",
	  .value = "PreventDeviceEncryption", .number = 1, .wanted = no_encryption,
	  .reason = "Windows 11 24H2 encrypts by itself, for the TPM of one PC only" },

	{ .class = WTG_EDIT_OPTION, .rule = WTG_RULE_NUMBER, .key = "Control",
	  .value = "PortableOperatingSystem", .number = 1, .wanted = portable_flag,
	  .reason = "marks the installation as Windows To Go" },
	{ .class = WTG_EDIT_OPTION, .rule = WTG_RULE_NO_TEXTS,
	  .key = "Control\\Session Manager\\Memory Management", .value = "PagingFiles",
	  .wanted = no_pagefile, .reason = "no page file wears the drive" },
	{ .class = WTG_EDIT_OPTION, .rule = WTG_RULE_NUMBER,
	  .key = "Control\\CrashControl", .value = "CrashDumpEnabled", .number = 0,
	  .wanted = no_crash_dump,
	  .reason = "no dump of the memory is written after a crash" },
	{ .class = WTG_EDIT_OPTION, .rule = WTG_RULE_NUMBER, .key = "Control\\FileSystem",
	  .value = "NtfsDisableLastAccessUpdate", .number = 0x80000001,
	  .wanted = no_last_access_flags,
	  .reason = "reading a file does not write its time" },
	{ .class = WTG_EDIT_OPTION, .rule = WTG_RULE_NUMBER, .key = "Control\\FileSystem",
	  .value = "NtfsDisableLastAccessUpdate", .number = 1,
	  .wanted = no_last_access_number,
	  .reason = "reading a file does not write its time" },
};
const size_t wtg_n_edit_rows = sizeof(wtg_edit_rows) / sizeof(wtg_edit_rows[0]);
