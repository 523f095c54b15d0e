/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"

struct params {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	const char *sha256;
	bool integrity;
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_text(out, "sha256", p->sha256);
	wtg_fact_truth(out, "integrity_table", p->integrity);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;
	uint64_t bytes = 0;

	if (phase != WTG_PHASE_CHECK || wtg_image_is_checked(p->image))
		return 0;
	if (p->sha256)
		bytes += wtg_image_file_bytes(p->image);
	if (p->integrity)
		bytes += wtg_image_integrity_bytes(p->image, p->edition);
	return bytes;
}

static int check_integrity(void *context, struct wtg_progress *progress,
			   struct wtg_packet *reply, struct wtg_error *err)
{
	const struct params *p = context;

	(void)reply;
	return wtg_image_check_integrity(p->image, p->edition, progress, err);
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_image_errand errand = { .work = check_integrity };
	struct params p = *(const struct params *)params;

	(void)target;
	if (wtg_image_is_checked(p.image))
		return 0;
	if (p.sha256 && wtg_image_check_sha256(p.image, p.sha256, progress, err) < 0)
		return -1;
	if (p.integrity && wtg_image_confine(p.image, &errand, &p, progress, NULL, err) < 0)
		return -1;
	wtg_image_set_checked(p.image);
	return 0;
}

static const struct wtg_step_ops ops = {
	.name = "check-image",
	.describe = describe,
	.cost = cost,
	.check = check,
	.free = free,
};

void wtg_step_check_image(struct wtg_plan *plan, struct wtg_image *image,
			  const struct wtg_edition *edition, const char *sha256, bool integrity)
{
	struct params p = { image, edition, sha256, integrity };

	if (sha256 || integrity)
		wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
