/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What planning must know of the inside of an edition.  Gathered by a worker without power,
 * and all that the rest of the plan sees of it.
 */
#pragma once

#include "apply/compact.h"
#include "apply/measure.h"
#include "apply/overlay.h"
#include "image/image.h"
#include "step/removals.h"
#include "windows/bootfiles.h"
#include "windows/drivers.h"
#include "windows/edits.h"
#include "windows/wishes.h"
#include "wtg/request.h"

struct wtg_custom; /* custom.h */

#define WTG_SYSTEM_PATH "Windows/System32/config/SYSTEM"

struct wtg_sentences {
	char **items;
	size_t n_items, capacity;
};

void wtg_sentences_done(struct wtg_sentences *sentences);

struct wtg_survey {
	struct wtg_sentences warnings; /* what this edition will trip over */
	struct wtg_bootfiles boot;
	struct wtg_edits registry[WTG_N_HIVES];
	struct wtg_overlay overlay; /* the hives with the edits made; what else is portable */
	struct wtg_removals removals;
	struct wtg_drivers drivers; /* that the user gave, */
	struct wtg_driver_placement placement; /* and where they go, without copies and wishes */
	struct wtg_files lent;      /* what they are made of, for the overlay */
	struct wtg_compact_plan compact; /* choices NULL: nothing is compressed */
	struct wtg_measure plain, packed; /* the tree, without and with that compression */
	struct wtg_bytes tree; /* flat (image/catalog.h), for the worker that applies it */
	const char *compact_why; /* a constant: why that is so; NULL: nobody asked */
	struct wtg_sentences answers; /* what the answer file sets, no secret among them */
	char *answer_kept; /* the image's own answer file, which stays; NULL: none */
};

/* Takes custom's drivers.  Kind WTG_INPUT, with the reason, for an edition of which no drive that
 * starts can be made. */
int wtg_survey_make(struct wtg_image *image, const struct wtg_edition *edition,
		    const struct wtg_request *request, struct wtg_custom *custom,
		    struct wtg_survey *ret, struct wtg_error *err);
void wtg_survey_done(struct wtg_survey *survey);

/* How large what is applied is: packed, unless nothing is compressed. */
const struct wtg_measure *wtg_survey_size(const struct wtg_survey *survey);

/* From process to process; what makes no sense makes the reader bad. */
void wtg_edits_flatten(const struct wtg_edits *edits, struct wtg_packet *packet);
void wtg_edits_unflatten(struct wtg_reader *reader, struct wtg_edits *edits);

/* From process to process; what the overlay borrows is the lender's, on both sides. */
void wtg_survey_flatten(const struct wtg_survey *survey, struct wtg_packet *packet);
int wtg_survey_unflatten(const struct wtg_packet *packet, const struct wtg_files *lender,
			 struct wtg_survey *ret, struct wtg_error *err);
