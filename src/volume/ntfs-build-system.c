/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/bitmap.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/lcnalloc.h>
#include <ntfs-3g/mft.h>
#include <ntfs-3g/runlist.h>

#include "base/alloc.h"
#include "base/fdio.h"

static int find(struct wtg_ntfs_builder *builder, const char *path, uint32_t *ret,
		struct wtg_error *err)
{
	ntfs_inode *inode = ntfs_pathname_to_inode(builder->volume, NULL, path);

	if (!inode)
		return wtg_build_fail(builder, errno, path, err);
	*ret = (uint32_t)inode->mft_no;
	if (ntfs_inode_close(inode) < 0)
		return wtg_build_fail(builder, errno, path, err);
	return 0;
}

int wtg_build_find_system(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	if (find(builder, "$Extend/$ObjId", &builder->objects_record, err) < 0)
		return -1;
	return find(builder, "$Extend/$Reparse", &builder->reparses_record, err);
}

/* Call fn for each attribute of a record. */
static int walk_record(struct wtg_ntfs_builder *builder, uint32_t number,
		       int (*fn)(struct wtg_ntfs_builder *builder,
				 const ATTR_RECORD *attribute, void *context),
		       void *context, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *bytes = wtg_alloc(builder->volume->mft_record_size);
	MFT_RECORD *record = (MFT_RECORD *)bytes;
	const ATTR_RECORD *attribute;

	if (ntfs_file_record_read(builder->volume, number, &record, NULL) < 0)
		return wtg_build_fail(builder, errno, "read a system file's record", err);
	/* libntfs-3g looked at the bounds of each. */
	for (size_t at = le16_to_cpu(record->attrs_offset);;
	     at += le32_to_cpu(attribute->length)) {
		attribute = (const ATTR_RECORD *)(bytes + at);
		if (attribute->type == AT_END)
			return 0;
		if (fn(builder, attribute, context) < 0)
			return wtg_build_fail(builder, errno, "change a system file", err);
	}
}

struct name_wanted {
	uint8_t *to;
	bool found;
};

static int copy_name(struct wtg_ntfs_builder *builder, const ATTR_RECORD *attribute,
		     void *context)
{
	const uint8_t *value =
		(const uint8_t *)attribute + le16_to_cpu(attribute->value_offset);
	struct name_wanted *wanted = context;

	(void)builder;
	if (attribute->type != AT_FILE_NAME ||
	    wtg_le64(value) != wtg_build_reference(FILE_root))
		return 0;
	memcpy(wanted->to, value, WTG_BUILD_FILE_NAME_BYTES(value[64]));
	wanted->found = true;
	return 0;
}

int wtg_build_system_name(struct wtg_ntfs_builder *builder, uint32_t record,
			  uint8_t ret[static WTG_BUILD_FILE_NAME_BYTES(WTG_BUILD_MAX_UNITS)],
			  bool *ret_found, struct wtg_error *err)
{
	struct name_wanted wanted = { .to = ret };

	if (walk_record(builder, record, copy_name, &wanted, err) < 0)
		return -1;
	*ret_found = wanted.found;
	return 0;
}

static int release(struct wtg_ntfs_builder *builder, const ATTR_RECORD *attribute,
		   void *context)
{
	runlist_element *runs;
	int result;

	(void)context;
	if (!attribute->non_resident)
		return 0;
	runs = ntfs_mapping_pairs_decompress(builder->volume, attribute, NULL);
	if (!runs)
		return -1;
	result = ntfs_cluster_free_from_rl(builder->volume, runs);
	free(runs);
	return result;
}

int wtg_build_release(struct wtg_ntfs_builder *builder, uint32_t number, struct wtg_error *err)
{
	return walk_record(builder, number, release, NULL, err);
}

int wtg_build_end_mft(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	struct _ntfs_volume *volume = builder->volume;
	_cleanup_(wtg_bytes_done) struct wtg_bytes bits = { 0 };
	uint64_t end;

	if (wtg_build_grow_mft(builder, builder->n_records, err) < 0)
		return -1;
	end = (uint64_t)(volume->mft_na->data_size >> volume->mft_record_size_bits);
	if (wtg_build_format_records(builder, builder->old_records, WTG_BUILD_FIRST_RECORD,
				     err) < 0 ||
	    wtg_build_format_records(builder, builder->n_records, end, err) < 0)
		return -1;
	bits.size = wtg_round_up((end + 7) / 8, 8);
	bits.data = wtg_alloc(bits.size);
	if (volume->mftbmp_na->data_size > (s64)bits.size ||
	    ntfs_attr_pread(volume->mftbmp_na, 0, volume->mftbmp_na->data_size, bits.data) !=
		    volume->mftbmp_na->data_size)
		return wtg_build_fail(builder, errno, "read the bitmap of $MFT", err);
	for (uint64_t i = WTG_BUILD_FIRST_RECORD; i < 8 * bits.size; i++)
		if (bits.data[i / 8] >> i % 8 & 1)
			return wtg_fail(err, WTG_SYSTEM, 0,
					"libntfs-3g took record %" PRIu64, i);
	for (uint64_t i = WTG_BUILD_FIRST_RECORD; i < builder->n_records; i++)
		bits.data[i / 8] |= (uint8_t)(1 << i % 8);
	return wtg_build_write_mft_bitmap(builder, &bits, err);
}
