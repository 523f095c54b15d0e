/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the unattend*.c share. */
#pragma once

#include <libxml/tree.h>

#include "windows/unattend.h"

#define WTG_UNATTEND_NAMESPACE "urn:schemas-microsoft-com:unattend"
#define WTG_WCM_NAMESPACE "http://schemas.microsoft.com/WMIConfig/2002/State"

/* ------------------------------------------------------------------ knowledge */

enum wtg_pass {
	WTG_PASS_WINDOWS_PE,
	WTG_PASS_OFFLINE_SERVICING,
	WTG_PASS_GENERALIZE,
	WTG_PASS_SPECIALIZE,
	WTG_PASS_AUDIT_SYSTEM,
	WTG_PASS_AUDIT_USER,
	WTG_PASS_OOBE_SYSTEM,
};
#define WTG_N_PASSES 7

struct wtg_pass_row {
	const char *name;
	const char *never; /* why it does not run at the first start; NULL: it does */
	bool left_out;     /* nothing will ever run it from where we put the file */
};
extern const struct wtg_pass_row wtg_passes[WTG_N_PASSES];

/* -1: no pass is called so. */
int wtg_pass_find(const char *name);

/* The passes that Microsoft documents for a component, a bit each; 0: it is not known here. */
unsigned wtg_component_passes(const char *name);

/* ------------------------------------------------------------------ elements */

/* Of the namespace of answer files; comments, texts and what is others' are passed over. */
xmlNode *wtg_xml_first(const xmlNode *parent);
xmlNode *wtg_xml_next(const xmlNode *node);
bool wtg_xml_is(const xmlNode *node, const char *name);
/* NULL parent, or none of that name: NULL. */
xmlNode *wtg_xml_child(const xmlNode *parent, const char *name);

/* What an element says, without white space around; or an attribute, NULL where it is not there.
 * The caller frees. */
char *wtg_xml_text(const xmlNode *node);
char *wtg_xml_attribute(const xmlNode *node, const char *name);
bool wtg_xml_says(const xmlNode *node, const char *text); /* NULL node: false */

static inline void wtg_xml_free_doc(xmlDoc **doc)
{
	xmlFreeDoc(*doc);
}

/* Windows marks so in its copy what it need not do again. */
bool wtg_pass_is_done(const xmlNode *settings);

/* Is a component for that processor?  Of WTG_ARCH_UNKNOWN: for whichever. */
bool wtg_component_is_for(const xmlNode *component, enum wtg_arch arch);

void wtg_note(struct wtg_notes *notes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ------------------------------------------------------------------ the parts */

/* A file of somebody's: parsed, and seen to be an answer file (unattend.h). */
int wtg_unattend_parse(const struct wtg_bytes *xml, const char *name, xmlDoc **ret,
		       struct wtg_error *err);

/* What answers come to; an element that a user may have answered himself has the option's name
 * as _private. */
xmlDoc *wtg_unattend_compose(const struct wtg_answers *answers);

/* Ours into theirs. */
int wtg_unattend_merge(xmlDoc *theirs, const xmlDoc *ours, const char *name,
		       struct wtg_error *err);

/* What of a file will not happen, and why.  Kind WTG_INPUT where nothing is for arch. */
int wtg_unattend_judge(const xmlDoc *doc, enum wtg_arch arch, const char *name,
		       struct wtg_notes *warnings, struct wtg_error *err);

/* What of the pass that nobody runs can be done in the hives. */
void wtg_unattend_offline(const xmlDoc *doc, enum wtg_arch arch, const char *name,
			  struct wtg_unattend *made);

/* What it will set. */
void wtg_unattend_tell(const xmlDoc *doc, enum wtg_arch arch, struct wtg_notes *settings);
bool wtg_unattend_has_secret(const xmlDoc *doc);
