/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/catalog.h"

#include "base/alloc.h"
#include "image/catalog-walk.h"
#include "image/open.h"
#include "wtg/text.h"

/* Deeper than any path that Windows or this program can use. */
#define MAX_DEPTH 512

char *wtg_catalog_path(const struct wtg_catalog_inode *inodes,
		       const struct wtg_catalog_name *names, uint32_t inode)
{
	char *path = wtg_text_copy("");

	for (int depth = 0; depth < MAX_DEPTH && inodes[inode].n_names > 0; depth++) {
		const struct wtg_catalog_name *name = &names[inodes[inode].first_name];
		_cleanup_free_ char *below = path, *part = NULL;

		part = wtg_utf16_to_utf8(name->name.data, 2 * (size_t)name->name.n_units);
		path = wtg_text("%s%s%s", part, *below ? "/" : "", below);
		inode = name->parent;
	}
	return path;
}

void wtg_catalog_free(struct wtg_catalog *catalog)
{
	if (!catalog)
		return;
	free(catalog->inodes);
	free(catalog->names);
	free(catalog->streams);
	free(catalog->blobs);
	free(catalog->descriptors);
	wtg_arena_free(catalog->arena);
	free(catalog);
}

int wtg_catalog_read(struct wtg_image *image, const struct wtg_edition *edition,
		     struct wtg_catalog **ret, struct wtg_error *err)
{
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = wtg_alloc(sizeof(*catalog));
	_cleanup_(wtg_found_done) struct wtg_found found = { 0 };
	struct wtg_set *set;

	if (wtg_image_load(image, edition, &set, err) < 0 ||
	    wtg_found_walk(set, edition, &found, err) < 0)
		return -1;
	if (wtg_found_order(&found, set, catalog, err) < 0 ||
	    wtg_catalog_check_sizes(catalog, err) < 0 ||
	    wtg_catalog_check_names(catalog, err) < 0)
		return -1;
	*ret = WTG_STEAL(catalog);
	return 0;
}
