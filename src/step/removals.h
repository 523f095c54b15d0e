/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan shows of what a drive is made without. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/packet.h"
#include "wtg/facts.h"

enum wtg_removal_kind {
	WTG_REMOVAL_RECOVERY,
	WTG_REMOVAL_HIBERNATION,
	WTG_REMOVAL_PAGE_FILE,
	WTG_REMOVAL_RESERVED,
	WTG_REMOVAL_APP,
};
#define WTG_N_REMOVAL_KINDS 5

struct wtg_removal {
	enum wtg_removal_kind kind;
	char *name;     /* of an app: its family; or NULL */
	uint64_t bytes; /* of its files; 0: only the PC that it runs on decides */
};

struct wtg_removals {
	struct wtg_removal *items;
	size_t n_items, capacity;
};
void wtg_removals_done(struct wtg_removals *removals);

void wtg_removals_describe(const struct wtg_removals *removals, struct wtg_facts *out);

/* From process to process. */
void wtg_removals_flatten(const struct wtg_removals *removals, struct wtg_packet *packet);
void wtg_removals_unflatten(struct wtg_reader *reader, struct wtg_removals *ret);
