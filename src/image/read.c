/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/image.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "image/blob.h"
#include "image/open.h"
#include "image/resource.h"
#include "wtg/text.h"

static int note_stat(const struct wtg_node *node, void *context, struct wtg_error *err)
{
	struct wtg_image_stat *st = context;

	(void)err;
	*st = (struct wtg_image_stat){
		.exists = true,
		.is_dir = node->is_dir,
		.is_reparse = node->is_reparse,
		.size_bytes = node->blob.size_bytes,
	};
	return 0;
}

int wtg_image_stat(struct wtg_image *image, const struct wtg_edition *edition,
		   const char *path, struct wtg_image_stat *ret, struct wtg_error *err)
{
	struct wtg_image_stat st = { 0 };
	struct wtg_set *set;

	if (wtg_image_load(image, edition, &set, err) < 0 ||
	    wtg_wim_walk(set->wim, edition->index, path, WTG_WALK_ONE, note_stat, &st, err) < 0)
		return -1;
	*ret = st;
	return 0;
}

/* A file that was asked for: found first, read later in the order of the WIM. */
struct want {
	struct wtg_file file;
	struct wtg_blob blob;
};

struct wants {
	struct want *items;
	size_t n_items, capacity;
	uint64_t size_bytes, max_bytes;
	const char *const *paths; /* those before the present one have been walked */
	size_t n_walked;
};

static void wants_done(struct wants *wants)
{
	for (size_t i = 0; i < wants->n_items; i++) {
		free(wants->items[i].file.path);
		wtg_bytes_done(&wants->items[i].file.content);
	}
	free(wants->items);
}

/* Is path the same as, or below, one that was walked before? */
static bool have_walked(const struct wants *wants, const char *path)
{
	for (size_t i = 0; i < wants->n_walked; i++) {
		size_t n = strlen(wants->paths[i]);

		if (strncasecmp(path, wants->paths[i], n) == 0 &&
		    (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

static int add_want(const struct wtg_node *node, void *context, struct wtg_error *err)
{
	struct wants *wants = context;
	struct want want = { .blob = node->blob };

	/* A separator in a name, also of a directory, could lead out of where the caller
	 * puts the file. */
	if (strpbrk(node->name, "/\\"))
		return wtg_fail(err, WTG_INPUT, 0, "a name in the image is damaged: %s",
				node->path);
	if (node->is_dir || have_walked(wants, node->path))
		return 0;
	if (node->is_compacted)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is compressed in the image as CompactOS does it, which "
				"wtgctl cannot read", node->path);
	if (node->is_reparse)
		return 0;
	if (node->is_encrypted)
		return wtg_fail(err, WTG_INPUT, 0, "%s is encrypted in the image",
				node->path);
	if (node->blob.missing)
		return wtg_fail(err, WTG_INPUT, 0,
				"the content of %s is missing from the image",
				node->path);
	if (node->blob.size_bytes > wants->max_bytes - wants->size_bytes)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is too large: at most %ju bytes make sense here",
				node->path, (uintmax_t)wants->max_bytes);
	wants->size_bytes += node->blob.size_bytes;
	want.file.path = wtg_text_copy(node->path);
	WTG_APPEND(wants, want);
	return 0;
}

/* So that each chunk of a solid resource is decompressed once. */
static int by_place(const void *a, const void *b)
{
	return wtg_blob_compare(&(*(struct want *const *)a)->blob,
				&(*(struct want *const *)b)->blob);
}

static int read_one(const struct wtg_set *set, struct want *want,
		    struct wtg_blob_reader *reader, struct wtg_error *err)
{
	struct wtg_bytes *content = &want->file.content;
	uint8_t sha1[WTG_SHA1_SIZE];

	content->size = (size_t)want->blob.size_bytes;
	content->data = wtg_try_alloc(content->size, want->file.path, err);
	if (!content->data)
		return -1;
	if (content->size == 0)
		return 0;
	if (wtg_set_packing(set, &want->blob, err) < 0 ||
	    wtg_blob_read(reader, &want->blob, content->data, content->size, 0, err) < 0)
		return -1;
	wtg_sha1(content->data, content->size, sha1);
	if (memcmp(sha1, want->blob.sha1, sizeof(sha1)) != 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"the content is damaged: its SHA-1 differs");
	return 0;
}

static int read_all(const struct wtg_set *set, struct wants *wants,
		    struct wtg_blob_reader *reader, struct wtg_error *err)
{
	_cleanup_free_ struct want **order = wtg_alloc(wants->n_items * sizeof(*order));

	for (size_t i = 0; i < wants->n_items; i++)
		order[i] = &wants->items[i];
	if (wants->n_items)
		qsort(order, wants->n_items, sizeof(*order), by_place);
	for (size_t i = 0; i < wants->n_items; i++)
		if (read_one(set, order[i], reader, err) < 0)
			return wtg_while(err, "read %s", order[i]->file.path);
	return 0;
}

int wtg_image_read(struct wtg_image *image, const struct wtg_edition *edition,
		   const char *const paths[], size_t n, uint64_t max_bytes,
		   struct wtg_files *ret, struct wtg_error *err)
{
	_cleanup_(wants_done) struct wants wants = { .max_bytes = max_bytes,
						     .paths = paths };
	_cleanup_(wtg_blob_reader_freep) struct wtg_blob_reader *reader =
		wtg_blob_reader_new(image, edition);
	struct wtg_set *set;

	if (wtg_image_load(image, edition, &set, err) < 0)
		return -1;
	for (; wants.n_walked < n; wants.n_walked++)
		if (wtg_wim_walk(set->wim, edition->index, paths[wants.n_walked],
				 WTG_WALK_TREE, add_want, &wants, err) < 0)
			return -1;
	if (read_all(set, &wants, reader, err) < 0)
		return -1;
	for (size_t i = 0; i < wants.n_items; i++) {
		struct wtg_file *file = &wants.items[i].file;

		wtg_files_add(ret, file->path, file->content);
		file->content = (struct wtg_bytes){ 0 };
	}
	return 0;
}
