/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of the files, and what the user is told. */
#include "ventoy/entry-inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

void wtg_ventoy_changes_done(struct wtg_ventoy_changes *changes)
{
	wtg_files_done(&changes->edits);
	wtg_files_done(&changes->text);
	for (size_t i = 0; i < changes->n_warnings; i++)
		free(changes->warnings[i]);
	free(changes->warnings);
	*changes = (struct wtg_ventoy_changes){ 0 };
}

void wtg_entry_warn(struct wtg_ventoy_changes *changes, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		wtg_out_of_memory();
	va_end(args);
	wtg_grow(&changes->warnings, &changes->warnings_capacity, changes->n_warnings,
		 sizeof(*changes->warnings));
	changes->warnings[changes->n_warnings++] = text;
}

void wtg_entry_change(struct wtg_ventoy_changes *changes,
		      const struct wtg_files *existing, const char *path,
		      struct wtg_bytes content, const char *shown)
{
	const struct wtg_file *file = wtg_files_find(existing, path);
	const struct wtg_bytes *now = file ? &file->content : NULL;
	struct wtg_bytes text = { 0 };

	if (content.data ? now && now->size == content.size &&
				   (now->size == 0 ||
				    memcmp(now->data, content.data, content.size) == 0) :
			   !now) {
		wtg_bytes_done(&content);
		return;
	}
	if (content.data && shown)
		text = wtg_bytes_copy(shown, strlen(shown));
	else if (content.data)
		text = wtg_bytes_copy(content.data, content.size);
	wtg_files_add(&changes->edits, path, content);
	wtg_files_add(&changes->text, path, text);
}

int wtg_entry_check_sizes(const struct wtg_ventoy_changes *changes, struct wtg_error *err)
{
	for (size_t i = 0; i < changes->edits.n_items; i++) {
		const struct wtg_file *file = &changes->edits.items[i];

		if (file->content.size > WTG_VENTOY_MAX_TEXT)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s would be larger than 1 MiB", file->path);
	}
	return 0;
}
