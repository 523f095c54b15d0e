/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hives.h"

#include "hive-file.h"
#include "wtg/text.h"

#define CS "ControlSet001\\"
#define N_ELEMENTS(table) (sizeof(table) / sizeof(*(table)))

/* As SYSTEM hives of Windows 8.1 to 10 21H2 have them. */
static const struct media_value common[] = {
	{ "Select", "Current", MEDIA_DWORD, 1, NULL },
	{ "Select", "Default", MEDIA_DWORD, 1, NULL },
	{ "Select", "Failed", MEDIA_DWORD, 0, NULL },
	{ "Select", "LastKnownGood", MEDIA_DWORD, 1, NULL },
	{ "MountedDevices", NULL, MEDIA_SZ, 0, NULL },
	{ "Setup", "OsLoaderPath", MEDIA_SZ, 0, "\\" },
	{ "Setup", "RestartSetup", MEDIA_DWORD, 0, NULL },
	{ "Setup", "SetupSupported", MEDIA_DWORD, 1, NULL },
	{ "Setup", "WorkingDirectory", MEDIA_SZ, 0, "C:\\Windows\\Panther" },
	{ CS "Control", "BootDriverFlags", MEDIA_DWORD, 0x1c, NULL },
	{ CS "Control", "CurrentUser", MEDIA_SZ, 0, "USERNAME" },
	{ CS "Control", "WaitToKillServiceTimeout", MEDIA_SZ, 0, "5000" },
	{ CS "Control\\CrashControl", "AutoReboot", MEDIA_DWORD, 1, NULL },
	{ CS "Control\\CrashControl", "CrashDumpEnabled", MEDIA_DWORD, 7, NULL },
	{ CS "Control\\CrashControl", "DumpFile", MEDIA_EXPAND_SZ, 0,
	  "%SystemRoot%\\MEMORY.DMP" },
	{ CS "Control\\FileSystem", "LongPathsEnabled", MEDIA_DWORD, 0, NULL },
	{ CS "Control\\FileSystem", "NtfsDisable8dot3NameCreation", MEDIA_DWORD, 2,
	  NULL },
	{ CS "Control\\FileSystem", "NtfsDisableLastAccessUpdate", MEDIA_DWORD,
	  0x80000002, NULL },
	{ CS "Control\\Nls\\Language", "Default", MEDIA_SZ, 0, "0409" },
	{ CS "Control\\Nls\\Language", "InstallLanguage", MEDIA_SZ, 0, "0409" },
	{ CS "Control\\PnP", "PollBootPartitionTimeout", MEDIA_DWORD, 30000, NULL },
	{ CS "Control\\Power", "CsEnabled", MEDIA_DWORD, 1, NULL },
	{ CS "Control\\Power", "CustomizeDuringSetup", MEDIA_DWORD, 1, NULL },
	{ CS "Control\\Power", "HiberFileSizePercent", MEDIA_DWORD, 0, NULL },
	{ CS "Control\\Power", "HibernateEnabledDefault", MEDIA_DWORD, 1, NULL },
	{ CS "Control\\Session Manager\\Memory Management", "PagingFiles", MEDIA_MULTI_SZ,
	  0, "?:\\pagefile.sys" },
	{ CS "Control\\Session Manager\\Power", "HiberbootEnabled", MEDIA_DWORD, 1,
	  NULL },
	{ CS "Control\\Windows", "CSDVersion", MEDIA_DWORD, 0, NULL },
	{ CS "Services\\partmgr\\Parameters", "SanPolicy", MEDIA_DWORD, 1, NULL },
	{ "DriverDatabase\\DeviceIds\\PCI\\CC_0C0330", "usbxhci.inf", MEDIA_BINARY, 0,
	  "01ff0000" },
	{ "DriverDatabase\\DeviceIds\\USB\\Class_08&SubClass_06&Prot_50", "usbstor.inf",
	  MEDIA_BINARY, 0, "01ff0000" },
};

/* Nobody has started this Windows yet: sysprep /generalize was its last word. */
static const struct media_value generalised[] = {
	{ "Setup", "CmdLine", MEDIA_SZ, 0, "oobe\\windeploy.exe" },
	{ "Setup", "OOBEInProgress", MEDIA_DWORD, 1, NULL },
	{ "Setup", "SetupPhase", MEDIA_DWORD, 4, NULL },
	{ "Setup", "SetupType", MEDIA_DWORD, 2, NULL },
	{ "Setup", "SystemSetupInProgress", MEDIA_DWORD, 1, NULL },
	{ "Setup\\Status\\SysprepStatus", "CleanupState", MEDIA_DWORD, 2, NULL },
	{ "Setup\\Status\\SysprepStatus", "GeneralizationState", MEDIA_DWORD, 7, NULL },
};

#define MACHINE "{5f1a2c84-9b11-4c37-8e62-2b9a4b1e7d03}"

/* It ran on one machine, from its internal disk, and was captured as it was. */
static const struct media_value booted[] = {
	{ "Setup", "CmdLine", MEDIA_SZ, 0, "" },
	{ "Setup", "OOBEInProgress", MEDIA_DWORD, 0, NULL },
	{ "Setup", "SetupPhase", MEDIA_DWORD, 0, NULL },
	{ "Setup", "SetupType", MEDIA_DWORD, 0, NULL },
	{ "Setup", "SystemPartition", MEDIA_SZ, 0, "\\Device\\HarddiskVolume1" },
	{ "Setup", "SystemSetupInProgress", MEDIA_DWORD, 0, NULL },
	{ "MountedDevices", "\\DosDevices\\C:", MEDIA_BINARY, 0,
	  "444d494f3a49443a948d171e794fe941865d2e5b4328cd23" },
	{ "MountedDevices", "\\??\\Volume{1e178d94-4f79-41e9-865d-2e5b4328cd23}",
	  MEDIA_BINARY, 0, "444d494f3a49443a948d171e794fe941865d2e5b4328cd23" },
	{ "MountedDevices", "\\DosDevices\\D:", MEDIA_BINARY, 0,
	  "fe4c3e270000f01500000000" },
	{ "HardwareConfig", "LastConfig", MEDIA_SZ, 0, MACHINE },
	{ "HardwareConfig", "LastId", MEDIA_DWORD, 0, NULL },
	{ "HardwareConfig\\" MACHINE, "BootDriverFlags", MEDIA_DWORD, 0, NULL },
	{ "HardwareConfig\\" MACHINE, "Id", MEDIA_DWORD, 0, NULL },
	{ CS "Services\\stornvme\\StartOverride", "0", MEDIA_DWORD, 3, NULL },
	{ CS "Control", "SystemBootDevice", MEDIA_SZ, 0,
	  "multi(0)disk(0)rdisk(0)partition(3)" },
	{ CS "Control\\Session Manager\\Memory Management", "ExistingPageFiles",
	  MEDIA_MULTI_SZ, 0, "\\??\\C:\\pagefile.sys" },
	{ CS "Control\\Power", "HibernateEnabled", MEDIA_DWORD, 1, NULL },
};

/* Start 0 boot, 1 system, 3 on demand; what promotes one that boots from USB or SD. */
struct service {
	const char *name, *file, *group;
	uint32_t start, type, error_control, boot_flags;
};

static const struct service services[] = {
	{ "ACPI", "ACPI.sys", "Core", 0, 1, 3, 0 },
	{ "CLFS", "CLFS.sys", "Filter", 0, 1, 3, 0 },
	{ "disk", "disk.sys", "SCSI Class", 0, 1, 0, 0 },
	{ "EhStorClass", "EhStorClass.sys", "PnP Filter", 0, 1, 3, 0 },
	{ "FltMgr", "fltmgr.sys", "FSFilter Infrastructure", 0, 2, 3, 0 },
	{ "fvevol", "fvevol.sys", "PnP Filter", 0, 1, 3, 0 },
	{ "mountmgr", "mountmgr.sys", "System Bus Extender", 0, 1, 3, 0 },
	{ "Ntfs", "", "Boot File System", 3, 2, 1, 0 },
	{ "partmgr", "partmgr.sys", "Boot Bus Extender", 0, 1, 3, 0 },
	{ "pci", "pci.sys", "Boot Bus Extender", 0, 1, 3, 0 },
	{ "sdbus", "sdbus.sys", "System Bus Extender", 3, 1, 1, 0x8 },
	{ "sdstor", "sdstor.sys", "", 3, 1, 1, 0x8 },
	{ "storahci", "storahci.sys", "SCSI Miniport", 0, 1, 3, 0 },
	{ "stornvme", "stornvme.sys", "SCSI Miniport", 0, 1, 3, 0 },
	{ "UASPStor", "uaspstor.sys", "", 3, 1, 1, 0x14 },
	{ "Ucx01000", "ucx01000.sys", "Boot Bus Extender", 3, 1, 1, 0x10 },
	{ "usbccgp", "usbccgp.sys", "Base", 3, 1, 1, 0x14 },
	{ "usbehci", "usbehci.sys", "Base", 3, 1, 1, 0x4 },
	{ "usbhub", "usbhub.sys", "Base", 3, 1, 1, 0x4 },
	{ "USBHUB3", "UsbHub3.sys", "Base", 3, 1, 1, 0x10 },
	{ "USBSTOR", "USBSTOR.SYS", "", 3, 1, 1, 0x14 },
	{ "usbuhci", "usbuhci.sys", "Base", 3, 1, 1, 0 },
	{ "USBXHCI", "USBXHCI.SYS", "", 3, 1, 1, 0x10 },
	{ "volmgr", "volmgr.sys", "System Bus Extender", 0, 1, 3, 0 },
	{ "volsnap", "volsnap.sys", "", 0, 1, 3, 0 },
	{ "volume", "volume.sys", "", 0, 1, 3, 0 },
	{ "WdBoot", "WdBoot.sys", "Early-Launch", 0, 1, 1, 0 },
	{ "Wof", "", "FSFilter Compression", 0, 2, 1, 0 },
};

static int set_service(struct media_hive *hive, const struct service *s,
		       struct wtg_error *err)
{
	_cleanup_free_ char *key = wtg_text(CS "Services\\%s", s->name);
	/* The loader takes boot drivers relative to the system root. */
	_cleanup_free_ char *path =
		wtg_text("%sSystem32\\drivers\\%s", s->start == 0 ? "" : "\\SystemRoot\\",
			 s->file);
	const struct media_value always[] = {
		{ key, "ErrorControl", MEDIA_DWORD, s->error_control, NULL },
		{ key, "Group", MEDIA_SZ, 0, s->group },
		{ key, "Start", MEDIA_DWORD, s->start, NULL },
		{ key, "Type", MEDIA_DWORD, s->type, NULL },
	};
	const struct media_value image = { key, "ImagePath", MEDIA_EXPAND_SZ, 0, path };
	const struct media_value flags = { key, "BootFlags", MEDIA_DWORD, s->boot_flags,
					   NULL };

	if (media_hive_set(hive, always, N_ELEMENTS(always), err) < 0 ||
	    media_hive_set(hive, &image, *s->file ? 1 : 0, err) < 0)
		return -1;
	return media_hive_set(hive, &flags, s->boot_flags ? 1 : 0, err);
}

static int fill(struct media_hive *hive, const struct media_options *options,
		struct wtg_error *err)
{
	if (media_hive_set(hive, common, N_ELEMENTS(common), err) < 0)
		return -1;
	for (size_t i = 0; i < N_ELEMENTS(services); i++)
		if (set_service(hive, &services[i], err) < 0)
			return -1;
	/* Windows keeps its list of compatibility entries in one large value. */
	if (media_hive_set_big(hive, CS "Control\\Session Manager\\AppCompatCache",
			       "AppCompatCache", 40000, err) < 0)
		return -1;
	return options->booted
		       ? media_hive_set(hive, booted, N_ELEMENTS(booted), err)
		       : media_hive_set(hive, generalised, N_ELEMENTS(generalised), err);
}

int media_system_hive(const struct media_options *options, const char *scratch,
		      struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(media_hive_freep) struct media_hive *hive = NULL;

	if (media_hive_new(scratch, "ROOT", &hive, err) < 0 ||
	    fill(hive, options, err) < 0 ||
	    media_hive_finish(hive, "SYSTEM", ret, err) < 0)
		return -1;
	if (options->fault == MEDIA_BAD_SYSTEM)
		memset(ret->data + 4096, 0x5a, ret->size - 4096);
	/* As after a power cut: one sequence number was raised, the other not yet. */
	if (options->fault == MEDIA_DIRTY_SYSTEM) {
		wtg_put_le32(ret->data + 4, wtg_le32(ret->data + 4) + 1);
		media_hive_checksum(ret);
	}
	return 0;
}
