/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/image.h"

#include "image/open.h"
#include "wtg/text.h"

/* Does text name this edition by something that others may share?  NULL calls everyone. */
static bool is_called(const struct wtg_edition *e, const char *text)
{
	_cleanup_free_ char *index = wtg_text("%u", e->index);

	return !text || wtg_text_equal(text, index) ||
	       wtg_text_equal_fold(text, e->edition_id) ||
	       wtg_text_equal_fold(text, e->name) ||
	       wtg_text_equal_fold(text, e->display_name);
}

/* "1 (Windows 11 Home, amd64), 2 (Windows 11 Pro, amd64)": those that are called so. */
static char *list(const struct wtg_image *image, const char *text)
{
	char *all = wtg_text_copy("");

	for (size_t i = 0; i < wtg_image_n_editions(image); i++) {
		const struct wtg_edition *e = wtg_image_edition(image, i);
		_cleanup_free_ char *name =
			wtg_text_printable(e->display_name ? e->display_name : "unnamed");
		_cleanup_free_ char *before = NULL;

		if (!is_called(e, text))
			continue;
		before = all;
		all = wtg_text("%s%s%s (%s, %s)", before, *before ? ", " : "", e->selector,
			       name, wtg_arch_name(e->arch));
	}
	return all;
}

static int refuse(const struct wtg_image *image, const char *text, struct wtg_error *err)
{
	_cleanup_free_ char *editions = list(image, text);

	return wtg_hint(err, "Choose with --edition: %s.", editions);
}

int wtg_image_choose(const struct wtg_image *image, const char *text,
		     const struct wtg_edition **ret, struct wtg_error *err)
{
	const struct wtg_edition *chosen = NULL;
	size_t n = wtg_image_n_editions(image), n_matches = 0;

	for (size_t i = 0; i < n; i++) {
		const struct wtg_edition *e = wtg_image_edition(image, i);

		/* A selector means exactly one, whatever else is called so. */
		if (text && wtg_text_equal_fold(text, e->selector)) {
			*ret = e;
			return 0;
		}
		if (is_called(e, text)) {
			chosen = e;
			n_matches++;
		}
	}
	if (n_matches == 1) {
		*ret = chosen;
		return 0;
	}
	if (!text)
		wtg_fail(err, WTG_USAGE, 0, "%s holds %zu editions, and none was chosen",
			 image->path, n);
	else if (n_matches == 0)
		wtg_fail(err, WTG_USAGE, 0, "%s holds no edition \"%s\"", image->path,
			 text);
	else
		wtg_fail(err, WTG_USAGE, 0, "\"%s\" means %zu editions of %s", text,
			 n_matches, image->path);
	return refuse(image, n_matches ? text : NULL, err);
}
