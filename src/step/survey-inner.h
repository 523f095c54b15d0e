/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The survey from within, for survey*.c: each looks at its part of the edition in the worker that
 * survey.c starts, and adds to what is made.  Parts that want the registry changed say so in
 * wishes; all of them are worked out for the hives in one go, when everybody has spoken.
 */
#pragma once

#include "image/catalog.h"
#include "image/image.h"
#include "step/custom.h"
#include "step/survey.h"
#include "windows/wishes.h"

/* Who wishes what of the registry: later ones win, all win over what makes it portable. */
enum wtg_wisher {
	WTG_WISHER_REMOVALS,
	WTG_WISHER_DRIVERS,
	WTG_WISHER_ANSWER, /* its offlineServicing */
	WTG_WISHER_USER,   /* --registry */
};
#define WTG_N_WISHERS 4

struct wtg_surveyor {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	const struct wtg_request *request;
	const struct wtg_custom *custom; /* the user's own files, read and not parsed */

	struct wtg_wishes wishes[WTG_N_WISHERS];
	bool wanted[WTG_N_HIVES];     /* who needs to look into a hive says so before they are read */
	struct wtg_files hives;       /* as the image has them */
	struct wtg_survey made;
};

/* Say in the overlay's last entry what the image has in its place. */
void wtg_survey_note_image(struct wtg_surveyor *s, uint64_t size_bytes);

/* Which boot files the drive starts with, and that none of them is revoked. */
int wtg_survey_plan_boot(struct wtg_surveyor *s, struct wtg_error *err);

/* Before the hives are read: what needs no look into them. */
int wtg_survey_plan_answer(struct wtg_surveyor *s, struct wtg_error *err);
int wtg_survey_read_scripts(struct wtg_surveyor *s, struct wtg_error *err);

/* After that: will anybody read the answer file? */
int wtg_survey_judge_answer(struct wtg_surveyor *s, struct wtg_error *err);

/* Where the drivers go: what for, before the hives are read; and after that, with all that is
 * wished for them. */
void wtg_survey_want_drivers(struct wtg_surveyor *s);
int wtg_survey_plan_drivers(struct wtg_surveyor *s, struct wtg_error *err);

/* Read the hives that are wanted or wished to be changed. */
int wtg_survey_read_hives(struct wtg_surveyor *s, struct wtg_error *err);
/* One of them; NULL: it was not wanted, or the image has none. */
const struct wtg_bytes *wtg_survey_hive(const struct wtg_surveyor *s, enum wtg_hive_id id);

/* When all wishes are known: the edits of every hive, and the edited hives into the overlay. */
int wtg_survey_plan_registry(struct wtg_surveyor *s, struct wtg_error *err);

/* Before the hives are read, between that and planning the registry, and at the end. */
void wtg_survey_begin_removals(struct wtg_surveyor *s);
int wtg_survey_plan_removals(struct wtg_surveyor *s, struct wtg_error *err);
int wtg_survey_size_removals(struct wtg_surveyor *s, const struct wtg_catalog *catalog,
			     struct wtg_error *err);
