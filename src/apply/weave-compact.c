/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/weave.h"

#include "base/alloc.h"
#include "volume/wof.h"

bool wtg_tree_is_compact(const struct wtg_tree *tree, uint32_t inode)
{
	uint8_t choice;

	if (!tree->compact || inode >= tree->compact->n_inodes)
		return false;
	choice = tree->compact->choices[inode];
	return choice == WTG_COMPACT_COPY || choice == WTG_COMPACT_PACK;
}

/* Nothing but content that the image has, and to copy it as a resource of its own. */
static bool is_possible(const struct wtg_tree *tree, const struct wtg_catalog_inode *inode,
			enum wtg_compact_choice choice)
{
	const struct wtg_tree_stream *stream = &tree->streams.items[inode->first_stream];

	return inode->reparse_tag == 0 && inode->n_streams == 1 && stream->name.n_units == 0 &&
	       !stream->content && stream->blob != WTG_NONE &&
	       (choice == WTG_COMPACT_PACK || !tree->catalog->blobs[stream->blob].solid);
}

static struct wtg_name16 stream_name(struct wtg_tree *tree)
{
	struct wtg_bytes units = wtg_utf16_from_utf8(WTG_WOF_STREAM);

	WTG_APPEND(&tree->owned, units);
	return (struct wtg_name16){ units.data, (uint16_t)(units.size / 2 - 1) };
}

static void pack(struct wtg_tree *tree, struct wtg_catalog_inode *inode,
		 struct wtg_name16 name, enum wtg_compact_choice choice)
{
	uint32_t blob = tree->streams.items[inode->first_stream].blob;
	const struct wtg_tree_stream hole = {
		.blob = WTG_NONE,
		.hole_bytes = tree->catalog->blobs[blob].size_bytes,
	};
	const struct wtg_tree_stream packed = {
		.name = name,
		.blob = blob,
		.stored = choice == WTG_COMPACT_COPY,
		.squeeze = choice == WTG_COMPACT_PACK,
	};

	inode->first_stream = (uint32_t)tree->streams.n_items;
	inode->n_streams = 2;
	inode->attributes |= WTG_WOF_ATTRIBUTES;
	inode->reparse_tag = WTG_WOF_TAG;
	WTG_APPEND(&tree->streams, hole);
	WTG_APPEND(&tree->streams, packed);
}

int wtg_tree_compact(struct wtg_tree *tree, const struct wtg_compact_plan *plan,
		     struct wtg_error *err)
{
	struct wtg_name16 name = stream_name(tree);

	if (plan->n_inodes != tree->catalog->n_inodes)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has other files than when the plan was made");
	tree->compact = plan;
	for (uint32_t i = 0; i < plan->n_inodes; i++) {
		struct wtg_catalog_inode *inode = &tree->inodes.items[i];

		if (!wtg_tree_is_compact(tree, i))
			continue;
		if (!is_possible(tree, inode, plan->choices[i]))
			return wtg_fail(err, WTG_INPUT, 0,
					"the image has other files than when the plan was made");
		pack(tree, inode, name, plan->choices[i]);
	}
	return 0;
}
