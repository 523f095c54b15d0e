/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey.h"

#include "base/alloc.h"
#include "step/survey-inner.h"
#include "wtg/text.h"

#define WINRE_PATH "Windows/System32/Recovery/Winre.wim"

static int look_at_traps(struct wtg_surveyor *s, struct wtg_error *err)
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
	if (s->custom->exposed_password)
		WTG_APPEND(&s->made.warnings, wtg_text("others may read the password in %s",
						       s->custom->exposed_password));
	return 0;
}

/* Say in the overlay's last entry what the image has in its place. */
void wtg_survey_note_image(struct wtg_surveyor *s, uint64_t size_bytes)
{
	struct wtg_overlay_file *last = &s->made.overlay.items[s->made.overlay.n_items - 1];

	last->in_image = true;
	last->image_bytes = size_bytes;
}

/*
 * WinRE repairs the computer that it finds, which is never what a portable Windows is for.
 * Both of Microsoft's ways: no Winre.wim, and an answer file (survey-answer.c) that takes it out
 * of service at the first start.
 */
static int plan_recovery(struct wtg_surveyor *s, struct wtg_error *err)
{
	struct wtg_image_stat winre;

	if (s->request->winre)
		return 0;
	if (wtg_image_stat(s->image, s->edition, WINRE_PATH, &winre, err) < 0)
		return -1;
	if (winre.exists && !winre.is_dir) {
		wtg_overlay_drop(&s->made.overlay, WINRE_PATH);
		wtg_survey_note_image(s, winre.size_bytes);
	}
	return 0;
}

/* Of Windows 10 on: before, Wof unpacked nothing but what lay in a WIM. */
#define LEAST_COMPACT_BUILD 10240

/* mkntfs' own choice for volumes of up to 16 TiB. */
#define CLUSTER_BYTES 4096

static int decide_compression(struct wtg_surveyor *s, const struct wtg_bytes *list,
			      const struct wtg_catalog *catalog, struct wtg_error *err)
{
	const struct wtg_compact_input input = { .catalog = catalog,
						 .overlay = &s->made.overlay,
						 .list = *list,
						 .cluster_bytes = CLUSTER_BYTES };

	if (s->edition->build < LEAST_COMPACT_BUILD)
		return wtg_fail(err, WTG_INPUT, 0,
				"a Windows of build %u cannot read compressed files, those from "
				"%u (Windows 10) on can",
				s->edition->build, LEAST_COMPACT_BUILD);
	return wtg_compact_decide(&input, &s->made.compact, err);
}

static bool compresses(const struct wtg_surveyor *s)
{
	enum wtg_compact wanted = s->request->compact;

	if (wanted == WTG_COMPACT_AUTO)
		return s->edition->build >= LEAST_COMPACT_BUILD;
	return wanted != WTG_COMPACT_UNSAID && wanted != WTG_COMPACT_OFF;
}

/* The tree as it will be, plain and, if it can be, compressed. */
static int measure(struct wtg_surveyor *s, const struct wtg_catalog *catalog, struct wtg_error *err)
{
	_cleanup_(wtg_tree_done) struct wtg_tree tree = { 0 };

	if (wtg_tree_weave(catalog, &s->made.overlay, &tree, err) < 0)
		return -1;
	s->made.plain = s->made.packed = wtg_measure(&tree);
	if (!s->made.compact.choices)
		return 0;
	if (wtg_tree_compact(&tree, &s->made.compact, err) < 0)
		return -1;
	s->made.packed = wtg_measure(&tree);
	return 0;
}

/* So that it is read once. */
static void keep_tree(struct wtg_surveyor *s, const struct wtg_catalog *catalog)
{
	struct wtg_packet flat = { 0 };

	wtg_catalog_flatten(catalog, &flat);
	s->made.tree = (struct wtg_bytes){ flat.data, flat.size };
}

/* After all else: the overlay is known. */
static int look_at_tree(struct wtg_surveyor *s, struct wtg_error *err)
{
	static const char *const paths[] = { WTG_COMPACT_LIST_PATH };
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	struct wtg_bytes list = { 0 };

	if (compresses(s) && wtg_image_read(s->image, s->edition, paths, 1,
					    WTG_COMPACT_LIST_BYTES, &files, err) < 0)
		return -1;
	if (files.n_items == 1)
		list = files.items[0].content;
	if (wtg_catalog_read(s->image, s->edition, &catalog, err) < 0)
		return -1;
	if (compresses(s) && decide_compression(s, &list, catalog, err) < 0)
		return wtg_while(err, "plan the compression");
	if (wtg_survey_size_removals(s, catalog, err) < 0)
		return -1;
	keep_tree(s, catalog);
	return measure(s, catalog, err);
}

/* In the order in which they need each other; the overlay lists what it gets in this order. */
static int (*const parts[])(struct wtg_surveyor *s, struct wtg_error *err) = {
	look_at_traps,
	wtg_survey_plan_boot,
	wtg_survey_plan_answer,
	wtg_survey_read_scripts,
	wtg_survey_read_hives,
	wtg_survey_judge_answer,
	wtg_survey_plan_drivers,
	wtg_survey_plan_removals,
	wtg_survey_plan_registry,
	plan_recovery,
	look_at_tree,
};

/* In the worker. */
static int look(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	struct wtg_surveyor *s = context;

	(void)progress;
	wtg_survey_begin_removals(s);
	wtg_survey_want_drivers(s);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i](s, err) < 0)
			return -1;
	wtg_survey_flatten(&s->made, reply);
	return 0;
}

int wtg_survey_make(struct wtg_image *image, const struct wtg_edition *edition,
		    const struct wtg_request *request, struct wtg_custom *custom,
		    struct wtg_survey *ret, struct wtg_error *err)
{
	struct wtg_surveyor surveyor = {
		.image = image,
		.edition = edition,
		.request = request,
		.custom = custom,
	};
	const struct wtg_image_errand errand = { .work = look, .finds = WTG_USAGE };
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };

	if (wtg_image_confine(image, &errand, &surveyor, NULL, &reply, err) < 0)
		return -1;
	if (wtg_survey_unflatten(&reply, &custom->drivers, ret, err) < 0)
		return -1;
	ret->lent = custom->drivers;
	custom->drivers = (struct wtg_files){ 0 };
	return 0;
}

const struct wtg_measure *wtg_survey_size(const struct wtg_survey *survey)
{
	return survey->compact.choices ? &survey->packed : &survey->plain;
}

void wtg_sentences_done(struct wtg_sentences *sentences)
{
	for (size_t i = 0; i < sentences->n_items; i++)
		free(sentences->items[i]);
	free(sentences->items);
	*sentences = (struct wtg_sentences){ 0 };
}

void wtg_survey_done(struct wtg_survey *survey)
{
	wtg_sentences_done(&survey->warnings);
	wtg_sentences_done(&survey->answers);
	wtg_bootfiles_done(&survey->boot);
	for (size_t i = 0; i < WTG_N_HIVES; i++)
		wtg_edits_done(&survey->registry[i]);
	wtg_overlay_done(&survey->overlay);
	wtg_removals_done(&survey->removals);
	wtg_drivers_done(&survey->drivers);
	wtg_driver_placement_done(&survey->placement);
	wtg_files_done(&survey->lent);
	wtg_compact_plan_done(&survey->compact);
	wtg_bytes_done(&survey->tree);
	free(survey->answer_kept);
	*survey = (struct wtg_survey){ 0 };
}
