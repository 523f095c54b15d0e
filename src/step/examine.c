/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/examine.h"

#include "image/image.h"
#include "windows/bootfiles.h"
#include "windows/edits.h"

#define SYSTEM_PATH "Windows/System32/config/SYSTEM"
#define MAX_BYTES (512u << 20)

static void describe_loader(const char *key, bool there, const struct wtg_pe *loader,
			    struct wtg_facts *out)
{
	if (!there)
		return;
	wtg_fact_open(out, key, WTG_OBJECT);
	wtg_fact_number(out, "signatures", loader->n_signatures);
	wtg_fact_text(out, "signers", loader->signers);
	wtg_fact_close(out);
}

static void describe_loaders(const struct wtg_files *files, struct wtg_facts *out,
			     struct wtg_error *err)
{
	_cleanup_(wtg_boot_chains_done) struct wtg_boot_chains chains = { 0 };

	if (wtg_boot_chains_read(files, &chains, err) < 0) {
		wtg_fact_text(out, "loader_warning", err->message);
		wtg_error_done(err);
		return;
	}
	describe_loader("loader", chains.has_usual, &chains.usual, out);
	describe_loader("loader_ex", chains.has_ex, &chains.ex, out);
}

static void describe_registry(const struct wtg_files *files, struct wtg_facts *out,
			      struct wtg_error *err)
{
	const struct wtg_file *system = wtg_files_find(files, SYSTEM_PATH);
	struct wtg_hive_view view;

	if (!system) {
		wtg_fact_text(out, "registry_warning", "there is no " SYSTEM_PATH);
	} else if (wtg_hive_view_open(&system->content, &view, err) < 0) {
		wtg_fact_text(out, "registry_warning", err->message);
		wtg_error_done(err);
	} else if (wtg_system_was_booted(&view)) {
		wtg_fact_text(out, "registry_warning",
			      "this Windows was booted before it was captured (not generalised): "
			      "it remembers the computer and the drives that it ran on");
	}
}

int wtg_examine_edition(struct wtg_image *image, const struct wtg_edition *edition,
			struct wtg_facts *out, struct wtg_error *err)
{
	static const char *const paths[] = {
		"Windows/Boot/EFI/bootmgfw.efi",
		"Windows/Boot/EFI_EX/bootmgfw_EX.efi",
		SYSTEM_PATH,
	};
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };

	if (wtg_image_read(image, edition, paths, sizeof(paths) / sizeof(paths[0]), MAX_BYTES,
			   &files, err) < 0) {
		if (err->kind != WTG_INPUT)
			return -1;
		wtg_fact_text(out, "read_warning", err->message);
		wtg_error_done(err);
		return 0;
	}
	describe_loaders(&files, out, err);
	describe_registry(&files, out, err);
	return 0;
}
