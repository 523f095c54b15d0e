/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fdio.h"
#include "pe-standin.h"
#include "wtg/text.h"

#define N_ELEMENTS(table) (sizeof(table) / sizeof(*(table)))
#define EFI "Windows/Boot/EFI/"
#define EX "Windows/Boot/EFI_EX/"
#define PCAT "Windows/Boot/PCAT/"
#define SYSTEM32 "Windows/System32/"
#define LINE(name) "wtgctl stand-in " name "\r\n"

enum place { ALL, NOT_ARM, EX_ONLY, EX_LOADER, LOADER, WINLOAD };

struct program {
	const char *path, *line;
	enum media_pe_kind kind;
	enum media_chain chain;
	uint32_t filler_bytes;
	enum place place;
};

/* Windows of 2024, as its own Windows\Boot looks; the sizes are ours. */
static const struct program programs[] = {
	{ EFI "bootmgfw.efi", LINE("boot manager"), MEDIA_PE_EFI, MEDIA_CA_2011, 90000,
	  LOADER },
	{ EFI "bootmgr.efi", LINE("bootmgr"), MEDIA_PE_EFI, MEDIA_CA_2011, 80000, ALL },
	{ EFI "memtest.efi", LINE("memtest"), MEDIA_PE_EFI, MEDIA_CA_2011, 60000, ALL },
	{ EFI "kd_02_10df.dll", "kd 10df", MEDIA_PE_DLL, MEDIA_UNSIGNED, 9000, ALL },
	{ EFI "kd_02_10ec.dll", "kd 10ec", MEDIA_PE_DLL, MEDIA_UNSIGNED, 9000, ALL },
	{ EFI "kd_02_8086.dll", "kd 8086", MEDIA_PE_DLL, MEDIA_UNSIGNED, 9000, ALL },
	{ EFI "kd_07_1415.dll", "kd 1415", MEDIA_PE_DLL, MEDIA_UNSIGNED, 9000, ALL },
	{ EFI "kdnet_uart16550.dll", "kdnet", MEDIA_PE_DLL, MEDIA_UNSIGNED, 5000, ALL },
	{ EFI "kdstub.dll", "kdstub", MEDIA_PE_DLL, MEDIA_UNSIGNED, 5000, ALL },
	{ EFI "SecureBootRecovery.efi", LINE("recovery"), MEDIA_PE_EFI, MEDIA_CA_2011,
	  9000, ALL },
	{ EX "bootmgfw_EX.efi", LINE("boot manager of 2023"), MEDIA_PE_EFI, MEDIA_CA_2023,
	  90000, EX_LOADER },
	{ EX "bootmgr_EX.efi", LINE("bootmgr of 2023"), MEDIA_PE_EFI, MEDIA_CA_2011,
	  80000, EX_ONLY },
	{ "Windows/Boot/Resources/bootres.dll", "bootres", MEDIA_PE_DLL, MEDIA_CA_2011,
	  40000, ALL },
	{ "Windows/Boot/Resources/en-US/bootres.dll.mui", "bootres en", MEDIA_PE_DLL,
	  MEDIA_UNSIGNED, 3000, ALL },
	{ PCAT "memtest.exe", "memtest", MEDIA_PE_NATIVE, MEDIA_CA_2011, 30000, NOT_ARM },
	{ PCAT "bootvhd.dll", "bootvhd", MEDIA_PE_DLL, MEDIA_CA_2011, 9000, NOT_ARM },
	{ PCAT "bootuwf.dll", "bootuwf", MEDIA_PE_DLL, MEDIA_CA_2011, 5000, NOT_ARM },
	{ PCAT "en-US/bootmgr.exe.mui", "bootmgr en", MEDIA_PE_DLL, MEDIA_UNSIGNED, 3000,
	  NOT_ARM },
	{ PCAT "en-US/memtest.exe.mui", "memtest en", MEDIA_PE_DLL, MEDIA_UNSIGNED, 3000,
	  NOT_ARM },
	{ SYSTEM32 "winload.efi", LINE("winload"), MEDIA_PE_BOOT_APP, MEDIA_CA_2011,
	  90000, WINLOAD },
	{ SYSTEM32 "winload.exe", "winload", MEDIA_PE_BOOT_APP, MEDIA_CA_2011, 80000,
	  NOT_ARM },
	{ SYSTEM32 "winresume.efi", LINE("winresume"), MEDIA_PE_BOOT_APP, MEDIA_CA_2011,
	  70000, ALL },
	{ SYSTEM32 "Boot/winload.efi", LINE("winload"), MEDIA_PE_BOOT_APP, MEDIA_CA_2011,
	  90000, WINLOAD },
	{ SYSTEM32 "ntoskrnl.exe", "ntoskrnl", MEDIA_PE_NATIVE, MEDIA_CA_2011, 3000000,
	  ALL },
	{ SYSTEM32 "hal.dll", "hal", MEDIA_PE_DLL, MEDIA_CA_2011, 20000, ALL },
	{ SYSTEM32 "kernel32.dll", "kernel32", MEDIA_PE_DLL, MEDIA_UNSIGNED, 300000,
	  ALL },
	{ SYSTEM32 "ntdll.dll", "ntdll", MEDIA_PE_DLL, MEDIA_UNSIGNED, 500000, ALL },
	{ SYSTEM32 "oobe/windeploy.exe", "windeploy", MEDIA_PE_DLL, MEDIA_UNSIGNED, 40000,
	  ALL },
};

static const char *const blobs[] = {
	EFI "boot.stl",
	EFI "winsipolicy.p7b",
	EFI "SkuSiPolicy.p7b",
	EFI "CIPolicies/Active/{5951a96a-e0b5-4d3d-8fb8-3e5b61030784}.cip",
	EFI "CIPolicies/Active/{82443e1e-8a39-4b4a-96a8-f40ddc00b9f3}.cip",
};

static const char *const fonts[] = {
	"chs_boot", "cht_boot", "jpn_boot", "kor_boot", "malgun_boot", "malgunn_boot",
	"meiryo_boot", "meiryon_boot", "msjh_boot", "msjhn_boot", "msyh_boot",
	"msyhn_boot", "segmono_boot", "segoen_slboot", "segoe_slboot", "wgl4_boot",
};

static bool has_ex(const struct media_options *options)
{
	return options->build >= 26100 && !options->no_ex;
}

static bool wanted(enum place place, const struct media_options *options)
{
	switch (place) {
	case ALL:
		return true;
	case NOT_ARM:
		return options->arch != WTG_ARCH_ARM64;
	case EX_ONLY:
		return has_ex(options);
	case EX_LOADER:
		return has_ex(options) && options->fault != MEDIA_NO_BOOTFILES;
	case LOADER:
		return options->fault != MEDIA_NO_BOOTFILES;
	case WINLOAD:
		return options->fault != MEDIA_NO_WINLOAD;
	}
	abort();
}

static int read_given(const char *path, struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s", path);
	return wtg_read_file(fd, 16 << 20, path, ret, err);
}

static bool is_boot_manager(const struct program *p)
{
	return p->place == LOADER || p->place == EX_LOADER;
}

static int add_program(struct media_volume *volume, const struct media_options *options,
		       const struct program *p, struct wtg_error *err)
{
	const struct media_pe pe = { p->kind, options->arch, p->line, p->filler_bytes };
	_cleanup_(wtg_bytes_done) struct wtg_bytes image = { 0 };

	if (options->boot_manager && is_boot_manager(p)) {
		if (read_given(options->boot_manager, &image, err) < 0)
			return -1;
		return media_plain_file(volume, p->path, image.data, image.size, err);
	}
	image = media_pe(&pe);
	media_pe_sign(&image, options->unsigned_boot ? MEDIA_UNSIGNED : p->chain);
	return media_plain_file(volume, p->path, image.data, image.size, err);
}

static int add_locale(struct media_volume *volume, const struct media_options *options,
		      const char *locale, struct wtg_error *err)
{
	static const char *const names[] = { "bootmgfw", "bootmgr", "memtest" };

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		_cleanup_free_ char *path =
			wtg_text(EFI "%s/%s.efi.mui", locale, names[i]);
		_cleanup_free_ char *line = wtg_text("%s %s", names[i], locale);
		const struct program mui = { path, line, MEDIA_PE_DLL, MEDIA_UNSIGNED,
					     4000, ALL };

		if (add_program(volume, options, &mui, err) < 0)
			return -1;
	}
	return 0;
}

static int add_fonts(struct media_volume *volume, const char *dir, const char *suffix,
		     struct wtg_error *err)
{
	for (size_t i = 0; i < N_ELEMENTS(fonts); i++) {
		_cleanup_free_ char *path =
			wtg_text("%s/%s%s.ttf", dir, fonts[i], suffix);

		if (media_filler_file(volume, path, 6000 + 700 * i, err) < 0)
			return -1;
	}
	return 0;
}

static int add_bios(struct media_volume *volume, const struct media_options *options,
		    struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes given = { 0 };

	if (options->arch == WTG_ARCH_ARM64)
		return 0;
	if (options->bios_boot_manager) {
		if (read_given(options->bios_boot_manager, &given, err) < 0 ||
		    media_plain_file(volume, PCAT "bootmgr", given.data, given.size, err) < 0)
			return -1;
	} else if (media_filler_file(volume, PCAT "bootmgr", 40000, err) < 0) {
		return -1;
	}
	return media_filler_file(volume, PCAT "bootnxt", 1, err);
}

int media_boot_fill(struct media_volume *volume, const struct media_options *options,
		    struct wtg_error *err)
{
	for (size_t i = 0; i < N_ELEMENTS(programs); i++)
		if (wanted(programs[i].place, options) &&
		    add_program(volume, options, &programs[i], err) < 0)
			return -1;
	for (size_t i = 0; i < N_ELEMENTS(blobs); i++)
		if (media_filler_file(volume, blobs[i], 1500 + 300 * i, err) < 0)
			return -1;
	if (add_locale(volume, options, "en-US", err) < 0 ||
	    add_locale(volume, options, "de-DE", err) < 0 ||
	    add_fonts(volume, "Windows/Boot/Fonts", "", err) < 0 ||
	    add_bios(volume, options, err) < 0)
		return -1;
	return has_ex(options) ? add_fonts(volume, "Windows/Boot/Fonts_EX", "_EX", err)
			       : 0;
}
