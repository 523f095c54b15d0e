/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decisions: from a request, an image and a target to a plan. */
#pragma once

#include "wtg/error.h"
#include "wtg/image.h"
#include "wtg/plan.h"
#include "wtg/request.h"
#include "wtg/target.h"

/* What a request to create says against itself, or one for Ventoy alone, which is a part of that:
 * kind WTG_USAGE.  Recipes ask it first; who can ask before image and drive are looked at tells
 * the user sooner. */
int wtg_request_check(const struct wtg_request *request, struct wtg_error *err);

/*
 * One of several drives that a run makes.  They get partitions of the same sizes, so that one
 * Windows volume does for all, and each its own identity.  Zeroed: the only one.
 */
struct wtg_company {
	unsigned n;        /* how many they are; 0: as 1 */
	unsigned position; /* among them, from 0 */
	const char *const *targets; /* the paths of all; must outlive the plan */
	uint64_t smallest_bytes; /* of which they use no more than the smallest has; 0: all */
};

/*
 * The main job: everything that `wtgctl create` will do, decided.  Borrows request, image
 * and target, which must outlive the plan.  Writes nothing.
 */
int wtg_recipe_create(const struct wtg_request *request, struct wtg_image *image,
		      const struct wtg_target *target, const struct wtg_company *company,
		      struct wtg_plan **ret, struct wtg_error *err);
