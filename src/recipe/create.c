/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/recipe.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "recipe/compact.h"
#include "recipe/head.h"
#include "recipe/identity.h"
#include "recipe/layout.h"
#include "recipe/request.h"

/* Where everything goes, and whether it is compressed, which depend on each other. */
static int decide_layout(const struct wtg_subject *subject, const struct wtg_company *company,
			 struct wtg_survey *survey, struct wtg_layout *ret,
			 struct wtg_error *err)
{
	uint64_t plain_least = wtg_layout_windows_least(survey->plain.volume_bytes);
	uint64_t least = wtg_layout_windows_least(survey->packed.volume_bytes);

	const struct wtg_site site = {
		.request = subject->request,
		.disk = subject->disk,
		.most_bytes = company->smallest_bytes,
		.windows_least = least,
	};

	if (wtg_layout_decide(&site, ret, err) < 0)
		return -1;
	wtg_compact_settle(subject->request, company->n > 1 ? NULL : subject->disk,
			   ret->windows.length, plain_least, survey);
	ret->bios = ret->bios && survey->boot.bios;
	ret->compact = survey->compact.choices;
	ret->windows_least = ret->compact ? least : plain_least;
	return 0;
}

/*
 * What `wtgctl create` does, in the order in which it happens.  The order is the safety:
 * first everything that could be recognised is wiped, last comes the table that makes the
 * new volumes visible, so that whatever happens in between, the drive shows nothing.
 */
int wtg_recipe_create(const struct wtg_request *request, struct wtg_image *image,
		      const struct wtg_target *target, const struct wtg_company *company,
		      struct wtg_plan **ret, struct wtg_error *err)
{
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	const char *label = request->label ? request->label : "Windows";
	_cleanup_(wtg_survey_done) struct wtg_survey survey = { 0 };
	struct wtg_subject subject = { request, image, NULL, wtg_target_disk(target) };
	struct wtg_layout layout;
	uint64_t stamp_id;

	if (wtg_request_check(request, err) < 0 || wtg_compact_check(request, err) < 0 ||
	    wtg_image_choose(image, request->edition, &subject.edition, err) < 0 ||
	    wtg_survey_make(image, subject.edition, request, &survey, err) < 0 ||
	    decide_layout(&subject, company, &survey, &layout, err) < 0)
		return -1;
	layout.identity = wtg_identity_draw(request->seed, company->position);
	wtg_head_set(plan, &subject, &layout, &survey);
	if (company->smallest_bytes && company->smallest_bytes < subject.disk->size_bytes)
		wtg_head_warn_of_unused(plan, subject.disk->size_bytes - company->smallest_bytes);
	wtg_random(&stamp_id, sizeof(stamp_id));
	wtg_plan_set_marker(plan, layout.marker_offset, layout.identity.run_id);

	wtg_step_check_image(plan, image, subject.edition, request->sha256, request->check);
	wtg_step_wipe_target(plan, target, &layout,
			     wtg_layout_written_bytes(layout.windows_least), company);
	wtg_step_stamp_drive(plan, target, stamp_id);
	wtg_step_format_windows(plan, &layout, label);
	wtg_step_apply_image(plan, &layout, &survey, &subject);
	wtg_step_format_data(plan, &layout, request->data_fs);
	if (wtg_step_write_esp(plan, &layout, &survey, &subject,
			       wtg_manifest(&subject, &layout), err) < 0)
		return -1;
	wtg_step_check_stamps(plan, target, stamp_id);
	wtg_step_write_table(plan, &layout, layout.bios ? wtg_boot_mbr : NULL);
	wtg_step_verify_drive(plan, &layout);

	*ret = WTG_STEAL(plan);
	return 0;
}
