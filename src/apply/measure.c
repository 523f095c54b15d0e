/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/measure.h"

#include "base/fdio.h"

/* mkntfs' own choice for volumes of up to 16 TiB. */
#define CLUSTER_BYTES 4096

/* A record of the MFT, and content that finds room in it whatever else does. */
#define RECORD_BYTES 1024
#define RESIDENT_BYTES 256

/* An entry of a directory's index without its name, the name's attribute in the file's record
 * and the room that blocks of an index keep. */
#define NAME_BYTES 256

static void add_content(struct wtg_measure *m, uint64_t size_bytes)
{
	m->content_bytes += size_bytes;
	if (size_bytes > RESIDENT_BYTES)
		m->volume_bytes += wtg_round_up(size_bytes, CLUSTER_BYTES);
}

static void add_inode(struct wtg_measure *m, const struct wtg_tree *tree,
		      const struct wtg_catalog_inode *inode)
{
	const struct wtg_tree_stream *streams = tree->streams.items + inode->first_stream;
	const struct wtg_catalog_name *names = tree->names.items + inode->first_name;

	m->n_inodes++;
	m->volume_bytes += RECORD_BYTES;
	if (inode->attributes & WTG_ATTRIBUTE_DIRECTORY)
		m->volume_bytes += CLUSTER_BYTES;
	else
		m->n_files++;
	for (uint32_t i = 0; i < inode->n_names; i++)
		m->volume_bytes += NAME_BYTES + 4u * names[i].name.n_units +
				   (names[i].short_name.n_units > 0 ? NAME_BYTES : 0);
	for (uint32_t i = 0; i < inode->n_streams; i++)
		add_content(m, wtg_tree_stream_bytes(tree, &streams[i]));
	if (inode->reparse_tag != 0 && inode->reparse_blob != WTG_NONE)
		add_content(m, tree->catalog->blobs[inode->reparse_blob].size_bytes);
}

uint64_t wtg_measure_chunk(const struct wtg_catalog *catalog)
{
	uint64_t chunk_bytes = 0;

	for (uint32_t i = 0; i < catalog->n_blobs; i++)
		if (catalog->blobs[i].chunk_bytes > chunk_bytes)
			chunk_bytes = catalog->blobs[i].chunk_bytes;
	return chunk_bytes;
}

struct wtg_measure wtg_measure(const struct wtg_tree *tree)
{
	struct wtg_measure m = { .chunk_bytes = wtg_measure_chunk(tree->catalog) };

	for (uint32_t i = 0; i < tree->inodes.n_items; i++)
		if (tree->numbers[i] != WTG_NONE)
			add_inode(&m, tree, &tree->inodes.items[i]);
	return m;
}
