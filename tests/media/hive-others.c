/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hives.h"

#include "hive-file.h"
#include "wtg/text.h"

#define N_ELEMENTS(table) (sizeof(table) / sizeof(*(table)))
#define VERSION_KEY "Microsoft\\Windows NT\\CurrentVersion"
#define APPS_KEY "Microsoft\\Windows\\CurrentVersion\\Appx\\AppxAllUserStore\\Applications\\"

int media_software_hive(const struct media_options *options,
			const struct media_edition *edition, const char *scratch,
			struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(media_hive_freep) struct media_hive *hive = NULL;
	_cleanup_free_ char *build = wtg_text("%u", options->build);
	/* Windows 11 still calls itself 10 here. */
	_cleanup_free_ char *product = wtg_text("Windows 10 %s", edition->edition_id);
	const struct media_value values[] = {
		{ VERSION_KEY, "CurrentBuild", MEDIA_SZ, 0, build },
		{ VERSION_KEY, "CurrentBuildNumber", MEDIA_SZ, 0, build },
		{ VERSION_KEY, "CurrentMajorVersionNumber", MEDIA_DWORD, 10, NULL },
		{ VERSION_KEY, "CurrentMinorVersionNumber", MEDIA_DWORD, 0, NULL },
		{ VERSION_KEY, "CurrentType", MEDIA_SZ, 0, "Multiprocessor Free" },
		{ VERSION_KEY, "CurrentVersion", MEDIA_SZ, 0, "6.3" },
		{ VERSION_KEY, "DisplayVersion", MEDIA_SZ, 0,
		  media_display_version(options->build) },
		{ VERSION_KEY, "EditionID", MEDIA_SZ, 0, edition->edition_id },
		{ VERSION_KEY, "InstallationType", MEDIA_SZ, 0,
		  edition->installation_type },
		{ VERSION_KEY, "ProductName", MEDIA_SZ, 0, product },
		{ VERSION_KEY, "SystemRoot", MEDIA_SZ, 0, "C:\\Windows" },
		{ VERSION_KEY, "UBR", MEDIA_DWORD, media_revision(options->build), NULL },
		{ "Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir", MEDIA_SZ, 0,
		  "C:\\Program Files" },
		{ APPS_KEY MEDIA_APP_NEWS, "Path", MEDIA_SZ, 0, "C:\\Program Files\\WindowsApps" },
		{ APPS_KEY MEDIA_APP_STORE, "Path", MEDIA_SZ, 0, "C:\\Program Files\\WindowsApps" },
		{ APPS_KEY MEDIA_APP_FRAMEWORK, "Path", MEDIA_SZ, 0,
		  "C:\\Program Files\\WindowsApps" },
		{ "Microsoft\\Windows\\CurrentVersion\\OOBE", NULL, MEDIA_SZ, 0, NULL },
		{ "Microsoft\\Windows\\CurrentVersion\\Setup\\State", "ImageState",
		  MEDIA_SZ, 0,
		  options->booted ? "IMAGE_STATE_COMPLETE"
				  : "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE" },
		{ "Policies", NULL, MEDIA_SZ, 0, NULL },
		{ "Classes\\.txt", "", MEDIA_SZ, 0, "txtfile" },
	};

	if (media_hive_new(scratch, "ROOT", &hive, err) < 0 ||
	    media_hive_set(hive, values, N_ELEMENTS(values), err) < 0)
		return -1;
	return media_hive_finish(hive, "SOFTWARE", ret, err);
}

int media_small_hive(const char *name, const char *scratch, struct wtg_bytes *ret,
		     struct wtg_error *err)
{
	static const struct media_value all[] = {
		{ "SAM\\Domains\\Account", NULL, MEDIA_SZ, 0, NULL },
		{ "Policy\\Accounts", NULL, MEDIA_SZ, 0, NULL },
		{ "Control Panel\\Desktop", "Wallpaper", MEDIA_SZ, 0, "" },
		{ "Control Panel\\Desktop", "MenuShowDelay", MEDIA_SZ, 0, "400" },
	};
	static const char *const names[] = { "SAM", "SECURITY", "DEFAULT", "NTUSER.DAT" };
	_cleanup_(media_hive_freep) struct media_hive *hive = NULL;

	if (media_hive_new(scratch, name, &hive, err) < 0)
		return -1;
	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		if (wtg_text_equal(name, names[i]) &&
		    media_hive_set(hive, &all[i], 1, err) < 0)
			return -1;
	return media_hive_finish(hive, name, ret, err);
}

/* The objects of a BCD-Template that carry an OS and its resume loader, and what the boot
 * manager's own say; the class 4 elements tell bcdboot what to make of them. */
#define BOOTMGR "Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\"
#define OS_EFI "Objects\\{b012b84d-c47c-4ed5-b722-c0c42163e569}\\"
#define OS_PCAT "Objects\\{a1943bbc-ea85-487c-97c7-c9ede908a38a}\\"
#define RESUME_EFI "Objects\\{0c334284-9a41-4de1-99b3-a7e87e8ff07e}\\"
#define LOADER_SETTINGS "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
#define RESUME_SETTINGS "{1afa9c49-16ab-4a5c-901b-212802da9460}"

static const struct media_value template[] = {
	{ "Description", "KeyName", MEDIA_SZ, 0, "BCD00000000" },
	{ BOOTMGR "Description", "Type", MEDIA_DWORD, 0x10100002, NULL },
	{ BOOTMGR "Elements\\12000002", "Element", MEDIA_SZ, 0, "\\bootmgr" },
	{ BOOTMGR "Elements\\12000004", "Element", MEDIA_SZ, 0, "Windows Boot Manager" },
	{ BOOTMGR "Elements\\25000004", "Element", MEDIA_BINARY, 0, "1e00000000000000" },
	{ OS_EFI "Description", "Type", MEDIA_DWORD, 0x10200003, NULL },
	{ OS_EFI "Elements\\14000006", "Element", MEDIA_MULTI_SZ, 0, LOADER_SETTINGS },
	{ OS_EFI "Elements\\16000060", "Element", MEDIA_BINARY, 0, "01" },
	{ OS_EFI "Elements\\17000077", "Element", MEDIA_BINARY, 0, "7500001500000000" },
	{ OS_EFI "Elements\\25000020", "Element", MEDIA_BINARY, 0, "0000000000000000" },
	{ OS_EFI "Elements\\250000c2", "Element", MEDIA_BINARY, 0, "0100000000000000" },
	{ OS_EFI "Elements\\42000002", "Element", MEDIA_SZ, 0,
	  "\\system32\\winload.efi" },
	{ OS_EFI "Elements\\45000001", "Element", MEDIA_BINARY, 0, "0200000000000000" },
	{ OS_PCAT "Description", "Type", MEDIA_DWORD, 0x10200003, NULL },
	{ OS_PCAT "Elements\\42000002", "Element", MEDIA_SZ, 0,
	  "\\system32\\winload.exe" },
	{ OS_PCAT "Elements\\45000001", "Element", MEDIA_BINARY, 0, "0200000000000000" },
	{ RESUME_EFI "Description", "Type", MEDIA_DWORD, 0x10200004, NULL },
	{ RESUME_EFI "Elements\\14000006", "Element", MEDIA_MULTI_SZ, 0,
	  RESUME_SETTINGS },
	{ RESUME_EFI "Elements\\42000002", "Element", MEDIA_SZ, 0,
	  "\\system32\\winresume.efi" },
};

int media_bcd_template(const char *scratch, struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(media_hive_freep) struct media_hive *hive = NULL;

	if (media_hive_new(scratch, "System", &hive, err) < 0 ||
	    media_hive_set(hive, template, N_ELEMENTS(template), err) < 0)
		return -1;
	return media_hive_finish(hive, "BCD-Template", ret, err);
}
