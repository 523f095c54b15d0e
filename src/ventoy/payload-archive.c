/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows libarchive. */
#include "ventoy/payload-inner.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "wtg/text.h"

/* A release has some 300 members that unpack to less than 100 MB. */
#define MAX_ENTRIES 20000
#define MAX_UNPACKED (UINT64_C(512) << 20)

#define PIECE_BYTES (64u << 10)

/* By our own reads of a descriptor that is open: libarchive needs no file. */
struct feed {
	int fd;
	uint64_t at, size;
	uint8_t piece[PIECE_BYTES];
};

struct walk {
	struct archive *archive;
	const char *path; /* of the tarball */
	struct wtg_bytes *members;
	size_t n_entries;
	uint64_t unpacked;
	char *folder; /* in which the members are: "ventoy-1.1.00" */
};

static la_ssize_t feed_read(struct archive *archive, void *context, const void **ret)
{
	struct feed *feed = context;
	uint64_t n = feed->size - feed->at;

	if (n > sizeof(feed->piece))
		n = sizeof(feed->piece);
	if (wtg_pread_all(feed->fd, feed->piece, n, feed->at) < 0) {
		archive_set_error(archive, errno, "%s", strerror(errno));
		return ARCHIVE_FATAL;
	}
	feed->at += n;
	*ret = feed->piece;
	return (la_ssize_t)n;
}

/* For zip archives, whose directory is at the end. */
static la_int64_t feed_seek(struct archive *archive, void *context, la_int64_t offset, int whence)
{
	struct feed *feed = context;
	la_int64_t base = whence == SEEK_SET ? 0 :
			  whence == SEEK_CUR ? (la_int64_t)feed->at : (la_int64_t)feed->size;

	if (offset < -base || offset > (la_int64_t)feed->size - base) {
		archive_set_error(archive, EINVAL, "it refers to what lies outside of it");
		return ARCHIVE_FATAL;
	}
	feed->at = (uint64_t)(base + offset);
	return base + offset;
}

static int fail_library(const struct walk *walk, struct wtg_error *err)
{
	const char *why = archive_error_string(walk->archive);

	if (archive_errno(walk->archive) == ENOMEM) {
		wtg_memory_note_short();
		return wtg_fail(err, WTG_SYSTEM, ENOMEM, "read %s", walk->path);
	}
	return wtg_fail(err, WTG_INPUT, 0, "%s cannot be read: %s", walk->path,
			why ? why : "it makes no sense");
}

static struct archive *open_archive(struct feed *feed, struct walk *walk, struct wtg_error *err)
{
	struct archive *archive = archive_read_new();

	if (!archive)
		wtg_out_of_memory();
	walk->archive = archive;
	/* xz gives a warning where libarchive would start a program for it: that cannot be
	 * started where we are, and such a file is refused then. */
	(void)archive_read_support_filter_gzip(archive);
	(void)archive_read_support_filter_xz(archive);
	if (archive_read_support_format_tar(archive) == ARCHIVE_OK &&
	    archive_read_support_format_zip_seekable(archive) == ARCHIVE_OK &&
	    archive_read_set_seek_callback(archive, feed_seek) == ARCHIVE_OK &&
	    archive_read_open(archive, feed, NULL, feed_read, NULL) == ARCHIVE_OK)
		return archive;
	if (fail_library(walk, err) < 0 && err->kind == WTG_INPUT)
		(void)wtg_hint(err, WTG_VENTOY_HINT);
	archive_read_free(archive);
	return NULL;
}

static bool leads_out(const char *path)
{
	if (path[0] == '/')
		return true;
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
			return true;
	}
	return false;
}

static const char *after(const char *path, const char *prefix)
{
	return wtg_text_starts(path, prefix) ? path + strlen(prefix) : NULL;
}

/* Which of ours is ventoy-X.Y.Z/DIRECTORY/NAME?  -1: none.  *ret_folder is the caller's. */
static int member_of(const char *path, char **ret_folder)
{
	const char *from = after(path, "./") ? path + 2 : path;
	const char *slash = strchr(from, '/');

	if (!slash || !wtg_text_starts(from, "ventoy-"))
		return -1;
	for (int i = 0; i < WTG_VENTOY_MEMBERS; i++) {
		const char *rest = after(slash + 1, wtg_ventoy_members[i].directory);

		if (rest && *rest == '/' && wtg_text_equal(rest + 1, wtg_ventoy_members[i].name)) {
			*ret_folder = wtg_text("%.*s", (int)(slash - from), from);
			return i;
		}
	}
	return -1;
}

/* All members are read, the others for nothing, since only what came out tells how much it is.
 * ret: NULL for the others. */
static int read_content(struct walk *walk, const char *name, size_t max, struct wtg_bytes *ret,
			struct wtg_error *err)
{
	const void *piece;
	size_t size;
	la_int64_t at;
	int r;

	while ((r = archive_read_data_block(walk->archive, &piece, &size, &at)) == ARCHIVE_OK) {
		walk->unpacked += size;
		if (walk->unpacked > MAX_UNPACKED)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s unpacks to more than %ju MiB: it is no release of "
					"Ventoy, and may be made to fill memory", walk->path,
					(uintmax_t)(MAX_UNPACKED >> 20));
		if (!ret || size == 0)
			continue;
		if (size > max - ret->size)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s: %s has more than %zu bytes, which makes no sense",
					walk->path, name, max);
		if (at != (la_int64_t)ret->size)
			return wtg_fail(err, WTG_INPUT, 0, "%s: %s has holes", walk->path, name);
		memcpy(ret->data + ret->size, piece, size);
		ret->size += size;
	}
	return r == ARCHIVE_EOF ? 0 : fail_library(walk, err);
}

static int check_folder(struct walk *walk, const char *folder, struct wtg_error *err)
{
	if (!walk->folder)
		walk->folder = wtg_text_copy(folder);
	if (!wtg_text_equal(walk->folder, folder))
		return wtg_fail(err, WTG_INPUT, 0, "%s has two releases in it, %s and %s",
				walk->path, walk->folder, folder);
	return 0;
}

static int take_member(struct walk *walk, struct archive_entry *entry, int which,
		       struct wtg_error *err)
{
	const struct wtg_ventoy_member *member = &wtg_ventoy_members[which];
	_cleanup_free_ char *name = wtg_text("%s/%s", member->directory, member->name);
	struct wtg_bytes *ret = &walk->members[which];

	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return wtg_fail(err, WTG_INPUT, 0, "%s: %s is not a file there but a link or "
				"something else", walk->path, name);
	if (ret->data)
		return wtg_fail(err, WTG_INPUT, 0, "%s has %s twice", walk->path, name);
	ret->data = wtg_try_alloc(member->max_bytes, name, err);
	return ret->data ? read_content(walk, name, member->max_bytes, ret, err) : -1;
}

static int visit(struct walk *walk, struct archive_entry *entry, struct wtg_error *err)
{
	const char *path = archive_entry_pathname(entry);
	_cleanup_free_ char *folder = NULL;
	int which;

	/* One that this locale cannot say: not one of ours. */
	if (!path)
		path = "";
	if (leads_out(path))
		return wtg_fail(err, WTG_INPUT, 0,
				"%s has a member that leads out of its folder, \"%s\": it was made "
				"to do harm", walk->path, path);
	which = member_of(path, &folder);
	if (which < 0)
		return read_content(walk, path, 0, NULL, err);
	if (check_folder(walk, folder, err) < 0)
		return -1;
	return take_member(walk, entry, which, err);
}

static int walk_entries(struct walk *walk, struct wtg_error *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = archive_read_next_header(walk->archive, &entry)) == ARCHIVE_OK ||
	       r == ARCHIVE_WARN) {
		if (++walk->n_entries > MAX_ENTRIES)
			return wtg_fail(err, WTG_INPUT, 0,
					"%s has more than %d members: it is no release of Ventoy",
					walk->path, MAX_ENTRIES);
		if (visit(walk, entry, err) < 0)
			return -1;
	}
	return r == ARCHIVE_EOF ? 0 : fail_library(walk, err);
}

static int check_complete(const struct walk *walk, struct wtg_error *err)
{
	for (size_t i = 0; i < WTG_VENTOY_MEMBERS; i++)
		if (!walk->members[i].data) {
			wtg_fail(err, WTG_INPUT, 0,
				 "%s is no release of Ventoy: there is no ventoy-X.Y.Z/%s/%s in it",
				 walk->path, wtg_ventoy_members[i].directory,
				 wtg_ventoy_members[i].name);
			return wtg_hint(err, WTG_VENTOY_HINT);
		}
	return 0;
}

int wtg_ventoy_archive_read(int fd, const char *path, struct wtg_bytes *ret,
			    struct wtg_error *err)
{
	struct walk walk = { .path = path, .members = ret };
	_cleanup_free_ struct feed *feed = wtg_alloc(sizeof(*feed));
	off_t size = lseek(fd, 0, SEEK_END);
	int r = -1;

	if (size < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", path);
	feed->fd = fd;
	feed->size = (uint64_t)size;
	if (!open_archive(feed, &walk, err))
		return -1;
	if (walk_entries(&walk, err) == 0)
		r = check_complete(&walk, err);
	archive_read_free(walk.archive);
	free(walk.folder);
	return r;
}
