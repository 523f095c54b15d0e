/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/open.h"

#include <string.h>

#include "wtg/text.h"

/* Everything else may be in a name, also what Windows' own programs would not make. */
static const char *misread(const char *name)
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
	const char *wrong = misread(node->name);
	bool left_out = node->is_encrypted && !node->is_dir;
	_cleanup_free_ char *path = NULL;

	(void)context;
	if (!wrong && !left_out && !node->lacks_content)
		return 0;
	path = wtg_text_printable(node->path);
	if (wrong)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image has a file whose name holds %s: %s", wrong,
				path);
	if (left_out)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is encrypted in the image (EFS), which only Windows "
				"can put back", path);
	return wtg_fail(err, WTG_INPUT, 0, "the image does not have the content of %s",
			path);
}

int wtg_image_check_tree(struct wtg_image *image, const struct wtg_edition *edition,
			 struct wtg_error *err)
{
	struct wtg_set *set;

	if (wtg_image_load(image, edition, &set, err) < 0)
		return -1;
	return wtg_wim_walk(set->wim, edition->index, "", WTG_WALK_TREE, check_node, NULL, err);
}
