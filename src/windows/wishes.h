/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes to a Windows' registry that somebody wants (the user's .reg files, drivers, removals),
 * by hive, whatever is there now.  What they mean for a hive is worked out by
 * wtg_edits_plan_wishes() (edits.h): later ones win over earlier ones.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/packet.h"
#include "wtg/error.h"

enum wtg_hive_id {
	WTG_HIVE_SYSTEM,
	WTG_HIVE_SOFTWARE,
	WTG_HIVE_DRIVERS, /* since Windows 8 SYSTEM's DriverDatabase may be a hive of its own */
	WTG_HIVE_DEFAULT, /* HKEY_USERS\.DEFAULT: before anybody is logged on */
	WTG_HIVE_NTUSER,  /* of the profile that every new account starts from */
};
#define WTG_N_HIVES 5

/* "Windows/System32/config/SYSTEM" …, by enum wtg_hive_id. */
extern const char *const wtg_hive_paths[WTG_N_HIVES];

enum wtg_edit_action {
	WTG_EDIT_SET,        /* a value, whose key is made if it is missing */
	WTG_EDIT_DELETE,     /* a value */
	WTG_EDIT_CLEAR,      /* all values of a key */
	WTG_EDIT_MAKE_KEY,
	WTG_EDIT_DELETE_KEY, /* with all that is in it */
};

struct wtg_wish {
	enum wtg_hive_id hive;
	enum wtg_edit_action action;
	char *key;   /* below the hive's root, UTF-8, '\\' between the parts.  In SYSTEM the first
		      * may be "CurrentControlSet": those that Windows will start from */
	char *value; /* its name, "" the key's default; NULL where the action is of a key */
	uint32_t type;
	struct wtg_bytes data;
	char *reason; /* for the plan: "--registry site.reg, line 7" */
};

struct wtg_wishes {
	struct wtg_wish *items;
	size_t n_items, capacity;
};

void wtg_wishes_done(struct wtg_wishes *wishes);

/* Append one, without a reason; texts are copied. */
void wtg_wish_number(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *key,
		     const char *value, uint32_t number);
/* type: REG_SZ or REG_EXPAND_SZ; text is UTF-8. */
void wtg_wish_text(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *key,
		   const char *value, uint32_t type, const char *text);
/* A REG_MULTI_SZ; texts end with a NULL. */
void wtg_wish_texts(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *key,
		    const char *value, const char *const *texts);
/* Takes data. */
void wtg_wish_bytes(struct wtg_wishes *wishes, enum wtg_hive_id hive, const char *key,
		    const char *value, uint32_t type, struct wtg_bytes data);
void wtg_wish_key(struct wtg_wishes *wishes, enum wtg_hive_id hive,
		  enum wtg_edit_action action, const char *key, const char *value);
/* Give every wish from the first-th on that has no reason this one. */
void wtg_wishes_because(struct wtg_wishes *wishes, size_t first, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
