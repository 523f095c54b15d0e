/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Windows To Go drive, whoever made it, made to start again. */
#pragma once

#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/plan.h"
#include "wtg/request.h"
#include "wtg/target.h"

/*
 * What `wtgctl repair` will do: boot files from the Windows that is installed (of the chain that
 * request->boot_ca asks for), a BCD store for this drive's identifiers, the registry edits that
 * create makes, stale letters of drives.  Everything that is as it should be is left alone, and
 * so is every byte that is the user's; nothing to do gives a plan without steps.  Of a Windows
 * that is hibernated, not shut down, or encrypted: kind WTG_REFUSED.
 */
int wtg_recipe_repair(const struct wtg_request *request, const struct wtg_target *target,
		      struct wtg_plan **ret, struct wtg_error *err);
