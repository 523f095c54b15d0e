/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/catalog-walk.h"

#include <search.h>
#include <string.h>

#include "base/alloc.h"
#include "image/descriptor.h"
#include "image/tree.h"
#include "wtg/text.h"

/* ------------------------------------------------------------------ memory */

#define PIECE_BYTES (1u << 20)

struct wtg_arena {
	struct wtg_arena *before;
	size_t used, size;
	uint8_t data[];
};

uint8_t *wtg_arena_take(struct wtg_arena **arena, size_t size)
{
	struct wtg_arena *piece = *arena;

	if (!piece || size > piece->size - piece->used) {
		size_t room = size > PIECE_BYTES ? size : PIECE_BYTES;

		piece = wtg_alloc(sizeof(*piece) + room);
		piece->before = *arena;
		piece->size = room;
		*arena = piece;
	}
	piece->used += size;
	return piece->data + piece->used - size;
}

void wtg_arena_free(struct wtg_arena *arena)
{
	while (arena) {
		struct wtg_arena *before = arena->before;

		free(arena);
		arena = before;
	}
}

void wtg_found_done(struct wtg_found *found)
{
	free(found->inodes.items);
	free(found->names.items);
	free(found->streams.items);
	free(found->blobs.items);
	free(found->descriptors.items);
	wtg_arena_free(found->arena);
	*found = (struct wtg_found){ 0 };
}

/* ------------------------------------------------------------------ what was met before */

/* A key and its number, in one of libc's balanced trees: nobody who makes an image can make
 * these slow. */
struct link {
	uint64_t group;
	uint32_t inode;
};

struct descriptor {
	struct wtg_bytes bytes;
	uint32_t number;
};

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return (x->group > y->group) - (x->group < y->group);
}

static int compare_descriptors(const void *a, const void *b)
{
	const struct wtg_bytes *x = &((const struct descriptor *)a)->bytes;
	const struct wtg_bytes *y = &((const struct descriptor *)b)->bytes;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return memcmp(x->data, y->data, x->size);
}

/* The entry equal to key; *ret_is_new if that is a copy of key that was made now. */
static void *enter(void **tree, const void *key, size_t size,
		   int (*compare)(const void *, const void *), bool *ret_is_new)
{
	void **node = tsearch(key, tree, compare);

	if (!node)
		wtg_out_of_memory();
	*ret_is_new = *node == key;
	if (*ret_is_new)
		*node = wtg_copy(key, size);
	return *node;
}

/* ------------------------------------------------------------------ one name after the other */

struct walk {
	struct wtg_found *found;
	void *links, *descriptors;
	struct {
		uint32_t *items; /* the directory at each depth down to the present one */
		size_t n_items, capacity;
	} dirs;
};

static int refuse(const struct wtg_node *node, const char *what, struct wtg_error *err)
{
	_cleanup_free_ char *path = wtg_text_printable(node->path);

	return wtg_fail(err, WTG_INPUT, 0, "%s in the image has %s: NTFS cannot hold that",
			*path ? path : "the root", what);
}

/* Zero to max_units units, or why not. */
static int take_name(struct wtg_found *found, const char *text, size_t max_units,
		     struct wtg_name16 *ret)
{
	uint8_t units[2 * 4 * WTG_NAME_UNITS];
	size_t n;

	/* A unit takes at most three bytes. */
	if (strlen(text) > 3 * max_units)
		return -1;
	n = wtg_utf16_put_wtf8(units, text);
	if (n > max_units)
		return -1;
	ret->n_units = (uint16_t)n;
	ret->data = wtg_arena_take(&found->arena, 2 * n);
	memcpy((void *)ret->data, units, 2 * n);
	return 0;
}

static int add_name(struct walk *walk, const struct wtg_node *node, uint32_t inode,
		    struct wtg_error *err)
{
	struct wtg_catalog_name name = {
		.inode = inode,
		.parent = walk->dirs.items[node->depth - 1],
	};

	if (take_name(walk->found, node->name, WTG_NAME_UNITS, &name.name) < 0 ||
	    name.name.n_units == 0)
		return refuse(node, "a name of more than 255 characters, or none", err);
	if (node->short_name && take_name(walk->found, node->short_name, WTG_SHORT_NAME_UNITS,
					  &name.short_name) < 0)
		return refuse(node, "a short name of more than 12 characters", err);
	WTG_APPEND(&walk->found->names, name);
	return 0;
}

static uint32_t add_blob(struct wtg_found *found, const struct wtg_blob *blob)
{
	if (blob->size_bytes == 0)
		return WTG_NONE;
	WTG_APPEND(&found->blobs, *blob);
	return (uint32_t)found->blobs.n_items - 1;
}

static int add_streams(struct wtg_found *found, const struct wtg_node *node,
		       struct wtg_catalog_inode *inode, struct wtg_error *err)
{
	struct wtg_catalog_stream unnamed = { .blob = WTG_NONE };

	inode->first_stream = (uint32_t)found->streams.n_items;
	if (!node->is_reparse)
		unnamed.blob = add_blob(found, &node->blob);
	if (node->is_dir && unnamed.blob != WTG_NONE)
		return refuse(node, "data, and is a directory", err);
	if (!node->is_dir)
		WTG_APPEND(&found->streams, unnamed);
	for (uint32_t i = 0; i < node->n_named_streams; i++) {
		struct wtg_catalog_stream stream;
		struct wtg_blob blob;
		const char *name = wtg_node_stream(node, i, &blob);

		if (take_name(found, name, WTG_NAME_UNITS, &stream.name) < 0 ||
		    stream.name.n_units == 0)
			return refuse(node, "a stream's name of more than 255 characters, "
				      "or none", err);
		stream.blob = add_blob(found, &blob);
		WTG_APPEND(&found->streams, stream);
	}
	inode->n_streams = (uint32_t)found->streams.n_items - inode->first_stream;
	return 0;
}

static int add_reparse(struct wtg_found *found, const struct wtg_node *node,
		       struct wtg_catalog_inode *inode, struct wtg_error *err)
{
	inode->reparse_blob = WTG_NONE;
	if (!node->is_reparse)
		return 0;
	if (node->reparse_tag == 0)
		return refuse(node, "a reparse point without a tag", err);
	if (node->blob.size_bytes > WTG_REPARSE_BYTES)
		return refuse(node, "a reparse point of more than 16 KiB", err);
	inode->reparse_tag = node->reparse_tag;
	inode->reparse_blob = add_blob(found, &node->blob);
	return 0;
}

static int add_security(struct walk *walk, const struct wtg_node *node,
			struct wtg_catalog_inode *inode, struct wtg_error *err)
{
	struct wtg_found *found = walk->found;
	struct descriptor key = {
		.bytes = { (void *)node->security, node->security_size },
		.number = (uint32_t)found->descriptors.n_items,
	}, *entry;
	bool is_new;

	inode->security = WTG_NONE;
	if (key.bytes.size == 0)
		return 0;
	if (!wtg_descriptor_is_sound(&key.bytes))
		return refuse(node, "a security descriptor that makes no sense", err);
	entry = enter(&walk->descriptors, &key, sizeof(key), compare_descriptors, &is_new);
	if (is_new) {
		entry->bytes.data = wtg_arena_take(&found->arena, key.bytes.size);
		memcpy(entry->bytes.data, key.bytes.data, key.bytes.size);
		WTG_APPEND(&found->descriptors, entry->bytes);
	}
	inode->security = entry->number;
	return 0;
}

static int add_inode(struct walk *walk, const struct wtg_node *node, struct wtg_error *err)
{
	struct wtg_found *found = walk->found;
	struct wtg_catalog_inode inode = {
		.created = node->created,
		.written = node->written,
		.accessed = node->accessed,
		.attributes = node->attributes,
	};

	if (add_reparse(found, node, &inode, err) < 0 ||
	    add_streams(found, node, &inode, err) < 0 ||
	    add_security(walk, node, &inode, err) < 0)
		return -1;
	if (node->object_id) {
		uint8_t *id = wtg_arena_take(&found->arena, WTG_OBJECT_ID_BYTES);

		inode.object_id = memcpy(id, node->object_id, WTG_OBJECT_ID_BYTES);
	}
	WTG_APPEND(&found->inodes, inode);
	return 0;
}

static int visit(const struct wtg_node *node, void *context, struct wtg_error *err)
{
	struct walk *walk = context;
	uint32_t inode = (uint32_t)walk->found->inodes.n_items;
	bool is_new = true;

	if (wtg_node_check(node, err) < 0)
		return -1;
	if (node->n_links > 1 && !node->is_dir) {
		const struct link key = { node->link_group, inode };

		inode = ((struct link *)enter(&walk->links, &key, sizeof(key), compare_links,
					      &is_new))->inode;
	}
	if (is_new && add_inode(walk, node, err) < 0)
		return -1;
	/* Of the directories on the way here only those above are still of interest. */
	if (node->depth > walk->dirs.n_items)
		return refuse(node, "a file above it that is no directory", err);
	walk->dirs.n_items = node->depth;
	if (node->is_dir)
		WTG_APPEND(&walk->dirs, inode);
	if (node->depth == 0)
		return node->is_dir ? 0 : refuse(node, "no directory in it", err);
	return add_name(walk, node, inode, err);
}

int wtg_found_walk(struct wtg_set *set, const struct wtg_edition *edition,
		   struct wtg_found *found, struct wtg_error *err)
{
	struct walk walk = { .found = found };
	int r = wtg_wim_walk(set->wim, edition->index, "", WTG_WALK_TREE, visit, &walk, err);

	if (r == 0 && found->inodes.n_items == 0)
		r = wtg_fail(err, WTG_INPUT, 0, "the tree of %s in %s has no root",
			     edition->selector, set->items[0].source.name);
	free(walk.dirs.items);
	tdestroy(walk.links, free);
	tdestroy(walk.descriptors, free);
	return r;
}
