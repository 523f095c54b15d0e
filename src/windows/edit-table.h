/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The knowledge behind edits.h: which value of SYSTEM should be what, and why. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "windows/edits.h"

enum wtg_edit_rule {
	WTG_RULE_NUMBER,   /* a REG_DWORD that is number */
	WTG_RULE_BITS,     /* a REG_DWORD that has at least the bits of number */
	WTG_RULE_ENABLED,  /* a service's Start that is not 4; where it is, number */
	WTG_RULE_NO_TEXTS, /* a REG_MULTI_SZ without texts */
	WTG_RULE_NO_VALUES, /* a key without values */
};

struct wtg_edit_row {
	enum wtg_edit_class class;
	enum wtg_edit_rule rule;
	const char *key;   /* below the control set, or, if it starts with '\\', below the
			    * hive's root; its '*' stands for each of names */
	const char *const *names; /* NULL-terminated; NULL: every subkey that is a GUID */
	const char *value;
	uint32_t number;
	unsigned since_build; /* in older ones, only where the value already is */
	bool (*wanted)(const struct wtg_edit_options *options); /* NULL: always */
	const char *reason;
};

extern const struct wtg_edit_row wtg_edit_rows[];
extern const size_t wtg_n_edit_rows;
