/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/set.h"

#include <string.h>

#include "base/alloc.h"
#include "image/skeleton.h"

static void part_done(struct wtg_part *part)
{
	wtg_source_done(&part->source);
	if (part->copy >= 0)
		close(part->copy);
}

void wtg_set_done(struct wtg_set *set)
{
	wtg_wim_close(set->wim);
	for (size_t i = 0; i < set->n_items; i++)
		part_done(&set->items[i]);
	free(set->items);
	wtg_editions_done(&set->editions);
	free(set->prefix);
	*set = (struct wtg_set){ 0 };
}

/* Is the part that was just added what number n of the set should be? */
static int check_part(const struct wtg_set *set, unsigned n, struct wtg_error *err)
{
	const struct wtg_wim_header *first = &set->items[0].header;
	const struct wtg_part *part = &set->items[n - 1];

	if (n == 1 && part->header.part != 1) {
		wtg_fail(err, WTG_INPUT, 0, "%s is part %u of a split set of %u",
			 part->source.name, part->header.part, part->header.n_parts);
		return wtg_hint(err,
				"Give the first part; the others are found beside it.");
	}
	if (part->header.part != n || part->header.n_parts != first->n_parts ||
	    memcmp(part->header.guid, first->guid, sizeof(first->guid)) != 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is not part %u of the same split set as %s",
				part->source.name, n, set->items[0].source.name);
	return 0;
}

static int add_part(struct wtg_set *set, unsigned n, wtg_part_fn *next, void *context,
		    struct wtg_error *err)
{
	struct wtg_part part = { .copy = -1 };

	if (next(context, n, &part, err) < 0)
		return -1;
	WTG_APPEND(set, part);
	if (wtg_wim_header_read(&part.source, &set->items[n - 1].header, err) < 0)
		return -1;
	return check_part(set, n, err);
}

static int read_xml(struct wtg_set *set, struct wtg_error *err)
{
	const struct wtg_part *first = &set->items[0];
	size_t size = (size_t)first->header.xml.stored_bytes;
	_cleanup_free_ void *xml = wtg_alloc(size);

	if (wtg_source_pread(&first->source, xml, size, first->header.xml.offset,
			     err) < 0 ||
	    wtg_wim_xml_parse(xml, size, first->source.name, &set->editions, err) < 0)
		return -1;
	if (set->editions.n_items == 0)
		return wtg_fail(err, WTG_INPUT, 0, "%s holds no image",
				first->source.name);
	if (set->editions.n_items != first->header.n_images)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s has %u images, and its XML tells of %zu",
				first->source.name, first->header.n_images,
				set->editions.n_items);
	return 0;
}

/* wimlib takes memory for a tree before it looks at it; Windows' have 20 to 60 MiB. */
#define MAX_TREE_BYTES (1ull << 30)

static int check_blob(const struct wtg_blob *blob, void *context, struct wtg_error *err)
{
	const struct wtg_set *set = context;
	const struct wtg_source *source;

	if (blob->missing)
		return 0;
	if (blob->part == 0 || blob->part > set->n_items)
		return wtg_fail(err, WTG_INPUT, 0, "%s has a file in part %u of %zu",
				set->items[0].source.name, blob->part, set->n_items);
	source = &set->items[blob->part - 1].source;
	if (blob->offset > source->size_bytes ||
	    blob->stored_bytes > source->size_bytes - blob->offset)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is truncated: it has %ju bytes, and a "
				"file in it starts at %ju with %ju",
				source->name, (uintmax_t)source->size_bytes,
				(uintmax_t)blob->offset, (uintmax_t)blob->stored_bytes);
	if (blob->metadata && blob->size_bytes > MAX_TREE_BYTES)
		return wtg_fail(err, WTG_INPUT, 0,
				"the tree of an image in %s has %ju bytes, "
				"which makes no sense",
				source->name, (uintmax_t)blob->size_bytes);
	return 0;
}

int wtg_set_read(wtg_part_fn *next, void *context, struct wtg_set *ret,
		 struct wtg_error *err)
{
	_cleanup_(wtg_set_done) struct wtg_set set = { 0 };

	if (add_part(&set, 1, next, context, err) < 0)
		return -1;
	for (unsigned n = 2; n <= set.items[0].header.n_parts; n++)
		if (add_part(&set, n, next, context, err) < 0)
			return -1;
	if (read_xml(&set, err) < 0)
		return -1;
	*ret = set;
	set = (struct wtg_set){ 0 };
	return 0;
}

int wtg_set_load(struct wtg_set *set, struct wtg_error *err)
{
	if (wtg_skeleton_open(set, err) < 0)
		return -1;
	set->codec = wtg_wim_codec(set->wim);
	set->chunk_bytes = wtg_wim_chunk_bytes(set->wim);
	/* wimlib lowers its count when the table lacks an image's tree. */
	if (wtg_wim_n_images(set->wim) != set->editions.n_items)
		return wtg_fail(err, WTG_INPUT, 0, "%s has no tree for one of its images",
				set->items[0].source.name);
	return wtg_wim_each_blob(set->wim, check_blob, set, err);
}
