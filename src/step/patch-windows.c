/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "volume/ntfs.h"
#include "windows/edits.h"
#include "windows/hive.h"
#include "windows/unattend.h"
#include "wtg/text.h"

#define SYSTEM_PATH "Windows/System32/config/SYSTEM"
#define WINRE_PATH "Windows/System32/Recovery/Winre.wim"
#define PANTHER_PATH "Windows/Panther/unattend.xml"
#define SYSPREP_PATH "Windows/System32/Sysprep/unattend.xml"

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

	wtg_fact_text(out, "hive", SYSTEM_PATH);
	wtg_edits_describe(&p->edits, out);
	if (p->winre_bytes > 0) {
		wtg_fact_text(out, "remove", WINRE_PATH);
		wtg_fact_bytes(out, "freed_bytes", p->winre_bytes);
	}
	if (p->answer.size > 0)
		wtg_fact_text(out, "answer_file", SYSPREP_PATH);
	wtg_fact_text(out, "answer_file_kept", p->answer_kept);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window window = wtg_writer_window(writer, p->layout.windows.offset,
						     p->layout.windows.length);
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;

	if (wtg_ntfs_open(&window, &volume, err) < 0)
		return -1;
	if (wtg_edits_changes(&p->edits) > 0 &&
	    wtg_ntfs_write(volume, SYSTEM_PATH, &p->system, NULL, err) < 0)
		return -1;
	if (p->winre_bytes > 0 && wtg_ntfs_remove(volume, WINRE_PATH, err) < 0)
		return -1;
	if (p->answer.size > 0 &&
	    wtg_ntfs_write(volume, SYSPREP_PATH, &p->answer, NULL, err) < 0)
		return -1;
	return wtg_ntfs_close(&volume, err);
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
	    compare(volume, SYSTEM_PATH, &p->system, err) < 0)
		return -1;
	if (p->answer.size > 0 && compare(volume, SYSPREP_PATH, &p->answer, err) < 0)
		return -1;
	if (p->winre_bytes > 0 && wtg_ntfs_exists(volume, WINRE_PATH))
		return wtg_fail(err, WTG_MISMATCH, 0, "%s is still there", WINRE_PATH);
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

static void release_params(struct params **p)
{
	if (*p)
		release(*p);
}

static int plan_registry(struct params *p, struct wtg_image *image,
			 const struct wtg_edition *edition, const struct wtg_request *request,
			 struct wtg_error *err)
{
	const struct wtg_edit_options options = {
		.internal_disks_online = request->internal_disks == WTG_INTERNAL_ONLINE,
		.hibernate = request->hibernate,
		.device_encryption = request->device_encryption,
		.portable_flag = request->portable_flag,
		.no_pagefile = request->no_pagefile,
		.no_crash_dump = request->no_crash_dump,
		.no_last_access = request->no_last_access,
		.build = edition->build,
	};
	static const char *const paths[] = { SYSTEM_PATH };
	_cleanup_(wtg_files_done) struct wtg_files files = { 0 };

	if (wtg_image_read(image, edition, paths, 1, MAX_HIVE_BYTES, &files, err) < 0)
		return -1;
	if (files.n_items != 1)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has no " SYSTEM_PATH ": it is no Windows that could start");
	if (wtg_edits_plan(&files.items[0].content, &options, &p->edits, err) < 0)
		return -1;
	return wtg_hive_edit(&files.items[0].content, &p->edits, &p->system, err);
}

/*
 * WinRE repairs the computer that it finds, which is never what a portable Windows is for.
 * Both of Microsoft's ways: no Winre.wim, and an answer file that takes it out of service at
 * the first start.  An answer file of the image's own is not overwritten.
 */
static int plan_winre(struct params *p, struct wtg_image *image,
		      const struct wtg_edition *edition, struct wtg_error *err)
{
	struct wtg_image_stat winre, panther, sysprep;

	if (wtg_image_stat(image, edition, WINRE_PATH, &winre, err) < 0 ||
	    wtg_image_stat(image, edition, PANTHER_PATH, &panther, err) < 0 ||
	    wtg_image_stat(image, edition, SYSPREP_PATH, &sysprep, err) < 0)
		return -1;
	if (winre.exists && !winre.is_dir)
		p->winre_bytes = winre.size_bytes ? winre.size_bytes : 1;
	if (panther.exists || sysprep.exists)
		p->answer_kept = panther.exists ? PANTHER_PATH : SYSPREP_PATH;
	else
		p->answer = wtg_unattend_without_winre(edition->arch);
	return 0;
}

int wtg_step_patch_windows(struct wtg_plan *plan, struct wtg_image *image,
			   const struct wtg_edition *edition, const struct wtg_layout *layout,
			   const struct wtg_request *request, struct wtg_error *err)
{
	_cleanup_(release_params) struct params *p = wtg_alloc(sizeof(*p));

	p->layout = *layout;
	if (plan_registry(p, image, edition, request, err) < 0)
		return wtg_while(err, "plan the registry edits");
	if (!request->winre && plan_winre(p, image, edition, err) < 0)
		return -1;
	if (p->edits.captured)
		wtg_plan_warn(plan, "the image was booted before it was captured (not generalised): "
				    "what it remembers of computer and drives is taken out, but it "
				    "still has that installation's name and identifiers");
	wtg_plan_append(plan, &ops, WTG_STEAL(p));
	return 0;
}
