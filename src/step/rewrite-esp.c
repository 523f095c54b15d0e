/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <string.h>

#include "base/alloc.h"
#include "base/child.h"
#include "base/worker.h"
#include "step/clear.h"
#include "target/target.h"
#include "volume/edit.h"
#include "volume/fat-read.h"
#include "volume/fat.h"
#include "windows/bootcode.h"
#include "wtg/text.h"

/* The boot files or the stores of a system partition, or all of it made anew. */
struct params {
	struct wtg_gpt_entry system;
	uint32_t sector_bytes, serial;
	uint64_t time;
	bool bios, ventoy;
	enum wtg_boot_ca chain;
	char *signers, *description, *locale;
	size_t n_right;
	struct wtg_mend_files mend;
};

/* ------------------------------------------------------------------ described */

static void describe_files(const struct params *p, struct wtg_facts *out)
{
	wtg_fact_open(out, "files", WTG_LIST);
	for (size_t i = 0; i < p->mend.files.n_items; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "path", p->mend.files.items[i].path);
		wtg_fact_text(out, "old", p->mend.old.items[i]);
		wtg_fact_bytes(out, "new_bytes", p->mend.files.items[i].content.size);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static void describe_boot(const struct params *p, struct wtg_facts *out)
{
	wtg_fact_text(out, "boot_ca", p->chain == WTG_BOOT_CA_2023 ? "2023" : "2011");
	wtg_fact_text(out, "loader_signers", p->signers ? p->signers : "nobody");
}

static void describe_store(const struct params *p, struct wtg_facts *out)
{
	wtg_fact_text(out, "description", p->description);
	wtg_fact_text(out, "locale", p->locale);
}

static void describe_esp(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_number(out, "partition", p->system.number);
	describe_boot(p, out);
	wtg_fact_number(out, "already_right", p->n_right);
	describe_files(p, out);
}

static void describe_bcd(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_number(out, "partition", p->system.number);
	describe_store(p, out);
	describe_files(p, out);
}

static void describe_format(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_number(out, "partition", p->system.number);
	wtg_fact_text(out, "filesystem", "fat32");
	describe_boot(p, out);
	describe_store(p, out);
	describe_files(p, out);
}

/* ------------------------------------------------------------------ in a worker */

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
	return wtg_fs_check(&at->window, &at->params->mend.files, err);
}

static int make_edit(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		     struct wtg_error *err)
{
	const struct look *at = context;

	(void)reply;
	if (wtg_fs_edit(&at->window, &at->params->mend.files, at->params->time, err) < 0)
		return -1;
	return wtg_progress_advance(progress, wtg_files_size_bytes(&at->params->mend.files), err);
}

static int confine(struct look *at,
		   int (*work)(void *context, struct wtg_progress *progress,
			       struct wtg_packet *reply, struct wtg_error *err),
		   struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_errand errand = {
		.who = "the process that changes files on the system partition",
		.blame = WTG_REFUSED, /* whatever else it says, that volume is left alone */
		.finds = WTG_UNSUITABLE,
		.work = work,
		.context = at,
		.window = &at->window,
	};

	if (wtg_worker_run(&errand, progress, NULL, err) == 0)
		return 0;
	if (err->kind == WTG_INPUT)
		err->kind = WTG_REFUSED;
	return wtg_while(err, "partition %u", at->params->system.number);
}

/* ------------------------------------------------------------------ the steps */

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;

	return phase == WTG_PHASE_APPLY ? wtg_files_size_bytes(&p->mend.files) : 0;
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct look at = {
		.params = p,
		.window = {
			.fd = wtg_target_fd(target),
			.offset = p->system.first_byte,
			.length = p->system.size_bytes,
		},
	};

	if (wtg_clear_check(target, progress, err) < 0)
		return -1;
	return confine(&at, check_edit, progress, err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct look at = {
		.params = p,
		.window = wtg_writer_window(writer, p->system.first_byte, p->system.size_bytes),
	};

	return confine(&at, make_edit, wtg_writer_progress(writer), err);
}

static int check_format(const void *params, const struct wtg_target *target,
			struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	_cleanup_free_ char *path = NULL;

	if (wtg_clear_check(target, progress, err) < 0 ||
	    !wtg_program_find("mkfs.fat", &path, err))
		return -1;
	return wtg_fat_check(p->system.size_bytes, p->sector_bytes, &p->mend.files, err);
}

static int apply_format(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window window =
		wtg_writer_window(writer, p->system.first_byte, p->system.size_bytes);
	const struct wtg_fat_format format = {
		/* No label: with one, some firmware will not boot from the ESP (Rufus). */
		.serial = p->serial,
		.start_bytes = p->system.first_byte,
		.sector_bytes = p->sector_bytes,
		.time = p->time,
		.boot_code = p->bios && !p->ventoy && p->sector_bytes == 512 ? wtg_boot_fat32 : NULL,
	};

	return wtg_fat_make(&window, &format, &p->mend.files, err);
}

static int verify_file(struct wtg_fat *fat, const struct wtg_file *file, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
	int r = wtg_fat_read(fat, file->path, file->content.size, &found, err);

	if (r < 0)
		return -1;
	if (r == 0)
		return wtg_fail(err, WTG_MISMATCH, 0, "%s is not on the system partition",
				file->path);
	if (found.size != file->content.size ||
	    (found.size > 0 && memcmp(found.data, file->content.data, found.size) != 0))
		return wtg_fail(err, WTG_MISMATCH, 0,
				"%s on the system partition reads back different", file->path);
	return 0;
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window window =
		wtg_window_part(disk, p->system.first_byte, p->system.size_bytes);
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;

	(void)how;
	if (wtg_fat_open(&window, &fat, err) < 0)
		return -1;
	for (size_t i = 0; i < p->mend.files.n_items; i++)
		if (verify_file(fat, &p->mend.files.items[i], err) < 0 ||
		    wtg_progress_advance(progress, 0, err) < 0)
			return -1;
	return 0;
}

static void release(void *params)
{
	struct params *p = params;

	wtg_files_done(&p->mend.files);
	for (size_t i = 0; i < p->mend.old.n_items; i++)
		free(p->mend.old.items[i]);
	free(p->mend.old.items);
	free(p->signers);
	free(p->description);
	free(p->locale);
	free(p);
}

/* A file is the old one or the new at every moment (volume/edit.h). */
static const struct wtg_step_ops esp_ops = {
	.name = "rewrite-esp",
	.leaves = WTG_DRIVE_KEPT,
	.describe = describe_esp,
	.cost = cost,
	.check = check,
	.apply = apply,
	.verify = verify,
	.free = release,
};

static const struct wtg_step_ops bcd_ops = {
	.name = "rewrite-bcd",
	.leaves = WTG_DRIVE_KEPT,
	.describe = describe_bcd,
	.cost = cost,
	.check = check,
	.apply = apply,
	.verify = verify,
	.free = release,
};

/* What cannot be read is all that is lost. */
static const struct wtg_step_ops format_ops = {
	.name = "format-esp",
	.leaves = WTG_DRIVE_KEPT,
	.describe = describe_format,
	.cost = cost,
	.check = check_format,
	.apply = apply_format,
	.verify = verify,
	.free = release,
};

static void append(struct wtg_plan *plan, const struct wtg_mend *mend,
		   const struct wtg_identity *fresh, const struct wtg_step_ops *ops,
		   struct wtg_mend_files *files)
{
	struct params *p;

	if (files->files.n_items == 0)
		return;
	p = wtg_alloc(sizeof(*p));
	p->system = mend->system;
	p->sector_bytes = mend->table.sector_bytes;
	p->serial = fresh->esp_serial;
	p->time = mend->time;
	p->bios = mend->manner.bios;
	p->ventoy = mend->ventoy;
	p->chain = mend->chain;
	p->signers = wtg_text_copy(mend->signers);
	p->description = wtg_text_copy(mend->description);
	p->locale = wtg_text_copy(mend->locale);
	p->n_right = mend->n_right;
	p->mend = *files;
	*files = (struct wtg_mend_files){ 0 };
	wtg_plan_append(plan, ops, p);
}

void wtg_step_rewrite_esp(struct wtg_plan *plan, struct wtg_mend *mend,
			  const struct wtg_identity *fresh)
{
	if (!mend->format_system) {
		append(plan, mend, fresh, &esp_ops, &mend->boot);
		append(plan, mend, fresh, &bcd_ops, &mend->stores);
		return;
	}
	for (size_t i = 0; i < mend->stores.files.n_items; i++) {
		WTG_APPEND(&mend->boot.files, mend->stores.files.items[i]);
		WTG_APPEND(&mend->boot.old, mend->stores.old.items[i]);
	}
	free(mend->stores.files.items);
	free(mend->stores.old.items);
	mend->stores = (struct wtg_mend_files){ 0 };
	append(plan, mend, fresh, &format_ops, &mend->boot);
}
