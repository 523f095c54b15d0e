/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The installation disc around install.wim. */
#pragma once

#include "options.h"
#include "wtg/error.h"

/* Make the medium that options ask for at path. */
int media_disc(const struct media_options *options, const char *scratch, const char *path,
	       struct wtg_error *err);
