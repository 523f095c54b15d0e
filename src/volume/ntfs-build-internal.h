/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ntfs-build*.c files share. */
#pragma once

#include "volume/ntfs-build.h"
#include "volume/ntfs-internal.h"

/* Below lie the system files and what NTFS keeps for the extents of $MFT itself; libntfs-3g
 * leaves the same to itself (RESERVED_MFT_RECORDS in its mft.c). */
#define WTG_BUILD_FIRST_RECORD 64

/* Stream and index names of NTFS are at most this long. */
#define WTG_BUILD_MAX_UNITS 255

/* What a directory's index says of a file besides its name. */
struct wtg_build_node {
	uint64_t created, written, accessed;
	uint64_t allocated_bytes, data_bytes; /* of the unnamed data */
	uint32_t attributes, reparse_tag;
	uint32_t first_link;
	uint16_t n_links;
	bool known, directory, has_object;
};

/* A FILE_NAME: an entry in its parent's index. */
struct wtg_build_link {
	const ntfschar *name; /* borrowed */
	uint32_t parent, inode;
	uint8_t n_units, namespace;
};

struct wtg_build_directory {
	uint32_t number;
	struct wtg_build_inode inode; /* shallow */
};

/* An entry of $Extend\$ObjId or $Extend\$Reparse. */
struct wtg_build_view_entry {
	const uint8_t *object_id; /* borrowed */
	uint32_t reparse_tag, inode;
};

/* A record that waits for its place: those that hold what others have no room for lie behind
 * all others. */
struct wtg_build_extension {
	uint32_t number;
	uint8_t *record; /* owned */
};

struct wtg_build_runs {
	struct wtg_run_of_clusters *items; /* owned */
	size_t n_items, capacity;
};

/* All that reserving looks at is here, in memory; what is given out is never given back. */
struct wtg_build_space {
	struct wtg_build_runs used;    /* from the beginning, ascending */
	struct wtg_build_runs given;   /* out since; not in $Bitmap yet */
	uint64_t mft_end, grow_end;    /* behind $MFT, and behind the room kept for it */
	uint64_t meta_next, meta_end;  /* where metadata goes */
	uint64_t data_next, data_end;  /* the free stretch that data goes to */
};

struct wtg_ntfs_builder {
	struct wtg_ntfs_device *device;
	struct _ntfs_volume *volume;
	struct wtg_build_space space;
	uint32_t n_inodes;
	uint32_t old_records; /* of $MFT, from the beginning */
	uint32_t n_records;   /* that are spoken for */
	uint32_t objects_record, reparses_record; /* of $ObjId and $Reparse */
	uint32_t default_security; /* 0: not made yet */
	struct wtg_build_node *nodes;
	struct {
		struct wtg_build_link *items;
		size_t n_items, capacity;
	} links;
	struct {
		struct wtg_build_directory *items;
		size_t n_items, capacity;
	} directories;
	struct {
		struct wtg_build_view_entry *items;
		size_t n_items, capacity;
	} objects, reparses;
	struct {
		struct wtg_build_extension *items;
		size_t n_items, capacity;
	} extensions;
	void *object_ids; /* a tree of those that were seen */
	struct {
		struct wtg_build_descriptor **items; /* by id */
		size_t n_items, capacity;
	} descriptors;
	void *descriptor_tree; /* owns them */
};

/* The first failure of the device comes first: it says more than an errno. */
int wtg_build_fail(struct wtg_ntfs_builder *builder, int errnum, const char *doing,
		   struct wtg_error *err);

static inline uint32_t wtg_build_record_of(uint32_t inode)
{
	return inode == 0 ? FILE_root : WTG_BUILD_FIRST_RECORD + inode - 1;
}

static inline uint64_t wtg_build_reference(uint32_t record)
{
	/* Only the system's own begin with another sequence number: their own. */
	uint64_t sequence = record > 0 && record < FILE_first_user ? record : 1;

	return sequence << 48 | record;
}

/* -- Space (ntfs-build-space.c): libntfs-3g is never let allocate anything -- */

int wtg_build_plan_space(struct wtg_ntfs_builder *builder, struct wtg_error *err);

/* Clusters for metadata: like wtg_ntfs_build_reserve(), but near the MFT. */
int wtg_build_reserve_meta(struct wtg_ntfs_builder *builder, uint64_t n_clusters,
			   struct wtg_run_of_clusters *ret, struct wtg_error *err);

/* Make $MFT hold n_records; those that nobody writes must be formatted. */
int wtg_build_grow_mft(struct wtg_ntfs_builder *builder, uint32_t n_records,
		       struct wtg_error *err);
int wtg_build_format_records(struct wtg_ntfs_builder *builder, uint64_t first, uint64_t end,
			     struct wtg_error *err);

int wtg_build_write_mft_bitmap(struct wtg_ntfs_builder *builder, const struct wtg_bytes *bits,
			       struct wtg_error *err);

/* Let $Bitmap know what was given out. */
int wtg_build_write_bitmap(struct wtg_ntfs_builder *builder, struct wtg_error *err);

/* Write size bytes, whole clusters or not, into new clusters; *ret_runs is the caller's. */
int wtg_build_store(struct wtg_ntfs_builder *builder, const struct wtg_bytes *content,
		    struct wtg_run_of_clusters **ret_runs, size_t *ret_n_runs,
		    struct wtg_error *err);

/* -- Attributes in the form that they have in a record (ntfs-build-attribute.c) -- */

struct wtg_build_piece {
	size_t at, size; /* in bytes */
	uint32_t holder; /* 0: the base record; n: the n-th extension */
};

struct wtg_build_pieces {
	const struct _ntfs_volume *volume;
	uint8_t *bytes;
	size_t used, capacity;
	struct wtg_build_piece *items;
	size_t n_items, n_room;
};

void wtg_build_pieces_done(struct wtg_build_pieces *pieces);

struct wtg_build_attribute {
	ATTR_TYPES type;
	struct wtg_name16 name;
	ATTR_FLAGS flags;
	/* resident */
	const void *value;
	uint32_t value_bytes;
	/* or not */
	const struct wtg_run_of_clusters *runs;
	size_t n_runs;
	uint64_t n_hole_clusters; /* behind the runs */
	uint64_t data_bytes;
};

void wtg_build_add_value(struct wtg_build_pieces *pieces,
			 const struct wtg_build_attribute *attribute);
int wtg_build_add_runs(struct wtg_build_pieces *pieces,
		       const struct wtg_build_attribute *attribute, struct wtg_error *err);

/* One that is in this form already. */
void wtg_build_add_piece(struct wtg_build_pieces *pieces, const void *bytes, size_t size);

/* Room for a value of that many bytes under a name of that many units. */
size_t wtg_build_value_bytes(size_t n_units, size_t value_bytes);

/* -- Records (ntfs-build-record.c) -- */

struct wtg_build_record {
	uint32_t number;
	MFT_RECORD_FLAGS flags; /* beside MFT_RECORD_IN_USE */
	uint16_t n_links;
};

/* Bytes for attributes in a record, and those of the pieces. */
size_t wtg_build_record_room(const struct _ntfs_volume *volume);
size_t wtg_build_total(const struct wtg_build_pieces *pieces);

/* Sort the pieces; what of them does not fit the record goes elsewhere; write it. */
int wtg_build_write_record(struct wtg_ntfs_builder *builder,
			   const struct wtg_build_record *record,
			   struct wtg_build_pieces *pieces, struct wtg_error *err);

/* The records that waited for their place. */
int wtg_build_write_extensions(struct wtg_ntfs_builder *builder, struct wtg_error *err);

/* Copy the pieces of a record that is there, but for its data and indexes; *ret is what it
 * was otherwise. */
int wtg_build_read_record(struct wtg_ntfs_builder *builder, uint32_t number,
			  struct wtg_build_pieces *pieces, struct wtg_build_record *ret,
			  struct wtg_error *err);

/* -- Streams (ntfs-build-stream.c) -- */

/* What a compressed or sparse attribute has beyond its data's last cluster; *ret_runs, if it
 * is set, is the caller's to free after the attribute. */
int wtg_build_fill_units(struct wtg_ntfs_builder *builder,
			 struct wtg_build_attribute *attribute,
			 struct wtg_run_of_clusters **ret_runs, struct wtg_error *err);

int wtg_build_add_stream(struct wtg_ntfs_builder *builder, const struct wtg_build_node *node,
			 const struct wtg_build_stream *stream,
			 struct wtg_build_pieces *pieces, struct wtg_error *err);

/* Of the unnamed data, as the indexes say it. */
uint64_t wtg_build_allocated_bytes(const struct wtg_build_pieces *pieces);

/* -- Inodes (ntfs-build-inode.c) -- */

#define WTG_BUILD_FILE_NAME_BYTES(n_units) (66 + 2 * (size_t)(n_units))

/* The FILE_NAME of a link: WTG_BUILD_FILE_NAME_BYTES(link->n_units). */
void wtg_build_file_name(const struct wtg_ntfs_builder *builder,
			 const struct wtg_build_link *link, uint8_t *ret);

/* All attributes of an inode but those of its index. */
int wtg_build_inode_pieces(struct wtg_ntfs_builder *builder, uint32_t number,
			   const struct wtg_build_inode *inode,
			   struct wtg_build_pieces *pieces, struct wtg_error *err);

/* What stands of them in the indexes. */
int wtg_build_note_inode(struct wtg_ntfs_builder *builder, uint32_t number,
			 const struct wtg_build_inode *inode, struct wtg_error *err);

/* -- Indexes (ntfs-build-index.c) -- */

/* Sorted entries, as they are in a leaf. */
struct wtg_build_index {
	struct wtg_name16 name;
	ATTR_TYPES type;
	COLLATION_RULES collation;
	ATTR_FLAGS flags;
	const uint8_t **entries;
	size_t n_entries;
	size_t room; /* for its pieces in the record */
};

int wtg_build_add_index(struct wtg_ntfs_builder *builder, const struct wtg_build_index *index,
			struct wtg_build_pieces *pieces, struct wtg_error *err);

/* -- Directories (ntfs-build-directory.c) -- */

int wtg_build_directories(struct wtg_ntfs_builder *builder, struct wtg_error *err);

/* -- Views: indexes of the volume as a whole (ntfs-build-view.c) -- */

struct wtg_build_view {
	struct wtg_name16 name;
	COLLATION_RULES collation;
	const void *items; /* sorted */
	size_t n_items, item_bytes, entry_bytes;
	void (*put)(const void *item, uint8_t *entry); /* into zeros */
	size_t most_room; /* in the record; 0: as much as there is */
};

void wtg_build_put_view_head(uint8_t *at, size_t key_bytes, size_t data_bytes);
int wtg_build_add_view(struct wtg_ntfs_builder *builder, const struct wtg_build_view *view,
		       struct wtg_build_pieces *pieces, struct wtg_error *err);

/* Object ids and reparse points. */
int wtg_build_views(struct wtg_ntfs_builder *builder, struct wtg_error *err);

/* -- Security (ntfs-build-security.c) -- */

/* Begin with the descriptors that the new volume has; in the end, $Secure with all. */
int wtg_build_read_security(struct wtg_ntfs_builder *builder, struct wtg_error *err);
int wtg_build_security_file(struct wtg_ntfs_builder *builder, struct wtg_error *err);

/* Of an inode that the image gives none: the root keeps that of the new volume. */
int wtg_build_default_security(struct wtg_ntfs_builder *builder, uint32_t number,
			       uint32_t *ret_id, struct wtg_error *err);

/* -- The volume's own files (ntfs-build-system.c) -- */

int wtg_build_find_system(struct wtg_ntfs_builder *builder, struct wtg_error *err);

/* The FILE_NAMEs of the files that lie in the root from the beginning; each call adds those
 * of one record, below FILE_first_user. */
int wtg_build_system_name(struct wtg_ntfs_builder *builder, uint32_t record,
			  uint8_t ret[static WTG_BUILD_FILE_NAME_BYTES(WTG_BUILD_MAX_UNITS)],
			  bool *ret_found, struct wtg_error *err);

/* Give back the clusters that a file has which will be built anew. */
int wtg_build_release(struct wtg_ntfs_builder *builder, uint32_t number,
		      struct wtg_error *err);

/* Which records of $MFT are used, and what the others look like. */
int wtg_build_end_mft(struct wtg_ntfs_builder *builder, struct wtg_error *err);
