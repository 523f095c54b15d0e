/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is packed by xz; the first two bytes are the size that it should have. */
#include "fuzz.h"

#include "base/xz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_bytes_done) struct wtg_bytes plain = { 0 };
	struct wtg_bytes packed;

	if (size < 2)
		return 0;
	packed = fuzz_bytes(data + 2, size - 2);
	if (wtg_xz_unpack(&packed, wtg_le16(data), "input", &plain, &err) == 0)
		FUZZ_ASSERT(plain.size == wtg_le16(data));
	else
		FUZZ_ASSERT(!plain.data);
	return 0;
}
