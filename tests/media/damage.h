/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Harm done to a WIM that was sound: each is found at another moment. */
#pragma once

#include "options.h"
#include "wtg/error.h"

/* Does nothing for faults that do not lie in the WIM. */
int media_damage_wim(const char *path, enum media_fault fault, struct wtg_error *err);

/* Keep the first percent of a file. */
int media_truncate(const char *path, unsigned percent, struct wtg_error *err);
