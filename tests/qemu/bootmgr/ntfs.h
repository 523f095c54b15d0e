/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Below files and directories: records of the MFT and their attributes. */
#pragma once

#include "standin.h"

enum { NTFS_DATA = 0x80, NTFS_INDEX_ROOT = 0x90, NTFS_INDEX_ALLOCATION = 0xa0 };

/* An attribute's content: in its record, or in runs of clusters. */
struct run {
	UINT64 at_byte, size_bytes;
};
struct stream {
	struct bytes resident;
	struct run *runs; /* NULL: it is resident */
	UINT64 n_runs, size;
};

struct ntfs {
	struct partition partition;
	UINT64 cluster, record_size;
	struct stream mft;
};

/* By a reference: the record's number, and in the upper 16 bits how often it was used. */
struct bytes ntfs_record(const struct ntfs *volume, UINT64 reference);
BOOLEAN ntfs_is_directory(struct bytes record);

/* An attribute of that type and name: "" or "$I30". */
struct stream ntfs_attribute(const struct ntfs *volume, struct bytes record, UINT32 type,
			     const char *name);
struct bytes ntfs_stream_read(const struct ntfs *volume, const struct stream *stream,
			      UINT64 offset, UINT64 size);

/* Make a record or an index block whole, in place. */
void ntfs_undo_fixups(struct bytes block, const char *magic);
