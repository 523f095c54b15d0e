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

static const char *other_than(const char *text, const char *known)
{
	return wtg_text_equal(text, known) ? NULL : text;
}

void wtg_edition_describe(const struct wtg_edition *e, struct wtg_facts *out)
{
	_cleanup_free_ char *version = e->major ?
					       wtg_text("%u.%u.%u.%u", e->major, e->minor,
							e->build, e->revision) :
					       NULL;

	wtg_fact_text(out, "selector", e->selector);
	wtg_fact_number(out, "index", e->index);
	wtg_fact_text(out, "name", e->display_name);
	/* Often the same three times over; said when they tell more. */
	wtg_fact_text(out, "image_name", other_than(e->name, e->display_name));
	wtg_fact_text(out, "description", other_than(e->description, e->display_name));
	wtg_fact_text(out, "edition_id", e->edition_id);
	wtg_fact_text(out, "installation_type", e->installation_type);
	wtg_fact_text(out, "architecture", wtg_arch_name(e->arch));
	wtg_fact_text(out, "version", version);
	wtg_fact_text(out, "languages", e->languages);
	wtg_fact_text(out, "default_language", e->default_language);
	wtg_fact_bytes(out, "size_bytes", e->size_bytes);
	wtg_fact_number(out, "files", e->n_files);
	wtg_fact_number(out, "directories", e->n_dirs);
}

void wtg_image_describe(const struct wtg_image *image, struct wtg_facts *out)
{
	wtg_fact_text(out, "path", image->path);
	wtg_fact_text(out, "container", container_name(image->container));
	wtg_fact_bytes(out, "size_bytes", wtg_image_file_bytes(image));
}
