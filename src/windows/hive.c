/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/hive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <hivex.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "windows/edit-index.h"
#include "windows/hive-compare.h"
#include "windows/hive-quirks.h"
#include "windows/regf-read.h"
#include "wtg/text.h"

/* hivex never reuses a cell, so an edit makes a hive grow: by far less than this, but where
 * thousands of keys are made in one, whose list is written anew for each. */
#define MAX_GROWTH (64u << 20)

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
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read the hive from %s", path);
	if ((uint64_t)st.st_size > max)
		return wtg_fail(err, WTG_INPUT, 0,
				"so many changes of one hive, which hivex would make grow from %zu "
				"to %jd bytes, cannot be made at once", max - MAX_GROWTH,
				(intmax_t)st.st_size);
	return wtg_read_file(fd, max, "the edited hive", ret, err);
}

/* Edits on their way into a hive. */
struct editor {
	hive_h *h;
	const struct wtg_edits *edits;
	struct wtg_edit_index index;
	hive_node_h *nodes; /* by the index's numbers; 0: not looked up yet */
	bool *made;         /* by the edits' */
};

static void editor_done(struct editor *e)
{
	if (e->h)
		(void)hivex_close(e->h);
	wtg_edit_index_done(&e->index);
	free(e->nodes);
	free(e->made);
}

/* ------------------------------------------------------------------ keys */

static int delete_key(hive_h *h, const char *path, struct wtg_error *err)
{
	hive_node_h node = hivex_root(h);
	const char *at = path;
	char *next;

	while (node && (next = wtg_key_part(&at))) {
		node = hivex_node_get_child(h, node, next);
		free(next);
	}
	if (node && hivex_node_delete_child(h, node) == 0)
		return 0;
	if (node && errno == ENOTSUP)
		return wtg_fail(err, WTG_INPUT, 0,
				"the key %s is in a list of subkeys (\"li\") from which hivex cannot "
				"delete any", path);
	return wtg_fail(err, WTG_SYSTEM, errno, "hivex: delete the key %s", path);
}

/* The node of a key; keys that are missing on the way are made. */
static int find_node(struct editor *e, uint32_t key, const char *path, hive_node_h *ret,
		     struct wtg_error *err)
{
	hive_node_h parent = e->nodes[WTG_EDIT_ROOT];
	uint32_t there = WTG_EDIT_ROOT;
	const char *at = path;
	char *next;

	while (!e->nodes[key] && (next = wtg_key_part(&at))) {
		_cleanup_free_ char *name = next;
		hive_node_h *node;

		there = wtg_edit_index_subkey(&e->index, there, name);
		node = &e->nodes[there];
		if (!*node)
			*node = hivex_node_get_child(e->h, parent, name);
		if (!*node)
			*node = hivex_node_add_child(e->h, parent, name);
		if (!*node)
			return wtg_fail(err, WTG_SYSTEM, errno, "hivex: make the key %s", path);
		parent = *node;
	}
	*ret = e->nodes[key];
	return 0;
}

/* ------------------------------------------------------------------ values */

struct values {
	hive_set_value *items; /* their names and data are owned */
	size_t n_items, capacity;
};

static void values_done(struct values *values)
{
	for (size_t i = 0; i < values->n_items; i++) {
		free(values->items[i].key);
		free(values->items[i].value);
	}
	free(values->items);
}

static void put_edit(struct editor *e, size_t number, char *name, struct values *values)
{
	const struct wtg_edit *edit = &e->edits->items[number - 1];
	const hive_set_value value = {
		.key = name,
		.t = (hive_type)edit->type,
		.len = edit->data.size,
		.value = wtg_copy(edit->data.data, edit->data.size),
	};

	WTG_APPEND(values, value);
	e->made[number - 1] = true;
}

/* A value that is there: as it is, as an edit wants it, or no more. */
static int keep_value(struct editor *e, uint32_t key, hive_value_h there, struct values *values,
		      struct wtg_error *err)
{
	hive_set_value value = { .key = hivex_value_key(e->h, there) };
	size_t number = value.key ? wtg_edit_index_value(&e->index, key, value.key) : 0;

	if (!value.key)
		return wtg_fail(err, WTG_INPUT, errno, "hivex: read the name of a value");
	if (number && e->edits->items[number - 1].action == WTG_EDIT_DELETE) {
		free(value.key);
		return 0;
	}
	if (number) {
		put_edit(e, number, value.key, values);
		return 0;
	}
	value.value = hivex_value_value(e->h, there, &value.t, &value.len);
	if (!value.value)
		wtg_fail(err, WTG_INPUT, errno, "hivex: read the value %s", value.key);
	WTG_APPEND(values, value);
	return value.value ? 0 : -1;
}

static int keep_values(struct editor *e, uint32_t key, hive_node_h node, struct values *values,
		       struct wtg_error *err)
{
	_cleanup_free_ hive_value_h *there = hivex_node_values(e->h, node);

	if (!there)
		return wtg_fail(err, WTG_INPUT, errno, "hivex: read the values");
	for (size_t i = 0; there[i]; i++)
		if (keep_value(e, key, there[i], values, err) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------------ and all */

/* An edit in the row in which they are made: by keys, since hivex writes all values of a key for
 * each that is set, and never reuses what it gives up. */
struct turn {
	uint32_t key;
	size_t number;
};

static int compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* All edits of one key. */
static int make_turns(struct editor *e, const struct turn *turns, size_t n,
		      struct wtg_error *err)
{
	const char *path = e->edits->items[turns[0].number - 1].key;
	const struct wtg_edit_key *said = &e->index.items[turns[0].key];
	_cleanup_(values_done) struct values values = { 0 };
	bool sets = false;
	hive_node_h node = 0;

	if (find_node(e, turns[0].key, path, &node, err) < 0 ||
	    (!said->cleared && keep_values(e, turns[0].key, node, &values, err) < 0))
		return wtg_while(err, "registry key %s", path);
	for (size_t i = 0; i < n; i++) {
		const struct wtg_edit *edit = &e->edits->items[turns[i].number - 1];

		sets = sets || edit->action != WTG_EDIT_MAKE_KEY;
		if (edit->action == WTG_EDIT_SET && !e->made[turns[i].number - 1])
			put_edit(e, turns[i].number, wtg_text_copy(edit->value), &values);
	}
	if (sets && hivex_node_set_values(e->h, node, values.n_items, values.items, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "hivex: edit the key %s", path);
	return 0;
}

/* Keys are deleted first: what is put where they were comes later in any row of edits. */
static int make_edits(struct editor *e, struct wtg_error *err)
{
	size_t n_edits = e->edits->n_items, n = 0;
	_cleanup_free_ struct turn *turns = wtg_alloc((n_edits + 1) * sizeof(*turns));

	for (size_t i = 0; i < n_edits; i++) {
		const struct wtg_edit *edit = &e->edits->items[i];

		if (edit->outcome != WTG_EDIT_CHANGE)
			continue;
		if (edit->action != WTG_EDIT_DELETE_KEY)
			turns[n++] = (struct turn){ wtg_edit_index_key(&e->index, edit->key),
						    i + 1 };
		else if (delete_key(e->h, edit->key, err) < 0)
			return -1;
	}
	qsort(turns, n, sizeof(*turns), compare_turns);
	for (size_t i = 0, next; i < n; i = next) {
		for (next = i; next < n && turns[next].key == turns[i].key;)
			next++;
		if (make_turns(e, &turns[i], next - i, err) < 0)
			return -1;
	}
	return 0;
}

static int edit_file(const char *from, const char *to, const struct wtg_edits *edits,
		     struct wtg_error *err)
{
	_cleanup_(editor_done) struct editor e = {
		.h = hivex_open(from, HIVEX_OPEN_WRITE),
		.edits = edits,
		.index = wtg_edit_index_of(edits),
		.made = wtg_alloc(edits->n_items + 1),
	};

	if (!e.h)
		return wtg_fail(err, errno == ENOMEM ? WTG_SYSTEM : WTG_INPUT, errno,
				"hivex: open the hive");
	e.nodes = wtg_alloc((e.index.n_items + 1) * sizeof(*e.nodes));
	e.nodes[WTG_EDIT_ROOT] = hivex_root(e.h);
	if (make_edits(&e, err) < 0)
		return -1;
	if (hivex_commit(e.h, to, 0) < 0)
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
	if (wtg_hive_check_quirks(hive, edits, err) < 0 || wtg_scratch_make(&dir, err) < 0)
		return -1;
	from = wtg_text("%s/hive", dir);
	to = wtg_text("%s/edited", dir);
	if (put_file(from, hive, err) < 0 || edit_file(from, to, edits, err) < 0 ||
	    get_file(to, hive->size + MAX_GROWTH, &edited, err) < 0 ||
	    wtg_hive_sort(&edited, edits, err) < 0 || check_edited(hive, &edited, edits, err) < 0)
		return -1;
	*ret = edited;
	edited = (struct wtg_bytes){ 0 };
	return 0;
}
