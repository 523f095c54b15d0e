/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/tree.h"

#include <string.h>

#include "base/utf16.h"
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

/* What libntfs-3g would refuse when half of the image is written, or cut to 12 units. */
static bool is_dos_name(const char *name)
{
	size_t length = strlen(name), n_units = 0, n;
	uint32_t c;

	for (size_t at = 0; at < length; at += n ? n : 1) {
		n = wtg_utf8_next(name + at, length - at, &c);
		n_units += n && c > 0xffff ? 2 : 1;
	}
	return n_units <= 12 && !misread(name) && !strpbrk(name, "\"*<>?|") &&
	       name[length - 1] != ' ' && name[length - 1] != '.';
}

/* libntfs-3g does not set a short name beside a long one that Windows would not make. */
static bool has_bad_short_name(const struct wtg_node *node)
{
	return node->short_name &&
	       (!is_dos_name(node->short_name) || strpbrk(node->name, "\"*<>?|"));
}

int wtg_node_check(const struct wtg_node *node, struct wtg_error *err)
{
	const char *wrong = misread(node->name);
	bool left_out = node->is_encrypted && !node->is_dir;
	_cleanup_free_ char *path = NULL;

	if (!wrong && !left_out && !node->lacks_content && !has_bad_short_name(node))
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
	if (node->lacks_content)
		return wtg_fail(err, WTG_INPUT, 0,
				"the image does not have the content of %s", path);
	return wtg_fail(err, WTG_INPUT, 0,
			"the image has a file whose short name NTFS cannot hold: %s", path);
}
