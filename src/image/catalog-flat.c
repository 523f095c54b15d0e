/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A catalog from process to process.  Names lie with their files, so nobody says whose they are;
 * what comes back is checked as if a stranger had made it. */
#include "image/catalog-walk.h"

#include "base/alloc.h"
#include "image/descriptor.h"
#include "image/open.h"
#include "image/resource.h"

static void flatten_blob(const struct wtg_blob *blob, struct wtg_packet *packet)
{
	wtg_packet_bytes(packet, blob->sha1, sizeof(blob->sha1));
	wtg_packet_number(packet, blob->size_bytes);
	wtg_packet_number(packet, blob->part);
	wtg_packet_number(packet, blob->offset);
	wtg_packet_number(packet, blob->stored_bytes);
	wtg_packet_number(packet, blob->resource_bytes);
	wtg_packet_number(packet, blob->at);
	wtg_packet_number(packet, blob->compressed);
	wtg_packet_number(packet, blob->solid);
	wtg_packet_number(packet, blob->pipable);
	wtg_packet_number(packet, (uint64_t)blob->codec);
	wtg_packet_number(packet, blob->chunk_bytes);
}

static void flatten_name(const struct wtg_name16 *name, struct wtg_packet *packet)
{
	wtg_packet_bytes(packet, name->data, 2 * (size_t)name->n_units);
}

static void flatten_inode(const struct wtg_catalog_inode *inode, struct wtg_packet *packet)
{
	wtg_packet_number(packet, inode->created);
	wtg_packet_number(packet, inode->written);
	wtg_packet_number(packet, inode->accessed);
	wtg_packet_number(packet, inode->attributes);
	wtg_packet_number(packet, inode->security);
	wtg_packet_number(packet, inode->reparse_tag);
	wtg_packet_number(packet, inode->reparse_blob);
	wtg_packet_number(packet, inode->n_names);
	wtg_packet_number(packet, inode->first_stream);
	wtg_packet_number(packet, inode->n_streams);
	wtg_packet_bytes(packet, inode->object_id, inode->object_id ? WTG_OBJECT_ID_BYTES : 0);
}

void wtg_catalog_flatten(const struct wtg_catalog *catalog, struct wtg_packet *packet)
{
	wtg_packet_number(packet, catalog->n_descriptors);
	for (uint32_t i = 0; i < catalog->n_descriptors; i++)
		wtg_packet_bytes(packet, catalog->descriptors[i].data,
				 catalog->descriptors[i].size);
	wtg_packet_number(packet, catalog->n_blobs);
	for (uint32_t i = 0; i < catalog->n_blobs; i++)
		flatten_blob(&catalog->blobs[i], packet);
	wtg_packet_number(packet, catalog->n_streams);
	for (uint32_t i = 0; i < catalog->n_streams; i++) {
		flatten_name(&catalog->streams[i].name, packet);
		wtg_packet_number(packet, catalog->streams[i].blob);
	}
	wtg_packet_number(packet, catalog->n_inodes);
	for (uint32_t i = 0; i < catalog->n_inodes; i++)
		flatten_inode(&catalog->inodes[i], packet);
	wtg_packet_number(packet, catalog->n_names);
	for (uint32_t i = 0; i < catalog->n_names; i++) {
		wtg_packet_number(packet, catalog->names[i].parent);
		flatten_name(&catalog->names[i].name, packet);
		flatten_name(&catalog->names[i].short_name, packet);
	}
}

/* ------------------------------------------------------------------ and back */

struct reading {
	struct wtg_reader reader;
	const struct wtg_set *set;
	struct wtg_catalog *made;
};

/* A number of 32 bits. */
static uint32_t read_u32(struct reading *r)
{
	return (uint32_t)wtg_read_below(&r->reader, UINT64_C(1) << 32);
}

/* One of n things, or none. */
static uint32_t read_index(struct reading *r, uint32_t n)
{
	uint32_t index = read_u32(r);

	if (index != WTG_NONE && index >= n)
		r->reader.bad = true;
	return index;
}

static struct wtg_name16 read_name(struct reading *r, size_t least_units, size_t most_units)
{
	size_t size;
	const uint8_t *data = wtg_read_view(&r->reader, &size);

	if (size % 2 || size < 2 * least_units || size > 2 * most_units) {
		r->reader.bad = true;
		size = 0;
	}
	return (struct wtg_name16){ data, (uint16_t)(size / 2) };
}

/* How many rows a table has; zeroed memory for them is *ret_rows. */
static uint32_t read_table(struct reading *r, size_t row_bytes, void *ret_rows,
			   struct wtg_error *err)
{
	size_t n = wtg_read_count(&r->reader);
	void *rows;

	if (n >= WTG_NONE / 2) {
		r->reader.bad = true;
		n = 0;
	}
	rows = wtg_try_alloc((n + 1) * row_bytes, "the image's tree", err);
	if (!rows)
		r->reader.bad = true;
	memcpy(ret_rows, &rows, sizeof(rows));
	return rows ? (uint32_t)n : 0;
}

static void read_blob(struct reading *r, struct wtg_blob *blob, struct wtg_error *err)
{
	size_t size;
	const uint8_t *sha1 = wtg_read_view(&r->reader, &size);

	if (size == sizeof(blob->sha1))
		memcpy(blob->sha1, sha1, size);
	else
		r->reader.bad = true;
	blob->size_bytes = wtg_read_number(&r->reader);
	blob->part = (unsigned)wtg_read_below(&r->reader, r->set->n_items + 1);
	blob->offset = wtg_read_number(&r->reader);
	blob->stored_bytes = wtg_read_number(&r->reader);
	blob->resource_bytes = wtg_read_number(&r->reader);
	blob->at = wtg_read_number(&r->reader);
	blob->compressed = wtg_read_truth(&r->reader);
	blob->solid = wtg_read_truth(&r->reader);
	blob->pipable = wtg_read_truth(&r->reader);
	blob->codec = (int)wtg_read_below(&r->reader, WTG_CODEC_LZMS + 1);
	blob->chunk_bytes = read_u32(r);
	if (blob->size_bytes == 0 || blob->part == 0)
		r->reader.bad = true;
	if (!r->reader.bad && wtg_blob_check(r->set, blob, err) < 0)
		r->reader.bad = true;
}

/* What a file has is as the walk makes it: a directory's streams all have names, of another's all
 * but the first, which is there. */
static void check_streams(struct reading *r, const struct wtg_catalog_inode *inode)
{
	const struct wtg_catalog_stream *streams = r->made->streams;
	bool is_dir = inode->attributes & WTG_ATTRIBUTE_DIRECTORY;

	if (inode->first_stream > r->made->n_streams ||
	    inode->n_streams > r->made->n_streams - inode->first_stream ||
	    (!is_dir && inode->n_streams == 0)) {
		r->reader.bad = true;
		return;
	}
	for (uint32_t i = 0; i < inode->n_streams; i++)
		if ((streams[inode->first_stream + i].name.n_units == 0) !=
		    (!is_dir && i == 0))
			r->reader.bad = true;
}

static void read_inode(struct reading *r, struct wtg_catalog_inode *inode)
{
	const struct wtg_catalog *c = r->made;
	size_t size;

	inode->created = wtg_read_number(&r->reader);
	inode->written = wtg_read_number(&r->reader);
	inode->accessed = wtg_read_number(&r->reader);
	inode->attributes = read_u32(r);
	inode->security = read_index(r, c->n_descriptors);
	inode->reparse_tag = read_u32(r);
	inode->reparse_blob = read_index(r, inode->reparse_tag ? c->n_blobs : 0);
	inode->n_names = read_u32(r);
	inode->first_stream = read_u32(r);
	inode->n_streams = read_u32(r);
	inode->object_id = wtg_read_view(&r->reader, &size);
	if (size == 0)
		inode->object_id = NULL;
	else if (size != WTG_OBJECT_ID_BYTES)
		r->reader.bad = true;
	if (!r->reader.bad && inode->reparse_blob != WTG_NONE &&
	    c->blobs[inode->reparse_blob].size_bytes > WTG_REPARSE_BYTES)
		r->reader.bad = true;
	if (!r->reader.bad)
		check_streams(r, inode);
}

/* Only the root has no name, and a directory has one. */
static bool may_have_names(const struct wtg_catalog *c, uint32_t inode, uint32_t n)
{
	bool is_dir = c->inodes[inode].attributes & WTG_ATTRIBUTE_DIRECTORY;

	return inode == 0 ? is_dir && n == 0 : n > 0 && (n == 1 || !is_dir);
}

/* What is read lies in a directory that was read before. */
static void read_names(struct reading *r, uint32_t number)
{
	struct wtg_catalog *c = r->made;
	struct wtg_catalog_inode *inode = &c->inodes[number];
	uint32_t first = number ? inode[-1].first_name + inode[-1].n_names : 0;

	inode->first_name = first;
	if (inode->n_names > c->n_names - first || !may_have_names(c, number, inode->n_names))
		r->reader.bad = true;
	for (uint32_t i = 0; i < inode->n_names && !r->reader.bad; i++) {
		struct wtg_catalog_name *name = &c->names[first + i];

		name->inode = number;
		name->parent = (uint32_t)wtg_read_below(&r->reader, number);
		name->name = read_name(r, 1, WTG_NAME_UNITS);
		name->short_name = read_name(r, 0, WTG_SHORT_NAME_UNITS);
		if (!(c->inodes[name->parent].attributes & WTG_ATTRIBUTE_DIRECTORY))
			r->reader.bad = true;
	}
}

static void read_contents(struct reading *r, struct wtg_error *err)
{
	struct wtg_catalog *c = r->made;

	c->n_descriptors = read_table(r, sizeof(*c->descriptors), &c->descriptors, err);
	for (uint32_t i = 0; i < c->n_descriptors && !r->reader.bad; i++) {
		c->descriptors[i].data =
			(uint8_t *)wtg_read_view(&r->reader, &c->descriptors[i].size);
		if (r->reader.bad || !wtg_descriptor_is_sound(&c->descriptors[i]))
			r->reader.bad = true;
	}
	if (r->reader.bad)
		return;
	c->n_blobs = read_table(r, sizeof(*c->blobs), &c->blobs, err);
	for (uint32_t i = 0; i < c->n_blobs && !r->reader.bad; i++)
		read_blob(r, &c->blobs[i], err);
	if (r->reader.bad)
		return;
	c->n_streams = read_table(r, sizeof(*c->streams), &c->streams, err);
	for (uint32_t i = 0; i < c->n_streams && !r->reader.bad; i++) {
		c->streams[i].name = read_name(r, 0, WTG_NAME_UNITS);
		c->streams[i].blob = read_index(r, c->n_blobs);
	}
}

static void read_files(struct reading *r, struct wtg_error *err)
{
	struct wtg_catalog *c = r->made;

	c->n_inodes = read_table(r, sizeof(*c->inodes), &c->inodes, err);
	for (uint32_t i = 0; i < c->n_inodes && !r->reader.bad; i++)
		read_inode(r, &c->inodes[i]);
	if (r->reader.bad)
		return;
	c->n_names = read_table(r, sizeof(*c->names), &c->names, err);
	for (uint32_t i = 0; i < c->n_inodes && !r->reader.bad; i++)
		read_names(r, i);
	if (!wtg_reader_done(&r->reader) || c->n_inodes == 0)
		r->reader.bad = true;
}

int wtg_catalog_unflatten(const struct wtg_bytes *flat, struct wtg_image *image,
			  const struct wtg_edition *edition, struct wtg_catalog **ret,
			  struct wtg_error *err)
{
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = wtg_alloc(sizeof(*catalog));
	const struct wtg_packet packet = { .data = flat->data, .size = flat->size };
	struct reading r = { wtg_reader(&packet), wtg_image_set(image, edition), catalog };

	read_contents(&r, err);
	if (!r.reader.bad)
		read_files(&r, err);
	if (err->kind != WTG_OK)
		return -1;
	if (r.reader.bad)
		return wtg_fail(err, WTG_INPUT, 0,
				"the tree that was read from %s makes no sense",
				wtg_image_path(image));
	if (wtg_catalog_check_sizes(catalog, err) < 0)
		return -1;
	*ret = WTG_STEAL(catalog);
	return 0;
}
