/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/ventoy.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/worker.h"
#include "step/ventoy-flatten.h"
#include "target/target.h"
#include "volume/fat-read.h"
#include "windows/pe.h"
#include "wtg/text.h"

#define MAX_LOADER_BYTES (64u << 20)
#define MAX_BOOTMGR_BYTES (4u << 20)

void wtg_drive_view_done(struct wtg_drive_view *view)
{
	wtg_files_done(&view->existing);
	free(view->unreadable);
	*view = (struct wtg_drive_view){ 0 };
}

/* ------------------------------------------------------------------ in the worker */

struct look {
	struct wtg_window disk;
	uint32_t sector_bytes;
	const char *title; /* of the entry that may be asked for */
};

static bool read_one(const struct wtg_window *window, const char *path,
		     struct wtg_drive_view *view)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bytes content = { 0 };
	int r = wtg_fs_read(window, path, WTG_VENTOY_MAX_TEXT, &content, &err);

	if (r > 0)
		wtg_files_add(&view->existing, path, content);
	if (r < 0)
		view->unreadable = wtg_text_copy(err.message);
	wtg_error_done(&err);
	return r >= 0;
}

/* An entry's in the main menu. */
static bool read_image(const struct wtg_window *window, const char *image,
		       struct wtg_drive_view *view)
{
	_cleanup_free_ char *script = image ? wtg_text("%s.vcfg", image) : NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_bytes content = { 0 };

	if (!image || wtg_files_find(&view->existing, image))
		return true;
	/* One that is too large to be ours is the user's: any part of it says so. */
	if (wtg_fs_read(window, image, WTG_VENTOY_MAX_TEXT, &content, &err) != 0)
		wtg_files_add(&view->existing, image,
			      content.data ? content : wtg_bytes_copy("", 1));
	wtg_error_done(&err);
	return read_one(window, script, view);
}

/* The files of the entry that is there, and of the one that may be asked for. */
static void look_at_first(const struct look *look, struct wtg_drive_view *view)
{
	_cleanup_free_ char *wanted = wtg_ventoy_entry_image(look->title), *named = NULL;
	struct wtg_window window = wtg_window_part(&look->disk, view->ventoy.first.offset,
						   view->ventoy.first.length);
	struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_fs_of(&window, &view->first_fs, &err) < 0) {
		view->unreadable = wtg_text_copy(err.message);
		wtg_error_done(&err);
		return;
	}
	if (view->first_fs == WTG_FS_OTHER) {
		view->unreadable = wtg_text_copy("its file system is none that this program "
						 "writes to");
		return;
	}
	for (size_t i = 0; wtg_ventoy_entry_paths[i]; i++)
		if (!read_one(&window, wtg_ventoy_entry_paths[i], view))
			return;
	named = wtg_ventoy_entry_image_named(&view->existing);
	if (read_image(&window, wanted, view))
		(void)read_image(&window, named, view);
}

/* A boot manager of Windows' on a FAT volume? */
static bool look_at_system(const struct look *look, const struct wtg_gpt_entry *entry,
			   struct wtg_drive_view *view)
{
	static const struct {
		const char *path;
		bool vtefi;
	} places[] = {
		{ "EFI/Microsoft/Boot/bootmgfw.efi", false },
		{ "VTEFI/Microsoft/Boot/bootmgfw.efi", true },
	};
	struct wtg_window window =
		wtg_window_part(&look->disk, entry->first_byte, entry->size_bytes);
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	struct wtg_error ignored = WTG_ERROR_INIT;
	struct wtg_fat_info info;
	bool found = false;

	if (wtg_fat_open(&window, &fat, &ignored) < 0) {
		wtg_error_done(&ignored);
		return false;
	}
	wtg_fat_info(fat, &info);
	for (size_t i = 0; i < 2 && !found; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
		_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };

		found = wtg_fat_read(fat, places[i].path, MAX_LOADER_BYTES, &file, &ignored) > 0 &&
			wtg_pe_read(&file, &pe, &ignored) == 0;
		wtg_error_done(&ignored);
		if (!found)
			continue;
		view->system_number = entry->number;
		view->system_volume_id = info.serial;
		view->arch = wtg_pe_arch(&pe);
		view->vtefi = places[i].vtefi;
		wtg_bytes_done(&file);
		view->bios = wtg_fat_read(fat, "bootmgr", MAX_BOOTMGR_BYTES, &file, &ignored) > 0;
		wtg_error_done(&ignored);
	}
	return found;
}

static void look_behind(const struct look *look, struct wtg_drive_view *view)
{
	for (size_t i = 0; i < view->table.n_entries; i++)
		if (view->table.entries[i].number > 2 &&
		    look_at_system(look, &view->table.entries[i], view))
			return;
}

static int look_at_drive(const struct look *look, struct wtg_drive_view *view,
			 struct wtg_error *err)
{
	int r = wtg_partitions_read(&look->disk, look->sector_bytes, &view->table, err);

	if (r < 0)
		return -1;
	view->has_table = r > 0;
	if (r == 0)
		return 0;
	if (wtg_ventoy_look(&look->disk, &view->table, &view->ventoy, err) < 0)
		return -1;
	if (wtg_ventoy_is_there(&view->ventoy)) {
		look_at_first(look, view);
		look_behind(look, view);
	}
	/* What could not be read then may be there. */
	if (wtg_memory_was_short())
		return wtg_fail(err, WTG_SYSTEM, ENOMEM, "look at the drive");
	return 0;
}

static int work(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	const struct look *look = context;
	struct wtg_drive_view *view = wtg_alloc(sizeof(*view));
	int r = look_at_drive(look, view, err);

	(void)progress;
	if (r == 0)
		wtg_drive_view_flatten(view, reply);
	wtg_drive_view_done(view);
	free(view);
	return r;
}

/* ------------------------------------------------------------------ outside */

int wtg_drive_view_make(const struct wtg_target *target, const char *title,
			struct wtg_drive_view *ret, struct wtg_error *err)
{
	const struct wtg_disk *known = wtg_target_disk(target);
	struct look at = { { .length = known->size_bytes }, known->sector_bytes, title };
	const struct wtg_errand errand = {
		.who = "the process that looks at the drive",
		.blame = WTG_UNSUITABLE,
		.work = work,
		.context = &at,
		.window = &at.disk,
		.scratch = true,
	};
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	_cleanup_fd_ int fd = -1;

	if (!known->exists || known->size_bytes == 0) {
		*ret = (struct wtg_drive_view){ 0 };
		return 0;
	}
	if (wtg_target_open_fresh(target, &fd, err) < 0)
		return -1;
	at.disk.fd = fd;
	if (wtg_worker_run(&errand, NULL, &reply, err) < 0) {
		/* It is the drive that makes no sense, not an image. */
		if (err->kind == WTG_INPUT)
			err->kind = WTG_UNSUITABLE;
		return wtg_while(err, "look at %s", known->path);
	}
	if (!wtg_drive_view_unflatten(&reply, known, ret))
		return wtg_fail(err, WTG_UNSUITABLE, 0, "look at %s: what was said of it makes no "
							"sense", known->path);
	return 0;
}
