/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

void wtg_overlay_done(struct wtg_overlay *overlay)
{
	for (size_t i = 0; i < overlay->n_items; i++) {
		free(overlay->items[i].path);
		if (overlay->items[i].content.data) /* an answer file may hold passwords */
			explicit_bzero(overlay->items[i].content.data,
				       overlay->items[i].content.size);
		wtg_bytes_done(&overlay->items[i].content);
		wtg_bytes_done(&overlay->items[i].security);
	}
	free(overlay->items);
	*overlay = (struct wtg_overlay){ 0 };
}

void wtg_overlay_put(struct wtg_overlay *overlay, const char *path, struct wtg_bytes content,
		     struct wtg_bytes security)
{
	const struct wtg_overlay_file file = {
		.path = wtg_text_copy(path),
		.content = content,
		.security = security,
	};

	WTG_APPEND(overlay, file);
}

void wtg_overlay_drop(struct wtg_overlay *overlay, const char *path)
{
	const struct wtg_overlay_file file = { .path = wtg_text_copy(path), .drop = true };

	WTG_APPEND(overlay, file);
}

void wtg_overlay_lend(struct wtg_overlay *overlay, const char *path,
		      const struct wtg_files *lender, size_t loan)
{
	const struct wtg_overlay_file file = {
		.path = wtg_text_copy(path),
		.anew = true,
		.lent = &lender->items[loan].content,
		.loan = loan,
	};

	WTG_APPEND(overlay, file);
}

const struct wtg_bytes *wtg_overlay_content(const struct wtg_overlay_file *file)
{
	return file->lent ? file->lent : &file->content;
}

/* What an entry does, and what the plan calls those that do it. */
enum what { REPLACE, ADD, LEAVE_OUT };
static const char *const keys[] = { "replaced", "added", "left_out" };

static enum what what(const struct wtg_overlay_file *file)
{
	if (file->drop)
		return LEAVE_OUT;
	return file->in_image ? REPLACE : ADD;
}

static void describe_all(const struct wtg_overlay *overlay, enum what chosen,
			 struct wtg_facts *out)
{
	wtg_fact_open(out, keys[chosen], WTG_LIST);
	for (size_t i = 0; i < overlay->n_items; i++) {
		const struct wtg_overlay_file *file = &overlay->items[i];

		if (what(file) != chosen || (file->lent && chosen == ADD))
			continue;
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "path", file->path);
		if (chosen == REPLACE)
			wtg_fact_bytes(out, "was_bytes", file->image_bytes);
		wtg_fact_bytes(out, "size_bytes",
			       file->drop ? file->image_bytes :
					    wtg_overlay_content(file)->size);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static void describe_lent(const struct wtg_overlay *overlay, struct wtg_facts *out)
{
	uint64_t n_files = 0, size_bytes = 0;

	for (size_t i = 0; i < overlay->n_items; i++) {
		const struct wtg_overlay_file *file = &overlay->items[i];

		if (!file->lent || what(file) != ADD)
			continue;
		n_files++;
		size_bytes += file->lent->size;
	}
	if (n_files == 0)
		return;
	wtg_fact_number(out, "added_driver_files", n_files);
	wtg_fact_bytes(out, "added_driver_size_bytes", size_bytes);
}

void wtg_overlay_describe(const struct wtg_overlay *overlay, struct wtg_facts *out)
{
	describe_all(overlay, REPLACE, out);
	describe_all(overlay, ADD, out);
	describe_lent(overlay, out);
	describe_all(overlay, LEAVE_OUT, out);
}

const struct wtg_overlay_file *wtg_overlay_find(const struct wtg_overlay *overlay,
						const char *path)
{
	for (size_t i = 0; i < overlay->n_items; i++)
		if (wtg_text_equal_fold(overlay->items[i].path, path))
			return &overlay->items[i];
	return NULL;
}
