/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/engine.h"

#include <sched.h>

#include "apply/inodes.h"
#include "apply/items.h"
#include "apply/pump.h"
#include "apply/weave.h"

#define MAX_THREADS 24u

/* A worker has 4 GiB (base/sandbox.c), of which tables and cache want their share. */
#define CHUNKS_BYTES (UINT64_C(2) << 30)

/* Without solid chunks: slots on their way, and what is read ahead, for each thread; the record
 * and the tables' rows of each file; the rest.  (52,600 files, 2 threads: 164 MB.) */
#define THREAD_BYTES (UINT64_C(8) << 20)
#define INODE_BYTES UINT64_C(2048)
#define REST_BYTES (UINT64_C(48) << 20)

/* The processors that we may use, which need not be all. */
static unsigned count_processors(void)
{
	cpu_set_t ours;

	return sched_getaffinity(0, sizeof(ours), &ours) == 0 ? (unsigned)CPU_COUNT(&ours) : 1;
}

unsigned wtg_engine_threads(unsigned wanted, uint64_t chunk_bytes)
{
	uint64_t n = wanted ? wanted : count_processors();

	if (n > MAX_THREADS)
		n = MAX_THREADS;
	if (chunk_bytes > 0 && n > CHUNKS_BYTES / (2 * chunk_bytes))
		n = CHUNKS_BYTES / (2 * chunk_bytes);
	return n > 0 ? (unsigned)n : 1;
}

uint64_t wtg_engine_memory_bytes(unsigned n_threads, const struct wtg_measure *measure)
{
	return REST_BYTES + measure->n_inodes * INODE_BYTES +
	       n_threads * (THREAD_BYTES + 2 * measure->chunk_bytes);
}

static int fill_volume(const struct wtg_application *a, const struct wtg_tree *tree,
		       const struct wtg_window *window, struct wtg_progress *progress,
		       struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_build_abandonp) struct wtg_ntfs_builder *builder = NULL;
	_cleanup_(wtg_items_done) struct wtg_items items = { 0 };
	_cleanup_(wtg_inodes_done) struct wtg_inodes inodes = { 0 };
	struct wtg_pump pump = {
		.image = a->image,
		.edition = a->edition,
		.tree = tree,
		.items = &items,
		.window = window,
		.n_threads = wtg_engine_threads(a->n_threads, wtg_measure_chunk(tree->catalog)),
		.trusted = a->trusted,
	};

	if (wtg_ntfs_build_begin(window, tree->n_numbers, &builder, err) < 0)
		return -1;
	items = wtg_items_make(tree, builder);
	pump.builder = builder;
	if (wtg_pump_run(&pump, progress, err) < 0 ||
	    wtg_inodes_build(tree, &items, builder, &inodes, err) < 0)
		return -1;
	return wtg_ntfs_build_end(&builder, err);
}

static int read_tree(const struct wtg_application *a, struct wtg_catalog **ret,
		     struct wtg_error *err)
{
	if (a->tree)
		return wtg_catalog_unflatten(a->tree, a->image, a->edition, ret, err);
	return wtg_catalog_read(a->image, a->edition, ret, err);
}

int wtg_engine_run(const struct wtg_application *a, const struct wtg_window *window,
		   struct wtg_progress *progress, struct wtg_error *err)
{
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	_cleanup_(wtg_tree_done) struct wtg_tree tree = { 0 };

	if (read_tree(a, &catalog, err) < 0 ||
	    wtg_tree_weave(catalog, a->overlay, &tree, err) < 0 ||
	    (a->compact && wtg_tree_compact(&tree, a->compact, err) < 0))
		return -1;
	return fill_volume(a, &tree, window, progress, err);
}
