/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "disc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/child.h"
#include "base/fdio.h"
#include "capture.h"
#include "damage.h"
#include "pe-standin.h"
#include "wtg/text.h"

static const char readme[] =
	"This disc contains a \"UDF\" file system and requires an operating system\r\n"
	"that supports the ISO-13346 \"UDF\" file system specification.\r\n";

static int make_dir(const char *path, struct wtg_error *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return wtg_fail(err, WTG_SYSTEM, errno, "make %s", path);
	return 0;
}

/* Its directories are made, too. */
static int put_file(const char *root, const char *path, const void *data, size_t size,
		    struct wtg_error *err)
{
	_cleanup_free_ char *full = wtg_text("%s/%s", root, path);
	_cleanup_fd_ int fd = -1;

	for (char *slash = full + strlen(root); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (make_dir(full, err) < 0)
			return -1;
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || wtg_pwrite_all(fd, data, size, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "write %s", full);
	return wtg_close(&fd, full, err);
}

static const char *loader_name(enum wtg_arch arch)
{
	switch (arch) {
	case WTG_ARCH_X86:
		return "efi/boot/bootia32.efi";
	case WTG_ARCH_AMD64:
		return "efi/boot/bootx64.efi";
	case WTG_ARCH_ARM64:
		return "efi/boot/bootaa64.efi";
	case WTG_ARCH_UNKNOWN:
		break;
	}
	abort();
}

/* What a disc has beside sources. */
static int put_surroundings(const char *root, const struct media_options *options,
			    struct wtg_error *err)
{
	const struct media_pe pe = { MEDIA_PE_EFI, options->arch,
				     "wtgctl stand-in installation disc\r\n", 40000 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes loader = media_pe(&pe);
	static const char inf[] = "[autorun]\r\nopen=setup.exe\r\n";

	media_pe_sign(&loader, options->unsigned_boot ? MEDIA_UNSIGNED : MEDIA_CA_2011);
	if (put_file(root, "README.TXT", readme, sizeof(readme) - 1, err) < 0 ||
	    put_file(root, "autorun.inf", inf, sizeof(inf) - 1, err) < 0 ||
	    put_file(root, "bootmgr", "BM", 2, err) < 0 ||
	    put_file(root, "bootmgr.efi", loader.data, loader.size, err) < 0 ||
	    put_file(root, "setup.exe", "MZ", 2, err) < 0)
		return -1;
	return put_file(root, loader_name(options->arch), loader.data, loader.size, err);
}

static const char *install_name(const struct media_options *options)
{
	switch (options->format) {
	case MEDIA_ESD:
		return "install.esd";
	case MEDIA_SWM:
		return "install.swm";
	case MEDIA_WIM:
		return "install.wim";
	}
	abort();
}

static int put_sources(const char *root, const struct media_options *options,
		       const char *scratch, struct wtg_error *err)
{
	_cleanup_free_ char *boot = wtg_text("%s/sources/boot.wim", root);
	_cleanup_free_ char *install =
		wtg_text("%s/sources/%s", root, install_name(options));

	if (put_file(root, "sources/lang.ini", "[Available UI Languages]\r\n", 26, err) <
		    0 ||
	    media_boot_wim(boot, err) < 0)
		return -1;
	if (options->fault == MEDIA_NO_INSTALL)
		return 0;
	if (media_capture(options, scratch, install, err) < 0)
		return -1;
	return media_damage_wim(install, options->fault, err);
}

/* More than 32 bits of size; in the image's order it lies before sources/install.wim. */
static int put_big(const char *root, struct wtg_error *err)
{
	_cleanup_free_ char *path = wtg_text("%s/big/hole.bin", root);

	if (put_file(root, "big/hole.bin", "begin", 5, err) < 0)
		return -1;
	if (truncate(path, (off_t)((4ull << 30) + 12345)) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "extend %s", path);
	return 0;
}

static int put_multiarch(const char *root, const struct media_options *options,
			 const char *scratch, struct wtg_error *err)
{
	static const struct { const char *dir; enum wtg_arch arch; } halves[] = {
		{ "x64", WTG_ARCH_AMD64 },
		{ "x86", WTG_ARCH_X86 },
	};

	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *half = wtg_text("%s/%s", root, halves[i].dir);
		struct media_options one = *options;

		one.arch = halves[i].arch;
		if (make_dir(half, err) < 0 || put_sources(half, &one, scratch, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * As Microsoft's discs: everything in UDF 1.02, in ISO 9660 only a README.TXT that says
 * so. -hide takes from the ISO 9660 side alone.
 */
static int write_disc(const char *root, const struct media_options *options,
		      const char *path, struct wtg_error *err)
{
	static const char *const hidden[] = { "sources", "efi", "big", "x64", "x86",
					      "setup*", "autorun.inf", "bootmgr*" };
	const char *argv[40] = { "genisoimage", "-quiet", "-iso-level", "3",
				 "-V", "WTGCTL_STANDIN" };
	size_t n = 6;

	if (options->fault != MEDIA_ISO9660_ONLY) {
		argv[n++] = "-udf";
		argv[n++] = "-allow-limited-size";
		for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
			argv[n++] = "-hide";
			argv[n++] = hidden[i];
		}
	}
	argv[n++] = "-o";
	argv[n++] = path;
	argv[n++] = root;
	return wtg_run_program(argv, NULL, -1, err);
}

static int make_iso(const struct media_options *options, const char *scratch,
		    const char *path, struct wtg_error *err)
{
	_cleanup_free_ char *root = wtg_text("%s/disc", scratch);
	int put;

	if (make_dir(root, err) < 0 || put_surroundings(root, options, err) < 0 ||
	    (options->big && put_big(root, err) < 0))
		return -1;
	put = options->multiarch ? put_multiarch(root, options, scratch, err)
				 : put_sources(root, options, scratch, err);
	return put < 0 ? -1 : write_disc(root, options, path, err);
}

static int make_empty(const char *path, struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return fd < 0 ? wtg_fail(err, WTG_SYSTEM, errno, "make %s", path) : 0;
}

int media_disc(const struct media_options *options, const char *scratch, const char *path,
	       struct wtg_error *err)
{
	if (options->fault == MEDIA_ZERO)
		return make_empty(path, err);
	if (options->bare) {
		if (media_capture(options, scratch, path, err) < 0 ||
		    media_damage_wim(path, options->fault, err) < 0)
			return -1;
	} else if (make_iso(options, scratch, path, err) < 0) {
		return -1;
	}
	return options->fault == MEDIA_TRUNCATED ? media_truncate(path, 60, err) : 0;
}
