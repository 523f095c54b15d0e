/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "apply/apply.h"
#include "base/alloc.h"

struct params {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	struct wtg_layout layout;
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_text(out, "edition", p->edition->display_name);
	wtg_fact_number(out, "files", p->edition->n_files);
	wtg_fact_bytes(out, "write_bytes", p->edition->size_bytes);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;

	return phase == WTG_PHASE_APPLY ? p->edition->size_bytes : 0;
}

struct application {
	const struct params *params;
	struct wtg_window window;
};

static int apply_edition(void *context, struct wtg_progress *progress,
			 struct wtg_packet *reply, struct wtg_error *err)
{
	const struct application *a = context;
	const struct wtg_application application = {
		.image = a->params->image,
		.edition = a->params->edition,
	};

	(void)reply;
	return wtg_apply(&application, &a->window, progress, err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct application application = {
		.params = p,
		.window = wtg_writer_window(writer, p->layout.windows.offset,
					    p->layout.windows.length),
	};
	const struct wtg_image_errand errand = { apply_edition, &application.window };

	return wtg_image_confine(p->image, &errand, &application, wtg_writer_progress(writer),
				 NULL, err);
}

static const struct wtg_step_ops ops = {
	.name = "apply-image",
	.describe = describe,
	.cost = cost,
	.apply = apply,
	.free = free,
};

void wtg_step_apply_image(struct wtg_plan *plan, struct wtg_image *image,
			  const struct wtg_edition *edition, const struct wtg_layout *layout)
{
	struct params p = { image, edition, *layout };

	wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
