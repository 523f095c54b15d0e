/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/catalog-walk.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"
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

/* Names hold whatever they like; the caller frees. */
static char *printable(const struct wtg_name16 *name)
{
	_cleanup_free_ char *text = wtg_utf16_to_utf8(name->data, 2 * (size_t)name->n_units);

	return wtg_text_printable(text);
}

static char *path_of(const struct wtg_catalog *catalog, uint32_t inode)
{
	_cleanup_free_ char *path = wtg_catalog_path(catalog->inodes, catalog->names, inode);

	return wtg_text_printable(*path ? path : "the root");
}

static int find_twice(const struct wtg_catalog *catalog, struct key *keys, size_t n,
		      struct wtg_error *err)
{
	if (n)
		qsort(keys, n, sizeof(*keys), compare);
	for (size_t i = 1; i < n; i++) {
		_cleanup_free_ char *name = NULL, *holder = NULL;

		if (compare(&keys[i - 1], &keys[i]) != 0 || keys[i - 1].owner == keys[i].owner)
			continue;
		name = printable(keys[i].name);
		holder = path_of(catalog, keys[i].holder);
		return wtg_fail(err, WTG_INPUT, 0, "%s in the image has \"%s\" twice: NTFS "
				"cannot hold that", holder, name);
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
	return find_twice(catalog, keys, n, err);
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
	return find_twice(catalog, keys, n, err);
}

/* ------------------------------------------------------------------ what NTFS has already */

static bool is_reserved(const struct wtg_name16 *name)
{
	/* Microsoft: Master File Table, of NTFS 3.1; all lie in the root, as the root does. */
	static const char *const reserved[] = { "$MFT",	    "$MFTMirr", "$LogFile", "$Volume",
						"$AttrDef", ".",	"$Bitmap",  "$Boot",
						"$BadClus", "$Secure",	"$UpCase",  "$Extend" };
	_cleanup_free_ char *text = wtg_utf16_to_utf8(name->data, 2 * (size_t)name->n_units);

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (wtg_text_equal_fold(text, reserved[i]))
			return true;
	return false;
}

static int check_root(const struct wtg_catalog *catalog, struct wtg_error *err)
{
	for (uint32_t i = 0; i < catalog->n_names; i++) {
		const struct wtg_catalog_name *name = &catalog->names[i];
		_cleanup_free_ char *text = NULL;

		if (name->parent != 0 ||
		    (!is_reserved(&name->name) && !is_reserved(&name->short_name)))
			continue;
		text = printable(&name->name);
		return wtg_fail(err, WTG_INPUT, 0, "the root in the image has %s, which is a name "
				"of NTFS' own", text);
	}
	return 0;
}

/* ------------------------------------------------------------------ sizes */

/* Windows' volumes of NTFS have 8 PB at most (Microsoft: NTFS overview), a resource less by far
 * (catalog-order.c): so no sum over a catalog wraps. */
#define MAX_CONTENT_BYTES (UINT64_C(1) << 53)

/* Windows reads no longer list of attributes.  It has an entry for each name and stream, and others
 * for what a file has once or the plan adds. */
#define MAX_LIST_BYTES (256u << 10)
#define OTHER_ENTRIES_BYTES 512
#define ENTRY_BYTES 26 /* and a name, in units of 8 bytes */

static uint64_t entry_bytes(unsigned n_units)
{
	return wtg_round_up(ENTRY_BYTES + 2 * (uint64_t)n_units, 8);
}

static uint64_t list_bytes(const struct wtg_catalog *catalog,
			   const struct wtg_catalog_inode *inode)
{
	uint64_t size = OTHER_ENTRIES_BYTES;

	for (uint32_t i = 0; i < inode->n_names; i++) {
		bool two = catalog->names[inode->first_name + i].short_name.n_units > 0;

		size += (two ? 2 : 1) * entry_bytes(0);
	}
	for (uint32_t i = 0; i < inode->n_streams; i++)
		size += entry_bytes(catalog->streams[inode->first_stream + i].name.n_units);
	return size;
}

static int check_lists(const struct wtg_catalog *catalog, struct wtg_error *err)
{
	for (uint32_t i = 0; i < catalog->n_inodes; i++) {
		_cleanup_free_ char *path = NULL;

		if (list_bytes(catalog, &catalog->inodes[i]) <= MAX_LIST_BYTES)
			continue;
		path = path_of(catalog, i);
		return wtg_fail(err, WTG_INPUT, 0, "%s in the image has %u names and %u streams: "
				"NTFS cannot hold that", path, catalog->inodes[i].n_names,
				catalog->inodes[i].n_streams);
	}
	return 0;
}

static int check_contents(const struct wtg_catalog *catalog, struct wtg_error *err)
{
	uint64_t content_bytes = 0;

	for (uint32_t i = 0; i < catalog->n_streams; i++) {
		if (catalog->streams[i].blob == WTG_NONE)
			continue;
		content_bytes += catalog->blobs[catalog->streams[i].blob].size_bytes;
		if (content_bytes > MAX_CONTENT_BYTES)
			return wtg_fail(err, WTG_INPUT, 0,
					"the image's files hold more than any volume");
	}
	return 0;
}

int wtg_catalog_check_sizes(const struct wtg_catalog *catalog, struct wtg_error *err)
{
	if (check_contents(catalog, err) < 0)
		return -1;
	return check_lists(catalog, err);
}

int wtg_catalog_check_names(const struct wtg_catalog *catalog, struct wtg_error *err)
{
	if (check_names(catalog, err) < 0 ||
	    check_streams(catalog, err) < 0)
		return -1;
	return check_root(catalog, err);
}
