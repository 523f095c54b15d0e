/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/overlay.h"

#include "volume/ntfs.h"

static int write_file(struct wtg_ntfs *volume, const struct wtg_overlay_file *file,
		      struct wtg_error *err)
{
	if ((file->drop || file->anew) && wtg_ntfs_remove(volume, file->path, err) < 0)
		return -1;
	if (file->drop)
		return 0;
	return wtg_ntfs_write(volume, file->path, wtg_overlay_content(file),
			      file->security.size > 0 ? &file->security : NULL, err);
}

int wtg_overlay_write(const struct wtg_overlay *overlay, const struct wtg_window *window,
		      struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;

	if (wtg_ntfs_open(window, &volume, err) < 0)
		return -1;
	for (size_t i = 0; i < overlay->n_items; i++)
		if (write_file(volume, &overlay->items[i], err) < 0)
			return -1;
	return wtg_ntfs_close(&volume, err);
}

static int compare_file(struct wtg_ntfs *volume, const struct wtg_overlay_file *file,
			struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes found = { 0 };
	const struct wtg_bytes *wanted = wtg_overlay_content(file);

	if (file->drop && wtg_ntfs_exists(volume, file->path))
		return wtg_fail(err, WTG_MISMATCH, 0, "%s is still there", file->path);
	if (file->drop)
		return 0;
	if (wtg_ntfs_read(volume, file->path, wanted->size, &found, err) < 0)
		return -1;
	if (found.size != wanted->size ||
	    (found.size > 0 && memcmp(found.data, wanted->data, found.size) != 0))
		return wtg_fail(err, WTG_MISMATCH, 0, "%s reads back different", file->path);
	return 0;
}

int wtg_overlay_compare(const struct wtg_overlay *overlay, const struct wtg_window *window,
			struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;

	if (wtg_ntfs_open(window, &volume, err) < 0)
		return -1;
	for (size_t i = 0; i < overlay->n_items; i++)
		if (compare_file(volume, &overlay->items[i], err) < 0)
			return -1;
	return 0;
}
