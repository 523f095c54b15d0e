/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/unistr.h>

#include "base/alloc.h"
#include "base/fdio.h"

/*
 * What wimlib's extraction to NTFS sets through libntfs-3g (FILE_ATTR_SETTABLE in its
 * security.c); the other attributes say what the file is made of.
 */
#define PLAIN_ATTRIBUTES                                                                 \
	(FILE_ATTR_READONLY | FILE_ATTR_HIDDEN | FILE_ATTR_SYSTEM | FILE_ATTR_ARCHIVE |  \
	 FILE_ATTR_TEMPORARY | FILE_ATTR_OFFLINE | FILE_ATTR_NOT_CONTENT_INDEXED)

#define STANDARD_BYTES 72 /* of NTFS 3: with the security id */

/* Windows compresses no files on volumes with larger clusters. */
#define MAX_COMPRESSION_CLUSTER 4096

#define REPARSE_HEADER 8
#define MAX_REPARSE_BYTES (16u << 10) /* with its header */
#define GUID_BYTES 16

/* Each takes 32 bytes of a list of attributes, which has 256 KiB at most. */
#define MAX_NAMES 8192

static struct wtg_name16 root_name(void)
{
	static const uint8_t dot[] = { '.', 0 };

	return (struct wtg_name16){ dot, 1 };
}

/* A file has one short name at most, and is made under the name that has one: so does wimlib's
 * extraction, which leaves out the others. */
static size_t first_name(const struct wtg_build_inode *inode)
{
	for (size_t i = 0; i < inode->n_names; i++)
		if (inode->names[i].short_name.n_units)
			return i;
	return 0;
}

/* A file is compressed as its directory is, whatever the image says: so NTFS makes new files,
 * and so does wimlib's extraction. */
static bool is_compressed(const struct wtg_ntfs_builder *builder,
			  const struct wtg_build_inode *inode)
{
	if (inode->attributes & FILE_ATTR_DIRECTORY)
		return inode->attributes & FILE_ATTR_COMPRESSED;
	return inode->n_names > 0 &&
	       builder->volume->cluster_size <= MAX_COMPRESSION_CLUSTER &&
	       builder->nodes[inode->names[first_name(inode)].parent].attributes & FILE_ATTR_COMPRESSED;
}

static void add_link(struct wtg_ntfs_builder *builder, uint32_t number, uint32_t parent,
		     const struct wtg_name16 *name, uint8_t namespace)
{
	struct wtg_build_link link = {
		.name = (const ntfschar *)name->data,
		.parent = parent,
		.inode = number,
		.n_units = (uint8_t)name->n_units,
		.namespace = namespace,
	};

	WTG_APPEND(&builder->links, link);
}

static int note_names(struct wtg_ntfs_builder *builder, uint32_t number,
		      const struct wtg_build_inode *inode, struct wtg_error *err)
{
	if (number == 0) {
		const struct wtg_name16 name = root_name();

		add_link(builder, 0, 0, &name, FILE_NAME_WIN32_AND_DOS);
		return 0;
	}
	if (inode->n_names > MAX_NAMES)
		return wtg_fail(err, WTG_INPUT, 0, "a file has %zu names, at most %d can be kept",
				inode->n_names, MAX_NAMES);
	for (size_t i = 0, first = first_name(inode); i < inode->n_names; i++) {
		const struct wtg_build_name *name = &inode->names[i];
		const struct wtg_name16 *plain = &name->name, *dos = &name->short_name;

		if (name->parent >= builder->n_inodes ||
		    !builder->nodes[name->parent].directory)
			return wtg_fail(err, WTG_INPUT, 0, "a name lies in no directory");
		if (plain->n_units == 0 || plain->n_units > WTG_BUILD_MAX_UNITS ||
		    dos->n_units > WTG_BUILD_MAX_UNITS)
			return wtg_fail(err, WTG_INPUT, 0, "a name has %u characters",
					plain->n_units);
		if (dos->n_units == 0 || i != first) {
			add_link(builder, number, name->parent, plain, FILE_NAME_POSIX);
		} else if (ntfs_collapsible_chars(builder->volume,
						  (const ntfschar *)dos->data, dos->n_units,
						  (const ntfschar *)plain->data,
						  plain->n_units)) {
			add_link(builder, number, name->parent, plain,
				 FILE_NAME_WIN32_AND_DOS);
		} else {
			add_link(builder, number, name->parent, plain, FILE_NAME_WIN32);
			add_link(builder, number, name->parent, dos, FILE_NAME_DOS);
		}
	}
	return 0;
}

static int compare_guids(const void *a, const void *b)
{
	return memcmp(a, b, GUID_BYTES);
}

/* An object id that another file has already is left out, as wimlib does. */
static bool is_new_object(struct wtg_ntfs_builder *builder, const uint8_t *object_id)
{
	if (tfind(object_id, &builder->object_ids, compare_guids))
		return false;
	if (!tsearch(object_id, &builder->object_ids, compare_guids))
		wtg_out_of_memory();
	return true;
}

int wtg_build_note_inode(struct wtg_ntfs_builder *builder, uint32_t number,
			 const struct wtg_build_inode *inode, struct wtg_error *err)
{
	struct wtg_build_node *node = &builder->nodes[number];
	struct wtg_build_view_entry entry = { .inode = number, .reparse_tag = inode->reparse_tag };

	if (node->known)
		return wtg_fail(err, WTG_SYSTEM, 0, "a file is built twice");
	node->directory = (inode->attributes & FILE_ATTR_DIRECTORY) || number == 0;
	node->first_link = (uint32_t)builder->links.n_items;
	if (note_names(builder, number, inode, err) < 0)
		return -1;
	node->n_links = (uint16_t)(builder->links.n_items - node->first_link);
	node->known = true;
	node->created = inode->created;
	node->written = inode->written;
	node->accessed = inode->accessed;
	node->attributes = inode->attributes & PLAIN_ATTRIBUTES;
	if (is_compressed(builder, inode))
		node->attributes |= FILE_ATTR_COMPRESSED;
	if (inode->reparse_tag)
		node->attributes |= FILE_ATTR_REPARSE_POINT;
	node->reparse_tag = inode->reparse_tag;
	for (size_t i = 0; i < inode->n_streams; i++) {
		const struct wtg_build_stream *stream = &inode->streams[i];

		if (stream->name.n_units)
			continue;
		node->data_bytes = stream->size_bytes;
		if (stream->sparse || (inode->attributes & FILE_ATTR_SPARSE_FILE))
			node->attributes |= FILE_ATTR_SPARSE_FILE;
	}
	if (inode->reparse_tag)
		WTG_APPEND(&builder->reparses, entry);
	if (inode->object_id && is_new_object(builder, inode->object_id)) {
		node->has_object = true;
		entry.object_id = inode->object_id;
		WTG_APPEND(&builder->objects, entry);
	}
	return 0;
}

void wtg_build_file_name(const struct wtg_ntfs_builder *builder,
			 const struct wtg_build_link *link, uint8_t *ret)
{
	const struct wtg_build_node *node = &builder->nodes[link->inode];
	uint32_t flags = node->directory ? FILE_ATTR_I30_INDEX_PRESENT : 0;

	wtg_put_le64(ret, wtg_build_reference(wtg_build_record_of(link->parent)));
	wtg_put_le64(ret + 8, node->created);
	wtg_put_le64(ret + 16, node->written);
	wtg_put_le64(ret + 24, node->written);
	wtg_put_le64(ret + 32, node->accessed);
	wtg_put_le64(ret + 40, node->directory ? 0 : node->allocated_bytes);
	wtg_put_le64(ret + 48, node->directory ? 0 : node->data_bytes);
	wtg_put_le32(ret + 56, node->attributes | flags);
	wtg_put_le32(ret + 60, node->reparse_tag);
	ret[64] = link->n_units;
	ret[65] = link->namespace;
	memcpy(ret + 66, link->name, 2 * (size_t)link->n_units);
}

static void add_standard(const struct wtg_build_node *node, uint32_t security_id,
			 struct wtg_build_pieces *pieces)
{
	uint8_t value[STANDARD_BYTES] = { 0 };

	wtg_put_le64(value, node->created);
	wtg_put_le64(value + 8, node->written);
	wtg_put_le64(value + 16, node->written);
	wtg_put_le64(value + 24, node->accessed);
	wtg_put_le32(value + 32, node->attributes);
	wtg_put_le32(value + 52, security_id);
	wtg_build_add_value(pieces, &(struct wtg_build_attribute){
		.type = AT_STANDARD_INFORMATION,
		.value = value,
		.value_bytes = sizeof(value),
	});
}

static void add_names(const struct wtg_ntfs_builder *builder,
		      const struct wtg_build_node *node,
		      struct wtg_build_pieces *pieces)
{
	uint8_t value[WTG_BUILD_FILE_NAME_BYTES(WTG_BUILD_MAX_UNITS)];

	for (size_t i = 0; i < node->n_links; i++) {
		const struct wtg_build_link *link = &builder->links.items[node->first_link + i];

		wtg_build_file_name(builder, link, value);
		wtg_build_add_value(pieces, &(struct wtg_build_attribute){
			.type = AT_FILE_NAME,
			.value = value,
			.value_bytes = (uint32_t)WTG_BUILD_FILE_NAME_BYTES(link->n_units),
		});
	}
}

static int add_reparse(const struct wtg_build_inode *inode, struct wtg_build_pieces *pieces,
		       struct wtg_error *err)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t size = inode->reparse_data.size, said = size;

	if (size > MAX_REPARSE_BYTES - REPARSE_HEADER)
		return wtg_fail(err, WTG_INPUT, 0, "a reparse point has %zu bytes", size);
	/* The GUID of those that are not Microsoft's does not count. */
	if (!(inode->reparse_tag & 0x80000000) && size >= GUID_BYTES)
		said -= GUID_BYTES;
	value = wtg_alloc(REPARSE_HEADER + size);
	wtg_put_le32(value, inode->reparse_tag);
	wtg_put_le16(value + 4, (uint16_t)said);
	if (size)
		memcpy(value + REPARSE_HEADER, inode->reparse_data.data, size);
	wtg_build_add_value(pieces, &(struct wtg_build_attribute){
		.type = AT_REPARSE_POINT,
		.value = value,
		.value_bytes = (uint32_t)(REPARSE_HEADER + size),
	});
	return 0;
}

int wtg_build_inode_pieces(struct wtg_ntfs_builder *builder, uint32_t number,
			   const struct wtg_build_inode *inode,
			   struct wtg_build_pieces *pieces, struct wtg_error *err)
{
	const struct wtg_build_node *node = &builder->nodes[number];
	bool has_data = node->directory;

	add_standard(node, inode->security_id, pieces);
	add_names(builder, node, pieces);
	if (node->has_object)
		wtg_build_add_value(pieces, &(struct wtg_build_attribute){
			.type = AT_OBJECT_ID,
			.value = inode->object_id,
			.value_bytes = GUID_BYTES, /* $ObjId alone has the birth ids */
		});
	for (size_t i = 0; i < inode->n_streams; i++) {
		if (wtg_build_add_stream(builder, node, &inode->streams[i], pieces, err) < 0)
			return -1;
		has_data |= inode->streams[i].name.n_units == 0;
	}
	if (!has_data)
		wtg_build_add_value(pieces,
				    &(struct wtg_build_attribute){ .type = AT_DATA });
	return inode->reparse_tag ? add_reparse(inode, pieces, err) : 0;
}
