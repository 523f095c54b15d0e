/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan says before its steps, and what the drive says of itself afterwards. */
#pragma once

#include "base/bytes.h"
#include "plan/plan.h"
#include "step/layout.h"
#include "wtg/image.h"
#include "wtg/request.h"
#include "wtg/target.h"

/* What the plan is about; all borrowed until the plan is freed. */
struct wtg_subject {
	const struct wtg_request *request;
	struct wtg_image *image;
	const struct wtg_edition *edition;
	const struct wtg_disk *disk;
};

/* The layout is copied.  Kind WTG_INPUT when no drive that starts can be made of the edition:
 * it is too old, or its boot files are missing. */
int wtg_head_set(struct wtg_plan *plan, const struct wtg_subject *subject,
		 const struct wtg_layout *layout, struct wtg_error *err);

/* The manifest that goes to the ESP, for `wtgctl status`: JSON. */
struct wtg_bytes wtg_manifest(const struct wtg_subject *subject,
			      const struct wtg_layout *layout);
