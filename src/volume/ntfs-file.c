/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs.h"
#include "volume/ntfs-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/unistr.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "volume/security.h"

#define MAX_NAME_UNITS 255

/* A path on its way: the directory that its next part lies in, open, and that part. */
struct walk {
	struct _ntfs_volume *volume;
	const char *path;
	struct wtg_bytes units; /* of the whole path */
	ntfs_inode *dir;
	const ntfschar *name;
	size_t name_units;
};

static void walk_done(struct walk *walk)
{
	if (walk->dir)
		(void)ntfs_inode_close(walk->dir);
	wtg_bytes_done(&walk->units);
}

/* What failed below libntfs-3g comes first: it says more than an errno. */
static int fail(struct wtg_ntfs *ntfs, enum wtg_kind kind, const char *doing,
		const char *path, struct wtg_error *err)
{
	int errnum = errno;

	if (!ntfs->device->error.message)
		return wtg_fail(err, kind, errnum, "%s %s on the volume", doing, path);
	return wtg_fail(err, ntfs->device->error.kind, 0, "%s %s on the volume: %s",
			doing, path, ntfs->device->error.message);
}

/* libntfs-3g keeps changes to a volume that is open for reading in memory, and then says
 * that all went well. */
static int check_writable(const struct wtg_ntfs *ntfs, const char *path,
			  struct wtg_error *err)
{
	if (ntfs->device->window.ledger)
		return 0;
	return wtg_fail(err, WTG_SYSTEM, EROFS, "change %s on the volume", path);
}

/* Step to the next part of the path; false at its end. */
static bool next_name(struct walk *walk)
{
	const ntfschar *end = (const ntfschar *)(walk->units.data + walk->units.size) - 1;
	const ntfschar *from = walk->name + walk->name_units;
	size_t n = 0;

	while (from < end && le16_to_cpu(*from) == '/')
		from++;
	while (from + n < end && le16_to_cpu(from[n]) != '/')
		n++;
	if (n == 0)
		return false;
	walk->name = from;
	walk->name_units = n;
	return true;
}

static bool is_last_name(const struct walk *walk)
{
	struct walk ahead = *walk;

	return !next_name(&ahead);
}

/* The child of walk->dir of that name, whatever the case; NULL and errno. */
static ntfs_inode *open_child(const struct walk *walk)
{
	u64 reference;

	if (walk->name_units > MAX_NAME_UNITS) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (!(walk->dir->mrec->flags & MFT_RECORD_IS_DIRECTORY)) {
		errno = ENOENT;
		return NULL;
	}
	reference = ntfs_inode_lookup_by_name(walk->dir, walk->name,
					      (int)walk->name_units);
	return reference == (u64)-1 ? NULL :
				      ntfs_inode_open(walk->volume, MREF(reference));
}

/* Without an error there must not be a file that anybody may change. */
static int inherit_security(const struct walk *walk, ntfs_inode *child, bool is_dir)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes parent = wtg_ntfs_get_security(walk->dir);
	_cleanup_(wtg_bytes_done) struct wtg_bytes security = wtg_security_inherit(
		&parent, is_dir ? &wtg_new_directory : &wtg_new_file);

	return wtg_ntfs_set_security(child, &security);
}

/* A child that inherits from walk->dir as Windows does it for an administrator. */
static ntfs_inode *create_child(const struct walk *walk, mode_t type)
{
	ntfs_inode *child;
	int errnum;

	if (ntfs_forbidden_names(walk->volume, walk->name, (int)walk->name_units, TRUE)) {
		errno = EINVAL;
		return NULL;
	}
	child = ntfs_create(walk->dir, const_cpu_to_le32(0), walk->name,
			    (u8)walk->name_units, type);
	if (!child)
		return NULL;
	if (S_ISDIR(type)) { /* libntfs-3g wants them archived, Windows does not */
		child->flags &= ~FILE_ATTR_ARCHIVE;
		NInoFileNameSetDirty(child);
		NInoSetDirty(child);
	}
	if (inherit_security(walk, child, S_ISDIR(type)) == 0)
		return child;
	errnum = errno;
	(void)ntfs_inode_close(child);
	errno = errnum;
	return NULL;
}

/*
 * Walk to the directory that holds the last part of path; where directories are missing,
 * make them or fail with ENOENT.
 */
static int walk_to_parent(struct wtg_ntfs *ntfs, const char *path, bool make,
			  struct walk *walk)
{
	*walk = (struct walk){ .volume = ntfs->volume, .path = path };
	walk->units = wtg_utf16_from_utf8(path);
	walk->name = (const ntfschar *)walk->units.data;
	walk->dir = ntfs_inode_open(ntfs->volume, FILE_root);
	if (!walk->dir)
		return -1;
	if (!next_name(walk)) {
		errno = ENOENT;
		return -1;
	}
	while (!is_last_name(walk)) {
		ntfs_inode *dir = walk->dir, *child = open_child(walk);
		int errnum;

		if (!child && errno == ENOENT && make)
			child = create_child(walk, S_IFDIR);
		errnum = errno;
		walk->dir = child;
		if (ntfs_inode_close(dir) < 0)
			return -1;
		errno = errnum;
		if (!child)
			return -1;
		next_name(walk);
	}
	return 0;
}

static ntfs_inode *open_path(struct wtg_ntfs *ntfs, const char *path)
{
	struct walk walk;
	ntfs_inode *inode = NULL;
	int errnum;

	if (walk_to_parent(ntfs, path, false, &walk) == 0)
		inode = open_child(&walk);
	errnum = errno;
	walk_done(&walk);
	errno = errnum;
	return inode;
}

bool wtg_ntfs_exists(struct wtg_ntfs *volume, const char *path)
{
	ntfs_inode *inode = open_path(volume, path);

	if (!inode)
		return false;
	(void)ntfs_inode_close(inode);
	return true;
}

/* Only files: what lies behind a reparse point is not what its data says. */
static int check_file(const ntfs_inode *inode, const char *path, struct wtg_error *err)
{
	if (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY)
		return wtg_fail(err, WTG_INPUT, 0, "%s on the volume is a directory",
				path);
	if (inode->flags & FILE_ATTR_ENCRYPTED)
		return wtg_fail(err, WTG_INPUT, 0, "%s on the volume is encrypted", path);
	if (inode->flags & FILE_ATTR_REPARSE_POINT)
		return wtg_fail(err, WTG_INPUT, 0, "%s on the volume is a link", path);
	return 0;
}

static int read_data(ntfs_attr *data, size_t max, const char *path, struct wtg_bytes *ret,
		     struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };

	if (data->data_size < 0 || (uint64_t)data->data_size > max)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s on the volume has %" PRId64
				" bytes, at most %zu make sense",
				path, (int64_t)data->data_size, max);
	bytes.data = wtg_try_alloc((size_t)data->data_size, path, err);
	if (!bytes.data)
		return -1;
	while (bytes.size < (size_t)data->data_size) {
		s64 n = ntfs_attr_pread(data, (s64)bytes.size,
					data->data_size - (s64)bytes.size,
					bytes.data + bytes.size);

		if (n <= 0)
			return wtg_fail(err, WTG_INPUT, n < 0 ? errno : EIO,
					"read %s on the volume", path);
		bytes.size += (size_t)n;
	}
	*ret = bytes;
	bytes = (struct wtg_bytes){ 0 };
	return 0;
}

int wtg_ntfs_read_stream(ntfs_inode *inode, const char *name, size_t max,
			 const char *path, struct wtg_bytes *ret, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes units = wtg_utf16_from_utf8(name ? name : "");
	ntfschar *of_name = name ? (ntfschar *)units.data : AT_UNNAMED;
	ntfs_attr *data = ntfs_attr_open(inode, AT_DATA, of_name, (u32)units.size / 2 - 1);
	int result;

	if (!data)
		return wtg_fail(err, WTG_INPUT, errno, "open %s%s%s on the volume", path,
				name ? ":" : "", name ? name : "");
	result = read_data(data, max, path, ret, err);
	ntfs_attr_close(data);
	return result;
}

int wtg_ntfs_read(struct wtg_ntfs *volume, const char *path, size_t max,
		  struct wtg_bytes *ret, struct wtg_error *err)
{
	ntfs_inode *inode = open_path(volume, path);
	int result;

	if (!inode)
		return fail(volume, WTG_INPUT, "open", path, err);
	if (wtg_ntfs_algorithm(inode))
		result = wtg_ntfs_read_compact(inode, max, path, ret, err);
	else if (check_file(inode, path, err) < 0)
		result = -1;
	else
		result = wtg_ntfs_read_stream(inode, NULL, max, path, ret, err);
	(void)ntfs_inode_close(inode);
	return result;
}

int wtg_ntfs_security(struct wtg_ntfs *volume, const char *path, struct wtg_bytes *ret,
		      struct wtg_error *err)
{
	ntfs_inode *inode = open_path(volume, path);

	if (!inode)
		return fail(volume, WTG_INPUT, "open", path, err);
	*ret = wtg_ntfs_get_security(inode);
	(void)ntfs_inode_close(inode);
	return 0;
}

/* 0, or -1 with errno. */
static int replace_data(ntfs_inode *inode, const struct wtg_bytes *content)
{
	ntfs_attr *data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	size_t done = 0;
	int result, errnum;

	if (!data)
		return -1;
	result = ntfs_attr_truncate(data, 0);
	while (result == 0 && done < content->size) {
		s64 n = ntfs_attr_pwrite(data, (s64)done, (s64)(content->size - done),
					 content->data + done);

		if (n <= 0)
			result = -1;
		else
			done += (size_t)n;
	}
	/* The end of a compressed file is written only here. */
	if (result == 0)
		result = ntfs_attr_pclose(data);
	errnum = errno;
	ntfs_attr_close(data);
	errno = errnum;
	return result < 0 ? -1 : 0;
}

static int write_here(struct wtg_ntfs *ntfs, struct walk *walk,
		      const struct wtg_bytes *content, const struct wtg_bytes *security,
		      struct wtg_error *err)
{
	ntfs_inode *inode = open_child(walk);
	bool is_new = !inode && errno == ENOENT;
	int result = 0;

	if (is_new)
		inode = create_child(walk, S_IFREG);
	if (!inode)
		return fail(ntfs, WTG_SYSTEM, "create", walk->path, err);
	if (wtg_ntfs_algorithm(inode))
		result = wtg_fail(err, WTG_INPUT, 0,
				  "%s on the volume is compressed (CompactOS), and wtgctl "
				  "only reads such files", walk->path);
	else if (check_file(inode, walk->path, err) < 0)
		result = -1;
	else if (is_new && security && wtg_ntfs_set_security(inode, security) < 0)
		result = fail(ntfs, WTG_SYSTEM, "set the security of", walk->path, err);
	else if (replace_data(inode, content) < 0)
		result = fail(ntfs, WTG_SYSTEM, "write", walk->path, err);
	else
		ntfs_inode_update_times(inode, NTFS_UPDATE_MCTIME);
	if (ntfs_inode_close_in_dir(inode, walk->dir) < 0 && result == 0)
		result = fail(ntfs, WTG_SYSTEM, "write", walk->path, err);
	return result;
}

int wtg_ntfs_write(struct wtg_ntfs *volume, const char *path,
		   const struct wtg_bytes *content, const struct wtg_bytes *security,
		   struct wtg_error *err)
{
	_cleanup_(walk_done) struct walk walk = { 0 };
	ntfs_inode *dir;

	if (check_writable(volume, path, err) < 0)
		return -1;
	if (walk_to_parent(volume, path, true, &walk) < 0)
		return fail(volume, WTG_SYSTEM, "make the directory of", path, err);
	if (write_here(volume, &walk, content, security, err) < 0)
		return -1;
	dir = WTG_STEAL(walk.dir);
	if (ntfs_inode_close(dir) < 0)
		return fail(volume, WTG_SYSTEM, "write", path, err);
	return 0;
}

int wtg_ntfs_remove(struct wtg_ntfs *volume, const char *path, struct wtg_error *err)
{
	_cleanup_(walk_done) struct walk walk = { 0 };
	ntfs_inode *inode = NULL;

	if (check_writable(volume, path, err) < 0)
		return -1;
	if (walk_to_parent(volume, path, false, &walk) == 0)
		inode = open_child(&walk);
	if (!inode)
		return errno == ENOENT ? 0 : fail(volume, WTG_SYSTEM, "find", path, err);
	/* Closes both, whatever happens. */
	if (ntfs_delete(volume->volume, NULL, inode, WTG_STEAL(walk.dir), walk.name,
			(u8)walk.name_units) < 0)
		return fail(volume, WTG_SYSTEM, "remove", path, err);
	return 0;
}
