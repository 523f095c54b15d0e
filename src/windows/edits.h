/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a portable Windows needs changed in its registry, as a table with a reason a row
 * (edit-table.c), and the plan of what that means for one SYSTEM hive: for every value
 * what it is and what it will be, worked out before anything is touched.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "windows/system-hive.h"
#include "windows/wishes.h"
#include "wtg/error.h"
#include "wtg/facts.h"

struct wtg_edit_options {
	bool internal_disks_online; /* leave the SAN policy as it is */
	bool hibernate;             /* leave hibernation and fast startup as they are */
	bool device_encryption;
	bool portable_flag, no_pagefile, no_crash_dump, no_last_access;
	unsigned build;             /* of Windows, from the image */
};

enum wtg_edit_class {
	WTG_EDIT_ALWAYS,   /* A: on by default */
	WTG_EDIT_VERIFY,   /* V: looked at, repaired when wrong */
	WTG_EDIT_OPTION,   /* O: on request */
	WTG_EDIT_CAPTURED, /* C: the image was booted before it was captured */
	WTG_EDIT_WISH,     /* of somebody (wishes.h), the reason says whose */
};

enum wtg_edit_outcome {
	WTG_EDIT_CHANGE, /* old differs: will be written */
	WTG_EDIT_KEEP,   /* is already what it should be */
	WTG_EDIT_ABSENT, /* nothing there (a service this Windows lacks), nothing to do */
	WTG_EDIT_UNDONE, /* a wish is against it: not made; the reason tells */
};

struct wtg_edit {
	enum wtg_edit_class class;
	enum wtg_edit_action action;
	enum wtg_edit_outcome outcome;
	char *key;         /* "ControlSet001\\Services\\partmgr" */
	char *value;       /* its name; NULL where the action is of a key */
	uint32_t type;     /* of the new data */
	struct wtg_bytes data;
	char *old_text, *new_text; /* "1", "absent", "4" */
	char *reason;
};

struct wtg_edits {
	struct wtg_edit *items;
	size_t n_items, capacity;
	bool captured; /* the image was booted before */
};
void wtg_edit_done(struct wtg_edit *edit);
struct wtg_edit wtg_edit_copy(const struct wtg_edit *edit);
void wtg_edits_done(struct wtg_edits *edits);

/*
 * Plan the edits of a SYSTEM hive, in every control set that Windows may start from.
 * Kind WTG_INPUT, with the reason, for a hive that must not be edited (system-hive.h),
 * and when a change would be to a key with another value of more than 16344 bytes (hivex
 * would damage it).  Planned again after it was edited, nothing is left to change.
 */
int wtg_edits_plan(const struct wtg_bytes *system, const struct wtg_edit_options *options,
		   struct wtg_edits *ret, struct wtg_error *err);

/*
 * Plan wishes, of n_wishes lists, on top of what *edits has for that hive (SYSTEM: of
 * wtg_edits_plan()); later ones win, and what they overrule is taken out, but for what makes the
 * hive portable, which is told (WTG_EDIT_UNDONE).  Kind WTG_INPUT, with the wish's reason, for
 * what neither hivex nor Windows could keep, and as above; *edits is then as it was.
 */
int wtg_edits_plan_wishes(const struct wtg_bytes *hive, enum wtg_hive_id id,
			  const struct wtg_wishes *wishes, size_t n_wishes,
			  struct wtg_edits *edits, struct wtg_error *err);

/*
 * Look at the SYSTEM hive as it became: of WTG_EDIT_UNDONE only what matters stays, since a wish may
 * come to the same (a driver that starts earlier than it must).  Kind WTG_INPUT when the wishes left
 * no Windows that starts.
 */
int wtg_edits_settle(const struct wtg_bytes *edited, const struct wtg_edit_options *options,
		     struct wtg_edits *edits, struct wtg_error *err);

/* Every edit but those for which nothing is there, which are counted. */
void wtg_edits_describe(const struct wtg_edits *edits, struct wtg_facts *out);

/* How many will change something. */
size_t wtg_edits_changes(const struct wtg_edits *edits);
