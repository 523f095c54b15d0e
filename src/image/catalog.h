/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that an edition's tree says, as flat tables: files (inodes), their names, their
 * streams, and the blobs that those are made of.  What wimlib's own tree holds twice is here once.
 */
#pragma once

#include "base/utf16.h"
#include "image/image.h"
#include "image/wim.h"

#define WTG_NONE UINT32_MAX

/* Of FILE_ATTRIBUTE_x of winnt.h, those that matter here. */
#define WTG_ATTRIBUTE_DIRECTORY 0x10u
#define WTG_ATTRIBUTE_ARCHIVE 0x20u
#define WTG_ATTRIBUTE_SPARSE 0x200u
#define WTG_ATTRIBUTE_COMPRESSED 0x800u
#define WTG_ATTRIBUTE_ENCRYPTED 0x4000u

struct wtg_catalog_stream {
	struct wtg_name16 name; /* n_units 0: the unnamed data */
	uint32_t blob;          /* an index, or WTG_NONE: empty */
};

struct wtg_catalog_name {
	uint32_t inode, parent; /* inode indexes */
	struct wtg_name16 name, short_name; /* n_units 0: no short name */
};

struct wtg_catalog_inode {
	uint64_t created, written, accessed; /* 100 ns since 1601 */
	uint32_t attributes;    /* WTG_ATTRIBUTE_x and others, as the image has them */
	uint32_t security;      /* an index of descriptors, or WTG_NONE */
	uint32_t reparse_tag;   /* 0: not a reparse point */
	uint32_t reparse_blob;  /* of its data behind tag and length; WTG_NONE: empty */
	uint32_t first_name, n_names; /* the root has none */
	uint32_t first_stream, n_streams; /* never of the reparse data; the unnamed first */
	const uint8_t *object_id; /* 64 bytes: GUID and the three birth ids; NULL: none */
};

/* Read only, so any number of threads may look at it. */
struct wtg_catalog {
	struct wtg_catalog_inode *inodes; /* the first is the root; parents before children */
	struct wtg_catalog_name *names;   /* an inode's names one after the other */
	struct wtg_catalog_stream *streams;
	struct wtg_blob *blobs;   /* each once, ascending: by part, resource, place in it */
	struct wtg_bytes *descriptors; /* self-relative security descriptors */
	uint32_t n_inodes, n_names, n_streams, n_blobs, n_descriptors;
	void *arena; /* what the above point into */
};

/* All of an edition, checked: names, short names and security descriptors are such as NTFS can
 * hold, no name is in a directory twice, no inode has more of them than it can list, no reparse
 * point is too long; every blob is there and lies within its part, with a size that it can have,
 * and the sizes of all streams have a sum.  Kind WTG_INPUT else. */
int wtg_catalog_read(struct wtg_image *image, const struct wtg_edition *edition,
		     struct wtg_catalog **ret, struct wtg_error *err);

/* From process to process: what planning read need not be read again.  Laid flat, it is as good as
 * the process that did so, and checked: whatever is in it, what comes out lies within the image's
 * parts and itself.  It points into flat, which must stay as long.  Kind WTG_INPUT for what makes
 * no sense. */
void wtg_catalog_flatten(const struct wtg_catalog *catalog, struct wtg_packet *packet);
int wtg_catalog_unflatten(const struct wtg_bytes *flat, struct wtg_image *image,
			  const struct wtg_edition *edition, struct wtg_catalog **ret,
			  struct wtg_error *err);

/* "Windows/System32/ntdll.dll", by its first name, for messages; of tables such as a catalog's.  The
 * caller frees. */
char *wtg_catalog_path(const struct wtg_catalog_inode *inodes,
		       const struct wtg_catalog_name *names, uint32_t inode);

void wtg_catalog_free(struct wtg_catalog *catalog);
WTG_DEFINE_FREEP(struct wtg_catalog, wtg_catalog_free)
