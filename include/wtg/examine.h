/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What only a look inside an edition tells, for `wtgctl info`. */
#pragma once

#include "wtg/error.h"
#include "wtg/facts.h"
#include "wtg/image.h"

/*
 * Say, into the edition's object, who signed its boot loaders and whether this Windows was
 * already booted before it was captured.  What cannot be read becomes a warning in out, not a
 * failure: -1 only when the user interrupts or the system fails.
 */
int wtg_examine_edition(struct wtg_image *image, const struct wtg_edition *edition,
			struct wtg_facts *out, struct wtg_error *err);
