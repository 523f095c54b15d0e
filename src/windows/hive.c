/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/hive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <hivex.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "windows/hive-compare.h"
#include "windows/regf-read.h"
#include "wtg/text.h"

/* hivex never reuses a cell, so an edit makes a hive grow: by far less than this. */
#define MAX_GROWTH (16u << 20)

static void close_hive(hive_h **h)
{
	if (*h)
		(void)hivex_close(*h);
}

/* hivex opens hives by path only. */
static int put_file(const char *path, const struct wtg_bytes *content, struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || wtg_pwrite_all(fd, content->data, content->size, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "write the hive to %s", path);
	return 0;
}

static int get_file(const char *path, size_t max, struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read the hive from %s", path);
	return wtg_read_file(fd, max, "the edited hive", ret, err);
}

/* The node of a key; keys that are missing on the way are made. */
static int make_node(hive_h *h, const char *key, hive_node_h *ret, struct wtg_error *err)
{
	_cleanup_free_ char *copy = wtg_text_copy(key);
	hive_node_h node = hivex_root(h);
	char *rest = NULL;

	for (char *name = strtok_r(copy, "\\", &rest); name;
	     name = strtok_r(NULL, "\\", &rest)) {
		hive_node_h child = hivex_node_get_child(h, node, name);

		if (!child)
			child = hivex_node_add_child(h, node, name);
		if (!child)
			return wtg_fail(err, WTG_SYSTEM, errno, "hivex: make the key %s",
					key);
		node = child;
	}
	*ret = node;
	return 0;
}

static int make_edit(hive_h *h, const struct wtg_edit *edit, struct wtg_error *err)
{
	hive_node_h node = 0;
	hive_set_value value = {
		.key = edit->value,
		.t = (hive_type)edit->type,
		.len = edit->data.size,
		.value = (char *)edit->data.data,
	};
	int result;

	if (make_node(h, edit->key, &node, err) < 0)
		return -1;
	if (edit->value)
		result = hivex_node_set_value(h, node, &value, 0);
	else
		result = hivex_node_set_values(h, node, 0, &value, 0);
	if (result < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "hivex: edit the key %s",
				edit->key);
	return 0;
}

static int make_edits(const char *from, const char *to, const struct wtg_edits *edits,
		      struct wtg_error *err)
{
	_cleanup_(close_hive) hive_h *h = hivex_open(from, HIVEX_OPEN_WRITE);

	if (!h)
		return wtg_fail(err, errno == ENOMEM ? WTG_SYSTEM : WTG_INPUT, errno,
				"hivex: open the hive");
	for (size_t i = 0; i < edits->n_items; i++)
		if (edits->items[i].outcome == WTG_EDIT_CHANGE &&
		    make_edit(h, &edits->items[i], err) < 0)
			return -1;
	if (hivex_commit(h, to, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "hivex: write the hive");
	return 0;
}

/* Look at what hivex made, with our own reader. */
static int check_edited(const struct wtg_bytes *hive, const struct wtg_bytes *edited,
			const struct wtg_edits *edits, struct wtg_error *err)
{
	struct wtg_hive_view before, after;

	if (wtg_hive_view_open(hive, &before, err) < 0)
		return -1;
	if (wtg_hive_view_open(edited, &after, err) < 0 ||
	    wtg_hive_view_check(&after, err) < 0)
		return wtg_while(err, "read the edited hive");
	if (after.sequence1 != after.sequence2)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"hivex left the hive open (sequence %u, %u)",
				after.sequence1, after.sequence2);
	return wtg_hive_compare(&before, &after, edits, err);
}

int wtg_hive_edit(const struct wtg_bytes *hive, const struct wtg_edits *edits,
		  struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes edited = { 0 };
	_cleanup_(wtg_cleanup_scratch) char *dir = NULL;
	_cleanup_free_ char *from = NULL, *to = NULL;

	if (wtg_edits_changes(edits) == 0) {
		*ret = wtg_bytes_copy(hive->data, hive->size);
		return 0;
	}
	if (wtg_scratch_make(&dir, err) < 0)
		return -1;
	from = wtg_text("%s/hive", dir);
	to = wtg_text("%s/edited", dir);
	if (put_file(from, hive, err) < 0 || make_edits(from, to, edits, err) < 0 ||
	    get_file(to, hive->size + MAX_GROWTH, &edited, err) < 0 ||
	    check_edited(hive, &edited, edits, err) < 0)
		return -1;
	*ret = edited;
	edited = (struct wtg_bytes){ 0 };
	return 0;
}
