/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wtg_examine() without a worker: what that does, and fuzzers. */
#pragma once

#include "windows/dbx.h"
#include "wtg/examine.h"

/* Only the editions, which wtg_image_open_files() and wtg_image_parse() found; dbx may be of
 * nothing. */
int wtg_examine_editions(struct wtg_image *image, const struct wtg_dbx *dbx,
			 struct wtg_facts *out, struct wtg_error *err);

/* A boot loader of the image: who signed it, until when they may, and whether it is revoked.  One
 * that cannot be read is left out, with the reason in err. */
int wtg_examine_loader(const char *key, const struct wtg_file *loader, const struct wtg_dbx *dbx,
		       struct wtg_facts *out, struct wtg_error *err);
