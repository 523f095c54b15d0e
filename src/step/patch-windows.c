/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "base/worker.h"
#include "volume/ntfs.h"
#include "windows/unattend.h"


/* Real SYSTEM hives have 8 to 16 MB; a busy server's several times that. */
#define MAX_HIVE_BYTES (256u << 20)

struct params {
	struct wtg_layout layout;
	struct wtg_edits edits;
	struct wtg_bytes system;  /* the hive with the edits made */
	uint64_t winre_bytes;     /* of the Winre.wim to remove; 0: none */
	struct wtg_bytes answer;  /* that lets Windows take WinRE out of service; empty: none */
	const char *answer_kept;  /* the image's own answer file, which stays instead */
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_text(out, "hive", WTG_SYSTEM_PATH);
	wtg_edits_describe(&p->edits, out);
	if (p->winre_bytes > 0) {
		wtg_fact_text(out, "remove", WTG_WINRE_PATH);
		wtg_fact_bytes(out, "freed_bytes", p->winre_bytes);
	}
	if (p->answer.size > 0)
		wtg_fact_text(out, "answer_file", WTG_SYSPREP_PATH);
	wtg_fact_text(out, "answer_file_kept", p->answer_kept);
}

/* The volume is full of what a stranger made, so a worker opens it. */
struct patch {
	const struct params *params;
	struct wtg_window window;
};

static int patch(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		 struct wtg_error *err)
{
	const struct patch *patch = context;
	const struct params *p = patch->params;
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;

	(void)progress;
	(void)reply;
	if (wtg_ntfs_open(&patch->window, &volume, err) < 0)
		return -1;
	if (wtg_edits_changes(&p->edits) > 0 &&
	    wtg_ntfs_write(volume, WTG_SYSTEM_PATH, &p->system, NULL, err) < 0)
		return -1;
	if (p->winre_bytes > 0 && wtg_ntfs_remove(volume, WTG_WINRE_PATH, err) < 0)
		return -1;
	if (p->answer.size > 0 &&
	    wtg_ntfs_write(volume, WTG_SYSPREP_PATH, &p->answer, NULL, err) < 0)
		return -1;
	return wtg_ntfs_close(&volume, err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct wtg_extent *at = &((const struct params *)params)->layout.windows;
	struct patch context = { params, wtg_writer_window(writer, at->offset, at->length) };
	const struct wtg_errand errand = {
		.who = "the process that patches Windows",
		.blame = WTG_INPUT,
		.work = patch,
		.context = &context,
		.window = &context.window,
	};

	return wtg_worker_run(&errand, wtg_writer_progress(writer), NULL, err);
}

static int compare(struct wtg_ntfs *volume, const char *path, const struct wtg_bytes *expected,
		   struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };

	if (wtg_ntfs_read(volume, path, MAX_HIVE_BYTES, &found, err) < 0)
		return -1;
	if (found.size != expected->size || memcmp(found.data, expected->data, found.size) != 0)
		return wtg_fail(err, WTG_MISMATCH, 0, "%s reads back different", path);
	return 0;
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window window = wtg_window_part(disk, p->layout.windows.offset,
						   p->layout.windows.length);
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;

	(void)how;
	(void)progress;
	if (wtg_ntfs_open(&window, &volume, err) < 0 ||
	    compare(volume, WTG_SYSTEM_PATH, &p->system, err) < 0)
		return -1;
	if (p->answer.size > 0 && compare(volume, WTG_SYSPREP_PATH, &p->answer, err) < 0)
		return -1;
	if (p->winre_bytes > 0 && wtg_ntfs_exists(volume, WTG_WINRE_PATH))
		return wtg_fail(err, WTG_MISMATCH, 0, "%s is still there", WTG_WINRE_PATH);
	return 0;
}

static void release(void *params)
{
	struct params *p = params;

	wtg_edits_done(&p->edits);
	wtg_bytes_done(&p->system);
	wtg_bytes_done(&p->answer);
	free(p);
}

static const struct wtg_step_ops ops = {
	.name = "patch-windows",
	.describe = describe,
	.apply = apply,
	.verify = verify,
	.free = release,
};

/*
 * WinRE repairs the computer that it finds, which is never what a portable Windows is for.
 * Both of Microsoft's ways: no Winre.wim, and an answer file that takes it out of service at
 * the first start.  An answer file of the image's own is not overwritten.
 */
static void plan_winre(struct params *p, const struct wtg_survey *survey, enum wtg_arch arch)
{
	p->winre_bytes = survey->winre_bytes;
	if (survey->has_panther_answer)
		p->answer_kept = WTG_PANTHER_PATH;
	else if (survey->has_sysprep_answer)
		p->answer_kept = WTG_SYSPREP_PATH;
	else
		p->answer = wtg_unattend_without_winre(arch);
}

void wtg_step_patch_windows(struct wtg_plan *plan, const struct wtg_layout *layout,
			    struct wtg_survey *survey, const struct wtg_subject *subject)
{
	struct params *p = wtg_alloc(sizeof(*p));

	p->layout = *layout;
	p->edits = survey->edits;
	p->system = survey->system;
	survey->edits = (struct wtg_edits){ 0 };
	survey->system = (struct wtg_bytes){ 0 };
	if (!subject->request->winre)
		plan_winre(p, survey, subject->edition->arch);
	if (p->edits.captured)
		wtg_plan_warn(plan, "the image was booted before it was captured (not generalised): "
				    "what it remembers of computer and drives is taken out, but it "
				    "still has that installation's name and identifiers");
	wtg_plan_append(plan, &ops, p);
}
