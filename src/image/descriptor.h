/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Security descriptors (MS-DTYP 2.4.6), in the self-relative form that images have them in. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* Could it be written?  libntfs-3g looks at each before it does, whichever engine asks it to, and
 * refuses what makes no sense and what is larger than its parts: so does this, by the same rules,
 * before anything is written. */
bool wtg_descriptor_is_sound(const struct wtg_bytes *descriptor);
