/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/edit-inner.h"

#include <errno.h>
#include <string.h>

#include "base/fdio.h"
#include "volume/ntfs.h"

/* A file's own record and its place in directories, generously. */
#define BYTES_A_FILE 16384u

static const char hint_windows[] =
	"Start Windows once and shut it down (not: hibernate, or fast startup), or run chkdsk.";

/* Seen on volumes that are open for reading; the journal is not. */
static int check_state(struct wtg_ntfs *volume, const struct wtg_files *edits,
		       struct wtg_error *err)
{
	struct wtg_ntfs_info info;
	uint64_t need = 0;

	if (wtg_ntfs_info(volume, &info, err) < 0)
		return -1;
	if (info.dirty || info.hibernated) {
		wtg_fail(err, WTG_REFUSED, 0, "the ntfs volume %s",
			 info.dirty ? "was not unmounted cleanly" : "holds a hibernated Windows");
		return wtg_hint(err, "%s", hint_windows);
	}
	for (size_t i = 0; i < edits->n_items; i++)
		if (edits->items[i].content.data)
			need += BYTES_A_FILE + wtg_round_up(edits->items[i].content.size,
							    info.cluster_bytes);
	if (need > info.free_bytes)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "the volume has no room left");
	return 0;
}

/* What is there already, and may not be replaced. */
static int check_files(struct wtg_ntfs *volume, const struct wtg_files *edits,
		       struct wtg_error *err)
{
	for (size_t i = 0; i < edits->n_items; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes old = { 0 };
		const char *path = edits->items[i].path;

		if (!wtg_ntfs_exists(volume, path) ||
		    wtg_ntfs_read(volume, path, WTG_EDIT_MAX_FILE, &old, err) == 0)
			continue;
		if (err->kind == WTG_INPUT)
			err->kind = WTG_REFUSED;
		return wtg_while(err, "replace %s", path);
	}
	return 0;
}

static int check_open(struct wtg_ntfs *volume, const struct wtg_files *edits,
		      struct wtg_error *err)
{
	return check_state(volume, edits, err) < 0 ? -1 : check_files(volume, edits, err);
}

/*
 * Open as for writing: only then libntfs-3g looks at the journal, and refuses one that is not
 * empty.  The window's ledger has failed already, so nothing can be written.
 */
static int check_journal(const struct wtg_window *window, struct wtg_error *err)
{
	struct wtg_ledger failed = { .failure = EROFS };
	struct wtg_window closed = *window;
	struct wtg_ntfs *volume = NULL;

	closed.ledger = &failed;
	if (wtg_ntfs_open(&closed, &volume, err) < 0) {
		if (err->kind == WTG_INPUT)
			err->kind = WTG_REFUSED;
		return wtg_hint(err, "%s", hint_windows);
	}
	wtg_ntfs_abandon(volume);
	return 0;
}

int wtg_edit_ntfs_check(const struct wtg_window *window, const struct wtg_files *edits,
			struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;
	struct wtg_window reading = *window;

	reading.ledger = NULL;
	if (wtg_ntfs_open(&reading, &volume, err) < 0 || check_open(volume, edits, err) < 0)
		return -1;
	return check_journal(window, err);
}

static int make_so(struct wtg_ntfs *volume, const struct wtg_file *edit, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes old = { 0 };

	if (!edit->content.data)
		return wtg_ntfs_remove(volume, edit->path, err);
	if (wtg_ntfs_exists(volume, edit->path)) {
		if (wtg_ntfs_read(volume, edit->path, WTG_EDIT_MAX_FILE, &old, err) < 0)
			return -1;
		if (old.size == edit->content.size &&
		    (old.size == 0 || memcmp(old.data, edit->content.data, old.size) == 0))
			return 0;
	}
	return wtg_ntfs_write(volume, edit->path, &edit->content, NULL, err);
}

int wtg_edit_ntfs(const struct wtg_window *window, const struct wtg_files *edits,
		  struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;

	if (wtg_edit_ntfs_check(window, edits, err) < 0 || wtg_ntfs_open(window, &volume, err) < 0)
		return -1;
	for (size_t i = 0; i < edits->n_items; i++)
		if (make_so(volume, &edits->items[i], err) < 0)
			return wtg_while(err, "change %s", edits->items[i].path);
	if (wtg_ntfs_close(&volume, err) < 0)
		return -1;
	return wtg_window_flush(window, err);
}

int wtg_edit_ntfs_read(const struct wtg_window *window, const char *path, size_t max,
		       struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;
	struct wtg_window reading = *window;

	reading.ledger = NULL;
	if (wtg_ntfs_open(&reading, &volume, err) < 0)
		return -1;
	if (!wtg_ntfs_exists(volume, path))
		return 0;
	return wtg_ntfs_read(volume, path, max, ret, err) < 0 ? -1 : 1;
}
