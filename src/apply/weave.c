/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/weave.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "volume/security.h"
#include "wtg/text.h"


/*
 * The name of a child, or its short name, after another of the same directory (NULL: from the
 * first on), or NULL.  Only ASCII is folded, for that is what NTFS folds to nothing else; the rest
 * of an overlay's names must be exactly theirs.
 */
static struct wtg_catalog_name *find_after(struct wtg_tree *tree, uint32_t parent,
					   const char *wanted,
					   const struct wtg_catalog_name *after)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes units = wtg_utf16_from_utf8(wanted);
	const struct wtg_name16 name = { units.data, (uint16_t)(units.size / 2 - 1) };
	uint32_t last = after ? (uint32_t)(after - tree->names.items) : WTG_NONE;
	uint32_t found = wtg_tree_child(tree, parent, &name, last);

	return found == WTG_NONE ? NULL : &tree->names.items[found];
}

static struct wtg_catalog_name *find_name(struct wtg_tree *tree, uint32_t parent,
					  const char *wanted)
{
	return find_after(tree, parent, wanted, NULL);
}

/* Of two names that differ in case alone, Windows may open the one that is not the overlay's. */
static int check_twins(struct wtg_tree *tree, const char *path, struct wtg_error *err)
{
	uint32_t at = 0;

	for (const char *rest = path; *rest;) {
		size_t n = strcspn(rest, "/");
		_cleanup_free_ char *part = wtg_text("%.*s", (int)n, rest);
		const struct wtg_catalog_name *name = find_name(tree, at, part);

		if (!name)
			return 0;
		rest += n;
		if (find_after(tree, at, part, name))
			return wtg_fail(err, WTG_INPUT, 0, "the image has %.*s twice, in upper "
					"and lower case", (int)(rest - path), path);
		at = name->inode;
		rest += *rest == '/';
	}
	return 0;
}

static void own(struct wtg_tree *tree, struct wtg_bytes bytes)
{
	WTG_APPEND(&tree->owned, bytes);
}

static uint32_t add_descriptor(struct wtg_tree *tree, const struct wtg_bytes *descriptor)
{
	WTG_APPEND(&tree->descriptors, *descriptor);
	return (uint32_t)tree->descriptors.n_items - 1;
}

/* What Windows gives a new child of this directory. */
static uint32_t inherit(struct wtg_tree *tree, uint32_t parent, const struct wtg_heir *heir)
{
	uint32_t security = tree->inodes.items[parent].security;
	const struct wtg_bytes none = { 0 };
	struct wtg_bytes child = wtg_security_inherit(
		security == WTG_NONE ? &none : &tree->descriptors.items[security], heir);

	own(tree, child);
	return add_descriptor(tree, &child);
}

static uint32_t add_inode(struct wtg_tree *tree, uint32_t attributes, uint32_t security)
{
	const struct wtg_catalog_inode inode = {
		.created = tree->now,
		.written = tree->now,
		.accessed = tree->now,
		.attributes = attributes,
		.security = security,
		.reparse_blob = WTG_NONE,
		.first_stream = (uint32_t)tree->streams.n_items,
	};

	WTG_APPEND(&tree->inodes, inode);
	return (uint32_t)tree->inodes.n_items - 1;
}

static void add_name(struct wtg_tree *tree, uint32_t inode, uint32_t parent, const char *text)
{
	struct wtg_bytes units = wtg_utf16_from_utf8(text);
	const struct wtg_catalog_name name = {
		.inode = inode,
		.parent = parent,
		.name = { units.data, (uint16_t)(units.size / 2 - 1) },
	};

	own(tree, units);
	tree->inodes.items[inode].first_name = (uint32_t)tree->names.n_items;
	tree->inodes.items[inode].n_names = 1;
	WTG_APPEND(&tree->names, name);
}

static uint32_t add_directory(struct wtg_tree *tree, uint32_t parent, const char *name)
{
	uint32_t inode = add_inode(tree, WTG_ATTRIBUTE_DIRECTORY,
				   inherit(tree, parent, &wtg_new_directory));

	add_name(tree, inode, parent, name);
	return inode;
}

/* The directory that path is in, made where it is missing; *ret_name is the last part. */
static int walk(struct wtg_tree *tree, const char *path, uint32_t *ret_parent,
		const char **ret_name, struct wtg_error *err)
{
	uint32_t at = 0;
	const char *slash;

	for (; (slash = strchr(path, '/')); path = slash + 1) {
		_cleanup_free_ char *part = wtg_text("%.*s", (int)(slash - path), path);
		const struct wtg_catalog_name *name = find_name(tree, at, part);

		at = name ? name->inode : add_directory(tree, at, part);
		if (!(tree->inodes.items[at].attributes & WTG_ATTRIBUTE_DIRECTORY) ||
		    tree->inodes.items[at].reparse_tag)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s in the image is no directory to put files into",
					part);
	}
	*ret_parent = at;
	*ret_name = path;
	return 0;
}

/* Its unnamed stream, which is made where there is none: last in the table, so that the
 * inode's streams stay together. */
static struct wtg_tree_stream *unnamed_of(struct wtg_tree *tree, uint32_t number)
{
	struct wtg_catalog_inode *inode = &tree->inodes.items[number];
	const struct wtg_tree_stream unnamed = { .blob = WTG_NONE };
	size_t first = tree->streams.n_items;

	if (inode->n_streams > 0 &&
	    tree->streams.items[inode->first_stream].name.n_units == 0)
		return &tree->streams.items[inode->first_stream];
	WTG_APPEND(&tree->streams, unnamed);
	for (uint32_t i = 0; i < inode->n_streams; i++) {
		const struct wtg_tree_stream stream =
			tree->streams.items[inode->first_stream + i];

		WTG_APPEND(&tree->streams, stream);
	}
	inode->first_stream = (uint32_t)first;
	inode->n_streams++;
	return &tree->streams.items[first];
}

static uint32_t add_file(struct wtg_tree *tree, uint32_t parent, const char *name,
			 const struct wtg_bytes *security)
{
	uint32_t inode = add_inode(tree, WTG_ATTRIBUTE_ARCHIVE,
				   security->size > 0 ? add_descriptor(tree, security) :
							inherit(tree, parent, &wtg_new_file));

	add_name(tree, inode, parent, name);
	return inode;
}

/* The name at the end of a path, or NULL. */
static struct wtg_catalog_name *find(struct wtg_tree *tree, const char *path)
{
	struct wtg_catalog_name *name = NULL;

	for (size_t n; *path; path += n + (path[n] == '/')) {
		_cleanup_free_ char *part = NULL;

		n = strcspn(path, "/");
		part = wtg_text("%.*s", (int)n, path);
		name = find_name(tree, name ? name->inode : 0, part);
		if (!name)
			return NULL;
	}
	return name;
}

/* An inode's names stay together: the last takes the place of the one that goes. */
static void drop(struct wtg_tree *tree, const struct wtg_overlay_file *file)
{
	struct wtg_catalog_name *name = find(tree, file->path);
	struct wtg_catalog_inode *inode;
	uint32_t last;

	if (!name)
		return;
	inode = &tree->inodes.items[name->inode];
	last = inode->first_name + --inode->n_names;
	*name = tree->names.items[last];
	tree->names.items[last].inode = WTG_NONE;
	wtg_tree_names_moved(tree);
}

static int put(struct wtg_tree *tree, const struct wtg_overlay_file *file,
	       struct wtg_error *err)
{
	const struct wtg_catalog_name *there;
	const char *name;
	uint32_t parent, inode;

	if (file->anew)
		drop(tree, file);
	if (walk(tree, file->path, &parent, &name, err) < 0)
		return -1;
	there = find_name(tree, parent, name);
	inode = there ? there->inode : add_file(tree, parent, name, &file->security);
	if (tree->inodes.items[inode].attributes & WTG_ATTRIBUTE_DIRECTORY ||
	    tree->inodes.items[inode].reparse_tag)
		return wtg_fail(err, WTG_INPUT, 0, "%s in the image is no plain file",
				file->path);
	/* What is new has no holes. */
	tree->inodes.items[inode].attributes &= ~WTG_ATTRIBUTE_SPARSE;
	tree->inodes.items[inode].written = tree->now;
	unnamed_of(tree, inode)->content = wtg_overlay_content(file);
	return 0;
}

static void copy_tables(struct wtg_tree *tree)
{
	const struct wtg_catalog *c = tree->catalog;

	for (uint32_t i = 0; i < c->n_inodes; i++)
		WTG_APPEND(&tree->inodes, c->inodes[i]);
	for (uint32_t i = 0; i < c->n_names; i++)
		WTG_APPEND(&tree->names, c->names[i]);
	for (uint32_t i = 0; i < c->n_descriptors; i++)
		WTG_APPEND(&tree->descriptors, c->descriptors[i]);
	for (uint32_t i = 0; i < c->n_streams; i++) {
		const struct wtg_tree_stream stream = { .name = c->streams[i].name,
							.blob = c->streams[i].blob };

		WTG_APPEND(&tree->streams, stream);
	}
}

static void number_inodes(struct wtg_tree *tree)
{
	tree->numbers = wtg_alloc(tree->inodes.n_items * sizeof(*tree->numbers));
	for (size_t i = 0; i < tree->inodes.n_items; i++) {
		bool stays = i == 0 || tree->inodes.items[i].n_names > 0;

		tree->numbers[i] = stays ? tree->n_numbers++ : WTG_NONE;
	}
}

int wtg_tree_weave(const struct wtg_catalog *catalog, const struct wtg_overlay *overlay,
		   struct wtg_tree *ret, struct wtg_error *err)
{
	_cleanup_(wtg_tree_done) struct wtg_tree tree = { .catalog = catalog };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	tree.now = wtg_filetime(now.tv_sec, now.tv_nsec);
	copy_tables(&tree);
	for (size_t i = 0; overlay && i < overlay->n_items; i++) {
		if (check_twins(&tree, overlay->items[i].path, err) < 0)
			return -1;
		if (overlay->items[i].drop)
			drop(&tree, &overlay->items[i]);
		else if (put(&tree, &overlay->items[i], err) < 0)
			return -1;
	}
	wtg_tree_names_moved(&tree);
	number_inodes(&tree);
	*ret = tree;
	tree = (struct wtg_tree){ 0 };
	return 0;
}

void wtg_tree_done(struct wtg_tree *tree)
{
	for (size_t i = 0; i < tree->owned.n_items; i++)
		wtg_bytes_done(&tree->owned.items[i]);
	free(tree->owned.items);
	free(tree->inodes.items);
	free(tree->names.items);
	free(tree->streams.items);
	free(tree->descriptors.items);
	free(tree->numbers);
	wtg_tree_names_moved(tree);
	*tree = (struct wtg_tree){ 0 };
}

uint64_t wtg_tree_stream_bytes(const struct wtg_tree *tree,
			       const struct wtg_tree_stream *stream)
{
	const struct wtg_blob *blob;

	if (stream->content)
		return stream->content->size;
	if (stream->blob == WTG_NONE)
		return 0;
	blob = &tree->catalog->blobs[stream->blob];
	return stream->stored ? blob->stored_bytes : blob->size_bytes;
}

char *wtg_tree_path(const struct wtg_tree *tree, uint32_t inode)
{
	return wtg_catalog_path(tree->inodes.items, tree->names.items, inode);
}
