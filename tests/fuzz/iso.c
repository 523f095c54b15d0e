/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disc: the UDF filesystem, and the WIM in it by way of a skeleton. */
#include "fuzz.h"

#include "image.h"
#include "wtg/text.h"

#define BLOCK_BYTES 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t disc_bytes;
	_cleanup_fd_ int fd = fuzz_disk(data, size, BLOCK_BYTES, &disc_bytes);
	_cleanup_free_ char *path = wtg_text("/proc/self/fd/%d", fd);

	fuzz_image(path);
	return 0;
}
