/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Catalogs of drivers: PKCS #7 as libcrypto parses it, and the list in it. */
#include "fuzz.h"

#include "windows/cat-file.h"
#include "wtg/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_cat_file_done) struct wtg_cat_file catalog = { 0 };
	struct wtg_bytes bytes = fuzz_bytes(data, size);

	if (wtg_cat_file_read(&bytes, &catalog, &err) < 0) {
		FUZZ_ASSERT(err.kind == WTG_INPUT);
		return 0;
	}
	if (catalog.signer)
		fuzz_check_harmless(catalog.signer);
	FUZZ_ASSERT(!wtg_cat_file_has(&catalog, &bytes));
	return 0;
}
