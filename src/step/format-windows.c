/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "volume/ntfs.h"

struct params {
	struct wtg_layout layout;
	const char *label;
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_text(out, "filesystem", "ntfs");
	wtg_fact_text(out, "label", p->label);
	wtg_fact_bytes(out, "size_bytes", p->layout.windows.length);
}

static struct wtg_ntfs_format format_of(const struct params *p)
{
	return (struct wtg_ntfs_format){
		.label = p->label,
		.serial = p->layout.identity.windows_serial,
		.start_bytes = p->layout.windows.offset,
		.sector_bytes = p->layout.sector_bytes,
	};
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_ntfs_format format = format_of(params);

	(void)target;
	(void)progress;
	return wtg_ntfs_check(&format, err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_extent *at = &p->layout.windows;
	struct wtg_window window = wtg_writer_window(writer, at->offset, at->length);
	const struct wtg_ntfs_format format = format_of(p);

	return wtg_ntfs_format(&window, &format, err);
}

static const struct wtg_step_ops ops = {
	.name = "format-windows",
	.describe = describe,
	.check = check,
	.apply = apply,
	.free = free,
};

void wtg_step_format_windows(struct wtg_plan *plan, const struct wtg_layout *layout,
			     const char *label)
{
	struct params p = { *layout, label };

	wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
