/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the boot entry share. */
#pragma once

#include "ventoy/entry.h"

#define WTG_ENTRY_IMG_BYTES 65536
#define WTG_ENTRY_ID "wtgctl" /* of the entry in the F6 menu */

/*
 * What was made of an entry.  The block says so in comments, for whoever removes it: only
 * what is still exactly so is ours.  Strings are owned.
 */
struct wtg_entry_record {
	char *title;
	char *tip, *default_image, *timeout; /* NULL: none */
	char *made; /* words, a space before and after each: " main +control default " */
};
void wtg_entry_record_done(struct wtg_entry_record *record);
bool wtg_entry_made(const struct wtg_entry_record *record, const char *word);
void wtg_entry_note_made(struct wtg_entry_record *record, const char *word);

/* May it be the title of one?  NULL: yes; else why not, to follow "the title ". */
const char *wtg_entry_title_fault(const char *title);
const char *wtg_entry_tip_fault(const char *tip);

/* The block, as a file in the F6 menu has it, and as the .vcfg has it; each line ends in
 * eol. */
char *wtg_entry_block(const struct wtg_ventoy_entry *entry,
		      const struct wtg_entry_record *record, const char *eol);
char *wtg_entry_vcfg(const struct wtg_ventoy_entry *entry, const char *title);

/* The placeholder, and whether a file is one. */
struct wtg_bytes wtg_entry_img(const char *title);
bool wtg_entry_is_img(const struct wtg_bytes *content);

struct wtg_entry_block {
	bool found;
	size_t start, end; /* with its line end, and with one before that was put there
			      for it */
	struct wtg_entry_record record;
};
void wtg_entry_block_done(struct wtg_entry_block *block);

/* Find it.  Half of one, two, or one with which somebody meddled: kind WTG_INPUT. */
int wtg_entry_block_find(const struct wtg_bytes *text, const char *path,
			 struct wtg_entry_block *ret, struct wtg_error *err);

/* All of what stands between the marks but for the sum itself, whatever ends the lines.
 */
char *wtg_entry_sum(const char *text, size_t size);

/* The user's ventoy.json, as wtg_json_text_read() gave it; without what is ours. */
void wtg_entry_json_clean(char **text, const struct wtg_entry_record *record);

/* With what is ours, unless the user said otherwise: then a warning.  Notes what was
 * made. */
void wtg_entry_json_fill(char **text, const struct wtg_ventoy_entry *entry,
			 struct wtg_entry_record *record,
			 struct wtg_ventoy_changes *changes);

/* Warn of what hides or overrides it. */
void wtg_entry_json_judge(const char *text, const struct wtg_ventoy_entry *entry,
			  const struct wtg_entry_record *record,
			  struct wtg_ventoy_changes *changes);

void wtg_entry_warn(struct wtg_ventoy_changes *changes, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The file will hold that, or, without data, be gone; nothing to do if it is so.  Takes
 * content; shown is what of it is text, NULL: all. */
void wtg_entry_change(struct wtg_ventoy_changes *changes,
		      const struct wtg_files *existing, const char *path,
		      struct wtg_bytes content, const char *shown);

/* What would be too large could not be read again, to be removed. */
int wtg_entry_check_sizes(const struct wtg_ventoy_changes *changes,
			  struct wtg_error *err);
