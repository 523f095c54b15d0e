/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/inodes.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "volume/wof.h"

struct building {
	const struct wtg_tree *tree;
	const struct wtg_items *items;
	struct wtg_ntfs_builder *builder;
	const struct wtg_inodes *inodes;
	uint32_t *security_ids; /* by descriptor */
};

static struct wtg_build_name *convert_names(const struct wtg_tree *tree)
{
	struct wtg_build_name *names = wtg_alloc((tree->names.n_items + 1) * sizeof(*names));

	for (size_t i = 0; i < tree->names.n_items; i++) {
		const struct wtg_catalog_name *name = &tree->names.items[i];

		if (name->inode != WTG_NONE)
			names[i] = (struct wtg_build_name){ tree->numbers[name->parent],
							    name->name, name->short_name };
	}
	return names;
}

static struct wtg_build_stream *convert_streams(const struct wtg_tree *tree,
						const struct wtg_items *items)
{
	struct wtg_build_stream *streams =
		wtg_alloc((tree->streams.n_items + 1) * sizeof(*streams));

	for (size_t i = 0; i < tree->streams.n_items; i++) {
		const struct wtg_item *item;

		streams[i].name = tree->streams.items[i].name;
		streams[i].resident = (const uint8_t *)"";
		streams[i].sparse = tree->streams.items[i].hole_bytes > 0;
		streams[i].size_bytes = tree->streams.items[i].hole_bytes;
		if (streams[i].sparse)
			streams[i].resident = NULL;
		if (items->of_stream[i] == WTG_NONE)
			continue;
		item = &items->items[items->of_stream[i]];
		streams[i].size_bytes = item->size_bytes;
		streams[i].resident = item->resident;
		streams[i].runs = item->runs;
		streams[i].n_runs = item->n_runs;
	}
	return streams;
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

/* Was it to be compressed, which did not pay?  Then the second of its streams has all of the
 * content, and is its only one, without a name. */
static bool is_plain_after_all(const struct building *b, uint32_t number)
{
	const struct wtg_catalog_inode *inode = &b->tree->inodes.items[number];
	uint32_t item;

	if (!wtg_tree_is_compact(b->tree, number))
		return false;
	item = b->items->of_stream[inode->first_stream + 1];
	if (!b->items->items[item].did_not_pay)
		return false;
	b->inodes->streams[inode->first_stream + 1].name = (struct wtg_name16){ 0 };
	return true;
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
		.names = b->inodes->names + inode->first_name,
		.n_names = inode->n_names,
		.streams = b->inodes->streams + inode->first_stream,
		.n_streams = inode->n_streams,
		.reparse_tag = inode->reparse_tag,
		.object_id = inode->object_id,
	};

	if (is_plain_after_all(b, number)) {
		build.streams++;
		build.n_streams--;
		build.attributes &= ~WTG_WOF_ATTRIBUTES;
		build.reparse_tag = 0;
	} else if (reparse != WTG_NONE)
		build.reparse_data = (struct wtg_bytes){ b->items->items[reparse].resident,
							 b->items->items[reparse].size_bytes };
	if (wtg_ntfs_build_inode(b->builder, b->tree->numbers[number], &build, err) < 0) {
		_cleanup_free_ char *path = wtg_tree_path(b->tree, number);

		return wtg_while(err, "make %s", path);
	}
	return 0;
}

int wtg_inodes_build(const struct wtg_tree *tree, const struct wtg_items *items,
		     struct wtg_ntfs_builder *builder, struct wtg_inodes *ret,
		     struct wtg_error *err)
{
	struct building b = { tree, items, builder, ret, NULL };
	int r;

	/* They stay, whatever happens: the builder may have some by now. */
	ret->names = convert_names(tree);
	ret->streams = convert_streams(tree, items);
	r = enter_security(&b, err);
	for (uint32_t i = 0; r == 0 && i < tree->inodes.n_items; i++)
		if (tree->numbers[i] != WTG_NONE)
			r = build_inode(&b, i, err);
	free(b.security_ids);
	return r;
}

void wtg_inodes_done(struct wtg_inodes *inodes)
{
	free(inodes->names);
	free(inodes->streams);
	*inodes = (struct wtg_inodes){ 0 };
}
