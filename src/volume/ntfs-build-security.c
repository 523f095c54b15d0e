/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-build-internal.h"

#include <errno.h>
#include <stdlib.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/security.h>

#include "base/alloc.h"

/*
 * libntfs-3g enters a descriptor into $Secure for an inode only; the one that serves here
 * keeps its own.
 */
int wtg_ntfs_build_security(struct wtg_ntfs_builder *builder,
			    const struct wtg_bytes *descriptor, uint32_t *ret_id,
			    struct wtg_error *err)
{
	struct SECURITY_CONTEXT context = { .vol = builder->volume };
	ntfs_inode *inode = ntfs_inode_open(builder->volume, builder->reparses_record);
	le32 own, id;

	if (!inode)
		return wtg_build_fail(builder, errno, "open a system file", err);
	own = inode->security_id;
	wtg_build_lead_allocator(builder);
	if (ntfs_set_ntfs_acl(&context, inode, (const char *)descriptor->data,
			      descriptor->size, 0) < 0) {
		int errnum = errno;

		(void)ntfs_inode_close(inode);
		if (errnum == EINVAL && !builder->device->error.message)
			return wtg_fail(err, WTG_INPUT, 0,
					"a security descriptor of %zu bytes makes no sense",
					descriptor->size);
		return wtg_build_fail(builder, errnum, "enter a security descriptor", err);
	}
	id = inode->security_id;
	inode->security_id = own;
	if (ntfs_inode_close(inode) < 0)
		return wtg_build_fail(builder, errno, "close a system file", err);
	*ret_id = le32_to_cpu(id);
	return 0;
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
