/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume-inner.h"

#include <errno.h>
#include <fcntl.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/dir.h>

#include "base/alloc.h"
#include "base/child.h"
#include "base/utf16.h"
#include "wtg/text.h"

/* The last part of a path, as NTFS wants it. */
struct name {
	struct wtg_bytes utf16;
	const ntfschar *chars;
	uint8_t n;
};

static void name_done(struct name *name)
{
	wtg_bytes_done(&name->utf16);
}

static struct name name_of(const char *text)
{
	struct name name = { .utf16 = wtg_utf16_from_utf8(text) };

	name.chars = (const ntfschar *)name.utf16.data;
	name.n = (uint8_t)(name.utf16.size / 2 - 1);
	for (unsigned i = 0; i < name.n; i++)
		if (wtg_le16(name.utf16.data + 2 * i) == MEDIA_LONE)
			wtg_put_le16(name.utf16.data + 2 * i, 0xd83d);
	return name;
}

int media_volume_make(const char *path, uint64_t size_bytes, struct wtg_error *err)
{
	const char *const argv[] = { "mkntfs", "--quick", "--force", "--quiet",
				     "--no-indexing", "--label", "stand-in",
				     path, NULL };
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool sized = fd >= 0 && ftruncate(fd, (off_t)size_bytes) == 0;

	if (!sized || close(fd) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make %s", path);
	return wtg_run_program(argv, NULL, -1, err);
}

int media_volume_open(const char *path, struct media_volume **ret, struct wtg_error *err)
{
	ntfs_volume *ntfs = ntfs_mount(path, 0);
	struct media_volume *volume;

	if (!ntfs)
		return wtg_fail(err, WTG_SYSTEM, errno, "open the volume %s", path);
	NVolSetCompression(ntfs);
	NVolSetShowSysFiles(ntfs);
	volume = wtg_alloc(sizeof(*volume));
	volume->ntfs = ntfs;
	volume->security.vol = ntfs;
	if (!ntfs->secure_ni && ntfs_open_secure(ntfs) != 0) {
		media_volume_abandon(volume);
		return wtg_fail(err, WTG_SYSTEM, errno, "open $Secure of %s", path);
	}
	*ret = volume;
	return 0;
}

int media_volume_close(struct media_volume **volume, struct wtg_error *err)
{
	ntfs_volume *ntfs = (*volume)->ntfs;

	free(*volume);
	*volume = NULL;
	if (ntfs_umount(ntfs, FALSE) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "close the volume");
	return 0;
}

void media_volume_abandon(struct media_volume *volume)
{
	if (volume)
		ntfs_umount(volume->ntfs, TRUE);
	free(volume);
}

static ntfs_inode *open_child(struct media_volume *volume, ntfs_inode *dir,
			      const char *part)
{
	_cleanup_(name_done) struct name name = name_of(part);
	u64 reference = ntfs_inode_lookup_by_name(dir, name.chars, name.n);

	return reference == (u64)-1 ? NULL
				    : ntfs_inode_open(volume->ntfs, MREF(reference));
}

static ntfs_inode *open_path(struct media_volume *volume, const char *path)
{
	_cleanup_free_ char *copy = wtg_text_copy(path);
	ntfs_inode *inode = ntfs_inode_open(volume->ntfs, FILE_root);
	char *rest = copy;

	for (char *part; inode && (part = strsep(&rest, "/"));) {
		ntfs_inode *child = *part ? open_child(volume, inode, part) : NULL;

		if (!*part)
			continue;
		ntfs_inode_close(inode);
		inode = child;
	}
	return inode;
}

ntfs_inode *media_open_existing(struct media_volume *volume, const char *path,
				struct wtg_error *err)
{
	ntfs_inode *inode = open_path(volume, path);

	if (!inode)
		wtg_fail(err, WTG_SYSTEM, errno, "open %s", path);
	return inode;
}

/* The directory that path lies in, made if it is not there; *ret_last is path's last
 * part. */
static ntfs_inode *open_parent(struct media_volume *volume, const char *path,
			       const char **ret_last, struct wtg_error *err)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = slash ? wtg_text("%.*s", (int)(slash - path), path)
					    : wtg_text_copy("");
	ntfs_inode *dir = open_path(volume, parent);

	*ret_last = slash ? slash + 1 : path;
	if (dir)
		return dir;
	if (media_dir(volume, &(struct media_node){ .path = parent }, err) < 0)
		return NULL;
	return media_open_existing(volume, parent, err);
}

static ntfs_inode *open_or_create(struct media_volume *volume, const char *path,
				  mode_t type, struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *dir = NULL;
	ntfs_inode *inode = open_path(volume, path);
	const char *last;

	if (inode)
		return inode;
	dir = open_parent(volume, path, &last, err);
	if (!dir)
		return NULL;
	_cleanup_(name_done) struct name name = name_of(last);
	inode = ntfs_create(dir, const_cpu_to_le32(0), name.chars, name.n, type);
	if (!inode)
		wtg_fail(err, WTG_SYSTEM, errno, "create %s", path);
	return inode;
}

/* Between 2019 and 2024, to 100 ns, and always the same for a path. */
static le64 time_of(const char *path, unsigned salt)
{
	const uint64_t start = 131908032000000000, span = 1577880000000000;
	uint64_t hash = 14695981039346656037u + salt;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * 1099511628211u;
	return cpu_to_le64(start + hash % span);
}

static void set_times(ntfs_inode *inode, const char *path)
{
	inode->creation_time = time_of(path, 1);
	inode->last_data_change_time = time_of(path, 2);
	inode->last_mft_change_time = time_of(path, 3);
	inode->last_access_time = time_of(path, 4);
	NInoFileNameSetDirty(inode);
	NInoSetDirty(inode);
}

static int reset_times(struct media_volume *volume, const char *path,
		       struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode = media_open_existing(volume, path, err);

	if (!inode)
		return -1;
	set_times(inode, path);
	return 0;
}

static int set_security(struct media_volume *volume, ntfs_inode *inode,
			const struct media_node *node, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes sd = media_security(
		node->security ? node->security : media_security_of(node->path));

	if (ntfs_set_ntfs_acl(&volume->security, inode, (const char *)sd.data, sd.size,
			      0) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "set security of %s", node->path);
	return 0;
}

static void set_attributes(ntfs_inode *inode, uint32_t attributes)
{
	const uint32_t settable = MEDIA_READONLY | MEDIA_HIDDEN | MEDIA_SYSTEM |
				  MEDIA_ARCHIVE | MEDIA_NOT_INDEXED;

	inode->flags &= ~cpu_to_le32(settable);
	inode->flags |= cpu_to_le32(attributes & settable);
	NInoSetDirty(inode);
	NInoFileNameSetDirty(inode);
}

/* libntfs-3g renames for it, at the present hour, and closes both inodes. */
static int set_short_name(struct media_volume *volume, ntfs_inode **inode,
			  const struct media_node *node, struct wtg_error *err)
{
	const char *last;
	ntfs_inode *dir = open_parent(volume, node->path, &last, err);
	_cleanup_free_ char *parent = wtg_text_copy(node->path);

	if (!dir)
		return -1;
	if (ntfs_set_ntfs_dos_name(WTG_STEAL(*inode), dir, node->short_name,
				   strlen(node->short_name), 0) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "set the short name of %s",
				node->path);
	parent[last > node->path ? last - node->path - 1 : 0] = '\0';
	if (reset_times(volume, node->path, err) < 0)
		return -1;
	return reset_times(volume, parent, err);
}

static int finish(struct media_volume *volume, ntfs_inode **inode,
		  const struct media_node *node, struct wtg_error *err)
{
	if (set_security(volume, *inode, node, err) < 0)
		return -1;
	set_attributes(*inode, node->attributes);
	set_times(*inode, node->path);
	return node->short_name ? set_short_name(volume, inode, node, err) : 0;
}

int media_dir(struct media_volume *volume, const struct media_node *node,
	      struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode =
		open_or_create(volume, node->path, S_IFDIR, err);
	le32 compressed = cpu_to_le32(MEDIA_COMPRESSED);

	if (!inode)
		return -1;
	if ((node->attributes & MEDIA_COMPRESSED) &&
	    ntfs_set_ntfs_attrib(inode, (const char *)&compressed, 4, 0) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "compress %s", node->path);
	return finish(volume, &inode, node, err);
}

static int write_attr(ntfs_inode *inode, const struct name *stream, const void *data,
		      size_t size)
{
	ntfschar *chars = stream ? (ntfschar *)(uintptr_t)stream->chars : AT_UNNAMED;
	ntfs_attr *attr = ntfs_attr_open(inode, AT_DATA, chars, stream ? stream->n : 0);
	bool good = attr && ntfs_attr_truncate(attr, 0) == 0;

	for (size_t done = 0; good && done < size;) {
		s64 n = ntfs_attr_pwrite(attr, (s64)done, (s64)(size - done),
					 (const uint8_t *)data + done);

		good = n > 0;
		done += good ? (size_t)n : 0;
	}
	if (good && NAttrCompressed(attr))
		good = ntfs_attr_pclose(attr) == 0;
	if (attr)
		ntfs_attr_close(attr);
	return good ? 0 : -1;
}

int media_file(struct media_volume *volume, const struct media_node *node,
	       const void *data, size_t size, struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode =
		open_or_create(volume, node->path, S_IFREG, err);

	if (!inode)
		return -1;
	if (write_attr(inode, NULL, data, size) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "write %s", node->path);
	return finish(volume, &inode, node, err);
}

int media_sparse_file(struct media_volume *volume, const struct media_node *node,
		      const struct wtg_bytes *data, uint64_t offset, uint64_t size,
		      struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode =
		open_or_create(volume, node->path, S_IFREG, err);
	ntfs_attr *attr = inode ? ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0) : NULL;
	bool good;

	if (!inode)
		return -1;
	good = attr && ntfs_attr_truncate(attr, (s64)size) == 0 &&
	       ntfs_attr_pwrite(attr, (s64)offset, (s64)data->size, data->data) ==
		       (s64)data->size;
	if (attr)
		ntfs_attr_close(attr);
	if (!good)
		return wtg_fail(err, WTG_SYSTEM, errno, "write %s", node->path);
	return finish(volume, &inode, node, err);
}

int media_stream(struct media_volume *volume, const char *path, const char *stream,
		 const void *data, size_t size, struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode = media_open_existing(volume, path, err);
	_cleanup_(name_done) struct name name = name_of(stream);

	if (!inode)
		return -1;
	if (ntfs_attr_add(inode, AT_DATA, (ntfschar *)(uintptr_t)name.chars, name.n, NULL,
			  0) != 0 ||
	    write_attr(inode, &name, data, size) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "write %s:%s", path, stream);
	return 0;
}

int media_hard_link(struct media_volume *volume, const char *existing, const char *path,
		    struct wtg_error *err)
{
	_cleanup_inode_ ntfs_inode *inode = media_open_existing(volume, existing, err);
	_cleanup_inode_ ntfs_inode *dir = NULL;
	const char *last;

	if (!inode)
		return -1;
	dir = open_parent(volume, path, &last, err);
	if (!dir)
		return -1;
	_cleanup_(name_done) struct name name = name_of(last);
	if (ntfs_link(inode, dir, name.chars, name.n) != 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "link %s to %s", path, existing);
	return 0;
}
