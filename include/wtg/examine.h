/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `wtgctl info` shows of an image. */
#pragma once

#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/image.h"

/*
 * The container and every edition: what the XML says, who signed its boot loaders, whether the
 * list in the file dbx (NULL: there is none) revokes them, and what will go wrong with it.  What
 * cannot be read inside an edition is a warning of that edition; -1 only when the list is none,
 * the user interrupts or the system fails.
 */
int wtg_examine(struct wtg_image *image, const char *dbx, struct wtg_facts *out,
		struct wtg_error *err);
