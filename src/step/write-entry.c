/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <string.h>

#include "base/alloc.h"
#include "base/worker.h"
#include "step/clear.h"
#include "target/target.h"
#include "volume/edit.h"
#include "wtg/text.h"

struct params {
	struct wtg_layout layout;
	struct wtg_ventoy_changes changes;
};

/* Line by line: a text is what people want to read. */
static void describe_text(const struct wtg_file *file, struct wtg_facts *out)
{
	_cleanup_free_ char *text =
		wtg_text("%.*s", (int)file->content.size, (const char *)file->content.data);
	const char *at = text;

	wtg_fact_open(out, "text", WTG_DETAIL);
	wtg_fact_open(out, "lines", WTG_LIST);
	while (*at) {
		size_t length = strcspn(at, "\n");
		_cleanup_free_ char *line = wtg_text("%.*s", (int)length, at);

		wtg_fact_text(out, NULL, line);
		at += length + (at[length] == '\n');
	}
	wtg_fact_close(out);
	wtg_fact_close(out);
}

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_open(out, "files", WTG_LIST);
	for (size_t i = 0; i < p->changes.edits.n_items; i++) {
		const struct wtg_file *edit = &p->changes.edits.items[i];
		const struct wtg_file *text = wtg_files_find(&p->changes.text, edit->path);

		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "path", edit->path);
		if (edit->content.data)
			wtg_fact_bytes(out, "size_bytes", edit->content.size);
		else
			wtg_fact_truth(out, "removed", true);
		if (text && text->content.data)
			describe_text(text, out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;

	return phase == WTG_PHASE_APPLY ? wtg_files_size_bytes(&p->changes.edits) : 0;
}

/* ---------------------------------------------------------------- in the worker */

struct look {
	const struct params *params;
	struct wtg_window window;
};

static int check_edit(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err)
{
	const struct look *at = context;

	(void)progress;
	(void)reply;
	return wtg_fs_check(&at->window, &at->params->changes.edits, err);
}

static int make_edit(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		     struct wtg_error *err)
{
	const struct look *at = context;

	(void)reply;
	if (wtg_fs_edit(&at->window, &at->params->changes.edits, at->params->layout.time, err) < 0)
		return -1;
	return wtg_progress_advance(progress, wtg_files_size_bytes(&at->params->changes.edits),
				    err);
}

static int confine(struct look *at,
		   int (*work)(void *context, struct wtg_progress *progress,
			       struct wtg_packet *reply, struct wtg_error *err),
		   struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_errand errand = {
		.who = "the process that changes files on Ventoy's first partition",
		.blame = WTG_REFUSED, /* whatever else it says, that volume is left alone */
		.finds = WTG_UNSUITABLE,
		.work = work,
		.context = at,
		.window = &at->window,
	};

	if (wtg_worker_run(&errand, progress, NULL, err) < 0)
		return wtg_while(err, "Ventoy's first partition");
	return 0;
}

/* ---------------------------------------------------------------- the step */

/* On a new drive there is no volume yet to be asked. */
static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct look at = {
		.params = p,
		.window = {
			.fd = wtg_target_fd(target),
			.offset = p->layout.data.offset,
			.length = p->layout.data.length,
		},
	};

	if (!p->layout.beside)
		return wtg_fs_check_names(&p->changes.edits, err);
	if (wtg_clear_check(target, progress, err) < 0)
		return -1;
	return confine(&at, check_edit, progress, err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct look at = {
		.params = p,
		.window = wtg_writer_window(writer, p->layout.data.offset, p->layout.data.length),
	};

	return confine(&at, make_edit, wtg_writer_progress(writer), err);
}

static bool holds(const struct wtg_bytes *found, const struct wtg_bytes *content)
{
	return content->data && found->size == content->size &&
	       (found->size == 0 || memcmp(found->data, content->data, found->size) == 0);
}

/* What was removed can be there in other letters, as one that was written: which letters are
 * the same but for their case only the volume knows. */
static bool is_another(const struct params *p, const struct wtg_bytes *found)
{
	for (size_t i = 0; i < p->changes.edits.n_items; i++)
		if (holds(found, &p->changes.edits.items[i].content))
			return true;
	return false;
}

static int verify_file(const struct params *p, const struct wtg_window *window,
		       const struct wtg_file *edit, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
	int r = wtg_fs_read(window, edit->path, WTG_VENTOY_MAX_TEXT, &found, err);

	if (r < 0)
		return wtg_while(err, "Ventoy's first partition");
	if (!edit->content.data && (r == 0 || is_another(p, &found)))
		return 0;
	if (r == 0 || !edit->content.data)
		return wtg_fail(err, WTG_MISMATCH, 0, "%s is %s on Ventoy's first partition",
				edit->path, r ? "still" : "not");
	if (!holds(&found, &edit->content))
		return wtg_fail(err, WTG_MISMATCH, 0,
				"%s on Ventoy's first partition reads back different", edit->path);
	return 0;
}

/* Of FAT by a reader that shares nothing with what wrote; of exFAT and NTFS by what found the way
 * to write, but from the drive, and not from what was to be written. */
static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window window =
		wtg_window_part(disk, p->layout.data.offset, p->layout.data.length);

	(void)how;
	for (size_t i = 0; i < p->changes.edits.n_items; i++)
		if (verify_file(p, &window, &p->changes.edits.items[i], err) < 0 ||
		    wtg_progress_advance(progress, 0, err) < 0)
			return -1;
	return 0;
}

static void release(void *params)
{
	struct params *p = params;

	wtg_ventoy_changes_done(&p->changes);
	free(p);
}

#define OPS(drive)                                                                       \
	{                                                                                \
		.name = "write-entry", .leaves = drive, .describe = describe,            \
		.cost = cost, .check = check, .apply = apply, .verify = verify,          \
		.free = release,                                                         \
	}

/* A new drive shows nothing yet, before and after. */
static const struct wtg_step_ops ops = OPS(WTG_DRIVE_UNTOUCHED);

/* On one that is kept a file is the old one or the new at every moment (volume/edit.h). */
static const struct wtg_step_ops ops_beside = OPS(WTG_DRIVE_KEPT);

/* And alone it is all that there is to do. */
static const struct wtg_step_ops ops_alone = OPS(WTG_DRIVE_COMPLETE);

static const struct wtg_step_ops *choose_ops(const struct wtg_layout *layout)
{
	if (!layout->beside)
		return &ops;
	return layout->windows.length > 0 ? &ops_beside : &ops_alone;
}

void wtg_step_write_entry(struct wtg_plan *plan, const struct wtg_layout *layout,
			  struct wtg_ventoy_changes *changes)
{
	struct params *p;

	if (changes->edits.n_items == 0)
		return;
	p = wtg_alloc(sizeof(*p));
	p->layout = *layout;
	p->changes = *changes;
	*changes = (struct wtg_ventoy_changes){ 0 };
	wtg_plan_append(plan, choose_ops(layout), p);
}
