/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/recipe.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "recipe/compact.h"
#include "recipe/ground.h"
#include "recipe/head.h"
#include "recipe/identity.h"
#include "recipe/layout.h"
#include "step/custom.h"

/* Where everything goes, and whether it is compressed, which depend on each other. */
static int decide_layout(const struct wtg_subject *subject, const struct wtg_company *company,
			 const struct wtg_ground *ground, struct wtg_survey *survey,
			 struct wtg_layout *ret, struct wtg_error *err)
{
	uint64_t plain_least = wtg_layout_windows_least(survey->plain.volume_bytes);
	uint64_t least = wtg_layout_windows_least(survey->packed.volume_bytes);

	const struct wtg_site site = {
		.request = subject->request,
		.disk = subject->disk,
		.most_bytes = company->smallest_bytes,
		.windows_least = least,
		.beside = ground->view,
	};

	if (wtg_layout_decide(&site, ret, err) < 0)
		return -1;
	wtg_compact_settle(subject->request, company->n > 1 ? NULL : subject->disk,
			   ret->windows.length, plain_least, survey);
	ret->bios = ret->bios && survey->boot.bios;
	ret->compact = survey->compact.choices;
	ret->windows_least = ret->compact ? least : plain_least;
	ret->identity = wtg_identity_draw(subject->request->seed, company->position);
	wtg_ground_keep(ground, &ret->identity);
	return 0;
}

static int read_custom(const struct wtg_subject *subject, const struct wtg_company *company,
		       struct wtg_custom *ret, struct wtg_error *err)
{
	uint8_t seed[16];

	wtg_identity_seed(subject->request->seed, company->position, seed);
	return wtg_custom_read(subject->request, subject->disk, seed, ret, err);
}

static void begin(struct wtg_plan *plan, const struct wtg_subject *subject,
		  const struct wtg_company *company, const struct wtg_layout *layout,
		  const struct wtg_survey *survey)
{
	uint64_t size = subject->disk->size_bytes;

	wtg_head_set(plan, subject, layout, survey);
	if (company->smallest_bytes && company->smallest_bytes < size)
		wtg_head_warn_of_unused(plan, size - company->smallest_bytes);
	wtg_plan_set_marker(plan, layout->marker_offset, layout->identity.run_id);
}

/* Ventoy's, our own for Legacy BIOS, or none.  Beside what stays, so does what is there. */
static const uint8_t *choose_boot_code(const struct wtg_layout *layout,
				       const struct wtg_ground *ground,
				       uint8_t room[static WTG_BOOT_CODE_BYTES])
{
	if (!ground->has_payload)
		return layout->bios && !layout->beside ? wtg_boot_mbr : NULL;
	wtg_ventoy_boot_code(&ground->payload, layout->style, layout->identity.ventoy, room);
	return room;
}

/* What Windows and Ventoy need to start each other. */
static int plan_boot(struct wtg_plan *plan, const struct wtg_layout *layout,
		     struct wtg_survey *survey, struct wtg_ground *ground,
		     const struct wtg_subject *subject, struct wtg_error *err)
{
	if (wtg_step_write_esp(plan, layout, survey, subject, wtg_manifest(subject, layout),
			       err) < 0)
		return -1;
	if (ground->has_payload)
		wtg_step_write_ventoy(plan, layout, &ground->payload);
	return wtg_ground_plan_entry(plan, layout, ground, subject, err);
}

/*
 * What `wtgctl create` does, in the order in which it happens.  The order is the safety:
 * first everything that could be recognised is wiped, or, beside what stays, the free space; last
 * comes the table that makes the new volumes visible, so that whatever happens in between, the
 * drive shows nothing, or what it did before.
 */
int wtg_recipe_create(const struct wtg_request *request, struct wtg_image *image,
		      const struct wtg_target *target, const struct wtg_company *company,
		      struct wtg_plan **ret, struct wtg_error *err)
{
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	const char *label = request->label ? request->label : "Windows";
	_cleanup_(wtg_ground_done) struct wtg_ground ground = { 0 };
	_cleanup_(wtg_custom_done) struct wtg_custom custom = { 0 };
	_cleanup_(wtg_survey_done) struct wtg_survey survey = { 0 };
	struct wtg_subject subject = { request, image, NULL, wtg_target_disk(target) };
	uint8_t room[WTG_BOOT_CODE_BYTES];
	const uint8_t *boot_code;
	struct wtg_layout layout;
	uint64_t written, stamp_id;

	if (wtg_request_check(request, err) < 0 || wtg_compact_check(request, err) < 0 ||
	    read_custom(&subject, company, &custom, err) < 0 ||
	    wtg_ground_survey(request, target, &ground, err) < 0 ||
	    wtg_image_choose(image, request->edition, &subject.edition, err) < 0 ||
	    wtg_survey_make(image, subject.edition, request, &custom, &survey, err) < 0 ||
	    decide_layout(&subject, company, &ground, &survey, &layout, err) < 0)
		return -1;
	begin(plan, &subject, company, &layout, &survey);
	wtg_random(&stamp_id, sizeof(stamp_id));
	written = wtg_layout_written_bytes(layout.windows_least) + ground.payload.volume.size;
	boot_code = choose_boot_code(&layout, &ground, room);

	wtg_step_check_image(plan, image, subject.edition, request->sha256, request->check);
	if (layout.beside) {
		wtg_step_clear_space(plan, target, &layout, written);
	} else {
		wtg_step_wipe_target(plan, target, &layout, written, company);
		wtg_step_stamp_drive(plan, target, stamp_id);
	}
	wtg_step_format_windows(plan, &layout, label);
	wtg_step_apply_image(plan, &layout, &survey, &subject);
	wtg_step_format_data(plan, &layout, request->data_fs);
	if (plan_boot(plan, &layout, &survey, &ground, &subject, err) < 0)
		return -1;
	if (!layout.beside)
		wtg_step_check_stamps(plan, target, stamp_id);
	wtg_step_write_table(plan, &layout, boot_code,
			     layout.beside ? &ground.view->table : NULL);
	wtg_step_verify_drive(plan, &layout);

	*ret = WTG_STEAL(plan);
	return 0;
}
