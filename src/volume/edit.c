/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/edit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "volume/edit-inner.h"
#include "volume/fat-alias.h"
#include "volume/fat-read.h"
#include "wtg/text.h"

/* ---------------------------------------------------------------- which it is */

const char *wtg_fs_name(enum wtg_fs fs)
{
	switch (fs) {
	case WTG_FS_OTHER:
		return "other";
	case WTG_FS_EXFAT:
		return "exfat";
	case WTG_FS_FAT:
		return "fat";
	case WTG_FS_NTFS:
		return "ntfs";
	}
	abort();
}

int wtg_fs_of(const struct wtg_window *window, enum wtg_fs *ret, struct wtg_error *err)
{
	uint8_t boot[512] = { 0 };

	if (window->length >= sizeof(boot) &&
	    wtg_window_pread(window, boot, sizeof(boot), 0, err) < 0)
		return -1;
	*ret = WTG_FS_OTHER;
	if (wtg_le16(boot + 510) != 0xaa55)
		return 0;
	if (memcmp(boot + 3, "EXFAT   ", 8) == 0)
		*ret = WTG_FS_EXFAT;
	else if (memcmp(boot + 3, "NTFS    ", 8) == 0)
		*ret = WTG_FS_NTFS;
	else if (memcmp(boot + 54, "FAT", 3) == 0 || memcmp(boot + 82, "FAT32   ", 8) == 0)
		*ret = WTG_FS_FAT;
	return 0;
}

/* ---------------------------------------------------------------- failures */

static const char hint_repair[] =
	"Let its owner's system repair it: chkdsk in Windows, or fsck.exfat or fsck.fat.";

int wtg_edit_damaged(struct wtg_error *err, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		what = NULL;
	va_end(args);
	wtg_fail(err, WTG_INPUT, 0, "the volume is damaged: %s", what ? what : "");
	return wtg_hint(err, "%s", hint_repair);
}

int wtg_edit_dirty(struct wtg_error *err, const char *fs)
{
	wtg_fail(err, WTG_REFUSED, 0, "the %s volume was not unmounted cleanly", fs);
	return wtg_hint(err, "%s", hint_repair);
}

static int fail_other(struct wtg_error *err)
{
	return wtg_fail(err, WTG_REFUSED, 0,
			"the volume is neither exFAT nor FAT nor NTFS: files there are not ours "
			"to change");
}

/* ---------------------------------------------------------------- names */

static size_t count_units(const char *name, size_t length)
{
	_cleanup_free_ char *part = wtg_text("%.*s", (int)length, name);
	_cleanup_(wtg_bytes_done) struct wtg_bytes name16 = wtg_utf16_from_utf8(part);

	return name16.size / 2 - 1;
}

/* Why no volume can have a file of that path; NULL if it can. */
static const char *judge_path(const char *path)
{
	for (;;) {
		size_t length = strcspn(path, "/");
		const char *why = wtg_fat_judge_name(path, length);

		if (why)
			return why;
		if (count_units(path, length) > WTG_EDIT_MAX_NAME_UNITS)
			return "a name in it is too long";
		if (path[length] == '\0')
			return NULL;
		path += length + 1;
	}
}

int wtg_fs_check_names(const struct wtg_files *edits, struct wtg_error *err)
{
	for (size_t i = 0; i < edits->n_items; i++) {
		const struct wtg_file *edit = &edits->items[i];
		_cleanup_free_ char *shown = wtg_text_printable(edit->path);
		const char *why = judge_path(edit->path);

		if (why)
			return wtg_fail(err, WTG_UNSUITABLE, 0, "write \"%s\": %s", shown, why);
		if (edit->content.size > WTG_EDIT_MAX_FILE)
			return wtg_fail(err, WTG_UNSUITABLE, 0,
					"write \"%s\": it is larger than 16 MiB", shown);
		if (wtg_files_find(edits, edit->path) != edit)
			return wtg_fail(err, WTG_UNSUITABLE, 0, "write \"%s\" twice", shown);
	}
	return 0;
}

/* ---------------------------------------------------------------- our own */

/* What is to be done to a volume; with no edits, a file is read. */
struct errand {
	const struct wtg_files *edits;
	uint64_t time;
	bool commit;
	const char *path;
	size_t max;
	struct wtg_bytes *ret;
};

static void volume_done(struct wtg_edit_volume *volume, const struct wtg_edit_fs *fs)
{
	fs->close(volume);
	wtg_clusters_done(&volume->doomed);
	free(volume->retired.items);
	free(volume);
}

/* Open what a draft shows, and do something with it. */
static int run(struct wtg_draft *draft, uint64_t size_bytes, const struct wtg_edit_fs *fs,
	       const struct errand *errand,
	       int (*work)(struct wtg_edit_volume *volume, const struct errand *errand,
			   struct wtg_error *err),
	       struct wtg_error *err)
{
	struct wtg_edit_volume *volume = wtg_alloc(fs->volume_bytes);
	int r;

	volume->draft = draft;
	volume->time = errand->time;
	r = fs->open(volume, size_bytes, err);
	if (r == 0)
		r = work(volume, errand, err);
	volume_done(volume, fs);
	return r;
}

static int read_one(struct wtg_edit_volume *volume, const struct errand *errand,
		    struct wtg_error *err)
{
	return wtg_edit_read_file(volume, errand->path, errand->max, errand->ret, err);
}

static int apply(struct wtg_edit_volume *volume, const struct errand *errand,
		 struct wtg_error *err)
{
	return wtg_edit_apply(volume, errand->edits, err);
}

/* Where files share clusters with each other, or with what a volume needs, changing one harms
 * another: the new files are looked for in what there would be, before there is. */
static int look_again(struct wtg_edit_volume *volume, const struct errand *errand,
		      struct wtg_error *err)
{
	for (size_t i = 0; i < errand->edits->n_items; i++) {
		const struct wtg_file *edit = &errand->edits->items[i];
		_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
		int r;

		if (!edit->content.data)
			continue;
		r = wtg_edit_read_file(volume, edit->path, edit->content.size, &found, err);
		if (r < 0)
			return -1;
		if (r == 0 || found.size != edit->content.size ||
		    memcmp(found.data, edit->content.data, found.size) != 0)
			return wtg_edit_damaged(err, "its files lie in each other's places");
	}
	return 0;
}

static int make_edits(const struct wtg_window *window, const struct wtg_edit_fs *fs,
		      const struct errand *errand, struct wtg_error *err)
{
	_cleanup_(wtg_draft_freep) struct wtg_draft *draft = wtg_draft_new(window);

	if (run(draft, window->length, fs, errand, apply, err) < 0 ||
	    run(draft, window->length, fs, errand, look_again, err) < 0)
		return -1;
	return errand->commit ? wtg_draft_commit(draft, err) : 0;
}

static int read_file(const struct wtg_window *window, const struct wtg_edit_fs *fs,
		     const struct errand *errand, struct wtg_error *err)
{
	_cleanup_(wtg_draft_freep) struct wtg_draft *draft = wtg_draft_new(window);

	return run(draft, window->length, fs, errand, read_one, err);
}

/* ---------------------------------------------------------------- the front */

int wtg_fs_read(const struct wtg_window *window, const char *path, size_t max,
		struct wtg_bytes *ret, struct wtg_error *err)
{
	const struct errand errand = { .path = path, .max = max, .ret = ret };
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	enum wtg_fs fs;

	if (wtg_fs_of(window, &fs, err) < 0)
		return -1;
	switch (fs) {
	case WTG_FS_OTHER:
		return fail_other(err);
	case WTG_FS_EXFAT:
		return read_file(window, &wtg_edit_exfat, &errand, err);
	case WTG_FS_FAT:
		if (wtg_fat_open(window, &fat, err) < 0)
			return -1;
		return wtg_fat_read(fat, path, max, ret, err);
	case WTG_FS_NTFS:
		return wtg_edit_ntfs_read(window, path, max, ret, err);
	}
	abort();
}

static int dispatch(const struct wtg_window *window, const struct errand *errand,
		    struct wtg_error *err)
{
	enum wtg_fs fs;

	if (wtg_fs_check_names(errand->edits, err) < 0 || wtg_fs_of(window, &fs, err) < 0)
		return -1;
	switch (fs) {
	case WTG_FS_OTHER:
		return fail_other(err);
	case WTG_FS_EXFAT:
		return make_edits(window, &wtg_edit_exfat, errand, err);
	case WTG_FS_FAT:
		return make_edits(window, &wtg_edit_fat, errand, err);
	case WTG_FS_NTFS:
		return errand->commit ? wtg_edit_ntfs(window, errand->edits, err)
				      : wtg_edit_ntfs_check(window, errand->edits, err);
	}
	abort();
}

int wtg_fs_edit(const struct wtg_window *window, const struct wtg_files *edits, uint64_t time,
		struct wtg_error *err)
{
	return dispatch(window,
			&(struct errand){ .edits = edits, .time = time, .commit = true }, err);
}

int wtg_fs_check(const struct wtg_window *window, const struct wtg_files *edits,
		 struct wtg_error *err)
{
	return dispatch(window, &(struct errand){ .edits = edits }, err);
}
