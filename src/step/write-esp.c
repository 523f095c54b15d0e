/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "base/child.h"
#include "step/status.h"
#include "volume/fat-read.h"
#include "volume/fat.h"
#include "windows/bcd.h"
#include "windows/bootcode.h"
#include "windows/bootfiles.h"
#include "wtg/text.h"

#define BCD_PATH "EFI/Microsoft/Boot/BCD"
#define BCD_VTEFI_PATH "VTEFI/Microsoft/Boot/BCD"
#define BCD_BIOS_PATH "Boot/BCD"

#define MAX_LANGUAGE 84 /* LOCALE_NAME_MAX_LENGTH of Windows, but for its NUL */

struct params {
	struct wtg_layout layout;
	struct wtg_bootfiles boot; /* with the BCD and the manifest among its files */
	struct wtg_bcd_spec bcd;   /* for UEFI */
	char *locale;
	char *bios_locale; /* in the store for Legacy BIOS; NULL: there is none */
};

static const char *bcd_path(const struct params *p)
{
	return p->bcd.vtefi ? BCD_VTEFI_PATH : BCD_PATH;
}

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;
	char text[WTG_GUID_TEXT_SIZE];

	wtg_fact_text(out, "filesystem", "fat32");
	wtg_bootfiles_describe(&p->boot, out);
	wtg_fact_open(out, "bcd", WTG_OBJECT);
	wtg_fact_text(out, "path", bcd_path(p));
	if (p->bios_locale)
		wtg_fact_text(out, "legacy_bios_path", BCD_BIOS_PATH);
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
		.boot_code = p->layout.bios ? wtg_boot_fat32 : NULL,
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
	free(p->bios_locale);
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

/* The image's own language where that boot manager's texts are there in it, as bcdboot does it
 * with /l; else its default. */
static char *choose_locale(const struct wtg_files *esp, const char *dir, const char *texts,
			   const char *language)
{
	_cleanup_free_ char *path = NULL;

	if (!language || !is_language(language))
		return wtg_text_copy("en-US");
	path = wtg_text("%s/%s/%s", dir, language, texts);
	return wtg_text_copy(wtg_files_find(esp, path) ? language : "en-US");
}

static struct wtg_bcd_device partition(const struct wtg_layout *layout,
				       const struct wtg_extent *at, const struct wtg_guid *id)
{
	return (struct wtg_bcd_device){
		.style = layout->style,
		.disk = layout->identity.disk,
		.partition = *id,
		.signature = layout->identity.signature,
		.first_byte = at->offset,
	};
}

static void plan_bcd(struct params *p, const struct wtg_subject *subject, bool vtefi)
{
	const struct wtg_edition *edition = subject->edition;
	const struct wtg_request *request = subject->request;
	const struct wtg_layout *layout = &p->layout;
	struct wtg_files *files = &p->boot.files;

	p->locale = choose_locale(files, vtefi ? "VTEFI/Microsoft/Boot" : "EFI/Microsoft/Boot",
				  "bootmgfw.efi.mui", edition->default_language);
	p->bcd = (struct wtg_bcd_spec){
		.vtefi = vtefi,
		.system = partition(layout, &layout->esp, &layout->identity.esp),
		.windows = partition(layout, &layout->windows, &layout->identity.windows),
		.osloader = layout->identity.osloader,
		.resume = layout->identity.resume,
		.description = wtg_bcd_description(edition->build, edition->installation_type),
		.locale = p->locale,
		.timeout_seconds = request->has_timeout ? request->timeout_seconds : 30,
		.recovery_off = !request->winre,
	};
	wtg_files_add(files, bcd_path(p), wtg_bcd_build(&p->bcd));
}

/* The same for Legacy BIOS.  bcdboot draws other identifiers for its objects; the same ones do no
 * harm, since a Windows that runs has only the store that it was started by. */
static void plan_bios_bcd(struct params *p, const char *language)
{
	struct wtg_bcd_spec spec = p->bcd;

	p->bios_locale = choose_locale(&p->boot.files, "Boot", "bootmgr.exe.mui", language);
	spec.bios = true;
	spec.locale = p->bios_locale;
	wtg_files_add(&p->boot.files, BCD_BIOS_PATH, wtg_bcd_build(&spec));
}

static void warn(struct wtg_plan *plan, const struct params *p)
{
	if (p->boot.loader.n_signatures == 0)
		wtg_plan_warn(plan, "the image's boot loader is not signed: the drive starts only "
				    "where Secure Boot is off");
	if (p->layout.style == WTG_TABLE_MBR && !p->layout.bios)
		wtg_plan_warn(plan, "the image has no boot manager for Legacy BIOS "
				    "(Windows/Boot/PCAT/bootmgr): the drive starts on UEFI only");
}

/* With Ventoy, firmware is to start Ventoy: the place where it looks by itself is left to that, or
 * all of it. */
static struct wtg_boot_manner choose_manner(const struct wtg_layout *layout,
					    const struct wtg_request *request)
{
	return (struct wtg_boot_manner){
		.bios = layout->bios,
		.vtefi = request->ventoy_first,
		.no_fallback = layout->vtoyefi.length > 0 && !request->windows_first,
	};
}

int wtg_step_write_esp(struct wtg_plan *plan, const struct wtg_layout *layout,
		       struct wtg_survey *survey, const struct wtg_subject *subject,
		       struct wtg_bytes manifest, struct wtg_error *err)
{
	struct wtg_boot_manner manner = choose_manner(layout, subject->request);
	struct params *p = wtg_alloc(sizeof(*p));

	p->layout = *layout;
	p->boot = survey->boot;
	survey->boot = (struct wtg_bootfiles){ 0 };
	wtg_bootfiles_arrange(&p->boot, &manner);
	warn(plan, p);
	plan_bcd(p, subject, manner.vtefi);
	if (layout->bios)
		plan_bios_bcd(p, subject->edition->default_language);
	wtg_files_add(&p->boot.files,
		      manner.vtefi ? WTG_MANIFEST_VTEFI_PATH : WTG_MANIFEST_PATH, manifest);
	/* The plan frees p from here on, whatever follows. */
	wtg_plan_append(plan, &ops, p);
	return wtg_fat_check(layout->esp.length, layout->sector_bytes, &p->boot.files, err);
}
