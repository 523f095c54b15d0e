/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* All metadata of 300,000 files; beyond that the oldest goes to the window early. */
#define CACHE_BYTES ((size_t)512 << 20)

/* Sequence numbers and index entries would hold more; nobody's image does. */
#define MAX_INODES (1u << 28)

int wtg_build_fail(struct wtg_ntfs_builder *builder, int errnum, const char *doing,
		   struct wtg_error *err)
{
	const struct wtg_error *lost = &builder->device->error;

	if (!lost->message)
		return wtg_fail(err, errnum == ENOSPC ? WTG_UNSUITABLE : WTG_SYSTEM, errnum,
				"%s of the new volume", doing);
	return wtg_fail(err, lost->kind, 0, "%s", lost->message);
}

static void nothing(void *unused)
{
	(void)unused;
}

static void free_builder(struct wtg_ntfs_builder *builder)
{
	for (size_t i = 0; i < builder->extensions.n_items; i++)
		free(builder->extensions.items[i].record);
	free(builder->extensions.items);
	free(builder->space.used.items);
	free(builder->space.given.items);
	tdestroy(builder->object_ids, nothing);
	tdestroy(builder->descriptor_tree, free);
	free(builder->descriptors.items);
	free(builder->objects.items);
	free(builder->reparses.items);
	free(builder->directories.items);
	free(builder->links.items);
	free(builder->nodes);
	wtg_ntfs_device_free(builder->device);
	free(builder);
}

void wtg_ntfs_build_abandon(struct wtg_ntfs_builder *builder)
{
	if (!builder)
		return;
	/* From here on the device writes nothing. */
	if (!builder->device->error.message)
		wtg_fail(&builder->device->error, WTG_CANCELLED, 0, "abandoned");
	if (builder->volume)
		(void)ntfs_umount(builder->volume, FALSE);
	free_builder(builder);
}

int wtg_ntfs_build_begin(const struct wtg_window *window, uint32_t n_inodes,
			 struct wtg_ntfs_builder **ret, struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_build_abandonp) struct wtg_ntfs_builder *builder = NULL;

	if (n_inodes == 0 || n_inodes > MAX_INODES)
		return wtg_fail(err, WTG_INPUT, 0, "%" PRIu32 " files for a volume", n_inodes);
	builder = wtg_alloc(sizeof(*builder));
	builder->device = wtg_ntfs_device_new(window, CACHE_BYTES);
	builder->device->fresh = true;
	builder->n_inodes = n_inodes;
	builder->n_records = WTG_BUILD_FIRST_RECORD + n_inodes - 1;
	builder->nodes = wtg_try_alloc((size_t)n_inodes * sizeof(*builder->nodes),
				       "the files of the volume", err);
	if (!builder->nodes)
		return -1;
	builder->volume = wtg_ntfs_device_mount(builder->device, "the volume", 0);
	if (!builder->volume)
		return wtg_build_fail(builder, errno, "open the file system", err);
	builder->old_records = (uint32_t)(builder->volume->mft_na->data_size >>
					  builder->volume->mft_record_size_bits);
	if (ntfs_volume_get_free_space(builder->volume) < 0)
		return wtg_build_fail(builder, errno, "read the bitmap", err);
	if (wtg_build_find_system(builder, err) < 0 ||
	    wtg_build_read_security(builder, err) < 0 || wtg_build_plan_space(builder, err) < 0)
		return -1;
	*ret = WTG_STEAL(builder);
	return 0;
}

uint32_t wtg_ntfs_build_cluster_bytes(const struct wtg_ntfs_builder *builder)
{
	return builder->volume->cluster_size;
}

uint32_t wtg_ntfs_build_resident_bytes(const struct wtg_ntfs_builder *builder,
				       unsigned n_names, unsigned name_units,
				       unsigned other_bytes)
{
	size_t room = wtg_build_record_room(builder->volume);
	/* Each attribute ends at a multiple of 8. */
	size_t used = wtg_build_value_bytes(0, 72) + other_bytes + 7 +
		      n_names * (wtg_build_value_bytes(0, WTG_BUILD_FILE_NAME_BYTES(0)) + 7) +
		      2 * (size_t)name_units + wtg_build_value_bytes(0, 0);

	return used < room ? (uint32_t)((room - used) & ~(size_t)7) : 0;
}

static int build_file(struct wtg_ntfs_builder *builder, uint32_t number,
		      const struct wtg_build_inode *inode, struct wtg_error *err)
{
	_cleanup_(wtg_build_pieces_done) struct wtg_build_pieces pieces = {
		.volume = builder->volume
	};
	const struct wtg_build_record record = {
		.number = wtg_build_record_of(number),
		.n_links = builder->nodes[number].n_links,
	};

	if (wtg_build_inode_pieces(builder, number, inode, &pieces, err) < 0 ||
	    wtg_build_write_record(builder, &record, &pieces, err) < 0)
		return -1;
	builder->nodes[number].allocated_bytes = wtg_build_allocated_bytes(&pieces);
	return 0;
}

int wtg_ntfs_build_inode(struct wtg_ntfs_builder *builder, uint32_t number,
			 const struct wtg_build_inode *inode, struct wtg_error *err)
{
	struct wtg_build_inode own = *inode;

	if (number >= builder->n_inodes)
		return wtg_fail(err, WTG_SYSTEM, 0, "file %" PRIu32 " of %" PRIu32, number,
				builder->n_inodes);
	if (!own.security_id &&
	    wtg_build_default_security(builder, number, &own.security_id, err) < 0)
		return -1;
	if (wtg_build_note_inode(builder, number, &own, err) < 0)
		return -1;
	if (builder->nodes[number].directory) {
		struct wtg_build_directory directory = { number, own };

		WTG_APPEND(&builder->directories, directory);
		return 0;
	}
	return build_file(builder, number, &own, err);
}

static int finish(struct wtg_ntfs_builder *builder, struct wtg_error *err)
{
	for (uint32_t i = 0; i < builder->n_inodes; i++)
		if (!builder->nodes[i].known)
			return wtg_fail(err, WTG_SYSTEM, 0,
					"file %" PRIu32 " was not built", i);
	if (wtg_build_release(builder, FILE_root, err) < 0 ||
	    wtg_build_directories(builder, err) < 0 || wtg_build_views(builder, err) < 0 ||
	    wtg_build_security_file(builder, err) < 0 ||
	    wtg_build_end_mft(builder, err) < 0 ||
	    wtg_build_write_extensions(builder, err) < 0)
		return -1;
	return wtg_build_write_bitmap(builder, err);
}

int wtg_ntfs_build_end(struct wtg_ntfs_builder **builder, struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_build_abandonp) struct wtg_ntfs_builder *own = WTG_STEAL(*builder);
	int unmounted, errnum;

	if (finish(own, err) < 0)
		return -1;
	unmounted = ntfs_umount(own->volume, FALSE);
	errnum = errno;
	own->volume = NULL;
	if (wtg_ntfs_device_finish(own->device, err) < 0)
		return -1;
	if (unmounted < 0)
		return wtg_fail(err, WTG_SYSTEM, errnum, "unmount the volume");
	return 0;
}
