/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A split WIM: its parts, each after its le32 size; what is left over belongs to the last. */
#include "fuzz.h"

#include <unistd.h>

#include "image.h"
#include "wtg/text.h"

#define MAX_PARTS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *paths[MAX_PARTS] = { NULL };
	size_t n = 0, at = 0;

	while (n < MAX_PARTS && size - at >= 4) {
		uint32_t part_size = wtg_le32(data + at);
		_cleanup_free_ char *name = n == 0 ? wtg_text_copy("install.swm") :
						     wtg_text("install%zu.swm", n + 1);

		at += 4;
		if (part_size > size - at || n + 1 == MAX_PARTS)
			part_size = (uint32_t)(size - at);
		paths[n++] = fuzz_image_file(name, data + at, part_size);
		at += part_size;
	}
	if (n > 0)
		fuzz_image(paths[0]);
	while (n > 0) {
		unlink(paths[--n]);
		free(paths[n]);
	}
	return 0;
}
