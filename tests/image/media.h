/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small images, made at test time by other programs: wimlib-imagex and genisoimage. */
#pragma once

#include "support.h"

/* The tree that they hold is made once: boot files, hives, odd names, a link that leads
 * out. All paths given back are the caller's. */
const char *media_tree(void);

/* name in test_dir(), with two editions, captured with these options of wimlib-imagex. */
char *media_wim(const char *name, const char *options);

/* An ISO, name in test_dir(), UDF and ISO 9660, of what paths say: genisoimage's
 * graft points ("sources/install.wim=/tmp/x.wim …"). */
char *media_iso(const char *name, const char *grafts);

/* Let the file of that size on a disc lie in n pieces, in reverse order and with room between
 * them, instead of in one. */
void media_scatter(const char *iso, uint64_t size, unsigned n);

/* Overwrite size bytes at offset. */
void media_patch(const char *path, uint64_t offset, const void *data, size_t size);

/* Give a WIM this XML instead of its own, at offset (0: at its end). */
void media_xml(const char *path, const char *utf8, uint64_t offset);

/* Give the first file or directory of that name in the first tree of a WIM, which is not
 * compressed, these attributes (Windows' FILE_ATTRIBUTE_…) and, if not 0, this reparse
 * tag; and the tree its new hash. */
void media_attributes(const char *path, const char *name, uint32_t attributes,
		      uint32_t tag);

/* Where the n-th resource of the file table lies whose flags have one of these bits. */
enum { MEDIA_TREE = 0x02, MEDIA_COMPRESSED = 0x04 };
uint64_t media_resource(const char *path, unsigned flags, unsigned n);
