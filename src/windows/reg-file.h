/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registry scripts: what regedit exports and imports ("Windows Registry Editor Version 5.00",
 * UTF-16 or UTF-8, and "REGEDIT4").
 */
#pragma once

#include "windows/wishes.h"

/*
 * Add what a script says to *wishes.  name is the file's, for reasons and errors.  Keys:
 * HKEY_LOCAL_MACHINE\SYSTEM and \SOFTWARE (HKLM too), HKEY_CLASSES_ROOT, HKEY_USERS\.DEFAULT, and
 * HKEY_CURRENT_USER, which is every account that is made later.  Kind WTG_INPUT, with the line,
 * for anything else: another hive, a type or a form that is not known, a name that no key can
 * have, and what is not text.
 */
int wtg_reg_parse(const struct wtg_bytes *script, const char *name, struct wtg_wishes *wishes,
		  struct wtg_error *err);
