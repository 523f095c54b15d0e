/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/acls.h>
#include <ntfs-3g/attrib.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/security.h>

#include "base/alloc.h"
#include "base/fdio.h"

/* $Secure:$SDS has each descriptor behind a header, in blocks none of which it crosses, and
 * behind each block a copy of it. */
#define BLOCK_BYTES  ((uint64_t)256 << 10)
#define HEADER_BYTES 20
#define MAX_DESCRIPTOR_BYTES (192u << 10) /* two ACLs, whose sizes have 16 bits, and SIDs */

#define FIRST_ID 256

struct wtg_build_descriptor {
	uint32_t hash, id, length; /* length: of the descriptor */
	uint64_t offset;
	uint8_t bytes[];
};

static uint32_t hash_of(const uint8_t *bytes, size_t size)
{
	uint32_t hash = 0;

	for (size_t i = 0; i + 4 <= size; i += 4)
		hash = wtg_le32(bytes + i) + (hash << 3 | hash >> 29);
	return hash;
}

static int compare(const void *left, const void *right)
{
	const struct wtg_build_descriptor *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->length);
}

static void place(struct wtg_ntfs_builder *builder, struct wtg_build_descriptor *descriptor)
{
	const size_t n = builder->descriptors.n_items;
	const struct wtg_build_descriptor *last =
		n ? builder->descriptors.items[n - 1] : NULL;

	descriptor->id = last ? last->id + 1 : FIRST_ID;
	descriptor->offset =
		last ? wtg_round_up(last->offset + HEADER_BYTES + last->length, 16) : 0;
	/* Copies have the odd blocks. */
	if (descriptor->offset % BLOCK_BYTES + HEADER_BYTES + descriptor->length > BLOCK_BYTES ||
	    descriptor->offset / BLOCK_BYTES % 2)
		descriptor->offset = wtg_round_up(descriptor->offset + 1, 2 * BLOCK_BYTES);
	WTG_APPEND(&builder->descriptors, descriptor);
}

static uint32_t enter(struct wtg_ntfs_builder *builder, const uint8_t *bytes, size_t size)
{
	struct wtg_build_descriptor *descriptor = wtg_alloc(sizeof(*descriptor) + size);
	struct wtg_build_descriptor **found;

	descriptor->hash = hash_of(bytes, size);
	descriptor->length = (uint32_t)size;
	memcpy(descriptor->bytes, bytes, size);
	found = tsearch(descriptor, &builder->descriptor_tree, compare);
	if (!found)
		wtg_out_of_memory();
	if (*found == descriptor)
		place(builder, descriptor);
	else
		free(descriptor);
	return (*found)->id;
}

/* Those that the new volume has keep their ids. */
int wtg_build_read_security(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	static ntfschar sds[] = { const_cpu_to_le16('$'), const_cpu_to_le16('S'),
				  const_cpu_to_le16('D'), const_cpu_to_le16('S') };
	_cleanup_free_ uint8_t *block = wtg_alloc(BLOCK_BYTES);
	ntfs_attr *stream = ntfs_attr_open(builder->volume->secure_ni, AT_DATA, sds, 4);
	uint64_t at = 0;
	s64 size;
	int errnum;

	if (!stream)
		return wtg_build_fail(builder, errno, "open $Secure", err);
	size = ntfs_attr_pread(stream, 0, (s64)BLOCK_BYTES, block);
	errnum = errno;
	ntfs_attr_close(stream);
	if (size < 0)
		return wtg_build_fail(builder, errnum, "read $Secure", err);
	while (at + HEADER_BYTES < (uint64_t)size && wtg_le32(block + at + 16) != 0) {
		uint32_t length = wtg_le32(block + at + 16);

		if (length < HEADER_BYTES || length > (uint64_t)size - at ||
		    enter(builder, block + at + HEADER_BYTES, length - HEADER_BYTES) !=
			    wtg_le32(block + at + 4))
			return wtg_fail(err, WTG_SYSTEM, 0,
					"$Secure of the new volume is not as it should be");
		at = wtg_round_up(at + length, 16);
	}
	return 0;
}

/* Those are refused that libntfs-3g would refuse, and wimlib with it. */
int wtg_ntfs_build_security(struct wtg_ntfs_builder *builder,
			    const struct wtg_bytes *descriptor, uint32_t *ret_id,
			    struct wtg_error *err)
{
	const char *bytes = (const char *)descriptor->data;

	if (descriptor->size < HEADER_BYTES || descriptor->size > MAX_DESCRIPTOR_BYTES ||
	    !ntfs_valid_descr(bytes, (unsigned)descriptor->size) ||
	    ntfs_attr_size(bytes) != descriptor->size)
		return wtg_fail(err, WTG_INPUT, 0,
				"a security descriptor of %zu bytes makes no sense",
				descriptor->size);
	*ret_id = enter(builder, descriptor->data, descriptor->size);
	return 0;
}

static void put_header(const struct wtg_build_descriptor *descriptor, uint8_t *at)
{
	wtg_put_le32(at, descriptor->hash);
	wtg_put_le32(at + 4, descriptor->id);
	wtg_put_le64(at + 8, descriptor->offset);
	wtg_put_le32(at + 16, HEADER_BYTES + descriptor->length);
}

static void put_by_id(const void *item, uint8_t *at)
{
	const struct wtg_build_descriptor *descriptor =
		*(struct wtg_build_descriptor *const *)item;

	wtg_build_put_view_head(at, 4, HEADER_BYTES);
	wtg_put_le32(at + 16, descriptor->id);
	put_header(descriptor, at + 20);
}

static void put_by_hash(const void *item, uint8_t *at)
{
	const struct wtg_build_descriptor *descriptor =
		*(struct wtg_build_descriptor *const *)item;

	wtg_build_put_view_head(at, 8, HEADER_BYTES);
	wtg_put_le32(at + 16, descriptor->hash);
	wtg_put_le32(at + 20, descriptor->id);
	put_header(descriptor, at + 24);
	memcpy(at + 44, "I\0I", 4); /* so Windows fills it */
}

static int compare_hashes(const void *left, const void *right)
{
	const struct wtg_build_descriptor *a = *(struct wtg_build_descriptor *const *)left;
	const struct wtg_build_descriptor *b = *(struct wtg_build_descriptor *const *)right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int add_stream(struct wtg_ntfs_builder *builder, struct wtg_build_pieces *pieces,
		      struct wtg_error *err)
{
	const size_t n = builder->descriptors.n_items;
	const struct wtg_build_descriptor *last = builder->descriptors.items[n - 1];
	_cleanup_(wtg_bytes_done) struct wtg_bytes stream = {
		.size = last->offset + HEADER_BYTES + last->length + BLOCK_BYTES
	};
	_cleanup_free_ struct wtg_run_of_clusters *runs = NULL;
	struct wtg_build_attribute attribute = {
		.type = AT_DATA,
		.name = { (const uint8_t *)"$\0S\0D\0S", 4 },
		.data_bytes = stream.size,
	};

	stream.data = wtg_alloc(stream.size);
	for (size_t i = 0; i < n; i++) {
		const struct wtg_build_descriptor *descriptor = builder->descriptors.items[i];

		for (uint64_t copy = 0; copy <= BLOCK_BYTES; copy += BLOCK_BYTES) {
			uint8_t *at = stream.data + descriptor->offset + copy;

			put_header(descriptor, at);
			memcpy(at + HEADER_BYTES, descriptor->bytes, descriptor->length);
		}
	}
	if (wtg_build_store(builder, &stream, &runs, &attribute.n_runs, err) < 0)
		return -1;
	attribute.runs = runs;
	return wtg_build_add_runs(pieces, &attribute, err);
}

int wtg_build_security_file(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	_cleanup_(wtg_build_pieces_done) struct wtg_build_pieces pieces = {
		.volume = builder->volume
	};
	struct wtg_build_view by_hash = {
		.name = { (const uint8_t *)"$\0S\0D\0H", 4 },
		.collation = COLLATION_NTOFS_SECURITY_HASH,
		.items = builder->descriptors.items,
		.n_items = builder->descriptors.n_items,
		.item_bytes = sizeof(*builder->descriptors.items),
		.entry_bytes = 48,
		.put = put_by_hash,
		.most_room = 160, /* there are two in the record */
	};
	struct wtg_build_view by_id = by_hash;
	struct wtg_build_record record;

	by_id.name.data = (const uint8_t *)"$\0S\0I\0I";
	by_id.collation = COLLATION_NTOFS_ULONG;
	by_id.entry_bytes = 40;
	by_id.put = put_by_id;
	if (wtg_build_release(builder, FILE_Secure, err) < 0 ||
	    wtg_build_read_record(builder, FILE_Secure, &pieces, &record, err) < 0 ||
	    add_stream(builder, &pieces, err) < 0 ||
	    wtg_build_add_view(builder, &by_id, &pieces, err) < 0)
		return -1;
	qsort(builder->descriptors.items, builder->descriptors.n_items,
	      sizeof(*builder->descriptors.items), compare_hashes);
	if (wtg_build_add_view(builder, &by_hash, &pieces, err) < 0)
		return -1;
	return wtg_build_write_record(builder, &record, &pieces, err);
}

/* Everyone may do everything: what libntfs-3g gives to a file that is given nothing
 * (ntfs_sd_add_everyone() in its attrib.c), and so what such a file has after wimlib. */
static int everyone_security(struct wtg_ntfs_builder *builder, uint32_t *ret,
			     struct wtg_error *err)
{
	static const uint8_t everyone[] = {
		1, 0, 4, 0x80, 20, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0,
		/* owner and group: S-1-5-32-544, the administrators */
		1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0,
		1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0,
		/* access: one entry, inherited by all, 0x1f01ff for S-1-1-0 */
		2, 0, 28, 0, 1, 0, 0, 0,
		0, 3, 20, 0, 0xff, 1, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
	};
	const struct wtg_bytes descriptor = { (uint8_t *)(uintptr_t)everyone,
					      sizeof(everyone) };

	if (!builder->default_security &&
	    wtg_ntfs_build_security(builder, &descriptor, &builder->default_security, err) < 0)
		return -1;
	*ret = builder->default_security;
	return 0;
}

static int root_security(struct wtg_ntfs_builder *builder, uint32_t *ret, struct wtg_error *err)
{
	ntfs_inode *root = ntfs_inode_open(builder->volume, FILE_root);
	_cleanup_(wtg_bytes_done) struct wtg_bytes descriptor = { 0 };
	s64 size;

	if (!root)
		return wtg_build_fail(builder, errno, "open the root", err);
	descriptor.data = ntfs_attr_readall(root, AT_SECURITY_DESCRIPTOR, AT_UNNAMED, 0, &size);
	(void)ntfs_inode_close(root); /* nothing was changed */
	if (!descriptor.data)
		return everyone_security(builder, ret, err);
	descriptor.size = (size_t)size;
	return wtg_ntfs_build_security(builder, &descriptor, ret, err);
}

int wtg_build_default_security(struct wtg_ntfs_builder *builder, uint32_t number,
			       uint32_t *ret_id, struct wtg_error *err)
{
	return number == 0 ? root_security(builder, ret_id, err) :
			     everyone_security(builder, ret_id, err);
}
