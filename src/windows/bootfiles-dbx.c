/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/bootfiles.h"

#include "base/alloc.h"
#include "wtg/text.h"

/* What firmware starts, of which EFI/Boot has a copy, and what this starts by itself. */
#define LOADER "EFI/Microsoft/Boot/bootmgfw.efi"

/* The tools that lie beside it: bootmgr.efi, memtest.efi, SecureBootRecovery.efi, … */
#define TOOLS "EFI/Microsoft/Boot/"

static void append_name(char **list, const char *path)
{
	char *joined = *list ? wtg_text("%s, %s", *list, path) : wtg_text_copy(path);

	free(*list);
	*list = joined;
}

static bool is_tool(const char *path)
{
	size_t length = strlen(path), n = strlen(".efi");

	return wtg_text_starts(path, TOOLS) && length > n &&
	       wtg_text_equal_fold(path + length - n, ".efi") &&
	       !wtg_text_equal_fold(path, LOADER);
}

/* A tool that is no program is nothing that could be started. */
static bool is_revoked_tool(const struct wtg_file *file, const struct wtg_dbx *dbx)
{
	struct wtg_error ignored = WTG_ERROR_INIT;
	_cleanup_free_ char *why = NULL;
	bool revoked;

	if (!is_tool(file->path))
		return false;
	revoked = wtg_dbx_revokes(dbx, &file->content, &why, &ignored) > 0;
	wtg_error_done(&ignored);
	return revoked;
}

int wtg_bootfiles_check(struct wtg_bootfiles *boot, const struct wtg_dbx *dbx, char **ret_why,
			char **ret_others, struct wtg_error *err)
{
	const struct wtg_file *loader = wtg_files_find(&boot->files, LOADER);
	char *why = NULL, *others = NULL;

	if (wtg_dbx_revokes(dbx, &loader->content, &why, err) < 0)
		return wtg_while(err, "look at the boot loader of the image");
	for (size_t i = 0; i < boot->files.n_items; i++)
		if (is_revoked_tool(&boot->files.items[i], dbx))
			append_name(&others, boot->files.items[i].path);
	boot->dbx = dbx->scope;
	*ret_why = why;
	*ret_others = others;
	return 0;
}
