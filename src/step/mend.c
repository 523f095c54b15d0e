/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/worker.h"
#include "step/custom.h"
#include "step/mend-inner.h"
#include "target/target.h"
#include "wtg/text.h"

void wtg_mend_done(struct wtg_mend *mend)
{
	free(mend->installation_type);
	free(mend->signers);
	wtg_files_done(&mend->boot.files);
	wtg_sentences_done(&mend->boot.old);
	wtg_files_done(&mend->stores.files);
	wtg_sentences_done(&mend->stores.old);
	free(mend->description);
	free(mend->locale);
	wtg_edits_done(&mend->edits);
	wtg_bytes_done(&mend->hive);
	wtg_sentences_done(&mend->faults);
	wtg_sentences_done(&mend->stays);
	wtg_sentences_done(&mend->warnings);
	*mend = (struct wtg_mend){ 0 };
}

bool wtg_mend_changes_system(const struct wtg_mend *mend)
{
	return mend->format_system || mend->boot.files.n_items > 0 ||
	       mend->stores.files.n_items > 0;
}

/* ------------------------------------------------------------------ in the worker */

void wtg_mend_warn(struct wtg_mending *m, const char *fmt, ...)
{
	char *sentence = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&sentence, fmt, args) < 0)
		wtg_out_of_memory();
	va_end(args);
	WTG_APPEND(&m->made.warnings, sentence);
}

struct wtg_window wtg_mend_window(const struct wtg_mending *m, const struct wtg_gpt_entry *entry)
{
	return wtg_window_part(&m->disk, entry->first_byte, entry->size_bytes);
}

void wtg_mend_put(struct wtg_mend_files *files, const char *path, struct wtg_bytes content,
		  const char *old)
{
	wtg_files_add(&files->files, path, content);
	WTG_APPEND(&files->old, wtg_text_copy(old));
}

static void mending_free(struct wtg_mending **mending)
{
	struct wtg_mending *m = *mending;

	wtg_mend_done(&m->made);
	wtg_ntfs_abandon(m->volume);
	wtg_fat_close(m->fat);
	wtg_files_done(&m->trees);
	wtg_bootfiles_done(&m->wanted);
	wtg_files_done(&m->dbx);
	free(m);
}

static int look_at_all(struct wtg_mending *m, struct wtg_progress *progress,
		       struct wtg_error *err)
{
	if (wtg_mend_find_windows(m, err) < 0 || wtg_mend_find_system(m, err) < 0 ||
	    wtg_mend_look_at_windows(m, err) < 0 || wtg_mend_look_at_system(m, err) < 0 ||
	    wtg_mend_look_at_stores(m, err) < 0 || wtg_mend_notice(m, progress, err) < 0)
		return -1;
	/* What could not be read then may be sound. */
	if (wtg_memory_was_short())
		return wtg_fail(err, WTG_SYSTEM, ENOMEM, "look at the drive");
	return 0;
}

/* What speaks against a repair is an answer as well, of whatever kind. */
static int look(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	struct wtg_mending *m = context;
	struct wtg_error why = WTG_ERROR_INIT;
	int r = look_at_all(m, progress, &why);

	(void)err;
	wtg_packet_number(reply, r == 0);
	if (r == 0)
		wtg_mend_flatten(&m->made, reply);
	else
		wtg_packet_error(reply, &why);
	wtg_error_done(&why);
	return 0;
}

/* ------------------------------------------------------------------ outside */

/* Whoever looked may have been taken over: what nobody asked for is not done on its word. */
static bool is_allowed(const struct wtg_mend *mend, const struct wtg_request *request)
{
	return !mend->format_system || request->format_esp;
}

static int read_reply(const struct wtg_packet *reply, const struct wtg_disk *disk,
		      const struct wtg_request *request, struct wtg_mend *ret,
		      struct wtg_error *err)
{
	struct wtg_reader reader = wtg_reader(reply);
	struct wtg_error why = WTG_ERROR_INIT;

	if (wtg_read_truth(&reader)) {
		if (wtg_mend_unflatten(&reader, disk, ret)) {
			if (is_allowed(ret, request))
				return 0;
			wtg_mend_done(ret);
		}
	} else {
		wtg_read_error(&reader, &why);
		if (wtg_reader_done(&reader) && why.kind != WTG_OK && why.message) {
			*err = why;
			return -1;
		}
		wtg_error_done(&why);
	}
	return wtg_fail(err, WTG_UNSUITABLE, 0, "what was said of it makes no sense");
}

int wtg_mend_make(const struct wtg_target *target, const struct wtg_request *request,
		  const struct wtg_identity *fresh, struct wtg_mend *ret, struct wtg_error *err)
{
	const struct wtg_disk *known = wtg_target_disk(target);
	_cleanup_(mending_free) struct wtg_mending *m = wtg_alloc(sizeof(*m));
	const struct wtg_errand errand = {
		.who = "the process that looks at the drive",
		.blame = WTG_UNSUITABLE,
		.work = look,
		.context = m,
		.window = &m->disk,
		.scratch = true,
	};
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	_cleanup_fd_ int fd = -1;

	if (!known->exists || known->size_bytes == 0)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "there is nothing on %s", known->path);
	if (wtg_target_open_fresh(target, &fd, err) < 0 ||
	    wtg_custom_read_dbx(request->dbx, &m->dbx, err) < 0)
		return -1;
	m->request = request;
	m->fresh = fresh;
	m->disk = (struct wtg_window){ .fd = fd, .length = known->size_bytes };
	m->sector_bytes = known->sector_bytes;
	if (wtg_worker_run(&errand, NULL, &reply, err) < 0 ||
	    read_reply(&reply, known, request, ret, err) < 0)
		return wtg_while(err, "look at %s", known->path);
	return 0;
}
