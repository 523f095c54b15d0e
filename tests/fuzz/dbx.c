/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revocation lists, and a loader that is looked for in them: its size before them, in two bytes. */
#include "fuzz.h"

#include <stdlib.h>

#include "windows/dbx.h"
#include "wtg/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_dbx_done) struct wtg_dbx dbx = { 0 };
	struct wtg_bytes loader, list;
	size_t n = size < 2 ? 0 : wtg_le16(data);
	char *why = NULL;
	int r;

	if (size < 2 || n > size - 2)
		return 0;
	loader = fuzz_bytes(data + 2, n);
	list = fuzz_bytes(data + 2 + n, size - 2 - n);
	if (wtg_dbx_parse(&list, &dbx, &err) < 0)
		return 0;
	r = wtg_dbx_revokes(&dbx, &loader, &why, &err);
	FUZZ_ASSERT((r == 1) == (why != NULL));
	free(why);
	return 0;
}
