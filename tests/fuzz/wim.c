/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bare WIM or ESD: header, XML, wimlib's view of it, trees, reading files. */
#include "fuzz.h"

#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *path = fuzz_image_file("install.wim", data, size);

	fuzz_image(path);
	return 0;
}
