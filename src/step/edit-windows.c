/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <string.h>

#include "base/alloc.h"
#include "base/worker.h"
#include "step/clear.h"
#include "target/target.h"
#include "volume/edit.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

#define MAX_HIVE_BYTES (256u << 20)

struct params {
	struct wtg_gpt_entry windows;
	struct wtg_edits edits;
	struct wtg_bytes hive;
	uint8_t hive_is[WTG_SHA256_SIZE];
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_number(out, "partition", p->windows.number);
	wtg_fact_text(out, "hive", WTG_SYSTEM_PATH);
	wtg_edits_describe(&p->edits, out);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;

	return phase == WTG_PHASE_APPLY ? p->hive.size : 0;
}

/* ------------------------------------------------------------------ in a worker */

struct look {
	const struct params *params;
	struct wtg_window window;
};

static int read_hive(const struct wtg_window *window, struct wtg_bytes *ret,
		     struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;
	struct wtg_window reading = *window;

	reading.ledger = NULL;
	return wtg_ntfs_open(&reading, &volume, err) < 0
		       ? -1
		       : wtg_ntfs_read(volume, WTG_SYSTEM_PATH, MAX_HIVE_BYTES, ret, err);
}

/* What was worked out is right for that hive alone. */
static int check_hive(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err)
{
	const struct look *at = context;
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
	const struct wtg_files nothing = { 0 };
	uint8_t is[WTG_SHA256_SIZE];

	(void)progress;
	(void)reply;
	if (wtg_fs_check(&at->window, &nothing, err) < 0 ||
	    read_hive(&at->window, &hive, err) < 0)
		return -1;
	wtg_sha256(hive.data, hive.size, is);
	if (memcmp(is, at->params->hive_is, sizeof(is)) != 0)
		return wtg_fail(err, WTG_REFUSED, 0,
				WTG_SYSTEM_PATH " is not what it was when it was looked at");
	return wtg_ntfs_check_replace(&at->window, WTG_SYSTEM_PATH, at->params->hive.size, err);
}

static int write_hive(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		      struct wtg_error *err)
{
	const struct look *at = context;

	if (check_hive(context, progress, reply, err) < 0 ||
	    wtg_ntfs_replace(&at->window, WTG_SYSTEM_PATH, &at->params->hive, err) < 0)
		return -1;
	return wtg_progress_advance(progress, at->params->hive.size, err);
}

static int confine(struct look *at,
		   int (*work)(void *context, struct wtg_progress *progress,
			       struct wtg_packet *reply, struct wtg_error *err),
		   struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_errand errand = {
		.who = "the process that changes files of the Windows",
		.blame = WTG_REFUSED,
		.finds = WTG_REFUSED,
		.work = work,
		.context = at,
		.window = &at->window,
	};

	if (wtg_worker_run(&errand, progress, NULL, err) == 0)
		return 0;
	if (err->kind == WTG_INPUT)
		err->kind = WTG_REFUSED;
	return wtg_while(err, "partition %u", at->params->windows.number);
}

/* ------------------------------------------------------------------ the step */

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct look at = {
		.params = p,
		.window = {
			.fd = wtg_target_fd(target),
			.offset = p->windows.first_byte,
			.length = p->windows.size_bytes,
		},
	};

	if (wtg_clear_check(target, progress, err) < 0)
		return -1;
	return confine(&at, check_hive, progress, err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct look at = {
		.params = p,
		.window = wtg_writer_window(writer, p->windows.first_byte, p->windows.size_bytes),
	};

	return confine(&at, write_hive, wtg_writer_progress(writer), err);
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window window =
		wtg_window_part(disk, p->windows.first_byte, p->windows.size_bytes);
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };

	(void)how;
	(void)progress;
	if (read_hive(&window, &hive, err) < 0)
		return -1;
	if (hive.size != p->hive.size || memcmp(hive.data, p->hive.data, hive.size) != 0)
		return wtg_fail(err, WTG_MISMATCH, 0, WTG_SYSTEM_PATH " reads back different");
	return 0;
}

static void release(void *params)
{
	struct params *p = params;

	wtg_edits_done(&p->edits);
	wtg_bytes_done(&p->hive);
	free(p);
}

static const struct wtg_step_ops ops = {
	.name = "edit-windows",
	.leaves = WTG_DRIVE_KEPT,
	.describe = describe,
	.cost = cost,
	.check = check,
	.apply = apply,
	.verify = verify,
	.free = release,
};

void wtg_step_edit_windows(struct wtg_plan *plan, struct wtg_mend *mend)
{
	struct params *p;

	if (mend->hive.size == 0)
		return;
	p = wtg_alloc(sizeof(*p));
	p->windows = mend->windows;
	p->edits = mend->edits;
	p->hive = mend->hive;
	memcpy(p->hive_is, mend->hive_is, sizeof(p->hive_is));
	mend->edits = (struct wtg_edits){ 0 };
	mend->hive = (struct wtg_bytes){ 0 };
	wtg_plan_append(plan, &ops, p);
}
