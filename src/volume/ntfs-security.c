/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-internal.h"

#include <ntfs-3g/security.h>

#include "base/alloc.h"

int wtg_ntfs_set_security(struct _ntfs_inode *inode, const struct wtg_bytes *security)
{
	struct SECURITY_CONTEXT context = { .vol = inode->vol };

	return ntfs_set_ntfs_acl(&context, inode, (const char *)security->data, security->size,
				 0);
}

struct wtg_bytes wtg_ntfs_get_security(struct _ntfs_inode *inode)
{
	struct SECURITY_CONTEXT context = { .vol = inode->vol };
	int size = ntfs_get_ntfs_acl(&context, inode, NULL, 0);
	struct wtg_bytes security = { 0 };

	if (size <= 0)
		return security;
	security.data = wtg_alloc((size_t)size);
	if (ntfs_get_ntfs_acl(&context, inode, (char *)security.data, (size_t)size) == size)
		security.size = (size_t)size;
	return security;
}
