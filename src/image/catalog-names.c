/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/catalog-walk.h"

#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

/* A name, or a short one, and what must not have another like it: a directory, or a file of its
 * streams. */
struct key {
	uint32_t holder, owner; /* an owner's name and short name may be one */
	const struct wtg_name16 *name;
};

static int compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->holder != y->holder)
		return x->holder < y->holder ? -1 : 1;
	if (x->name->n_units != y->name->n_units)
		return x->name->n_units < y->name->n_units ? -1 : 1;
	return memcmp(x->name->data, y->name->data, 2 * (size_t)x->name->n_units);
}

static int find_twice(struct key *keys, size_t n, const char *what, struct wtg_error *err)
{
	if (n)
		qsort(keys, n, sizeof(*keys), compare);
	for (size_t i = 1; i < n; i++) {
		_cleanup_free_ char *name = NULL, *harmless = NULL;

		if (compare(&keys[i - 1], &keys[i]) != 0 || keys[i - 1].owner == keys[i].owner)
			continue;
		name = wtg_utf16_to_utf8(keys[i].name->data, 2 * (size_t)keys[i].name->n_units);
		harmless = wtg_text_printable(name);
		return wtg_fail(err, WTG_INPUT, 0, "the image has a %s twice: %s", what,
				harmless);
	}
	return 0;
}

static int check_names(const struct wtg_catalog *catalog, struct wtg_error *err)
{
	_cleanup_free_ struct key *keys =
		wtg_try_alloc(2 * (size_t)catalog->n_names * sizeof(*keys), "names", err);
	size_t n = 0;

	if (!keys)
		return -1;
	for (uint32_t i = 0; i < catalog->n_names; i++) {
		const struct wtg_catalog_name *name = &catalog->names[i];

		keys[n++] = (struct key){ name->parent, i, &name->name };
		if (name->short_name.n_units > 0)
			keys[n++] = (struct key){ name->parent, i, &name->short_name };
	}
	return find_twice(keys, n, "name in a directory", err);
}

static int check_streams(const struct wtg_catalog *catalog, struct wtg_error *err)
{
	_cleanup_free_ struct key *keys =
		wtg_try_alloc((size_t)catalog->n_streams * sizeof(*keys), "names", err);
	size_t n = 0;

	if (!keys)
		return -1;
	for (uint32_t i = 0; i < catalog->n_inodes; i++) {
		const struct wtg_catalog_inode *inode = &catalog->inodes[i];

		for (uint32_t k = 0; inode->n_streams > 1 && k < inode->n_streams; k++) {
			uint32_t stream = inode->first_stream + k;

			keys[n++] = (struct key){ i, stream, &catalog->streams[stream].name };
		}
	}
	return find_twice(keys, n, "stream of a file", err);
}

int wtg_catalog_check_names(const struct wtg_catalog *catalog, struct wtg_error *err)
{
	return check_names(catalog, err) < 0 || check_streams(catalog, err) < 0 ? -1 : 0;
}
