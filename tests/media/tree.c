/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include <stdio.h>

#include "base/alloc.h"
#include "hives.h"
#include "wtg/text.h"

#define N_ELEMENTS(table) (sizeof(table) / sizeof(*(table)))
#define CONFIG "Windows/System32/config/"

struct wtg_bytes media_filler(uint64_t seed, size_t size)
{
	struct wtg_bytes bytes = { wtg_alloc(size + 8), size };
	uint64_t state = seed * 2862933555777941757u + 3037000493u;

	/* Short runs of noise between zeros and repeated words. */
	for (size_t i = 0; i < size; i += 8) {
		bool zero = i % 64 >= 16 && i % 64 < 40;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		wtg_put_le64(bytes.data + i, zero ? 0 : i % 64 < 16 ? state : seed);
	}
	return bytes;
}

int media_plain_file(struct media_volume *volume, const char *path, const void *data,
		     size_t size, struct wtg_error *err)
{
	const struct media_node node = { .path = path, .attributes = MEDIA_ARCHIVE };

	return media_file(volume, &node, data, size, err);
}

int media_filler_file(struct media_volume *volume, const char *path, size_t size,
		      struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes data =
		media_filler(size + strlen(path), size);

	return media_plain_file(volume, path, data.data, data.size, err);
}

static const struct media_node dirs[] = {
	{ "", MEDIA_HIDDEN | MEDIA_SYSTEM, MEDIA_SECURITY_ROOT, NULL },
	{ "PerfLogs", 0, MEDIA_SECURITY_CONFIG, NULL },
	{ "Program Files", MEDIA_READONLY, 0, "PROGRA~1" },
	{ "Program Files (x86)", MEDIA_READONLY, 0, "PROGRA~2" },
	{ "Program Files/Common Files", 0, 0, "COMMON~1" },
	{ "ProgramData", MEDIA_HIDDEN | MEDIA_NOT_INDEXED, 0, "PROGRA~3" },
	{ "ProgramData/Microsoft", MEDIA_SYSTEM, 0, "MICROS~1" },
	{ "Users", MEDIA_READONLY, 0, NULL },
	{ "Users/Default", MEDIA_READONLY | MEDIA_HIDDEN, 0, NULL },
	{ "Users/Default/AppData/Local", 0, 0, NULL },
	{ "Users/Default/AppData/Roaming", 0, 0, NULL },
	{ "Users/Default/Documents", MEDIA_READONLY, 0, "DOCUME~1" },
	{ "Users/Public", MEDIA_READONLY, 0, NULL },
	{ "Windows", 0, 0, NULL },
	{ "Windows/Installer", MEDIA_HIDDEN | MEDIA_SYSTEM, 0, "INSTAL~1" },
	{ "Windows/Panther", 0, 0, NULL },
	{ "Windows/System32", 0, 0, NULL },
	{ "Windows/System32/config", 0, MEDIA_SECURITY_CONFIG, NULL },
	{ "Windows/System32/config/RegBack", 0, 0, NULL },
	{ "Windows/System32/Sysprep", 0, 0, NULL },
	{ "Windows/Temp", 0, MEDIA_SECURITY_EMPTY_DACL, NULL },
};

/* Windows' own: kept for programs from before Vista, and closed for listing, so that
 * nobody walks in circles. */
static const struct {
	const char *path, *target;
	uint32_t tag;
} links[] = {
	{ "Documents and Settings", "C:\\Users", MEDIA_TAG_JUNCTION },
	{ "Users/All Users", "C:\\ProgramData", MEDIA_TAG_SYMLINK },
	{ "Users/Default User", "C:\\Users\\Default", MEDIA_TAG_JUNCTION },
	{ "ProgramData/Application Data", "C:\\ProgramData", MEDIA_TAG_JUNCTION },
	{ "ProgramData/Documents", "C:\\Users\\Public\\Documents", MEDIA_TAG_JUNCTION },
	{ "Users/Default/Application Data", "C:\\Users\\Default\\AppData\\Roaming",
	  MEDIA_TAG_JUNCTION },
	{ "Users/Default/Local Settings", "C:\\Users\\Default\\AppData\\Local",
	  MEDIA_TAG_JUNCTION },
	{ "Users/Default/My Documents", "C:\\Users\\Default\\Documents",
	  MEDIA_TAG_JUNCTION },
	{ "Users/Default/AppData/Local/Application Data",
	  "C:\\Users\\Default\\AppData\\Local", MEDIA_TAG_JUNCTION },
};

static const char *const drivers[] = {
	"ACPI", "CLFS", "disk", "EhStorClass", "fltmgr", "fvevol", "mountmgr", "Ntfs",
	"partmgr", "pci", "sdbus", "sdstor", "storahci", "stornvme", "storport",
	"uaspstor", "ucx01000", "usbccgp", "usbehci", "usbhub", "UsbHub3", "usbstor",
	"usbuhci", "usbxhci", "volmgr", "volsnap", "volume", "wof",
};

static int add_text(struct media_volume *volume, const char *path, const char *text,
		    struct wtg_error *err)
{
	return media_plain_file(volume, path, text, strlen(text), err);
}

static int add_hive(struct media_volume *volume, const char *name, struct wtg_bytes *hive,
		    struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes owned = *hive;
	_cleanup_free_ char *path = wtg_text_equal(name, "NTUSER.DAT")
					    ? wtg_text("Users/Default/%s", name)
					    : wtg_text(CONFIG "%s", name);

	*hive = (struct wtg_bytes){ 0 };
	return media_plain_file(volume, path, owned.data, owned.size, err);
}

static int add_hives(struct media_volume *volume, const struct media_options *options,
		     const char *scratch, struct wtg_error *err)
{
	static const char *const small[] = { "SAM", "SECURITY", "DEFAULT", "NTUSER.DAT" };
	struct wtg_bytes hive = { 0 };

	for (size_t i = 0; i < N_ELEMENTS(small); i++)
		if (media_small_hive(small[i], scratch, &hive, err) < 0 ||
		    add_hive(volume, small[i], &hive, err) < 0)
			return -1;
	if (media_bcd_template(scratch, &hive, err) < 0 ||
	    add_hive(volume, "BCD-Template", &hive, err) < 0)
		return -1;
	if (options->fault == MEDIA_NO_SYSTEM)
		return 0;
	if (media_system_hive(options, scratch, &hive, err) < 0)
		return -1;
	return add_hive(volume, "SYSTEM", &hive, err);
}

static int add_links(struct media_volume *volume, struct wtg_error *err)
{
	for (size_t i = 0; i < N_ELEMENTS(links); i++) {
		const struct media_node node = { links[i].path,
						 MEDIA_HIDDEN | MEDIA_SYSTEM |
							 MEDIA_NOT_INDEXED,
						 MEDIA_SECURITY_NO_LISTING, NULL };

		if (media_dir(volume, &node, err) < 0 ||
		    media_link_to(volume, links[i].path, links[i].tag, links[i].target,
				  err) < 0)
			return -1;
	}
	return 0;
}

/* Each file of the component store has its second name where it is used. */
static int add_drivers(struct media_volume *volume, struct wtg_error *err)
{
	for (size_t i = 0; i < N_ELEMENTS(drivers); i++) {
		_cleanup_free_ char *used =
			wtg_text("Windows/System32/drivers/%s.sys", drivers[i]);
		_cleanup_free_ char *stored =
			wtg_text("Windows/WinSxS/"
				 "amd64_%s.inf_31bf3856ad364e35_10.0.26100.1742_none_"
				 "%016zx/%s.sys",
				 drivers[i], i * 0x9e3779b97f4a7c15u, drivers[i]);

		if (media_filler_file(volume, used, 12000 + 3000 * i, err) < 0 ||
		    media_hard_link(volume, used, stored, err) < 0)
			return -1;
	}
	return media_hard_link(
		volume, "Windows/System32/kernel32.dll",
		"Windows/WinSxS/amd64_microsoft-windows-kernel32_31bf3856ad364e35_"
		"10.0.26100.1742_none_0123456789abcdef/kernel32.dll",
		err);
}

/* What a real one has of some size; and files of one content, that a WIM stores once. */
static int add_ordinary(struct media_volume *volume, struct wtg_error *err)
{
	static const char desktop_ini[] = "\xff\xfe[\0.\0]\0\r\0\n";

	if (media_filler_file(volume, "Windows/explorer.exe", 2200000, err) < 0 ||
	    media_filler_file(volume, "Windows/Fonts/segoeui.ttf", 900000, err) < 0 ||
	    add_text(volume, "Windows/win.ini", "; for 16-bit app support\r\n", err) < 0)
		return -1;
	for (unsigned i = 0; i < 240; i++) {
		_cleanup_free_ char *dll =
			wtg_text("Windows/System32/component%03u.dll", i);
		_cleanup_free_ char *ini =
			wtg_text("Program Files/Common Files/%u/desktop.ini", i);

		if (media_filler_file(volume, dll, 800 + i * i % 9000, err) < 0 ||
		    (i % 8 == 0 &&
		     media_plain_file(volume, ini, desktop_ini, sizeof(desktop_ini),
				      err) < 0))
			return -1;
	}
	return 0;
}

static int add_recovery(struct media_volume *volume, struct wtg_error *err)
{
	if (media_filler_file(volume, "Windows/System32/Recovery/Winre.wim", 300000,
			      err) < 0)
		return -1;
	return add_text(
		volume, "Windows/System32/Recovery/ReAgent.xml",
		"<?xml version='1.0' encoding='utf-8'?>\r\n"
		"<WindowsRE version=\"2.0\"><InstallState state=\"0\"/></WindowsRE>\r\n",
		err);
}

/* A bundle's own directory has its manifest, its packages' have the files. */
static int add_apps(struct media_volume *volume, struct wtg_error *err)
{
	static const struct {
		const char *path;
		size_t size;
	} files[] = {
		{ MEDIA_APP_NEWS "/AppxMetadata/AppxBundleManifest.xml", 2000 },
		{ MEDIA_APP_NEWS_FILES "/News.exe", 40000 },
		{ MEDIA_APP_NEWS_FILES "/Assets/logo.png", 8000 },
		{ MEDIA_APP_STORE "/AppxMetadata/AppxBundleManifest.xml", 2000 },
		{ MEDIA_APP_FRAMEWORK "/vccorlib140_app.dll", 30000 },
	};

	for (size_t i = 0; i < N_ELEMENTS(files); i++) {
		_cleanup_free_ char *path =
			wtg_text("Program Files/WindowsApps/%s", files[i].path);

		if (media_filler_file(volume, path, files[i].size, err) < 0)
			return -1;
	}
	return 0;
}

/* Where nothing else lies; capture.c puts them in their place, edition by edition. */
static int add_edition(struct media_volume *volume, const struct media_options *options,
		       const struct media_edition *edition, const char *scratch,
		       struct wtg_error *err)
{
	_cleanup_free_ char *path =
		wtg_text(MEDIA_ASIDE "/%s/SOFTWARE", edition->edition_id);
	_cleanup_free_ char *xml =
		wtg_text(MEDIA_ASIDE "/%s/edition.xml", edition->edition_id);
	_cleanup_free_ char *text =
		wtg_text("<edition id=\"%s\"/>\r\n", edition->edition_id);
	_cleanup_(wtg_bytes_done) struct wtg_bytes software = { 0 };
	const struct media_node node = { path, MEDIA_ARCHIVE, MEDIA_SECURITY_CONFIG,
					 NULL };

	if (media_software_hive(options, edition, scratch, &software, err) < 0 ||
	    media_file(volume, &node, software.data, software.size, err) < 0)
		return -1;
	return add_text(volume, xml, text, err);
}

int media_tree_fill(struct media_volume *volume, const struct media_options *options,
		    const char *scratch, struct wtg_error *err)
{
	unsigned n;
	const struct media_edition *editions = media_editions(options, &n);

	for (size_t i = 0; i < N_ELEMENTS(dirs); i++)
		if (media_dir(volume, &dirs[i], err) < 0)
			return -1;
	for (unsigned i = 0; i < n; i++)
		if (add_edition(volume, options, &editions[i], scratch, err) < 0)
			return -1;
	if (media_boot_fill(volume, options, err) < 0 ||
	    add_hives(volume, options, scratch, err) < 0 || add_links(volume, err) < 0 ||
	    add_drivers(volume, err) < 0 || add_ordinary(volume, err) < 0 ||
	    add_recovery(volume, err) < 0 || add_apps(volume, err) < 0 ||
	    media_odd_fill(volume, err) < 0)
		return -1;
	if (options->twins && media_twins_fill(volume, err) < 0)
		return -1;
	if (options->many && media_many_fill(volume, err) < 0)
		return -1;
	if (options->twice && media_twice_fill(volume, err) < 0)
		return -1;
	if (options->huge && media_huge_fill(volume, err) < 0)
		return -1;
	if (options->fault == MEDIA_EVIL_NAMES && media_evil_fill(volume, err) < 0)
		return -1;
	return media_corpus_fill(volume, options, err);
}
