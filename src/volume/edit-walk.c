/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/edit-inner.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "wtg/text.h"

#define MAX_DEPTH 8

/* The way to a file: the directories above it, and what is left of the path. */
struct way {
	struct wtg_node nodes[MAX_DEPTH];
	struct wtg_node *dir;
	unsigned depth;
	const char *rest;
};

/* Cut the next part off; NULL where the last one begins.  The caller frees. */
static char *next_directory(struct way *way)
{
	const char *part = way->rest, *slash = strchr(part, '/');

	if (!slash)
		return NULL;
	way->rest = slash + 1;
	return wtg_text("%.*s", (int)(slash - part), part);
}

static int make_directory(struct wtg_edit_volume *volume, struct wtg_node *parent,
			  const char *name, struct wtg_node *ret, struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters clusters = { 0 };
	struct wtg_node node = { .is_dir = true, .contiguous = true, .parent = parent };

	if (wtg_edit_take(volume, 1, &clusters, err) < 0 ||
	    wtg_draft_zero(volume->draft, WTG_STAGE_CONTENT, volume->cluster_bytes,
			   wtg_edit_cluster_at(volume, clusters.items[0]), err) < 0)
		return -1;
	node.first = clusters.items[0];
	node.size = node.valid_size = volume->cluster_bytes;
	if (volume->ops->add(volume, &node, name, err) < 0)
		return -1;
	/* As whoever looks finds it, with its place. */
	return volume->ops->find(volume, parent, name, ret, err);
}

/* 1: way->dir is the directory and way->rest the name; 0: there is no such directory. */
static int walk(struct wtg_edit_volume *volume, const char *path, bool make, struct way *way,
		struct wtg_error *err)
{
	*way = (struct way){ .dir = &volume->root, .rest = path };
	for (;;) {
		_cleanup_free_ char *name = next_directory(way);
		struct wtg_node *node = &way->nodes[way->depth];
		int r;

		if (!name)
			return 1;
		if (way->depth++ == MAX_DEPTH)
			return wtg_fail(err, WTG_UNSUITABLE, 0, "more than %d directories",
					MAX_DEPTH);
		r = volume->ops->find(volume, way->dir, name, node, err);
		if (r == 0 && make)
			r = make_directory(volume, way->dir, name, node, err);
		if (r <= 0)
			return r;
		if (!node->is_dir)
			return wtg_fail(err, WTG_REFUSED, 0, "\"%s\" is there, and no directory",
					name);
		way->dir = node;
	}
}

/* What is there under the name of a file: 1, or 0, or -1 if it must stay as it is. */
static int find_file(struct wtg_edit_volume *volume, const struct way *way,
		     struct wtg_node *ret, struct wtg_error *err)
{
	int r = volume->ops->find(volume, way->dir, way->rest, ret, err);

	if (r <= 0)
		return r;
	if (ret->is_dir)
		return wtg_fail(err, WTG_REFUSED, 0, "it is there, and a directory");
	if (ret->size > WTG_EDIT_MAX_FILE)
		return wtg_fail(err, WTG_REFUSED, 0,
				"it is there with %" PRIu64 " bytes: too large to be replaced",
				ret->size);
	return 1;
}

/* ---------------------------------------------------------------- one edit */

static int remove_node(struct wtg_edit_volume *volume, const struct wtg_node *node,
		       struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters clusters = { 0 };

	if (volume->ops->clusters_of(volume, node, &clusters, err) < 0 ||
	    wtg_edit_drop_entries(volume, node, err) < 0)
		return -1;
	wtg_edit_doom(volume, &clusters);
	return 0;
}

/* Twice, where an edit was cut short that moved its entries. */
static int remove_file(struct wtg_edit_volume *volume, const char *path, struct wtg_error *err)
{
	struct wtg_node node;
	struct way way;
	int r = walk(volume, path, false, &way, err);

	for (unsigned i = 0; r > 0 && i < 2; i++) {
		r = find_file(volume, &way, &node, err);
		if (r > 0 && remove_node(volume, &node, err) < 0)
			return -1;
	}
	return r < 0 ? -1 : 0;
}

static int read_node(struct wtg_edit_volume *volume, const struct wtg_node *node,
		     const struct wtg_clusters *clusters, struct wtg_bytes *ret,
		     struct wtg_error *err)
{
	if (wtg_edit_read(volume, clusters, node->size, ret, err) < 0)
		return -1;
	memset(ret->data + node->valid_size, 0, (size_t)(node->size - node->valid_size));
	return 0;
}

/* 1: there is nothing to do. */
static int compare(struct wtg_edit_volume *volume, const struct wtg_node *node,
		   const struct wtg_clusters *clusters, const struct wtg_bytes *content,
		   struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes old = { 0 };

	if (node->size != content->size)
		return 0;
	if (read_node(volume, node, clusters, &old, err) < 0)
		return -1;
	return memcmp(old.data, content->data, content->size) == 0;
}

static int replace(struct wtg_edit_volume *volume, struct wtg_node *node,
		   const struct wtg_bytes *content, struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters clusters = { 0 };
	int r;

	if (volume->ops->clusters_of(volume, node, &clusters, err) < 0)
		return -1;
	r = compare(volume, node, &clusters, content, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (wtg_edit_put_content(volume, content->data, content->size, node, err) < 0 ||
	    volume->ops->update(volume, node, err) < 0)
		return -1;
	wtg_edit_doom(volume, &clusters);
	return 0;
}

static int put_file(struct wtg_edit_volume *volume, const struct wtg_file *file,
		    struct wtg_error *err)
{
	struct wtg_node node = { 0 };
	struct way way;
	int r;

	if (walk(volume, file->path, true, &way, err) < 0)
		return -1;
	r = find_file(volume, &way, &node, err);
	if (r != 0)
		return r < 0 ? -1 : replace(volume, &node, &file->content, err);
	node = (struct wtg_node){ .parent = way.dir };
	if (wtg_edit_put_content(volume, file->content.data, file->content.size, &node, err) < 0)
		return -1;
	return volume->ops->add(volume, &node, way.rest, err);
}

/* ---------------------------------------------------------------- all of them */

static int finish(struct wtg_edit_volume *volume, struct wtg_error *err)
{
	for (size_t i = 0; i < volume->retired.n_items; i++)
		if (wtg_draft_pwrite(volume->draft, volume->retired.items[i].stage,
				     &volume->ops->deleted, 1, volume->retired.items[i].at,
				     err) < 0)
			return -1;
	if (wtg_edit_check_used(volume, &volume->doomed, err) < 0 ||
	    volume->ops->release(volume, &volume->doomed, err) < 0)
		return -1;
	return volume->ops->finish(volume, err);
}

int wtg_edit_apply(struct wtg_edit_volume *volume, const struct wtg_files *edits,
		   struct wtg_error *err)
{
	for (size_t i = 0; i < edits->n_items; i++) {
		const struct wtg_file *edit = &edits->items[i];
		int r = edit->content.data ? put_file(volume, edit, err)
					   : remove_file(volume, edit->path, err);

		if (r < 0)
			return wtg_while(err, "%s %s", edit->content.data ? "write" : "remove",
					 edit->path);
	}
	return finish(volume, err);
}

int wtg_edit_read_file(struct wtg_edit_volume *volume, const char *path, size_t max,
		       struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_clusters_done) struct wtg_clusters clusters = { 0 };
	struct wtg_node node;
	struct way way;
	int r = walk(volume, path, false, &way, err);

	if (r > 0)
		r = volume->ops->find(volume, way.dir, way.rest, &node, err);
	if (r <= 0 || node.is_dir)
		return r < 0 ? -1 : 0;
	if (node.size > max || node.size > WTG_EDIT_MAX_FILE)
		return wtg_fail(err, WTG_INPUT, 0, "%" PRIu64 " bytes, at most %zu make sense",
				node.size, max);
	if (volume->ops->clusters_of(volume, &node, &clusters, err) < 0 ||
	    read_node(volume, &node, &clusters, ret, err) < 0)
		return -1;
	return 1;
}
