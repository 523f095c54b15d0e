/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "base/child.h"
#include "step/status.h"
#include "volume/fat-read.h"
#include "volume/fat.h"
#include "windows/bcd.h"
#include "windows/bootfiles.h"
#include "wtg/text.h"

#define BCD_PATH "EFI/Microsoft/Boot/BCD"

#define MAX_LANGUAGE 84 /* LOCALE_NAME_MAX_LENGTH of Windows, but for its NUL */

struct params {
	struct wtg_layout layout;
	struct wtg_bootfiles boot; /* with the BCD and the manifest among its files */
	struct wtg_bcd_spec bcd;
	char *locale;
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;
	char text[WTG_GUID_TEXT_SIZE];

	wtg_fact_text(out, "filesystem", "fat32");
	wtg_bootfiles_describe(&p->boot, out);
	wtg_fact_open(out, "bcd", WTG_OBJECT);
	wtg_fact_text(out, "path", BCD_PATH);
	wtg_fact_text(out, "description", p->bcd.description);
	wtg_fact_text(out, "locale", p->bcd.locale);
	wtg_fact_number(out, "timeout_seconds", p->bcd.timeout_seconds);
	wtg_fact_text(out, "osloader", wtg_guid_format(&p->bcd.osloader, text));
	wtg_fact_text(out, "resume", wtg_guid_format(&p->bcd.resume, text));
	wtg_fact_truth(out, "recovery", !p->bcd.recovery_off);
	wtg_fact_close(out);
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	_cleanup_free_ char *path = NULL;

	(void)params;
	(void)target;
	(void)progress;
	return wtg_program_find("mkfs.fat", &path, err) ? 0 : -1;
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;

	return phase == WTG_PHASE_APPLY ? wtg_files_size_bytes(&p->boot.files) : 0;
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_extent *at = &p->layout.esp;
	struct wtg_window window = wtg_writer_window(writer, at->offset, at->length);
	const struct wtg_fat_format format = {
		/* No label: with one, some firmware will not boot from the ESP (Rufus). */
		.serial = p->layout.identity.esp_serial,
		.start_bytes = at->offset,
		.sector_bytes = p->layout.sector_bytes,
		.time = p->layout.time,
	};

	return wtg_fat_make(&window, &format, &p->boot.files, err);
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window window =
		wtg_window_part(disk, p->layout.esp.offset, p->layout.esp.length);
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;

	(void)how;
	if (wtg_fat_open(&window, &fat, err) < 0)
		return -1;
	for (size_t i = 0; i < p->boot.files.n_items; i++) {
		const struct wtg_file *file = &p->boot.files.items[i];
		_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
		int r = wtg_fat_read(fat, file->path, file->content.size, &found, err);

		if (r < 0)
			return -1;
		if (r == 0)
			return wtg_fail(err, WTG_MISMATCH, 0, "%s is not on the ESP", file->path);
		if (found.size != file->content.size ||
		    (found.size > 0 &&
		     memcmp(found.data, file->content.data, found.size) != 0))
			return wtg_fail(err, WTG_MISMATCH, 0, "%s on the ESP reads back different",
					file->path);
		if (wtg_progress_advance(progress, 0, err) < 0)
			return -1;
	}
	return 0;
}

static void release(void *params)
{
	struct params *p = params;

	wtg_bootfiles_done(&p->boot);
	free(p->locale);
	free(p);
}

static const struct wtg_step_ops ops = {
	.name = "write-esp",
	.describe = describe,
	.cost = cost,
	.check = check,
	.apply = apply,
	.verify = verify,
	.free = release,
};

/* As languages are named ("zh-Hans-CN", RFC 5646); what an image says can be anything. */
static bool is_language(const char *text)
{
	size_t length = strlen(text);

	return length <= MAX_LANGUAGE && strspn(text, "abcdefghijklmnopqrstuvwxyz"
						      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						      "0123456789-") == length;
}

/* The image's own language where the boot manager's texts are there in it, as bcdboot does it
 * with /l; else its default. */
static char *choose_locale(const struct wtg_files *esp, const char *language)
{
	_cleanup_free_ char *texts = NULL;

	if (!language || !is_language(language))
		return wtg_text_copy("en-US");
	texts = wtg_text("EFI/Microsoft/Boot/%s/bootmgfw.efi.mui", language);
	return wtg_text_copy(wtg_files_find(esp, texts) ? language : "en-US");
}

static void plan_bcd(struct params *p, const struct wtg_subject *subject)
{
	const struct wtg_edition *edition = subject->edition;
	const struct wtg_request *request = subject->request;
	const struct wtg_identity *id = &p->layout.identity;

	p->locale = choose_locale(&p->boot.files, edition->default_language);
	p->bcd = (struct wtg_bcd_spec){
		.system = { .style = p->layout.style, .disk = id->disk, .partition = id->esp },
		.windows = { .style = p->layout.style, .disk = id->disk, .partition = id->windows },
		.osloader = id->osloader,
		.resume = id->resume,
		.description = wtg_bcd_description(edition->build, edition->installation_type),
		.locale = p->locale,
		.timeout_seconds = request->has_timeout ? request->timeout_seconds : 30,
		.recovery_off = !request->winre,
	};
	wtg_files_add(&p->boot.files, BCD_PATH, wtg_bcd_build(&p->bcd));
}

int wtg_step_write_esp(struct wtg_plan *plan, const struct wtg_layout *layout,
		       struct wtg_survey *survey, const struct wtg_subject *subject,
		       struct wtg_bytes manifest, struct wtg_error *err)
{
	struct params *p = wtg_alloc(sizeof(*p));

	p->layout = *layout;
	p->boot = survey->boot;
	survey->boot = (struct wtg_bootfiles){ 0 };
	if (p->boot.loader.n_signatures == 0)
		wtg_plan_warn(plan, "the image's boot loader is not signed: the drive starts only "
				    "where Secure Boot is off");
	plan_bcd(p, subject);
	wtg_files_add(&p->boot.files, WTG_MANIFEST_PATH, manifest);
	/* The plan frees p from here on, whatever follows. */
	wtg_plan_append(plan, &ops, p);
	return wtg_fat_check(layout->esp.length, layout->sector_bytes, &p->boot.files, err);
}
