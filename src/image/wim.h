/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A WIM as wimlib has it open; the wim*.c are the only files that know this side of
 * wimlib.  It never prints; paths match whatever the case.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/unpack.h"
#include "wtg/cleanup.h"
#include "wtg/error.h"
#include "wtg/progress.h"

/* One file's content, and where it lies. */
struct wtg_blob {
	uint8_t sha1[WTG_SHA1_SIZE];
	uint64_t size_bytes;
	bool missing;  /* the WIM does not have it */
	bool metadata; /* it is the tree of an image */
	unsigned part; /* 1-based part of a split set that holds the resource */

	/* The resource: all of it is this blob, unless it is solid. */
	uint64_t offset, stored_bytes;
	uint64_t resource_bytes; /* uncompressed */
	uint64_t at;		 /* of the blob in the uncompressed resource */
	bool compressed, solid;

	/* How it is packed, filled in by wtg_set_packing() only: WTG_CODEC_x, and what is
	 * unpacked at once, 1 of what is stored as it is.  Reading is quickest between multiples
	 * of chunk_bytes, counted from the start of the resource. */
	int codec;
	uint32_t chunk_bytes;
	bool pipable; /* a header before each chunk, the table behind the last */
};

/* A time since 1970 as Windows counts: in 100 ns since 1601. */
static inline uint64_t wtg_filetime(int64_t seconds, long nanoseconds)
{
	return ((uint64_t)seconds + 11644473600) * 10000000 + (uint64_t)nanoseconds / 100;
}

/* One name in an image, with all that is known of its file.  Text is WTF-8. */
struct wtg_node {
	const char *path; /* without a leading '/' */
	const char *name; /* "": the root */
	const char *short_name; /* for DOS; NULL: it has none */
	size_t depth;		/* 0: the root */
	bool is_dir, is_reparse, is_encrypted;
	bool is_compacted;    /* a reparse point that CompactOS made of a plain file */
	bool lacks_content;   /* the WIM does not have one of its streams */
	struct wtg_blob blob; /* of the unnamed data; of a reparse point, its data */

	uint32_t attributes, reparse_tag;
	uint64_t created, written, accessed; /* as wtg_filetime() */
	uint64_t link_group; /* equal for the names of one file, */
	uint32_t n_links;    /* if there are several */
	const void *security; /* self-relative descriptor; NULL: it has none */
	size_t security_size;
	const uint8_t *object_id; /* 64 bytes; NULL: it has none */
	uint32_t n_named_streams;
	const void *streams; /* see wtg_node_stream() */
};

/* The name and the content of named stream i of a node, from 0. */
const char *wtg_node_stream(const struct wtg_node *node, uint32_t i, struct wtg_blob *ret);

struct wtg_wim;

/* Open the parts of a WIM, first the first; they may be unlinked when this returns. */
int wtg_wim_open(const char *const paths[], size_t n, const char *name,
		 struct wtg_wim **ret, struct wtg_error *err);
void wtg_wim_close(struct wtg_wim *wim);
WTG_DEFINE_FREEP(struct wtg_wim, wtg_wim_close)

unsigned wtg_wim_n_images(const struct wtg_wim *wim);

/* How the resources that are not solid are compressed. */
int wtg_wim_codec(const struct wtg_wim *wim);
uint32_t wtg_wim_chunk_bytes(const struct wtg_wim *wim);

typedef int wtg_blob_fn(const struct wtg_blob *blob, void *context,
			struct wtg_error *err);
typedef int wtg_node_fn(const struct wtg_node *node, void *context,
			struct wtg_error *err);

/* Call fn for each blob, the images' trees first. */
int wtg_wim_each_blob(struct wtg_wim *wim, wtg_blob_fn *fn, void *context,
		      struct wtg_error *err);

/* Call fn for the name at path, if it exists; with WTG_WALK_TREE for all below, too. */
enum wtg_walk { WTG_WALK_ONE, WTG_WALK_TREE };
int wtg_wim_walk(struct wtg_wim *wim, unsigned index, const char *path, enum wtg_walk how,
		 wtg_node_fn *fn, void *context, struct wtg_error *err);

/* See wtg_image_extract(); reports the bytes that wimlib says it has extracted. */
int wtg_wim_extract(struct wtg_wim *wim, unsigned index, const char *volume_name,
		    struct wtg_progress *progress, struct wtg_error *err);
