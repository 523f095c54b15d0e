/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume-inner.h"

#include <errno.h>

#include <ntfs-3g/object_id.h>
#include <ntfs-3g/reparse.h>

#include "base/alloc.h"

int media_object_id(struct media_volume *volume, const char *path, const uint8_t guid[16],
		    struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode = media_open_existing(volume, path, err);

	if (!inode)
		return -1;
	if (ntfs_set_ntfs_object_id(inode, (const char *)guid, 16, 0) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "set the object id of %s", path);
	return 0;
}

int media_reparse(struct media_volume *volume, const char *path, uint32_t tag,
		  const void *data, size_t size, struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode = media_open_existing(volume, path, err);
	_cleanup_free_ uint8_t *point = wtg_alloc(8 + size);

	if (!inode)
		return -1;
	wtg_put_le32(point, tag);
	wtg_put_le16(point + 4, (uint16_t)size);
	memcpy(point + 8, data, size);
	if (ntfs_set_ntfs_reparse_data(inode, (const char *)point, 8 + size, 0) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make %s a reparse point", path);
	return 0;
}

int media_secure(struct media_volume *volume, const char *path,
		 const struct wtg_bytes *descriptor, struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode = media_open_existing(volume, path, err);

	if (!inode)
		return -1;
	if (ntfs_set_ntfs_acl(&volume->security, inode, (const char *)descriptor->data,
			      descriptor->size, 0) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "set security of %s", path);
	return 0;
}

int media_times(struct media_volume *volume, const char *path, uint64_t time,
		struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode = media_open_existing(volume, path, err);

	if (!inode)
		return -1;
	inode->creation_time = inode->last_data_change_time = inode->last_access_time =
		cpu_to_le64(time);
	NInoFileNameSetDirty(inode);
	NInoSetDirty(inode);
	return 0;
}
