/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scratch NTFS volume in a plain file, filled through libntfs-3g: everything that a WIM
 * can hold of a file is set as it would be on a Windows volume.  Paths are UTF-8 with '/'
 * between the parts, relative to the root; missing parents are made.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "security.h"
#include "wtg/error.h"

/* [MS-FSCC] 2.6 */
#define MEDIA_READONLY 0x1
#define MEDIA_HIDDEN 0x2
#define MEDIA_SYSTEM 0x4
#define MEDIA_ARCHIVE 0x20
#define MEDIA_SPARSE 0x200
#define MEDIA_COMPRESSED 0x800
#define MEDIA_NOT_INDEXED 0x2000

/* [MS-FSCC] 2.1.2.1 */
#define MEDIA_TAG_JUNCTION 0xa0000003u
#define MEDIA_TAG_SYMLINK 0xa000000cu
#define MEDIA_TAG_APPEXECLINK 0x8000001bu

/* In a path, stands for the first half of a pair of surrogates, without the other. */
#define MEDIA_LONE 0xefd8
#define MEDIA_LONE_UTF8 "\xee\xbf\x98"

struct media_volume;

/* Make a sparse file of that size and an empty volume in it, with mkntfs. */
int media_volume_make(const char *path, uint64_t size_bytes, struct wtg_error *err);
int media_volume_open(const char *path, struct media_volume **ret, struct wtg_error *err);
int media_volume_close(struct media_volume **volume, struct wtg_error *err);
void media_volume_abandon(struct media_volume *volume);
WTG_DEFINE_FREEP(struct media_volume, media_volume_abandon)

struct media_node {
	const char *path;
	uint32_t attributes;
	enum media_security security; /* 0: as the place asks, see media_security_of() */
	const char *short_name;       /* NULL: none */
};

/* Make a directory, or set what node says of an existing one.  With MEDIA_COMPRESSED,
 * files made in it are compressed. */
int media_dir(struct media_volume *volume, const struct media_node *node,
	      struct wtg_error *err);

/* Make a file, or replace the content of an existing one. */
int media_file(struct media_volume *volume, const struct media_node *node,
	       const void *data, size_t size, struct wtg_error *err);

/* A sparse file of size bytes with data at one offset and holes around it. */
int media_sparse_file(struct media_volume *volume, const struct media_node *node,
		      const struct wtg_bytes *data, uint64_t offset, uint64_t size,
		      struct wtg_error *err);

int media_stream(struct media_volume *volume, const char *path, const char *name,
		 const void *data, size_t size, struct wtg_error *err);
int media_hard_link(struct media_volume *volume, const char *existing, const char *path,
		    struct wtg_error *err);
int media_object_id(struct media_volume *volume, const char *path, const uint8_t guid[16],
		    struct wtg_error *err);

/* Of an existing file or directory: any descriptor, self-relative; and the three times that
 * an image has of it. */
int media_secure(struct media_volume *volume, const char *path,
		 const struct wtg_bytes *descriptor, struct wtg_error *err);
int media_times(struct media_volume *volume, const char *path, uint64_t time,
		struct wtg_error *err);

/* Reparse data of that tag on an existing empty file or directory. */
int media_reparse(struct media_volume *volume, const char *path, uint32_t tag,
		  const void *data, size_t size, struct wtg_error *err);

/* An absolute junction or symbolic link: target as "C:\\Users"; or, for a symbolic link,
 * a relative one.  The link's own file or directory exists already. */
int media_link_to(struct media_volume *volume, const char *path, uint32_t tag,
		  const char *target, struct wtg_error *err);
