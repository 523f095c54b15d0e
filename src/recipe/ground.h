/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive has besides the Windows that it gets: what is on it and stays, or a Ventoy that
 * it gets with it; and the boot entry on that, which both kinds have. */
#pragma once

#include "plan/plan.h"
#include "step/step.h"
#include "step/ventoy.h"

struct wtg_ground {
	struct wtg_drive_view *view; /* owned; NULL: nothing stays */
	bool ventoy;                 /* there is one, or will be */
	struct wtg_ventoy_version version; /* of it */
	bool has_payload;
	struct wtg_ventoy_payload payload; /* owned */
};
void wtg_ground_done(struct wtg_ground *ground);

/* Look at the drive, if what is on it is to stay, and at the release, if one is given. */
int wtg_ground_survey(const struct wtg_request *request, const struct wtg_target *target,
		      struct wtg_ground *ret, struct wtg_error *err);

/* Either of them.  What it gives belongs to *ground, also after a failure. */
int wtg_ground_look(const struct wtg_request *request, const struct wtg_target *target,
		    struct wtg_ground *ground, struct wtg_error *err);
int wtg_ground_unpack(const struct wtg_request *request, struct wtg_ground *ground,
		      struct wtg_error *err);

/* Identifiers that the drive has already. */
void wtg_ground_keep(const struct wtg_ground *ground, struct wtg_identity *identity);

/* The entry as a request words it. */
struct wtg_ventoy_entry wtg_ground_entry(const struct wtg_request *request);

/* Does it say how the entry is to be, so that without one it is not what was asked for? */
bool wtg_ground_wants_entry(const struct wtg_request *request);

/* Why there can be none, where Ventoy's first partition cannot be read.  Kind WTG_UNSUITABLE. */
int wtg_ground_fail_unreadable(const struct wtg_ground *ground, const char *path,
			       struct wtg_error *err);

/* write-entry, if there is Ventoy.  Where its first partition cannot be read, the plan warns of
 * that: Windows starts from Ventoy's own menu of local systems (F4), too.  An entry that was asked
 * for in words is refused then. */
int wtg_ground_plan_entry(struct wtg_plan *plan, const struct wtg_layout *layout,
			  const struct wtg_ground *ground, const struct wtg_subject *subject,
			  struct wtg_error *err);
