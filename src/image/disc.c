/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/disc.h"

#include "base/alloc.h"
#include "image/udf.h"
#include "wtg/text.h"

/* Microsoft's discs for one architecture have "sources"; those for several a directory
 * for each, and in it the same. */
static const char *const prefixes[] = { NULL, "x64", "x86", "arm64" };
static const char *const extensions[] = { "wim", "esd", "swm" };

struct finder {
	const struct wtg_image *image;
	struct wtg_udf *udf;
	const char *prefix, *extension;
};

/* "x64/sources/install2.swm". */
static char *part_path(const struct finder *f, unsigned n)
{
	_cleanup_free_ char *number = n > 1 ? wtg_text("%u", n) : wtg_text_copy("");

	return wtg_text("%s%ssources/install%s.%s", f->prefix ? f->prefix : "",
			f->prefix ? "/" : "", number, f->extension);
}

static int next_part(void *context, unsigned n, struct wtg_part *ret,
		     struct wtg_error *err)
{
	const struct finder *f = context;
	_cleanup_free_ char *path = part_path(f, n);
	int found = wtg_udf_find(f->udf, path, &ret->source, err);

	if (found == 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"part %u of the split set in %s is missing: "
				"there is no %s",
				n, f->image->path, path);
	return found < 0 ? -1 : 0;
}

/* 1 if there is an install.* below the prefix, 0 if not. */
static int look_below(struct finder *f, struct wtg_error *err)
{
	int found = 0;

	for (size_t i = 0; found == 0 && i < sizeof(extensions) / sizeof(extensions[0]);
	     i++) {
		struct wtg_source source = { .fd = -1 };
		_cleanup_free_ char *path = NULL;

		f->extension = extensions[i];
		path = part_path(f, 1);
		found = wtg_udf_find(f->udf, path, &source, err);
		wtg_source_done(&source);
	}
	return found;
}

int wtg_disc_read(struct wtg_image *image, struct wtg_error *err)
{
	_cleanup_(wtg_udf_closep) struct wtg_udf *udf = NULL;

	image->container = WTG_CONTAINER_ISO;
	if (wtg_udf_open(image->files.items[0].fd, image->files.items[0].size_bytes, image->path, &udf, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct finder finder = { .image = image,
					 .udf = udf,
					 .prefix = prefixes[i] };
		struct wtg_set set;
		int found = look_below(&finder, err);

		if (found < 0 ||
		    (found > 0 && wtg_set_read(next_part, &finder, &set, err) < 0))
			return -1;
		if (found == 0)
			continue;
		set.prefix = wtg_text_copy(prefixes[i] ? prefixes[i] : "sources");
		WTG_APPEND(image, set);
	}
	if (image->n_items == 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is no Windows disc: it has no "
				"sources/install.wim, .esd or .swm",
				image->path);
	/* A prefix tells sets apart; alone it says nothing. */
	if (image->n_items == 1)
		free(WTG_STEAL(image->items[0].prefix));
	return 0;
}
