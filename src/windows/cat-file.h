/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Catalogs of Windows (.cat): a list of hashes of files, signed by who vouches for them.  A list
 * of that form is a certificate trust list (Microsoft: [MS-CAESO] 2.2.2, and wintrust.h).
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "wtg/error.h"

struct wtg_cat_file {
	struct wtg_cat_file_hash *items; /* cat-file.c's; sorted */
	size_t n_items, capacity;
	char *signer; /* as the certificate with it says; NULL: there is none */
	bool intact;  /* the signature fits; whether it is to be trusted is not asked */
};
void wtg_cat_file_done(struct wtg_cat_file *catalog);

/* Kind WTG_INPUT; the message speaks of "it". */
int wtg_cat_file_read(const struct wtg_bytes *file, struct wtg_cat_file *ret,
		     struct wtg_error *err);

/* Is a file in it as it is: by the SHA-1 or SHA-256 of all of it or, of a program, of what is
 * signed of that? */
bool wtg_cat_file_has(const struct wtg_cat_file *catalog, const struct wtg_bytes *file);
