/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answer files: ours, the user's own, and both in one.  The unattend*.c are the only files here
 * that know libxml2.
 */
#pragma once

#include "windows/answers.h"
#include "windows/wishes.h"
#include "wtg/facts.h"

/* Windows looks here (3rd of 7 places) before Sysprep's (6th); Microsoft: "Windows Setup
 * configuration passes", implicit answer file search order. */
#define WTG_UNATTEND_PATH "Windows/Panther/unattend.xml"

struct wtg_notes { /* sentences */
	char **items;
	size_t n_items, capacity;
};
void wtg_notes_done(struct wtg_notes *notes);

struct wtg_unattend {
	struct wtg_bytes xml;      /* no data: there is nothing to say */
	struct wtg_bytes security; /* its descriptor: wtg_unattend_security() */
	bool secret;               /* a password lies in it */
	struct wtg_wishes wishes;  /* what belongs to passes that nobody runs (offlineServicing) and
				    * can be done in the hives instead; what answers need there */
	struct wtg_notes settings; /* what is set, one line each, no secret among them */
	struct wtg_notes warnings; /* what will not happen at the first start, and why */
};
void wtg_unattend_done(struct wtg_unattend *unattend);

/*
 * The answer file for a drive: from answers, merged into the user's own file (theirs; NULL: there
 * is none) by pass and component.  Where both answer the same, kind WTG_USAGE, naming it.  theirs
 * is hostile until proven otherwise: no DTD, no entities, bounded in size (1 MiB), depth and
 * number; well-formed, the right root, known passes, components for this architecture; else kind
 * WTG_INPUT, with the line.
 */
int wtg_unattend_make(const struct wtg_answers *answers, const struct wtg_bytes *theirs,
		      const char *name, struct wtg_unattend *ret, struct wtg_error *err);

/* Owned by Administrators; for them and SYSTEM only; self-relative. */
struct wtg_bytes wtg_unattend_security(void);

/* Does a descriptor let nobody else read?  One that makes no sense: it does not. */
bool wtg_unattend_is_private(const struct wtg_bytes *security);

/* What an answer file that lies on a drive will do: settings and warnings.  For verify. */
int wtg_unattend_read(const struct wtg_bytes *xml, enum wtg_arch arch,
		      struct wtg_unattend *ret, struct wtg_error *err);
