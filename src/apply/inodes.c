/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/inodes.h"

#include <stdlib.h>

#include "base/alloc.h"

struct building {
	const struct wtg_tree *tree;
	const struct wtg_items *items;
	struct wtg_ntfs_builder *builder;
	struct wtg_build_name *names; /* as the tree has them */
	uint32_t *security_ids;       /* by descriptor */
	struct wtg_build_stream *streams; /* room for those of one inode */
	size_t n_streams;
};

static struct wtg_build_name *convert_names(const struct wtg_tree *tree)
{
	struct wtg_build_name *names = wtg_alloc((tree->names.n_items + 1) * sizeof(*names));

	for (size_t i = 0; i < tree->names.n_items; i++) {
		const struct wtg_catalog_name *name = &tree->names.items[i];

		names[i] = (struct wtg_build_name){ name->parent, name->name, name->short_name };
	}
	return names;
}

static int enter_security(struct building *b, struct wtg_error *err)
{
	size_t n = b->tree->descriptors.n_items;

	b->security_ids = wtg_alloc((n + 1) * sizeof(*b->security_ids));
	for (size_t i = 0; i < n; i++)
		if (wtg_ntfs_build_security(b->builder, &b->tree->descriptors.items[i],
					    &b->security_ids[i], err) < 0)
			return -1;
	return 0;
}

static struct wtg_build_stream convert_stream(const struct building *b, size_t number)
{
	const struct wtg_tree_stream *stream = &b->tree->streams.items[number];
	struct wtg_build_stream build = { .name = stream->name };
	const struct wtg_item *item;

	if (b->items->of_stream[number] == WTG_NONE) {
		build.resident = (const uint8_t *)"";
		return build;
	}
	item = &b->items->items[b->items->of_stream[number]];
	build.size_bytes = item->size_bytes;
	build.resident = item->resident;
	build.runs = item->runs;
	build.n_runs = item->n_runs;
	return build;
}

static void convert_streams(struct building *b, const struct wtg_catalog_inode *inode)
{
	if (inode->n_streams > b->n_streams) {
		b->n_streams = inode->n_streams;
		b->streams = wtg_realloc(b->streams, b->n_streams, sizeof(*b->streams));
	}
	for (uint32_t i = 0; i < inode->n_streams; i++)
		b->streams[i] = convert_stream(b, inode->first_stream + i);
}

static int build_inode(struct building *b, uint32_t number, struct wtg_error *err)
{
	const struct wtg_catalog_inode *inode = &b->tree->inodes.items[number];
	uint32_t reparse = b->items->of_reparse[number];
	struct wtg_build_inode build = {
		.created = inode->created,
		.written = inode->written,
		.accessed = inode->accessed,
		.attributes = inode->attributes,
		.security_id = inode->security == WTG_NONE ? 0 :
							     b->security_ids[inode->security],
		.names = b->names + inode->first_name,
		.n_names = inode->n_names,
		.n_streams = inode->n_streams,
		.reparse_tag = inode->reparse_tag,
		.object_id = inode->object_id,
	};

	convert_streams(b, inode);
	build.streams = b->streams;
	if (reparse != WTG_NONE)
		build.reparse_data = (struct wtg_bytes){ b->items->items[reparse].resident,
							 b->items->items[reparse].size_bytes };
	if (wtg_ntfs_build_inode(b->builder, number, &build, err) < 0) {
		_cleanup_free_ char *path = wtg_tree_path(b->tree, number);

		return wtg_while(err, "make %s", path);
	}
	return 0;
}

int wtg_inodes_build(const struct wtg_tree *tree, const struct wtg_items *items,
		     struct wtg_ntfs_builder *builder, struct wtg_inodes *ret,
		     struct wtg_error *err)
{
	struct building b = { .tree = tree, .items = items, .builder = builder };
	int r;

	/* They stay, whatever happens: the builder may have some by now. */
	ret->names = b.names = convert_names(tree);
	r = enter_security(&b, err);
	for (uint32_t i = 0; r == 0 && i < tree->inodes.n_items; i++)
		if (i == 0 || tree->inodes.items[i].n_names > 0)
			r = build_inode(&b, i, err);
	free(b.security_ids);
	free(b.streams);
	return r;
}

void wtg_inodes_done(struct wtg_inodes *inodes)
{
	free(inodes->names);
	*inodes = (struct wtg_inodes){ 0 };
}
