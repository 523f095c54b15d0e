/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/bytes.h"
#include "wtg/error.h"

/*
 * A registry script as UTF-8 without a byte order mark, from UTF-16LE or UTF-8; the caller frees
 * it.  Kind WTG_INPUT, with the line, for what is neither, too long, or has a NUL in it.
 */
int wtg_reg_text(const struct wtg_bytes *script, const char *name, char **ret,
		 struct wtg_error *err);
