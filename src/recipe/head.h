/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan says before its steps, and what the drive says of itself afterwards. */
#pragma once

#include "base/bytes.h"
#include "plan/plan.h"
#include "step/layout.h"
#include "wtg/image.h"
#include "wtg/request.h"
#include "wtg/target.h"

/* image, edition and disk are borrowed until the plan is freed; the layout is copied. */
void wtg_head_set(struct wtg_plan *plan, const struct wtg_request *request,
		  struct wtg_image *image, const struct wtg_edition *edition,
		  const struct wtg_disk *disk, const struct wtg_layout *layout);

/* The manifest that goes to the ESP, for `wtgctl status`: JSON. */
struct wtg_bytes wtg_manifest(const struct wtg_request *request, struct wtg_image *image,
			      const struct wtg_edition *edition, const struct wtg_layout *layout);
