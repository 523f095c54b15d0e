/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a Windows stays plain because of where it lies. */
#pragma once

#include <stddef.h>

#include "apply/compact.h"

struct wtg_compact_rule {
	const char *pattern; /* see apply/pattern.h */
	enum wtg_compact_choice choice;
};
extern const struct wtg_compact_rule wtg_compact_rules[];
extern const size_t wtg_compact_n_rules;
