/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes to a volume before they are made.  Reads see them, the drive does not, until all of
 * them are committed, in stages with a flush between: so that what refuses an edit halfway has
 * refused it whole, and so that who looks whether it could be done does all of it but the commit.
 *
 * A stage's changes may reach the drive in any order, and in part.  What a later one needs is
 * there by then.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/window.h"
#include "wtg/cleanup.h"
#include "wtg/error.h"

enum wtg_stage {
	WTG_STAGE_CONTENT, /* clusters that nothing leads to, and that they are in use */
	WTG_STAGE_LINK,    /* directories become longer, by slots that are empty */
	WTG_STAGE_ENTRY,   /* each a single sector: the old file until then, the new one after */
	WTG_STAGE_RETIRE,  /* the old entries of files whose entries had to move */
	WTG_STAGE_FREE,    /* clusters that nothing leads to any more; entries without a head */
	WTG_STAGES
};

struct wtg_draft;

/* The window is copied.  Its volume's sectors have 512 bytes until something else is said. */
struct wtg_draft *wtg_draft_new(const struct wtg_window *window);
void wtg_draft_set_sector(struct wtg_draft *draft, uint32_t sector_bytes);
void wtg_draft_free(struct wtg_draft *draft);
WTG_DEFINE_FREEP(struct wtg_draft, wtg_draft_free)

int wtg_draft_pread(struct wtg_draft *draft, void *buffer, size_t size, uint64_t at,
		    struct wtg_error *err);

/* Bytes that a later stage has already changed cannot be changed by an earlier one: only on a
 * volume whose structures overlap would they, so that is kind WTG_INPUT. */
int wtg_draft_pwrite(struct wtg_draft *draft, enum wtg_stage stage, const void *buffer,
		     size_t size, uint64_t at, struct wtg_error *err);
int wtg_draft_zero(struct wtg_draft *draft, enum wtg_stage stage, size_t size, uint64_t at,
		   struct wtg_error *err);

/* Write whole sectors, neighbours together, with a flush after each stage.  Nothing to change:
 * nothing is written. */
int wtg_draft_commit(struct wtg_draft *draft, struct wtg_error *err);
