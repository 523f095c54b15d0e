/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libntfs-3g, open for reading, says where things are; what is written is written here, in an
 * order of ours.  Its own way (truncate, write, one flush) has a moment in which there is neither
 * the old file nor the new.
 */
#include "volume/ntfs.h"
#include "volume/ntfs-internal.h"

#include <errno.h>
#include <string.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/index.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/runlist.h>

#include "base/alloc.h"
#include "base/fdio.h"

#define STRIDE 512 /* of update sequences, whatever the sectors */
#define MAX_BLOCK_BYTES 65536

/* In the record of a file's data: sizes and mapping pairs. */
#define HIGHEST_VCN_AT 0x18
#define ALLOCATED_AT 0x28
#define ATTRIBUTE_BYTES 0x40
#define MAX_PAIRS 24

/* In the key of a directory's entry (struct FILE_NAME_ATTR). */
#define NAME_ALLOCATED_AT 0x28

struct swap {
	const struct wtg_window *window;
	struct wtg_ntfs *ntfs; /* for reading */
	ntfs_inode *inode;
	ntfs_attr *data;
	uint64_t size_bytes; /* of the new content */
	s64 n_clusters, lcn; /* where it goes */
	size_t attribute_at; /* in the file's record */
	uint8_t pairs[MAX_PAIRS]; /* as it will say where that is */
	size_t n_pairs;
};

static void swap_done(struct swap *s)
{
	if (s->data)
		ntfs_attr_close(s->data);
	if (s->inode)
		(void)ntfs_inode_close(s->inode);
	wtg_ntfs_abandon(s->ntfs);
}

static int refuse(struct wtg_error *err, const char *path, const char *why)
{
	return wtg_fail(err, WTG_REFUSED, 0, "replace %s on the volume: it %s", path, why);
}

/* ------------------------------------------------------------------ where things are */

/* A byte of an attribute, on the volume; and how many follow it there. */
static int locate(ntfs_attr *attribute, s64 at, uint64_t *ret, uint64_t *ret_left,
		  struct wtg_error *err)
{
	const struct _ntfs_volume *volume = attribute->ni->vol;
	s64 vcn = at >> volume->cluster_size_bits;
	s64 lcn = ntfs_attr_vcn_to_lcn(attribute, vcn);
	uint64_t skip = (uint64_t)at & (volume->cluster_size - 1);

	if (lcn < 0 || lcn >= volume->nr_clusters)
		return wtg_fail(err, WTG_INPUT, 0, "the volume's own files lead nowhere");
	*ret = ((uint64_t)lcn << volume->cluster_size_bits) + skip;
	*ret_left = volume->cluster_size - skip;
	return 0;
}

static int find_attribute(struct swap *s, const char *path, struct wtg_error *err)
{
	ntfs_attr_search_ctx *context = ntfs_attr_get_search_ctx(s->inode, NULL);
	int r = 0;

	if (!context || ntfs_attr_lookup(AT_DATA, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0,
					 context) < 0)
		r = wtg_fail(err, WTG_INPUT, errno, "find the data of %s on the volume", path);
	else if (!context->attr->non_resident)
		r = refuse(err, path, "lies in its own record");
	else if (le16_to_cpu(context->attr->mapping_pairs_offset) != ATTRIBUTE_BYTES)
		r = refuse(err, path, "has a record of an unknown form"); /* it is compressed */
	else
		s->attribute_at = (size_t)((u8 *)context->attr - (u8 *)context->mrec);
	if (context)
		ntfs_attr_put_search_ctx(context);
	return r;
}

static int open_file(struct swap *s, const char *path, struct wtg_error *err)
{
	s->inode = ntfs_pathname_to_inode(s->ntfs->volume, NULL, path);
	if (!s->inode)
		return wtg_fail(err, WTG_INPUT, errno, "open %s on the volume", path);
	if (s->inode->mrec->flags & MFT_RECORD_IS_DIRECTORY)
		return refuse(err, path, "is a directory");
	if (s->inode->flags & (FILE_ATTR_COMPRESSED | FILE_ATTR_ENCRYPTED |
			       FILE_ATTR_SPARSE_FILE | FILE_ATTR_REPARSE_POINT))
		return refuse(err, path, "is compressed, encrypted or a link");
	if (NInoAttrList(s->inode))
		return refuse(err, path, "is in too many pieces");
	s->data = ntfs_attr_open(s->inode, AT_DATA, AT_UNNAMED, 0);
	if (!s->data)
		return wtg_fail(err, WTG_INPUT, errno, "find the data of %s on the volume", path);
	if (find_attribute(s, path, err) < 0)
		return -1;
	if (ntfs_attr_map_whole_runlist(s->data) < 0 ||
	    ntfs_attr_map_whole_runlist(s->ntfs->volume->mft_na) < 0 ||
	    ntfs_attr_map_whole_runlist(s->ntfs->volume->lcnbmp_na) < 0)
		return wtg_fail(err, WTG_INPUT, errno, "find %s on the volume", path);
	return 0;
}

/* The first n free clusters side by side in [from, end); -1: there are none. */
static s64 find_run(struct swap *s, s64 from, s64 end)
{
	uint8_t bits[4096];
	s64 run = 0;

	for (s64 at = from / 8; at * 8 < end; at += (s64)sizeof(bits)) {
		s64 n = ntfs_attr_pread(s->ntfs->volume->lcnbmp_na, at, sizeof(bits), bits);

		for (s64 i = 0; i < n * 8 && at * 8 + i < end; i++) {
			run = bits[i / 8] >> (i % 8) & 1 || at * 8 + i < from ? 0 : run + 1;
			if (run == s->n_clusters)
				return at * 8 + i + 1 - run;
		}
		if (n < (s64)sizeof(bits))
			break;
	}
	return -1;
}

/* What grows the table of files is used last. */
static int find_room(struct swap *s, struct wtg_error *err)
{
	const struct _ntfs_volume *volume = s->ntfs->volume;

	s->n_clusters = (s64)(wtg_round_up(s->size_bytes, volume->cluster_size) >>
			      volume->cluster_size_bits);
	s->lcn = find_run(s, volume->mft_zone_end, volume->nr_clusters);
	if (s->lcn < 0)
		s->lcn = find_run(s, 1, volume->nr_clusters);
	if (s->lcn < 0)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the volume has no room in one piece for a new copy of the file");
	return 0;
}

/* Its record must have room for where the new copy is. */
static int find_pairs(struct swap *s, const char *path, struct wtg_error *err)
{
	struct _ntfs_volume *volume = s->ntfs->volume;
	const u8 *attribute = (const u8 *)s->inode->mrec + s->attribute_at;
	const runlist_element run[] = { { 0, s->lcn, s->n_clusters },
					{ s->n_clusters, LCN_ENOENT, 0 } };
	int n = ntfs_get_size_for_mapping_pairs(volume, run, 0, MAX_PAIRS);

	if (n <= 0 || ATTRIBUTE_BYTES + (size_t)n > wtg_le32(attribute + 4))
		return refuse(err, path, "has no room in its record");
	if (ntfs_mapping_pairs_build(volume, s->pairs, n, run, 0, NULL) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "describe the new %s", path);
	s->n_pairs = (size_t)n;
	return 0;
}

static int prepare(struct swap *s, const char *path, struct wtg_error *err)
{
	struct wtg_window reading = *s->window;

	reading.ledger = NULL;
	if (s->size_bytes == 0)
		return refuse(err, path, "would be empty");
	if (wtg_ntfs_open(&reading, &s->ntfs, err) < 0 || open_file(s, path, err) < 0 ||
	    find_room(s, err) < 0)
		return -1;
	return find_pairs(s, path, err);
}

/* ------------------------------------------------------------------ writing */

#define SECTOR_BYTES 512

/* Mark clusters in the bitmap, as the volume has it now, sector by sector. */
static int mark(struct swap *s, s64 lcn, s64 n, bool used, struct wtg_error *err)
{
	const s64 per_sector = SECTOR_BYTES * 8, end = lcn + n;

	while (lcn < end) {
		s64 first = lcn - lcn % per_sector, stop = first + per_sector;
		uint8_t bits[SECTOR_BYTES];
		uint64_t place, left;

		if (locate(s->ntfs->volume->lcnbmp_na, first / 8, &place, &left, err) < 0 ||
		    wtg_window_pread(s->window, bits, sizeof(bits), place, err) < 0)
			return -1;
		for (; lcn < stop && lcn < end; lcn++) {
			uint8_t bit = (uint8_t)(1u << (lcn % 8));
			uint8_t *byte = &bits[(lcn - first) / 8];

			*byte = (uint8_t)(used ? *byte | bit : *byte & ~bit);
		}
		if (wtg_window_pwrite(s->window, bits, sizeof(bits), place, err) < 0)
			return -1;
	}
	return 0;
}

static int write_content(struct swap *s, const struct wtg_bytes *content, struct wtg_error *err)
{
	uint32_t cluster_bytes = s->ntfs->volume->cluster_size;
	uint64_t at = (uint64_t)s->lcn * cluster_bytes;
	uint64_t whole = wtg_round_down(content->size, cluster_bytes);
	_cleanup_free_ uint8_t *last = wtg_alloc(cluster_bytes);

	memcpy(last, content->data + whole, content->size - whole);
	if (whole > 0 && wtg_window_pwrite(s->window, content->data, whole, at, err) < 0)
		return -1;
	if (whole < content->size &&
	    wtg_window_pwrite(s->window, last, cluster_bytes, at + whole, err) < 0)
		return -1;
	return mark(s, s->lcn, s->n_clusters, true, err);
}

/*
 * Change some bytes of a record or index block, which is at `at` of an attribute: what stands at
 * the end of each 512 bytes there is a number, and what belongs there in a list before.  The number
 * stays the same, so that only what holds changed bytes is written, nearly always one sector.
 */
static int patch(struct swap *s, ntfs_attr *attribute, s64 at, uint32_t block_bytes, size_t from,
		 const uint8_t *bytes, size_t n, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *block = wtg_alloc(MAX_BLOCK_BYTES);
	size_t list_at, low = SIZE_MAX, high = 0;
	uint64_t place, left;

	if (locate(attribute, at, &place, &left, err) < 0)
		return -1;
	if (block_bytes > MAX_BLOCK_BYTES || block_bytes % STRIDE != 0 || from + n > block_bytes)
		return wtg_fail(err, WTG_INPUT, 0, "the volume's records make no sense");
	/* Blocks of more than a cluster must lie in one piece. */
	for (s64 more = (s64)left; more < (s64)block_bytes; more += (s64)left) {
		uint64_t next;

		if (locate(attribute, at + more, &next, &left, err) < 0)
			return -1;
		if (next != place + (uint64_t)more)
			return wtg_fail(err, WTG_REFUSED, 0, "a record of the volume is in pieces");
	}
	if (wtg_window_pread(s->window, block, block_bytes, place, err) < 0)
		return -1;
	list_at = wtg_le16(block + 4);
	if (wtg_le16(block + 6) != block_bytes / STRIDE + 1 ||
	    list_at + 2 * (block_bytes / STRIDE + 1) > STRIDE - 2)
		return wtg_fail(err, WTG_INPUT, 0, "the volume's records make no sense");
	for (size_t i = 0; i < n; i++) {
		size_t to = from + i, in = to % STRIDE;

		if (in >= STRIDE - 2)
			to = list_at + 2 * (to / STRIDE + 1) + (in - (STRIDE - 2));
		if (block[to] == bytes[i])
			continue;
		block[to] = bytes[i];
		low = to / STRIDE < low ? to / STRIDE : low;
		high = to / STRIDE > high ? to / STRIDE : high;
	}
	if (low == SIZE_MAX)
		return 0;
	return wtg_window_pwrite(s->window, block + low * STRIDE, (high + 1 - low) * STRIDE,
				 place + low * STRIDE, err);
}

/* From now on the file is the new one. */
static int lead_to_it(struct swap *s, struct wtg_error *err)
{
	struct _ntfs_volume *volume = s->ntfs->volume;
	s64 record_at = (s64)s->inode->mft_no << volume->mft_record_size_bits;
	uint8_t new[ATTRIBUTE_BYTES + MAX_PAIRS];

	memcpy(new, (const u8 *)s->inode->mrec + s->attribute_at, ATTRIBUTE_BYTES);
	wtg_put_le64(new + HIGHEST_VCN_AT, (uint64_t)s->n_clusters - 1);
	wtg_put_le64(new + ALLOCATED_AT, (uint64_t)s->n_clusters * volume->cluster_size);
	wtg_put_le64(new + ALLOCATED_AT + 8, s->size_bytes);
	wtg_put_le64(new + ALLOCATED_AT + 16, s->size_bytes);
	memcpy(new + ATTRIBUTE_BYTES, s->pairs, s->n_pairs);
	return patch(s, volume->mft_na, record_at, volume->mft_record_size, s->attribute_at, new,
		     ATTRIBUTE_BYTES + s->n_pairs, err);
}

/* Its directory says how large it is, too: nobody relies on that. */
static int tell_directory(struct swap *s, const FILE_NAME_ATTR *name, int name_bytes,
			  struct wtg_error *err)
{
	struct _ntfs_volume *volume = s->ntfs->volume;
	ntfs_inode *dir = ntfs_inode_open(volume, MREF_LE(name->parent_directory));
	ntfs_index_context *index = dir ? ntfs_index_ctx_get(dir, NTFS_INDEX_I30, 4) : NULL;
	uint8_t sizes[16];
	int r = 0;

	wtg_put_le64(sizes, (uint64_t)s->n_clusters * volume->cluster_size);
	wtg_put_le64(sizes + 8, s->size_bytes);
	if (!index || ntfs_index_lookup(name, name_bytes, index) < 0) {
		r = wtg_fail(err, WTG_INPUT, errno, "find the file in its directory");
	} else {
		const u8 *at = (const u8 *)&index->entry->key + NAME_ALLOCATED_AT;

		if (index->is_in_root) /* in a record of the directory's, not always its first */
			r = patch(s, volume->mft_na,
				  (s64)index->actx->ntfs_ino->mft_no
					  << volume->mft_record_size_bits,
				  volume->mft_record_size, (size_t)(at - (u8 *)index->actx->mrec),
				  sizes, sizeof(sizes), err);
		else
			r = patch(s, index->ia_na,
				  sle64_to_cpu(index->ib->index_block_vcn) << index->vcn_size_bits,
				  index->block_size, (size_t)(at - (u8 *)index->ib), sizes,
				  sizeof(sizes), err);
	}
	if (index)
		ntfs_index_ctx_put(index);
	if (dir)
		(void)ntfs_inode_close(dir);
	return r;
}

static int tell_directories(struct swap *s, struct wtg_error *err)
{
	ntfs_attr_search_ctx *context = ntfs_attr_get_search_ctx(s->inode, NULL);
	int r = context ? 0 : wtg_fail(err, WTG_SYSTEM, errno, "find the file in its directory");

	while (r == 0 &&
	       ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0,
				context) == 0) {
		const ATTR_RECORD *attribute = context->attr;

		r = tell_directory(s,
				   (const FILE_NAME_ATTR *)((const u8 *)attribute +
							    le16_to_cpu(attribute->value_offset)),
				   (int)le32_to_cpu(attribute->value_length), err);
	}
	if (context)
		ntfs_attr_put_search_ctx(context);
	return r;
}

/* Nothing leads there any more. */
static int free_old(struct swap *s, struct wtg_error *err)
{
	for (const runlist_element *run = s->data->rl; run->length > 0; run++)
		if (run->lcn >= 0 && mark(s, run->lcn, run->length, false, err) < 0)
			return -1;
	return 0;
}

int wtg_ntfs_check_replace(const struct wtg_window *window, const char *path, uint64_t size_bytes,
			   struct wtg_error *err)
{
	_cleanup_(swap_done) struct swap s = { .window = window, .size_bytes = size_bytes };

	return prepare(&s, path, err);
}

int wtg_ntfs_replace(const struct wtg_window *window, const char *path,
		     const struct wtg_bytes *content, struct wtg_error *err)
{
	_cleanup_(swap_done) struct swap s = { .window = window, .size_bytes = content->size };

	if (prepare(&s, path, err) < 0 || write_content(&s, content, err) < 0 ||
	    wtg_window_flush(window, err) < 0 || lead_to_it(&s, err) < 0 ||
	    wtg_window_flush(window, err) < 0 || tell_directories(&s, err) < 0 ||
	    free_old(&s, err) < 0)
		return -1;
	return wtg_window_flush(window, err);
}
