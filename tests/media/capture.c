/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture.h"

#include <stdio.h>

#include <wimlib.h>

#include "tree.h"
#include "wtg/text.h"

#define PART_BYTES (2u << 20)
#define THREADS 0 /* as many as there are processors */

static void free_wim(WIMStruct **wim)
{
	wimlib_free(*wim);
}

static int fail(struct wtg_error *err, int code, const char *what)
{
	return wtg_fail(err, WTG_SYSTEM, 0, "%s: %s", what,
			wimlib_get_error_string((enum wimlib_error_code)code));
}

/* WIM XML ARCH: as PROCESSOR_ARCHITECTURE_* of winnt.h. */
static const char *arch_number(enum wtg_arch arch)
{
	switch (arch) {
	case WTG_ARCH_X86:
		return "0";
	case WTG_ARCH_AMD64:
		return "9";
	case WTG_ARCH_ARM64:
		return "12";
	case WTG_ARCH_UNKNOWN:
		break;
	}
	abort();
}

/* The XML of one image, as DISM and Microsoft's own build write it. */
static int describe(WIMStruct *wim, int image, const struct media_options *options,
		    const struct media_edition *edition, struct wtg_error *err)
{
	char build[16], revision[16];
	const char *const properties[][2] = {
		{ "WINDOWS/ARCH", arch_number(options->arch) },
		{ "WINDOWS/PRODUCTNAME", "Microsoft® Windows® Operating System" },
		{ "WINDOWS/EDITIONID", edition->edition_id },
		{ "WINDOWS/INSTALLATIONTYPE", edition->installation_type },
		{ "WINDOWS/PRODUCTTYPE", "WinNT" },
		{ "WINDOWS/LANGUAGES/LANGUAGE[1]", "en-US" },
		{ "WINDOWS/LANGUAGES/LANGUAGE[2]", "de-DE" },
		{ "WINDOWS/LANGUAGES/DEFAULT", "en-US" },
		{ "WINDOWS/VERSION/MAJOR", "10" },
		{ "WINDOWS/VERSION/MINOR", "0" },
		{ "WINDOWS/VERSION/BUILD", build },
		{ "WINDOWS/VERSION/SPBUILD", revision },
		{ "WINDOWS/VERSION/SPLEVEL", "0" },
		{ "WINDOWS/SYSTEMROOT", "WINDOWS" },
		{ "DISPLAYNAME", edition->display_name },
		{ "DISPLAYDESCRIPTION", edition->display_name },
		{ "DESCRIPTION", edition->description },
		{ "FLAGS", edition->flags },
		{ "CREATIONTIME/HIGHPART", "0x01DB0000" },
		{ "CREATIONTIME/LOWPART", "0x00000000" },
		{ "LASTMODIFICATIONTIME/HIGHPART", "0x01DB0000" },
		{ "LASTMODIFICATIONTIME/LOWPART", "0x00000000" },
	};

	snprintf(build, sizeof(build), "%u", options->build);
	snprintf(revision, sizeof(revision), "%u", media_revision(options->build));
	for (size_t i = 0; i < sizeof(properties) / sizeof(*properties); i++) {
		int code = wimlib_set_image_property(wim, image, properties[i][0],
						     properties[i][1]);

		if (code)
			return fail(err, code, properties[i][0]);
	}
	return 0;
}

static int fill(const char *volume_path, const struct media_options *options,
		const char *scratch, struct wtg_error *err)
{
	/* Room for the files, their clusters and what NTFS itself takes. */
	uint64_t size = (options->many ? 192u << 20 : 96u << 20) +
			options->extra_bytes * 5 / 4 +
			(uint64_t)options->n_extra_files * 8192;
	_cleanup_(media_volume_abandonp) struct media_volume *volume = NULL;

	if (media_volume_make(volume_path, size, err) < 0 ||
	    media_volume_open(volume_path, &volume, err) < 0 ||
	    media_tree_fill(volume, options, scratch, err) < 0)
		return -1;
	return media_volume_close(&volume, err);
}

/* Each edition's own files lie aside on the volume; in its image they are where they
 * belong. */
static int put_in_place(WIMStruct *wim, int image, const struct media_edition *edition)
{
	_cleanup_free_ char *hive =
		wtg_text("/" MEDIA_ASIDE "/%s/SOFTWARE", edition->edition_id);
	_cleanup_free_ char *xml =
		wtg_text("/" MEDIA_ASIDE "/%s/edition.xml", edition->edition_id);
	_cleanup_free_ char *to = wtg_text("/Windows/%s.xml", edition->edition_id);
	int code =
		wimlib_rename_path(wim, image, hive, "/Windows/System32/config/SOFTWARE");

	if (!code)
		code = wimlib_rename_path(wim, image, xml, to);
	if (!code)
		code = wimlib_delete_path(wim, image, "/" MEDIA_ASIDE,
					  WIMLIB_DELETE_FLAG_RECURSIVE);
	return code;
}

static int add_edition(WIMStruct *wim, int image, const char *volume_path,
		       const struct media_options *options,
		       const struct media_edition *edition, struct wtg_error *err)
{
	int code = wimlib_add_image(wim, volume_path, edition->name, NULL,
				    WIMLIB_ADD_FLAG_NTFS | WIMLIB_ADD_FLAG_NORPFIX);

	if (!code)
		code = put_in_place(wim, image, edition);
	if (code)
		return fail(err, code, "capture an edition");
	return describe(wim, image, options, edition, err);
}

static int write_wim(WIMStruct *wim, const struct media_options *options,
		     const char *path, struct wtg_error *err)
{
	int flags = WIMLIB_WRITE_FLAG_CHECK_INTEGRITY;
	int code;

	if (options->format == MEDIA_ESD)
		flags = WIMLIB_WRITE_FLAG_SOLID;
	code = wimlib_write(wim, path, WIMLIB_ALL_IMAGES, flags, THREADS);
	return code ? fail(err, code, path) : 0;
}

/* Split the whole file at path, which goes. */
static int split(const char *whole, const char *path, struct wtg_error *err)
{
	_cleanup_(free_wim) WIMStruct *wim = NULL;
	int code = wimlib_open_wim(whole, 0, &wim);

	if (!code)
		code = wimlib_split(wim, path, PART_BYTES,
				    WIMLIB_WRITE_FLAG_CHECK_INTEGRITY);
	return code ? fail(err, code, path) : 0;
}

static enum wimlib_compression_type compression_of(const struct media_options *options)
{
	/* So that names can be changed where they lie. */
	if (options->fault == MEDIA_EVIL_NAMES)
		return WIMLIB_COMPRESSION_TYPE_NONE;
	return options->format == MEDIA_ESD ? WIMLIB_COMPRESSION_TYPE_LZMS
					    : WIMLIB_COMPRESSION_TYPE_LZX;
}

static int new_wim(const struct media_options *options, WIMStruct **ret,
		   struct wtg_error *err)
{
	int code = wimlib_create_new_wim(compression_of(options), ret);

	/* Quick rather than small. */
	wimlib_set_default_compression_level(WIMLIB_COMPRESSION_TYPE_LZX, 20);
	wimlib_set_default_compression_level(WIMLIB_COMPRESSION_TYPE_LZMS, 20);
	if (!code && options->format == MEDIA_ESD)
		code = wimlib_set_output_pack_chunk_size(*ret, 4u << 20);
	return code ? fail(err, code, "start a WIM") : 0;
}

int media_capture(const struct media_options *options, const char *scratch,
		  const char *path, struct wtg_error *err)
{
	_cleanup_free_ char *volume = wtg_text("%s/volume", scratch);
	_cleanup_free_ char *whole = wtg_text("%s/whole.wim", scratch);
	_cleanup_(free_wim) WIMStruct *wim = NULL;
	unsigned n;
	const struct media_edition *editions = media_editions(options, &n);

	if (fill(volume, options, scratch, err) < 0 || new_wim(options, &wim, err) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++)
		if (add_edition(wim, (int)i + 1, volume, options, &editions[i], err) < 0)
			return -1;
	if (options->format != MEDIA_SWM)
		return write_wim(wim, options, path, err);
	if (write_wim(wim, options, whole, err) < 0)
		return -1;
	return split(whole, path, err);
}

int media_boot_wim(const char *path, struct wtg_error *err)
{
	_cleanup_(free_wim) WIMStruct *wim = NULL;
	int code = wimlib_create_new_wim(WIMLIB_COMPRESSION_TYPE_LZX, &wim);

	if (!code)
		code = wimlib_add_empty_image(wim, "Microsoft Windows PE (stand-in)",
					      NULL);
	if (!code)
		code = wimlib_add_empty_image(wim, "Microsoft Windows Setup (stand-in)",
					      NULL);
	if (!code)
		code = wimlib_write(wim, path, WIMLIB_ALL_IMAGES, 0, 1);
	return code ? fail(err, code, path) : 0;
}
