/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Confirmation by name, as functions of data; wtg/target.h says what they promise. */
#pragma once

#include <stdbool.h>

#include "wtg/target.h"

/* See wtg_target_name().  The caller frees. */
char *wtg_disk_name(const struct wtg_disk *disk);

/* See wtg_target_confirmed(). */
bool wtg_disk_confirmed(const struct wtg_disk *disk, const char *answer, bool terminal);
