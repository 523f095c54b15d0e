/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/table-inner.h"

#include <errno.h>

#include <libfdisk/libfdisk.h>

#include "wtg/cleanup.h"

/* Where Windows and everybody else starts the first partition; the space before it is
 * ours. */
#define FIRST_USABLE_BYTE (1u << 20)

static void unref_context(struct fdisk_context **context)
{
	fdisk_unref_context(*context);
}

static void unref_partition(struct fdisk_partition **partition)
{
	fdisk_unref_partition(*partition);
}

static void unref_type(struct fdisk_parttype **type)
{
	fdisk_unref_parttype(*type);
}

static int set_gpt(struct fdisk_partition *p, struct fdisk_parttype *type,
		   const struct wtg_partition *from)
{
	char text[WTG_GUID_TEXT_SIZE];
	int r;

	if ((r = fdisk_parttype_set_typestr(type, wtg_guid_format(&from->type, text))) < 0 ||
	    (r = fdisk_partition_set_uuid(p, wtg_guid_format(&from->id, text))) < 0)
		return r;
	return fdisk_partition_set_name(p, from->name);
}

static int add_partition(struct fdisk_context *context, const struct wtg_addition *what, size_t i)
{
	_cleanup_(unref_partition) struct fdisk_partition *p = fdisk_new_partition();
	_cleanup_(unref_type) struct fdisk_parttype *type = fdisk_new_parttype();
	const struct wtg_partition *from = &what->partitions[i];
	size_t slot = what->first_number - 1 + i;
	bool is_gpt = what->style == WTG_TABLE_GPT;
	int r;

	if (!p || !type)
		return -ENOMEM;
	if ((r = is_gpt ? set_gpt(p, type, from)
			: fdisk_parttype_set_code(type, from->mbr_type)) < 0 ||
	    (r = fdisk_partition_set_type(p, type)) < 0 ||
	    (r = fdisk_partition_set_partno(p, slot)) < 0 ||
	    (r = fdisk_partition_set_start(p, from->first_byte / what->sector_bytes)) < 0 ||
	    (r = fdisk_partition_set_size(p, from->size_bytes / what->sector_bytes)) < 0 ||
	    /* Explicit: the end is not moved to where libfdisk thinks it better. */
	    (r = fdisk_partition_size_explicit(p, 1)) < 0 ||
	    (r = fdisk_add_partition(context, p, NULL)) < 0)
		return r;
	if (is_gpt)
		return fdisk_gpt_set_partition_attrs(context, slot, from->attributes);
	return from->active ? fdisk_toggle_partition_flag(context, slot, DOS_FLAG_ACTIVE) : 0;
}

static int open_table(struct fdisk_context *context, int fd, uint32_t sector_bytes)
{
	int r;

	if ((r = fdisk_disable_dialogs(context, 1)) < 0 ||
	    (r = fdisk_save_user_sector_size(context, sector_bytes, sector_bytes)) < 0 ||
	    (r = fdisk_save_user_grain(context, FIRST_USABLE_BYTE)) < 0)
		return r;
	return fdisk_assign_device_by_fd(context, fd, "the drive's table", 0);
}

static int add_and_write(struct fdisk_context *context, const struct wtg_addition *what)
{
	int r;

	for (size_t i = 0; i < what->n_partitions; i++)
		if ((r = add_partition(context, what, i)) < 0)
			return r;
	/* Not fdisk_deassign_device(), which syncs: it is memory. */
	return fdisk_write_disklabel(context);
}

int wtg_fdisk_make(int fd, const struct wtg_guid *disk, const struct wtg_addition *what)
{
	_cleanup_(unref_context) struct fdisk_context *context = fdisk_new_context();
	bool is_gpt = what->style == WTG_TABLE_GPT;
	char text[WTG_GUID_TEXT_SIZE];
	int r;

	if (!context)
		return -ENOMEM;
	if ((r = open_table(context, fd, what->sector_bytes)) < 0 ||
	    (r = fdisk_create_disklabel(context, is_gpt ? "gpt" : "dos")) < 0 ||
	    (is_gpt && (r = fdisk_set_disklabel_id_from_string(
				context, wtg_guid_format(disk, text))) < 0))
		return r;
	return add_and_write(context, what);
}

int wtg_fdisk_add(int fd, const struct wtg_addition *what)
{
	_cleanup_(unref_context) struct fdisk_context *context = fdisk_new_context();
	int r;

	if (!context)
		return -ENOMEM;
	if ((r = open_table(context, fd, what->sector_bytes)) < 0)
		return r;
	if (what->style == WTG_TABLE_GPT ? !fdisk_is_label(context, GPT)
					 : !fdisk_is_label(context, DOS))
		return -EINVAL;
	return add_and_write(context, what);
}
