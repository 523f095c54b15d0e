/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey-inner.h"

#include "windows/hive.h"
#include "windows/reg-file.h"

/* Real SYSTEM hives have 8 to 16 MB, SOFTWARE 60 to 120; a busy server's several times that. */
#define MAX_HIVE_BYTES (256u << 20)

int wtg_survey_read_scripts(struct wtg_surveyor *s, struct wtg_error *err)
{
	const struct wtg_files *scripts = &s->custom->registry;

	for (size_t i = 0; i < scripts->n_items; i++)
		if (wtg_reg_parse(&scripts->items[i].content, scripts->items[i].path,
				  &s->wishes[WTG_WISHER_USER], err) < 0)
			return -1;
	return 0;
}

/* The first of the wishes for a hive; NULL: there is none. */
static const struct wtg_wish *first_wish(const struct wtg_surveyor *s, enum wtg_hive_id id)
{
	for (size_t who = 0; who < WTG_N_WISHERS; who++)
		for (size_t i = 0; i < s->wishes[who].n_items; i++)
			if (s->wishes[who].items[i].hive == id)
				return &s->wishes[who].items[i];
	return NULL;
}

static bool is_wanted(const struct wtg_surveyor *s, enum wtg_hive_id id)
{
	return id == WTG_HIVE_SYSTEM || s->wanted[id] || first_wish(s, id);
}

int wtg_survey_read_hives(struct wtg_surveyor *s, struct wtg_error *err)
{
	const char *paths[WTG_N_HIVES];
	size_t n = 0;

	for (enum wtg_hive_id id = 0; id < WTG_N_HIVES; id++)
		if (is_wanted(s, id))
			paths[n++] = wtg_hive_paths[id];
	if (wtg_image_read(s->image, s->edition, paths, n, MAX_HIVE_BYTES, &s->hives, err) < 0)
		return wtg_while(err, "plan the registry edits");
	return 0;
}

const struct wtg_bytes *wtg_survey_hive(const struct wtg_surveyor *s, enum wtg_hive_id id)
{
	const struct wtg_file *file = wtg_files_find(&s->hives, wtg_hive_paths[id]);

	return file ? &file->content : NULL;
}

static struct wtg_edit_options options_of(const struct wtg_surveyor *s)
{
	return (struct wtg_edit_options){
		.internal_disks_online = s->request->internal_disks == WTG_INTERNAL_ONLINE,
		.hibernate = s->request->hibernate,
		.device_encryption = s->request->device_encryption,
		.portable_flag = s->request->portable_flag,
		.no_pagefile = s->request->no_pagefile,
		.no_crash_dump = s->request->no_crash_dump,
		.no_last_access = s->request->no_last_access,
		.build = s->edition->build,
	};
}

static int plan_system(struct wtg_surveyor *s, struct wtg_error *err)
{
	const struct wtg_edit_options options = options_of(s);
	const struct wtg_bytes *system = wtg_survey_hive(s, WTG_HIVE_SYSTEM);

	if (!system)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has no " WTG_SYSTEM_PATH
				": it is no Windows that could start");
	return wtg_edits_plan(system, &options, &s->made.registry[WTG_HIVE_SYSTEM], err);
}

static int plan_hive(struct wtg_surveyor *s, enum wtg_hive_id id, struct wtg_error *err)
{
	const struct wtg_bytes *hive = wtg_survey_hive(s, id);
	const struct wtg_wish *wish = first_wish(s, id);

	if (id == WTG_HIVE_SYSTEM && plan_system(s, err) < 0)
		return -1;
	if (!wish)
		return 0;
	if (!hive)
		return wtg_fail(err, WTG_INPUT, 0, "%s: the image has no %s", wish->reason,
				wtg_hive_paths[id]);
	return wtg_edits_plan_wishes(hive, id, s->wishes, WTG_N_WISHERS, &s->made.registry[id],
				     err);
}

/*
 * The hive's logs stay in the image as they are: Windows reads them only where the hive says that
 * it was not closed (its two sequence numbers differ), and such hives are refused.
 */
static int edit_hive(struct wtg_surveyor *s, enum wtg_hive_id id, struct wtg_error *err)
{
	const struct wtg_bytes *hive = wtg_survey_hive(s, id);
	struct wtg_edits *edits = &s->made.registry[id];
	const struct wtg_edit_options options = options_of(s);
	_cleanup_(wtg_bytes_done) struct wtg_bytes edited = { 0 };

	if (edits->n_items == 0)
		return 0;
	if (wtg_hive_edit(hive, edits, &edited, err) < 0 ||
	    (id == WTG_HIVE_SYSTEM && wtg_edits_settle(&edited, &options, edits, err) < 0))
		return -1;
	if (wtg_edits_changes(edits) == 0)
		return 0;
	wtg_overlay_put(&s->made.overlay, wtg_hive_paths[id], edited, (struct wtg_bytes){ 0 });
	edited = (struct wtg_bytes){ 0 };
	wtg_survey_note_image(s, hive->size);
	return 0;
}

int wtg_survey_plan_registry(struct wtg_surveyor *s, struct wtg_error *err)
{
	for (enum wtg_hive_id id = 0; id < WTG_N_HIVES; id++)
		if (plan_hive(s, id, err) < 0 || edit_hive(s, id, err) < 0)
			return wtg_while(err, "plan the registry edits");
	return 0;
}
