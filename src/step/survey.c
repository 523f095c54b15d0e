/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey.h"

#include "base/alloc.h"
#include "windows/hive.h"
#include "wtg/text.h"

/* Real SYSTEM hives have 8 to 16 MB; a busy server's several times that. */
#define MAX_HIVE_BYTES (256u << 20)

/* All boot trees of Windows 11 with both chains have some 60 MB. */
#define MAX_BOOT_BYTES (512u << 20)

struct survey {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	const struct wtg_request *request;
	struct wtg_survey made;
};

static int look_at_traps(struct survey *s, struct wtg_error *err)
{
	_cleanup_(wtg_image_warnings_done) struct wtg_image_warnings warnings = { 0 };

	if (wtg_image_warn(s->image, s->edition, &warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < warnings.n_items; i++) {
		if (warnings.items[i].fatal)
			return wtg_fail(err, WTG_INPUT, 0, "the edition %s: %s",
					s->edition->selector, warnings.items[i].text);
		WTG_APPEND(&s->made.warnings, wtg_text_copy(warnings.items[i].text));
	}
	return wtg_image_check_tree(s->image, s->edition, err);
}

static int look_at_boot_files(struct survey *s, struct wtg_error *err)
{
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	size_t n = 0;

	while (wtg_boot_trees[n])
		n++;
	if (wtg_image_read(s->image, s->edition, wtg_boot_trees, n, MAX_BOOT_BYTES, &files,
			   err) < 0 ||
	    wtg_bootfiles_choose(&files, s->edition->arch, s->request->boot_ca, &s->made.boot,
				 err) < 0)
		return wtg_while(err, "plan the boot files");
	return 0;
}

static int edit_registry(struct survey *s, struct wtg_error *err)
{
	const struct wtg_edit_options options = {
		.internal_disks_online = s->request->internal_disks == WTG_INTERNAL_ONLINE,
		.hibernate = s->request->hibernate,
		.device_encryption = s->request->device_encryption,
		.portable_flag = s->request->portable_flag,
		.no_pagefile = s->request->no_pagefile,
		.no_crash_dump = s->request->no_crash_dump,
		.no_last_access = s->request->no_last_access,
		.build = s->edition->build,
	};
	static const char *const paths[] = { WTG_SYSTEM_PATH };
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };

	if (wtg_image_read(s->image, s->edition, paths, 1, MAX_HIVE_BYTES, &files, err) < 0)
		return -1;
	if (files.n_items != 1)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has no " WTG_SYSTEM_PATH
				": it is no Windows that could start");
	if (wtg_edits_plan(&files.items[0].content, &options, &s->made.edits, err) < 0)
		return -1;
	return wtg_hive_edit(&files.items[0].content, &s->made.edits, &s->made.system, err);
}

static int look_at_registry(struct survey *s, struct wtg_error *err)
{
	if (edit_registry(s, err) < 0)
		return wtg_while(err, "plan the registry edits");
	return 0;
}

static int look_at_recovery(struct survey *s, struct wtg_error *err)
{
	struct wtg_image_stat winre, panther, sysprep;

	if (wtg_image_stat(s->image, s->edition, WTG_WINRE_PATH, &winre, err) < 0 ||
	    wtg_image_stat(s->image, s->edition, WTG_PANTHER_PATH, &panther, err) < 0 ||
	    wtg_image_stat(s->image, s->edition, WTG_SYSPREP_PATH, &sysprep, err) < 0)
		return -1;
	if (winre.exists && !winre.is_dir)
		s->made.winre_bytes = winre.size_bytes ? winre.size_bytes : 1;
	s->made.has_panther_answer = panther.exists;
	s->made.has_sysprep_answer = sysprep.exists;
	return 0;
}

/* In the worker. */
static int look(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	struct survey *s = context;

	(void)progress;
	if (look_at_traps(s, err) < 0 || look_at_boot_files(s, err) < 0 ||
	    look_at_registry(s, err) < 0 || look_at_recovery(s, err) < 0)
		return -1;
	wtg_survey_flatten(&s->made, reply);
	return 0;
}

int wtg_survey_make(struct wtg_image *image, const struct wtg_edition *edition,
		    const struct wtg_request *request, struct wtg_survey *ret,
		    struct wtg_error *err)
{
	struct survey survey = { .image = image, .edition = edition, .request = request };
	const struct wtg_image_errand errand = { .work = look };
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };

	if (wtg_image_confine(image, &errand, &survey, NULL, &reply, err) < 0)
		return -1;
	return wtg_survey_unflatten(&reply, ret, err);
}

void wtg_survey_done(struct wtg_survey *survey)
{
	for (size_t i = 0; i < survey->warnings.n_items; i++)
		free(survey->warnings.items[i]);
	free(survey->warnings.items);
	wtg_bootfiles_done(&survey->boot);
	wtg_edits_done(&survey->edits);
	wtg_bytes_done(&survey->system);
	*survey = (struct wtg_survey){ 0 };
}
