/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pump alone: the builder's answers are made up here, short runs and gaps among them, and
 * what lies at the places that it gave out is hashed.
 */
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "apply/pump.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/outflow.h"
#include "corpus.h"
#include "drive.h"
#include "wtg/text.h"

#define DISK_BYTES (256 * MIB)
#define CLUSTER 4096u

/* ------------------------------------------------------------------ a builder */

static uint64_t next_lcn, longest_run, gap;
static uint32_t resident_bytes;

uint32_t __wrap_wtg_ntfs_build_cluster_bytes(const struct wtg_ntfs_builder *builder);
uint32_t __wrap_wtg_ntfs_build_cluster_bytes(const struct wtg_ntfs_builder *builder)
{
	(void)builder;
	return CLUSTER;
}

uint32_t __wrap_wtg_ntfs_build_resident_bytes(const struct wtg_ntfs_builder *builder,
					      unsigned n_names, unsigned name_units,
					      unsigned other_bytes);
uint32_t __wrap_wtg_ntfs_build_resident_bytes(const struct wtg_ntfs_builder *builder,
					      unsigned n_names, unsigned name_units,
					      unsigned other_bytes)
{
	(void)builder;
	(void)n_names;
	(void)name_units;
	(void)other_bytes;
	return resident_bytes;
}

int __wrap_wtg_ntfs_build_reserve(struct wtg_ntfs_builder *builder, uint64_t n_clusters,
				  struct wtg_run_of_clusters *ret, struct wtg_error *err);
int __wrap_wtg_ntfs_build_reserve(struct wtg_ntfs_builder *builder, uint64_t n_clusters,
				  struct wtg_run_of_clusters *ret, struct wtg_error *err)
{
	(void)builder;
	if (n_clusters > longest_run)
		n_clusters = longest_run;
	if ((next_lcn + n_clusters) * CLUSTER > DISK_BYTES)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "the volume is full");
	*ret = (struct wtg_run_of_clusters){ next_lcn, n_clusters };
	next_lcn += n_clusters + gap;
	return 0;
}

/* ------------------------------------------------------------------ the pump */

struct job {
	struct wtg_image *image;
	struct wtg_catalog *catalog;
	struct wtg_tree tree;
	struct wtg_items items;
	struct wtg_pump pump;
	struct wtg_window window;
	struct wtg_ledger ledger;
	int fd;
};

static void begin(struct job *job, const char *wim, unsigned n_threads)
{
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_edition *edition;

	*job = (struct job){ .fd = test_file("pumped", DISK_BYTES, NULL) };
	job->window = test_window(job->fd, DISK_BYTES, &job->ledger);
	next_lcn = 10;
	assert_good(wtg_image_open(wim, &job->image, &err));
	edition = wtg_image_edition(job->image, 0);
	assert_good(wtg_catalog_read(job->image, edition, &job->catalog, &err));
	assert_good(wtg_tree_weave(job->catalog, NULL, &job->tree, &err));
	job->items = wtg_items_make(&job->tree, NULL);
	job->pump = (struct wtg_pump){ job->image,   edition,      &job->tree, &job->items, NULL,
				       &job->window, n_threads, false };
}

static void end(struct job *job)
{
	wtg_items_done(&job->items);
	wtg_tree_done(&job->tree);
	wtg_catalog_free(job->catalog);
	wtg_image_close(job->image);
	wtg_ledger_done(&job->ledger);
	close(job->fd);
}

/* What lies in an item's clusters, and zeros to the end of the last. */
static void assert_item(const struct job *job, const struct wtg_item *item)
{
	uint8_t sha1[WTG_SHA1_SIZE], *data = wtg_alloc(item->size_bytes + CLUSTER);
	uint64_t at = 0;

	for (size_t i = 0; i < item->n_runs; i++) {
		size_t n = (size_t)item->runs[i].n_clusters * CLUSTER;

		assert_int_equal(pread(job->fd, data + at, n,
				       (off_t)(item->runs[i].first_lcn * CLUSTER)), n);
		at += n;
	}
	wtg_sha1(item->resident ? item->resident : data, item->size_bytes, sha1);
	assert_memory_equal(sha1, item->blob->sha1, sizeof(sha1));
	for (; at > item->size_bytes; at--)
		assert_int_equal(data[at - 1], 0);
	free(data);
}

static uint64_t reported;

static void report(struct wtg_progress *progress, uint64_t bytes)
{
	(void)progress;
	reported += bytes;
}

static void assert_pumps(const char *wim, unsigned n_threads)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_progress progress = { .advance = report };
	struct job job;
	uint64_t total = 0;

	begin(&job, wim, n_threads);
	reported = 0;
	assert_good(wtg_pump_run(&job.pump, &progress, &err));
	assert_true(job.items.n_items > 50);
	for (uint32_t i = 0; i < job.items.n_items; i++) {
		assert_item(&job, &job.items.items[i]);
		total += job.items.items[i].size_bytes;
	}
	assert_in_range(reported, total - total / 10, total);
	end(&job);
}

static void every_item_arrives(void **state)
{
	static const struct {
		const char *name, *options;
		size_t n_ways;
	} kinds[] = {
		{ "lzx.wim", "--compress=LZX", 5 },
		{ "xpress.wim", "--compress=XPRESS", 1 },
		{ "none.wim", "--compress=none", 2 },
		{ "pipable.wim", "--compress=LZX --pipable", 1 },
		{ "bigchunk.wim", "--compress=LZX --chunk-size=2M", 2 },
		{ "solid.esd", "--solid", 3 },
		{ "smallsolid.esd", "--solid --solid-chunk-size=64K", 5 },
	};
	static const struct {
		uint64_t longest_run, gap;
		uint32_t resident_bytes;
		unsigned n_threads;
	} ways[] = {
		{ 3, 1, 0, 3 },
		{ 1000, 0, 300, 2 },
		{ UINT64_MAX >> 16, 0, 700, 4 },
		{ UINT64_MAX >> 16, 0, 700, 1 },
		{ 1025, 7, 20000, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		_cleanup_free_ char *wim = test_corpus_capture(kinds[i].name, kinds[i].options);

		for (size_t k = 0; k < kinds[i].n_ways; k++) {
			longest_run = ways[k].longest_run;
			gap = ways[k].gap;
			resident_bytes = ways[k].resident_bytes;
			assert_pumps(wim, ways[k].n_threads);
		}
	}
}

/* Without gaps the drive gets few large writes, each where the one before ended. */
static void what_is_written_ascends(void **state)
{
	_cleanup_free_ char *wim = test_corpus_capture("ascending.wim", "--compress=LZX");
	struct wtg_error err = WTG_ERROR_INIT;
	struct job job;

	(void)state;
	longest_run = UINT64_MAX >> 16;
	gap = 0;
	resident_bytes = 700;
	begin(&job, wim, 2);
	assert_good(wtg_pump_run(&job.pump, NULL, &err));
	assert_int_equal(job.ledger.bytes_written, (next_lcn - 10) * CLUSTER);
	assert_in_range(job.ledger.n_writes, 1,
			2 + job.ledger.bytes_written / (WTG_OUTFLOW_BYTES * 9 / 10));
	end(&job);
}

static void a_full_volume_ends_all_threads(void **state)
{
	_cleanup_free_ char *wim = test_corpus_capture("full.wim", "--compress=LZX");
	struct wtg_error err = WTG_ERROR_INIT;
	struct job job;

	(void)state;
	longest_run = UINT64_MAX >> 16;
	resident_bytes = gap = 0;
	begin(&job, wim, 4);
	next_lcn = DISK_BYTES / CLUSTER - 100;
	assert_fails(wtg_pump_run(&job.pump, NULL, &err), WTG_UNSUITABLE, "full");
	end(&job);
}

static bool say_stop(struct wtg_progress *progress)
{
	(void)progress;
	return true;
}

static void an_interruption_ends_all_threads(void **state)
{
	_cleanup_free_ char *wim = test_corpus_capture("stopped.wim", "--compress=LZX");
	struct wtg_progress progress = { .cancelled = say_stop };
	struct wtg_error err = WTG_ERROR_INIT;
	struct job job;

	(void)state;
	longest_run = 3;
	begin(&job, wim, 4);
	assert_fails(wtg_pump_run(&job.pump, &progress, &err), WTG_CANCELLED, "");
	end(&job);
}

static void damage_is_named_by_its_file(void **state)
{
	_cleanup_free_ char *wim = test_corpus_capture("damaged.wim", "--compress=none");
	struct wtg_error err = WTG_ERROR_INIT;
	struct job job;
	const struct wtg_blob *blob;
	int fd = open(wim, O_RDWR | O_CLOEXEC);

	(void)state;
	longest_run = UINT64_MAX >> 16;
	begin(&job, wim, 3);
	blob = &job.catalog->blobs[job.catalog->n_blobs / 2];
	assert_int_equal(pwrite(fd, "damage", 6, (off_t)blob->offset), 6);
	assert_fails(wtg_pump_run(&job.pump, NULL, &err), WTG_INPUT,
		     "in the image is damaged: its SHA-1 differs");
	end(&job);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_arrives),
		cmocka_unit_test(what_is_written_ascends),
		cmocka_unit_test(a_full_volume_ends_all_threads),
		cmocka_unit_test(an_interruption_ends_all_threads),
		cmocka_unit_test(damage_is_named_by_its_file),
	};

	return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
