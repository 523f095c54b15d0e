/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Include and Needs: a section goes on with other sections, of this INF or of others
 * (Microsoft: INF DDInstall Section).  Others are Windows' own, which it alone has installed.
 */
#include <string.h>

#include "windows/drivers-inner.h"
#include "wtg/text.h"

static bool has(const struct wtg_needed *needed, const struct wtg_inf_section *section)
{
	for (size_t i = 0; i < needed->n_items; i++)
		if (needed->items[i] == section)
			return true;
	return false;
}

/* The INFs that a section includes: one of them has what this one has not. */
static const char *included(const struct wtg_inf_section *section)
{
	const char *inf = wtg_inf_field(wtg_inf_line(section, "Include"), 0);

	return *inf ? inf : "another INF";
}

static int add_needs(struct wtg_package *package, const struct wtg_inf_section *section,
		     struct wtg_needed *needed)
{
	if (wtg_package_spend(package, section->n_items) < 0)
		return -1;
	for (size_t i = 0; i < section->n_items; i++) {
		const struct wtg_inf_line *line = &section->items[i];

		if (!wtg_text_equal_fold(line->key, "Needs"))
			continue;
		for (size_t j = 0; j < line->n_fields; j++) {
			const struct wtg_inf_section *other =
				wtg_inf_section(&package->inf, line->fields[j]);

			if (!other)
				wtg_package_remark(package, "[%s] goes on with [%s] of %s",
						   section->name, line->fields[j],
						   included(section));
			if (!other || has(needed, other))
				continue;
			if (needed->n_items == WTG_MAX_NEEDED)
				return wtg_fail(package->err, WTG_INPUT, 0,
						"[%s] goes on with more than %d others",
						needed->items[0]->name, WTG_MAX_NEEDED - 1);
			needed->items[needed->n_items++] = other;
		}
	}
	return 0;
}

int wtg_package_needed(struct wtg_package *package, const struct wtg_inf_section *section,
		       struct wtg_needed *ret)
{
	struct wtg_needed needed = { .items = { section }, .n_items = section ? 1 : 0 };

	for (size_t i = 0; i < needed.n_items; i++)
		if (add_needs(package, needed.items[i], &needed) < 0)
			return -1;
	*ret = needed;
	return 0;
}
