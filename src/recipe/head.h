/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan says before its steps, and what the drive says of itself afterwards. */
#pragma once

#include "base/bytes.h"
#include "plan/plan.h"
#include "step/step.h"

/* The layout is copied. */
void wtg_head_set(struct wtg_plan *plan, const struct wtg_subject *subject,
		  const struct wtg_layout *layout, const struct wtg_survey *survey);

/* The same without Windows, and so without warnings of it. */
void wtg_head_set_plain(struct wtg_plan *plan, const struct wtg_subject *subject,
			const struct wtg_layout *layout);

/* Of several drives, all but the smallest have some that the layout leaves alone. */
void wtg_head_warn_of_unused(struct wtg_plan *plan, uint64_t bytes);

/* The manifest that goes to the ESP, for `wtgctl status`: JSON. */
struct wtg_bytes wtg_manifest(const struct wtg_subject *subject,
			      const struct wtg_layout *layout);
