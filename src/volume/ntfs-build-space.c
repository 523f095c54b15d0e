/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/bitmap.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/mft.h>
#include <ntfs-3g/runlist.h>

#include "base/alloc.h"
#include "base/fdio.h"

/*
 * From low to high: the MFT in one piece, room for it to grow, room for the other metadata,
 * file data.  The cache writes and fills whole stretches of this size, so data, which does not
 * go through it, shares none with metadata.
 */
#define STRETCH_BYTES ((uint64_t)256 << 10)

/* Of names in indexes, for each inode; and of $Secure and bitmaps. */
#define INDEX_BYTES 1024
#define SPARE_BYTES ((uint64_t)8 << 20)

#define FORMAT_BYTES (64u << 10) /* of unused records at a time */
#define BITMAP_BYTES (64u << 10) /* of $Bitmap at a time */

static int fail_full(struct wtg_error *err)
{
	return wtg_fail(err, WTG_UNSUITABLE, 0, "the volume is full");
}

static uint64_t clusters_of(const struct wtg_ntfs_builder *builder, uint64_t bytes)
{
	return wtg_round_up(bytes, builder->volume->cluster_size) /
	       builder->volume->cluster_size;
}

static void note(struct wtg_build_runs *runs, const struct wtg_run_of_clusters *run)
{
	struct wtg_run_of_clusters *last =
		runs->n_items ? &runs->items[runs->n_items - 1] : NULL;

	if (last && last->first_lcn + last->n_clusters == run->first_lcn)
		last->n_clusters += run->n_clusters;
	else
		WTG_APPEND(runs, *run);
}

/* What $Bitmap knows: of a fresh volume, little. */
static int find_used(struct wtg_ntfs_builder *builder, struct wtg_build_runs *ret,
		     struct wtg_error *err)
{
	const uint64_t end = (uint64_t)builder->volume->nr_clusters;
	_cleanup_free_ uint8_t *bits = wtg_alloc(BITMAP_BYTES);
	uint64_t at = 0;

	while (at < end) {
		s64 n = ntfs_attr_pread(builder->volume->lcnbmp_na, (s64)(at / 8),
					BITMAP_BYTES, bits);

		if (n <= 0)
			return wtg_build_fail(builder, errno, "read the bitmap", err);
		for (s64 i = 0; i < n; i++, at += 8)
			for (unsigned j = 0; bits[i] >> j; j++)
				if (bits[i] >> j & 1)
					note(ret, &(struct wtg_run_of_clusters){ at + j, 1 });
	}
	return 0;
}

/* The first run of at most n clusters in [from, end) that were free from the beginning; none
 * has 0. */
static struct wtg_run_of_clusters find_free(const struct wtg_ntfs_builder *builder,
					    uint64_t from, uint64_t end, uint64_t n)
{
	const struct wtg_build_runs *used = &builder->space.used;

	for (size_t i = 0; i < used->n_items && used->items[i].first_lcn < end; i++) {
		const struct wtg_run_of_clusters *run = &used->items[i];

		if (from < run->first_lcn)
			end = run->first_lcn;
		else if (from < run->first_lcn + run->n_clusters)
			from = run->first_lcn + run->n_clusters;
	}
	if (from >= end)
		return (struct wtg_run_of_clusters){ 0 };
	return (struct wtg_run_of_clusters){ from, end - from < n ? end - from : n };
}

/* Something may have been given back, but nothing taken without our knowing. */
static int check_bitmap(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	struct wtg_build_runs now = { 0 };
	struct wtg_run_of_clusters taken = { 0 };
	int result = find_used(builder, &now, err);

	for (size_t i = 0; result == 0 && taken.n_clusters == 0 && i < now.n_items; i++) {
		uint64_t first = now.items[i].first_lcn;

		taken = find_free(builder, first, first + now.items[i].n_clusters, 1);
	}
	free(now.items);
	if (taken.n_clusters)
		return wtg_fail(err, WTG_SYSTEM, 0, "libntfs-3g took cluster %" PRIu64,
				taken.first_lcn);
	return result;
}

int wtg_build_write_bitmap(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	const struct wtg_build_runs *given = &builder->space.given;

	if (check_bitmap(builder, err) < 0)
		return -1;
	for (size_t i = 0; i < given->n_items; i++)
		if (ntfs_bitmap_set_run(builder->volume->lcnbmp_na,
					(s64)given->items[i].first_lcn,
					(s64)given->items[i].n_clusters) < 0)
			return wtg_build_fail(builder, errno, "write the bitmap", err);
	return 0;
}

static uint64_t stretch(const struct wtg_ntfs_builder *builder)
{
	uint64_t n_clusters = STRETCH_BYTES / builder->volume->cluster_size;

	return n_clusters ? n_clusters : 1;
}

/* The next free stretches for data; none are left: full. */
static int find_data(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	struct wtg_build_space *space = &builder->space;
	uint64_t end = (uint64_t)builder->volume->nr_clusters, at = space->data_end;

	while (at < end) {
		struct wtg_run_of_clusters run = find_free(builder, at, end, end - at);

		if (run.n_clusters == 0)
			break;
		at = run.first_lcn + run.n_clusters;
		space->data_next = wtg_round_up(run.first_lcn, stretch(builder));
		space->data_end = wtg_round_down(at, stretch(builder));
		if (space->data_next < space->data_end)
			return 0;
	}
	space->data_next = space->data_end = end;
	return fail_full(err);
}

int wtg_ntfs_build_reserve(struct wtg_ntfs_builder *builder, uint64_t n_clusters,
			   struct wtg_run_of_clusters *ret, struct wtg_error *err)
{
	struct wtg_build_space *space = &builder->space;
	struct wtg_run_of_clusters run;

	if (space->data_next >= space->data_end && find_data(builder, err) < 0)
		return -1;
	run.first_lcn = space->data_next;
	run.n_clusters = space->data_end - space->data_next;
	if (run.n_clusters > n_clusters)
		run.n_clusters = n_clusters;
	note(&space->given, &run);
	space->data_next += run.n_clusters;
	*ret = run;
	return 0;
}

int wtg_build_reserve_meta(struct wtg_ntfs_builder *builder, uint64_t n_clusters,
			   struct wtg_run_of_clusters *ret, struct wtg_error *err)
{
	struct wtg_build_space *space = &builder->space;
	struct wtg_run_of_clusters run =
		find_free(builder, space->meta_next, space->meta_end, n_clusters);

	if (run.n_clusters == 0) {
		/* Behind the data, from a stretch on in which there is none. */
		space->data_next = wtg_round_up(space->data_next, stretch(builder));
		if (space->data_next >= space->data_end && find_data(builder, err) < 0)
			return -1;
		space->meta_next = space->data_next;
		space->meta_end = space->data_next + stretch(builder);
		space->data_next += stretch(builder);
		return wtg_build_reserve_meta(builder, n_clusters, ret, err);
	}
	note(&space->given, &run);
	space->meta_next = run.first_lcn + run.n_clusters;
	*ret = run;
	return 0;
}

int wtg_build_store(struct wtg_ntfs_builder *builder, const struct wtg_bytes *content,
		    struct wtg_run_of_clusters **ret_runs, size_t *ret_n_runs,
		    struct wtg_error *err)
{
	const uint32_t cluster_bytes = builder->volume->cluster_size;
	uint64_t left = clusters_of(builder, content->size);
	_cleanup_free_ struct wtg_run_of_clusters *runs = NULL;
	size_t n_runs = 0, capacity = 0, at = 0;

	while (left > 0) {
		struct wtg_run_of_clusters run;
		size_t n;

		if (wtg_build_reserve_meta(builder, left, &run, err) < 0)
			return -1;
		left -= run.n_clusters;
		wtg_grow(&runs, &capacity, n_runs, sizeof(*runs));
		runs[n_runs++] = run;
		n = run.n_clusters * cluster_bytes;
		if (n > content->size - at)
			n = content->size - at;
		if (ntfs_pwrite(builder->volume->dev, (s64)(run.first_lcn * cluster_bytes),
				(s64)n, content->data + at) != (s64)n)
			return wtg_build_fail(builder, errno, "write metadata", err);
		at += n;
	}
	*ret_runs = WTG_STEAL(runs);
	*ret_n_runs = n_runs;
	return 0;
}

/* One run more for $MFT's data or bitmap, which libntfs-3g has open. */
static void append_run(ntfs_attr *attribute, const struct wtg_run_of_clusters *run)
{
	runlist_element *rl = attribute->rl;
	size_t n = 0;

	while (rl[n].length)
		n++;
	rl = realloc(rl, (n + 2) * sizeof(*rl));
	if (!rl)
		wtg_out_of_memory();
	attribute->rl = rl;
	if (n > 0 && (uint64_t)(rl[n - 1].lcn + rl[n - 1].length) == run->first_lcn)
		n--;
	else
		rl[n] = (runlist_element){ .vcn = rl[n].vcn, .lcn = (LCN)run->first_lcn };
	rl[n].length += (s64)run->n_clusters;
	rl[n + 1] = (runlist_element){ .vcn = rl[n].vcn + rl[n].length,
				       .lcn = (LCN)LCN_ENOENT };
	attribute->allocated_size +=
		(s64)(run->n_clusters * attribute->ni->vol->cluster_size);
}

/* What $MFT's record says of its runs, and the new size. */
static int set_size(struct wtg_ntfs_builder *builder, ntfs_attr *attribute, s64 size_bytes,
		    struct wtg_error *err)
{
	ntfs_attr_search_ctx *context;

	if (ntfs_attr_update_mapping_pairs(attribute, 0) < 0)
		return wtg_build_fail(builder, errno, "write the runs of $MFT", err);
	context = ntfs_attr_get_search_ctx(attribute->ni, NULL);
	if (!context)
		wtg_out_of_memory();
	if (ntfs_attr_lookup(attribute->type, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0,
			     context) < 0) {
		int errnum = errno;

		ntfs_attr_put_search_ctx(context);
		return wtg_build_fail(builder, errnum, "find an attribute of $MFT", err);
	}
	attribute->data_size = attribute->initialized_size = size_bytes;
	context->attr->data_size = context->attr->initialized_size =
		cpu_to_sle64(size_bytes);
	ntfs_inode_mark_dirty(attribute->ni);
	ntfs_attr_put_search_ctx(context);
	if (ntfs_inode_sync(attribute->ni) < 0)
		return wtg_build_fail(builder, errno, "write the record of $MFT", err);
	return 0;
}

int wtg_build_grow_mft(struct wtg_ntfs_builder *builder, uint32_t n_records,
		       struct wtg_error *err)
{
	ntfs_attr *mft = builder->volume->mft_na;
	struct wtg_build_space *space = &builder->space;
	uint64_t need =
		clusters_of(builder, (uint64_t)n_records * builder->volume->mft_record_size);
	uint64_t have = clusters_of(builder, (uint64_t)mft->allocated_size);

	/* Right behind it as long as there is room that is kept for it, never beside data. */
	while (have < need) {
		struct wtg_run_of_clusters run = find_free(builder, space->mft_end,
							   space->grow_end, need - have);

		if (run.n_clusters > 0) {
			note(&space->given, &run);
			space->mft_end = run.first_lcn + run.n_clusters;
		} else if (wtg_build_reserve_meta(builder, need - have, &run, err) < 0) {
			return -1;
		}
		append_run(mft, &run);
		have += run.n_clusters;
	}
	return set_size(builder, mft, mft->allocated_size, err);
}

int wtg_build_write_mft_bitmap(struct wtg_ntfs_builder *builder, const struct wtg_bytes *bits,
			       struct wtg_error *err)
{
	ntfs_attr *bitmap = builder->volume->mftbmp_na;

	if (ntfs_attr_map_whole_runlist(bitmap) < 0)
		return wtg_build_fail(builder, errno, "read the runs of $MFT's bitmap", err);
	while ((uint64_t)bitmap->allocated_size < bits->size) {
		struct wtg_run_of_clusters run;

		if (wtg_build_reserve_meta(builder,
					   clusters_of(builder, bits->size) -
						   clusters_of(builder,
							       (u64)bitmap->allocated_size),
					   &run, err) < 0)
			return -1;
		append_run(bitmap, &run);
	}
	if (set_size(builder, bitmap, (s64)bits->size, err) < 0)
		return -1;
	if (ntfs_attr_pwrite(bitmap, 0, (s64)bits->size, bits->data) != (s64)bits->size)
		return wtg_build_fail(builder, errno, "write the bitmap of $MFT", err);
	return 0;
}

int wtg_build_format_records(struct wtg_ntfs_builder *builder, uint64_t first, uint64_t end,
			     struct wtg_error *err)
{
	const uint32_t record_bytes = builder->volume->mft_record_size;
	const uint64_t batch = FORMAT_BYTES / record_bytes;
	_cleanup_free_ uint8_t *records = wtg_alloc(FORMAT_BYTES);

	while (first < end) {
		uint64_t n = end - first < batch ? end - first : batch;

		for (uint64_t i = 0; i < n; i++)
			if (ntfs_mft_record_layout(
				    builder->volume, MK_MREF(first + i, 1),
				    (MFT_RECORD *)(records + i * record_bytes)) < 0)
				return wtg_build_fail(builder, errno, "lay out a record",
						      err);
		if (ntfs_mft_records_write(builder->volume, first, (s64)n,
					   (MFT_RECORD *)records) < 0)
			return wtg_build_fail(builder, errno, "write unused records", err);
		first += n;
	}
	return 0;
}

int wtg_build_plan_space(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	struct _ntfs_volume *volume = builder->volume;
	const uint64_t end = (uint64_t)volume->nr_clusters;
	struct wtg_build_space *space = &builder->space;
	const runlist_element *rl;
	uint64_t grow, meta;

	if (find_used(builder, &space->used, err) < 0)
		return -1;
	if (ntfs_attr_map_whole_runlist(volume->mft_na) < 0)
		return wtg_build_fail(builder, errno, "read the runs of $MFT", err);
	for (rl = volume->mft_na->rl; rl[1].length; rl++)
		;
	/* All of the volume is there for $MFT as it is planned. */
	space->mft_end = (uint64_t)(rl->lcn + rl->length);
	space->grow_end = space->meta_next = space->meta_end = end;
	space->data_next = space->data_end = end;
	if (wtg_build_grow_mft(builder, builder->n_records, err) < 0)
		return -1;
	grow = (uint64_t)volume->mft_na->allocated_size / volume->cluster_size / 4;
	meta = clusters_of(builder, (uint64_t)builder->n_inodes * INDEX_BYTES + SPARE_BYTES);
	if (meta > end / 8)
		meta = end / 8;
	space->grow_end = space->meta_next = space->mft_end + grow;
	space->meta_end = wtg_round_up(space->meta_next + meta, stretch(builder));
	if (space->meta_end >= end)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the volume is too small for %" PRIu32 " files",
				builder->n_inodes);
	space->data_next = space->data_end = space->meta_end;
	return 0;
}
