/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs.h"
#include "volume/ntfs-internal.h"

#include <errno.h>
#include <string.h>

#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "wtg/text.h"

#define MAX_ENTRIES 100000
#define MAX_DEPTH 32

/* What is in one directory: names of files and directories, but for the short ones. */
struct listing {
	struct entry {
		char *name;
		bool is_dir;
	} *items;
	size_t n_items, capacity;
	bool too_many;
};

static void listing_done(struct listing *listing)
{
	for (size_t i = 0; i < listing->n_items; i++)
		free(listing->items[i].name);
	free(listing->items);
}

static int note_entry(void *context, const ntfschar *name, const int name_len,
		      const int name_type, const s64 pos, const MFT_REF mref,
		      const unsigned dt_type)
{
	struct listing *listing = context;
	struct entry entry = { .is_dir = dt_type == NTFS_DT_DIR };

	(void)pos;
	(void)mref;
	if (name_type == FILE_NAME_DOS || dt_type == NTFS_DT_LNK)
		return 0;
	if (listing->n_items == MAX_ENTRIES) {
		listing->too_many = true;
		return -1;
	}
	entry.name = wtg_utf16_to_utf8(name, (size_t)name_len * 2);
	if (!entry.name || wtg_text_equal(entry.name, ".") || wtg_text_equal(entry.name, "..")) {
		free(entry.name);
		return 0;
	}
	WTG_APPEND(listing, entry);
	return 0;
}

/* Where names match whatever the case, libntfs-3g gives all of them in lower case. */
static int read_names(ntfs_inode *dir, struct listing *ret)
{
	s64 position = 0;
	int r;

	NVolSetCaseSensitive(dir->vol);
	r = ntfs_readdir(dir, &position, ret, note_entry);
	NVolClearCaseSensitive(dir->vol);
	return r;
}

/* 1, or 0: there is no such directory. */
static int list(struct wtg_ntfs *ntfs, const char *path, struct listing *ret,
		struct wtg_error *err)
{
	ntfs_inode *inode = ntfs_pathname_to_inode(ntfs->volume, NULL, path);
	int result = 1;

	if (!inode && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!inode)
		return wtg_fail(err, WTG_INPUT, errno, "open %s on the volume", path);
	if (!(inode->mrec->flags & MFT_RECORD_IS_DIRECTORY) ||
	    (inode->flags & FILE_ATTR_REPARSE_POINT))
		result = 0;
	else if (read_names(inode, ret) < 0)
		result = wtg_fail(err, WTG_INPUT, ret->too_many ? 0 : errno,
				  "read the directory %s on the volume%s", path,
				  ret->too_many ? ": it has too many entries" : "");
	(void)ntfs_inode_close(inode);
	return result;
}

struct gathering {
	struct wtg_ntfs *ntfs;
	uint64_t left_bytes;
	size_t left_entries;
	struct wtg_files files;
};

static int gather(struct gathering *g, const char *path, unsigned depth, struct wtg_error *err);

static int gather_entry(struct gathering *g, const char *path, const struct entry *entry,
			unsigned depth, struct wtg_error *err)
{
	_cleanup_free_ char *whole = wtg_text("%s/%s", path, entry->name);
	struct wtg_bytes content = { 0 };

	if (g->left_entries-- == 0 || depth == MAX_DEPTH)
		return wtg_fail(err, WTG_INPUT, 0, "there is too much in %s on the volume", path);
	if (entry->is_dir)
		return gather(g, whole, depth + 1, err);
	if (wtg_ntfs_read(g->ntfs, whole, (size_t)g->left_bytes, &content, err) < 0)
		return -1;
	g->left_bytes -= content.size;
	wtg_files_add(&g->files, whole, content);
	return 0;
}

static int gather(struct gathering *g, const char *path, unsigned depth, struct wtg_error *err)
{
	_cleanup_(listing_done) struct listing listing = { 0 };
	int r = list(g->ntfs, path, &listing, err);

	for (size_t i = 0; r > 0 && i < listing.n_items; i++)
		if (gather_entry(g, path, &listing.items[i], depth, err) < 0)
			return -1;
	return r < 0 ? -1 : 0;
}

int wtg_ntfs_read_tree(struct wtg_ntfs *volume, const char *path, uint64_t max_bytes,
		       struct wtg_files *files, struct wtg_error *err)
{
	struct gathering g = { volume, max_bytes, MAX_ENTRIES, *files };
	int r = gather(&g, path, 0, err);

	*files = g.files;
	return r;
}
