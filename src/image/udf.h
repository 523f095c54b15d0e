/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding files in an ISO.  Microsoft's discs keep theirs in UDF; the ISO 9660 half holds
 * a README.TXT only and knows no files over 4 GiB, so it is never asked.  udf.c is the
 * only file that knows libudfread.
 */
#pragma once

#include <stdbool.h>

#include "image/source.h"

/* Does fd, size_bytes long, look like a disc: ISO 9660, UDF or both? */
bool wtg_disc_magic(int fd, uint64_t size_bytes);

struct wtg_udf;

/* Borrows fd and name. */
int wtg_udf_open(int fd, uint64_t size_bytes, const char *name, struct wtg_udf **ret,
		 struct wtg_error *err);
void wtg_udf_close(struct wtg_udf *udf);
WTG_DEFINE_FREEP(struct wtg_udf, wtg_udf_close)

/*
 * Find a file by its path, whatever the case: 1 with *ret, 0 if there is none, -1 if it
 * is there but does not lie within the disc.
 */
int wtg_udf_find(struct wtg_udf *udf, const char *path, struct wtg_source *ret,
		 struct wtg_error *err);
