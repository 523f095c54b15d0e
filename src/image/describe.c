/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/image.h"

#include <stdlib.h>

#include "image/open.h"
#include "wtg/text.h"

static const char *container_name(enum wtg_container container)
{
	switch (container) {
	case WTG_CONTAINER_ISO:
		return "iso";
	case WTG_CONTAINER_WIM:
		return "wim";
	case WTG_CONTAINER_ESD:
		return "esd";
	case WTG_CONTAINER_SWM:
		return "swm";
	}
	abort();
}

static void describe_fields(const struct wtg_edition *e, struct wtg_facts *out)
{
	_cleanup_free_ char *version = e->major ?
					       wtg_text("%u.%u.%u.%u", e->major, e->minor,
							e->build, e->revision) :
					       NULL;

	wtg_fact_text(out, "selector", e->selector);
	wtg_fact_number(out, "index", e->index);
	wtg_fact_text(out, "name", e->name);
	wtg_fact_text(out, "display_name", e->display_name);
	wtg_fact_text(out, "description", e->description);
	wtg_fact_text(out, "edition_id", e->edition_id);
	wtg_fact_text(out, "installation_type", e->installation_type);
	wtg_fact_text(out, "architecture", wtg_arch_name(e->arch));
	wtg_fact_text(out, "version", version);
	wtg_fact_number(out, "build", e->build);
	wtg_fact_text(out, "languages", e->languages);
	wtg_fact_text(out, "default_language", e->default_language);
	wtg_fact_bytes(out, "size", e->size_bytes);
	wtg_fact_number(out, "files", e->n_files);
	wtg_fact_number(out, "directories", e->n_dirs);
}

static int describe_edition(struct wtg_image *image, const struct wtg_edition *e,
			    struct wtg_facts *out, struct wtg_error *err)
{
	_cleanup_(wtg_image_warnings_done) struct wtg_image_warnings warnings = { 0 };
	struct wtg_image_boot_chains chains;

	if (wtg_image_boot_chains(image, e, &chains, err) < 0 ||
	    wtg_image_warn(image, e, &warnings, err) < 0)
		return -1;
	wtg_fact_open(out, NULL, WTG_OBJECT);
	describe_fields(e, out);
	wtg_fact_open(out, "boot_chains", WTG_LIST);
	wtg_fact_text(out, NULL, chains.efi ? "EFI" : NULL);
	wtg_fact_text(out, NULL, chains.efi_ex ? "EFI_EX" : NULL);
	wtg_fact_close(out);
	wtg_fact_open(out, "warnings", WTG_LIST);
	for (size_t i = 0; i < warnings.n_items; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "id", warnings.items[i].id);
		wtg_fact_text(out, "text", warnings.items[i].text);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
	wtg_fact_close(out);
	return 0;
}

int wtg_image_describe(struct wtg_image *image, struct wtg_facts *out,
		       struct wtg_error *err)
{
	wtg_fact_text(out, "path", image->path);
	wtg_fact_text(out, "container", container_name(image->container));
	wtg_fact_bytes(out, "size", wtg_image_file_bytes(image));
	wtg_fact_open(out, "editions", WTG_LIST);
	for (size_t i = 0; i < wtg_image_n_editions(image); i++)
		if (describe_edition(image, wtg_image_edition(image, i), out, err) < 0)
			return -1;
	wtg_fact_close(out);
	return 0;
}
