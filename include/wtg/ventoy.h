/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ventoy on a drive, without a Windows image: what `wtgctl ventoy` does.  Its release is the
 * user's (request->ventoy); nothing of it comes with this program.
 */
#pragma once

#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/inspect.h"
#include "wtg/plan.h"
#include "wtg/request.h"
#include "wtg/target.h"

/* Ventoy alone, on a drive that loses everything; --data-size leaves the rest free, for a Windows
 * that is added later. */
int wtg_recipe_ventoy_install(const struct wtg_request *request, const struct wtg_target *target,
			      struct wtg_plan **ret, struct wtg_error *err);

/* Another version onto a drive that has one: partition 1, the table, uuid, signature and whatever
 * lies behind stay. */
int wtg_recipe_ventoy_upgrade(const struct wtg_request *request, const struct wtg_target *target,
			      struct wtg_plan **ret, struct wtg_error *err);

/* The boot entry of the Windows behind it, or its removal. */
int wtg_recipe_ventoy_entry(const struct wtg_request *request, const struct wtg_target *target,
			    bool remove, struct wtg_plan **ret, struct wtg_error *err);

/*
 * The same as files in a directory that exists, for the user to copy: those that are to change,
 * which must not be there yet.  Where the drive's own cannot be read, these are all, and blind:
 * of them ventoy/ventoy_grub.cfg and ventoy/ventoy.json would undo the user's, and are for him
 * to join to his.  *out hears of the files, of why, and of warnings.
 */
struct wtg_emitted {
	size_t n_files;
	bool blind;
};
int wtg_ventoy_emit(const struct wtg_request *request, const struct wtg_target *target,
		    const char *directory, struct wtg_facts *out, struct wtg_emitted *ret,
		    struct wtg_error *err);

/* Version, table, uuid, what lies behind, and a finding for each rule of the layout. */
int wtg_ventoy_status(const struct wtg_target *target, struct wtg_facts *out,
		      struct wtg_findings *ret, struct wtg_error *err);
