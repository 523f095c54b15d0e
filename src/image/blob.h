/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading blobs where they lie, in WIM, ESD, SWM or ISO.  One reader to a thread; it keeps
 * what costs time to make anew: decompressors, the chunk table of the resource read last, and
 * of a solid resource the chunk unpacked last.
 */
#pragma once

#include "image/image.h"
#include "image/wim.h"

struct wtg_blob_reader;

/* The image must stay open as long. */
struct wtg_blob_reader *wtg_blob_reader_new(struct wtg_image *image,
					    const struct wtg_edition *edition);
void wtg_blob_reader_free(struct wtg_blob_reader *reader);
WTG_DEFINE_FREEP(struct wtg_blob_reader, wtg_blob_reader_free)

/* The blob's own bytes [at, at + size).  Whole chunks are unpacked straight into buffer.  The
 * SHA-1 is the caller's to check.  Damage: kind WTG_INPUT. */
int wtg_blob_read(struct wtg_blob_reader *reader, const struct wtg_blob *blob, void *buffer,
		  size_t size, uint64_t at, struct wtg_error *err);

/* Of all that the blob holds. */
int wtg_blob_sha1(struct wtg_blob_reader *reader, const struct wtg_blob *blob,
		  uint8_t ret_sha1[static WTG_SHA1_SIZE], struct wtg_error *err);

/* Of a blob that is not solid, its resource as it is stored, chunk table and all:
 * blob->stored_bytes. */
int wtg_blob_read_stored(struct wtg_blob_reader *reader, const struct wtg_blob *blob,
			 void *buffer, size_t size, uint64_t at, struct wtg_error *err);
