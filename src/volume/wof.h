/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a file is that Windows compressed as its own (CompactOS; the filter Wof): the unnamed data
 * is a hole of the plain size, a reparse point says how it is packed, and a stream has a table
 * of where each chunk but the first begins, counted from behind the table (4 bytes each, 8 for
 * files that do not fit 32 bits), and the chunks; one that does not get smaller is kept as it
 * is.  (Microsoft: wofapi.h and [MS-FSCC] 2.1.2.1; the stream has the form of a resource of a
 * WIM, as wimlib and the system compression of ntfs-3g have it.)
 */
#pragma once

#include <stdint.h>

#define WTG_WOF_TAG 0x80000017u /* IO_REPARSE_TAG_WOF */
#define WTG_WOF_STREAM "WofCompressedData"

/* Attributes that it has beside its own: FILE_ATTRIBUTE_SPARSE_FILE and _REPARSE_POINT. */
#define WTG_WOF_ATTRIBUTES 0x600u

/* What the reparse point holds behind tag and length: WOF_EXTERNAL_INFO, version 1, of the
 * provider that keeps what it packed in the file (2), and FILE_PROVIDER_EXTERNAL_INFO_V1. */
#define WTG_WOF_DATA_BYTES 16
extern const uint8_t wtg_wof_lzx[WTG_WOF_DATA_BYTES];
