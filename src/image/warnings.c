/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/image.h"

#include "base/alloc.h"

/* What the rows ask about. */
struct look {
	const struct wtg_edition *edition;
	bool has_bootmgfw, has_winload;
};

static bool names_no_version(const struct look *l)
{
	return l->edition->major == 0;
}

static bool is_before_10(const struct look *l)
{
	return l->edition->major > 0 && l->edition->major < 10;
}

static bool is_before_1703(const struct look *l)
{
	return l->edition->major == 10 && l->edition->build < 15063;
}

static bool is_1809(const struct look *l)
{
	return l->edition->major == 10 && l->edition->build == 17763;
}

static bool lacks_bootmgfw(const struct look *l)
{
	return !l->has_bootmgfw;
}

static bool lacks_winload(const struct look *l)
{
	return !l->has_winload;
}

static const struct {
	bool (*applies)(const struct look *look);
	struct wtg_image_warning warning;
} rows[] = {
	{ names_no_version,
	  { "no-version", "it does not say which Windows it holds, or holds none",
	    true } },
	{ is_before_10, { "unsupported", "it is older than Windows 10", true } },
	/* Microsoft supported removable drives for Windows To Go from version 1703 on. */
	{ is_before_1703,
	  { "removable",
	    "Windows before version 1703 (build 15063) restarts for ever on drives "
	    "that call themselves removable; use one that does not",
	    false } },
	/* Known from Rufus: fixed by version 1803's WppRecorder.sys, which nobody may
	 * redistribute. */
	{ is_1809,
	  { "wpprecorder",
	    "version 1809 (build 17763) stops in WppRecorder.sys when it starts "
	    "from USB; use another version",
	    false } },
	{ lacks_bootmgfw,
	  { "no-bootmgfw",
	    "Windows/Boot/EFI/bootmgfw.efi is missing: UEFI could not start it", true } },
	{ lacks_winload,
	  { "no-winload",
	    "Windows/System32/winload.efi is missing: UEFI could not start it", true } },
};

static int exists(struct wtg_image *image, const struct wtg_edition *edition,
		  const char *path, bool *ret, struct wtg_error *err)
{
	struct wtg_image_stat st;

	if (wtg_image_stat(image, edition, path, &st, err) < 0)
		return -1;
	*ret = st.exists && !st.is_dir && !st.is_reparse;
	return 0;
}

int wtg_image_warn(struct wtg_image *image, const struct wtg_edition *edition,
		   struct wtg_image_warnings *ret, struct wtg_error *err)
{
	struct look look = { .edition = edition };
	struct wtg_image_warnings warnings = { 0 };

	if (exists(image, edition, "Windows/Boot/EFI/bootmgfw.efi", &look.has_bootmgfw,
		   err) < 0 ||
	    exists(image, edition, "Windows/System32/winload.efi", &look.has_winload,
		   err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].applies(&look))
			WTG_APPEND(&warnings, rows[i].warning);
	*ret = warnings;
	return 0;
}

void wtg_image_warnings_done(struct wtg_image_warnings *warnings)
{
	free(warnings->items);
	*warnings = (struct wtg_image_warnings){ 0 };
}
