/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/bare.h"

#include "base/alloc.h"
#include "image/files.h"
#include "wtg/text.h"

static int next_part(void *context, unsigned n, struct wtg_part *ret,
		     struct wtg_error *err)
{
	const struct wtg_image *image = context;
	const struct wtg_image_file *file;
	_cleanup_free_ char *missing = NULL;

	if (n > image->files.n_items) {
		missing = wtg_image_part_path(image->path, n);
		return wtg_fail(err, WTG_INPUT, 0,
				"part %u of the split set %s is missing: there is no %s", n,
				image->path, missing);
	}
	file = &image->files.items[n - 1];
	ret->bare = true;
	ret->source.fd = file->fd;
	ret->source.name = wtg_text_copy(file->path);
	wtg_source_extend(&ret->source, 0, file->size_bytes);
	return 0;
}

int wtg_bare_read(struct wtg_image *image, struct wtg_error *err)
{
	struct wtg_set set;

	if (wtg_set_read(next_part, image, &set, err) < 0)
		return -1;
	image->container = set.n_items > 1	     ? WTG_CONTAINER_SWM :
			   set.items[0].header.solid ? WTG_CONTAINER_ESD :
						       WTG_CONTAINER_WIM;
	WTG_APPEND(image, set);
	return 0;
}
