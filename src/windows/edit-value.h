/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as edits find them, and as a plan shows them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "windows/regf-read.h"
#include "wtg/error.h"

/* Larger values are kept in pieces (regf: "big data"), which hivex cannot make, and would join
 * when it writes the other values of their key; Windows could not read them afterwards. */
#define WTG_EDIT_MAX_BYTES 16344

struct wtg_edit_value {
	bool found;
	uint32_t type;
	struct wtg_bytes data;
};
void wtg_edit_value_done(struct wtg_edit_value *value);

/* Of no key (0) there is none.  Kind WTG_INPUT when it is damaged. */
int wtg_edit_value_read(const struct wtg_hive_view *hive, wtg_hive_key key, const char *name,
			struct wtg_edit_value *ret, struct wtg_error *err);

bool wtg_edit_value_is_number(const struct wtg_edit_value *value);
bool wtg_edit_value_is_no_texts(const struct wtg_edit_value *value);

/* Does its name say that it holds a password? */
bool wtg_edit_is_secret(const char *name);

/* For the plan; the caller frees. */
char *wtg_edit_number_text(uint32_t number);
char *wtg_edit_value_text(const struct wtg_edit_value *value);
