/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What inf*.c share. */
#pragma once

#include "windows/inf.h"

/* The text of an INF, in whatever encoding, as UTF-8; the caller frees. */
int wtg_inf_decode(const struct wtg_bytes *text, char **ret, struct wtg_error *err);

/* Fill in %tokens% in all keys and fields. */
int wtg_inf_substitute(struct wtg_inf *inf, struct wtg_error *err);
