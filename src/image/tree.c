/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/open.h"

#include <string.h>

#include "wtg/text.h"

/* Everything else may be in a name, also what Windows' own programs would not make. */
static const char *what_is_wrong(const char *name)
{
	if (strpbrk(name, "/\\"))
		return "a separator of directories";
	if (strchr(name, ':'))
		return "':', which separates streams";
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20)
			return "a control character";
	return NULL;
}

static int check_node(const struct wtg_node *node, void *context, struct wtg_error *err)
{
	const char *wrong = what_is_wrong(node->name);
	_cleanup_free_ char *path = NULL;

	(void)context;
	if (!wrong && !node->blob.missing)
		return 0;
	path = wtg_text_printable(node->path);
	if (wrong)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has a file whose name holds %s: %s", wrong,
				path);
	return wtg_fail(err, WTG_INPUT, 0, "the image does not have the content of %s",
			path);
}

int wtg_image_check_tree(struct wtg_image *image, const struct wtg_edition *edition,
			 struct wtg_error *err)
{
	return wtg_wim_walk(wtg_image_set(image, edition)->wim, edition->index, "",
			    WTG_WALK_TREE, check_node, NULL, err);
}
