/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "damage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include <openssl/sha.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/fdio.h"
#include "base/utf16.h"

/* [MS-WIM]: the header's resource entries: size and flags, offset, plain size. */
#define BLOB_TABLE 48
#define XML 72
#define INTEGRITY 124
#define HEADER_SIZE 208
#define RESOURCE_SIZE 24
#define BLOB_SIZE 50 /* resource, part, references, SHA-1 */
#define BLOB_SHA1 30
#define FLAG_METADATA 0x02
#define FLAG_COMPRESSED 0x04

struct resource {
	uint64_t size, offset, plain_size;
	uint8_t flags;
};

static struct resource resource_at(const uint8_t *p)
{
	return (struct resource){ .size = wtg_le64(p) & 0xffffffffffffff,
				  .flags = p[7],
				  .offset = wtg_le64(p + 8),
				  .plain_size = wtg_le64(p + 16) };
}

/* The integrity table would give every harm away at once. */
static int drop_integrity(int fd)
{
	static const uint8_t none[RESOURCE_SIZE];

	return wtg_pwrite_all(fd, none, sizeof(none), INTEGRITY);
}

/* The largest compressed blob that is, or is not, an image's metadata. */
static int find_blob(int fd, const uint8_t *header, bool metadata, struct resource *ret)
{
	struct resource table = resource_at(header + BLOB_TABLE), best = { 0 };
	_cleanup_free_ uint8_t *blobs = wtg_alloc(table.size);

	if (wtg_pread_all(fd, blobs, table.size, table.offset) < 0)
		return -1;
	for (uint64_t at = 0; at + BLOB_SIZE <= table.size; at += BLOB_SIZE) {
		struct resource blob = resource_at(blobs + at);

		if ((blob.flags & FLAG_COMPRESSED) &&
		    ((blob.flags & FLAG_METADATA) != 0) == metadata &&
		    blob.size > best.size)
			best = blob;
	}
	errno = ENODATA;
	if (best.size == 0)
		return -1;
	*ret = best;
	return 0;
}

static void replace_text(uint8_t *bytes, uint64_t size, const char *from, const char *to)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes old = wtg_utf16_from_utf8(from);
	_cleanup_(wtg_bytes_done) struct wtg_bytes new = wtg_utf16_from_utf8(to);

	for (uint64_t at = 0; at + old.size <= size; at += 2)
		if (memcmp(bytes + at, old.data, old.size) == 0)
			memcpy(bytes + at, new.data, new.size);
}

/* Change names of one length in one image's tree, and its hash with them. */
static int rename_in(int fd, uint8_t *entry)
{
	static const char *const names[][2] = { { "@@", ".." },
						{ "colon@name", "colon:name" },
						{ "slash@name", "slash/name" },
						{ "back@name", "back\\name" } };
	struct resource blob = resource_at(entry);
	_cleanup_free_ uint8_t *tree = wtg_alloc(blob.size);

	if (wtg_pread_all(fd, tree, blob.size, blob.offset) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		replace_text(tree, blob.size, names[i][0], names[i][1]);
	SHA1(tree, blob.size, entry + BLOB_SHA1);
	return wtg_pwrite_all(fd, tree, blob.size, blob.offset);
}

static int rename_evil(int fd, const uint8_t *header)
{
	struct resource table = resource_at(header + BLOB_TABLE);
	_cleanup_free_ uint8_t *blobs = wtg_alloc(table.size);

	if (drop_integrity(fd) < 0 ||
	    wtg_pread_all(fd, blobs, table.size, table.offset) < 0)
		return -1;
	for (uint64_t at = 0; at + BLOB_SIZE <= table.size; at += BLOB_SIZE)
		if ((blobs[at + 7] & FLAG_METADATA) && rename_in(fd, blobs + at) < 0)
			return -1;
	return wtg_pwrite_all(fd, blobs, table.size, table.offset);
}

static int scramble(int fd, uint64_t offset, size_t size)
{
	_cleanup_free_ uint8_t *noise = wtg_alloc(size);

	memset(noise, 0xa5, size);
	return wtg_pwrite_all(fd, noise, size, offset);
}

static int damage_blob(int fd, const uint8_t *header, bool metadata)
{
	struct resource blob;

	if (drop_integrity(fd) < 0 || find_blob(fd, header, metadata, &blob) < 0)
		return -1;
	return scramble(fd, blob.offset + blob.size / 2, 64);
}

/* Put other XML at the file's end and make the header point there. */
static int replace_xml(int fd, const uint8_t *header, const char *text)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 = wtg_utf16_from_utf8(text);
	uint8_t entry[RESOURCE_SIZE];
	struct stat st;

	if (drop_integrity(fd) < 0 || fstat(fd, &st) < 0)
		return -1;
	memcpy(entry, header + XML, sizeof(entry));
	wtg_put_le64(entry, (utf16.size - 2) | (uint64_t)header[XML + 7] << 56);
	wtg_put_le64(entry + 8, (uint64_t)st.st_size);
	wtg_put_le64(entry + 16, utf16.size - 2);
	if (wtg_pwrite_all(fd, utf16.data, utf16.size - 2, (uint64_t)st.st_size) < 0)
		return -1;
	return wtg_pwrite_all(fd, entry, sizeof(entry), XML);
}

static int damage(int fd, const uint8_t *header, enum media_fault fault)
{
	switch (fault) {
	case MEDIA_BAD_CHUNK:
		return damage_blob(fd, header, false);
	case MEDIA_BAD_METADATA:
		return damage_blob(fd, header, true);
	case MEDIA_BAD_XML:
		return replace_xml(fd, header,
				   "\ufeff<WIM><IMAGE INDEX=\"1\"><NAME>torn</NA");
	case MEDIA_DOCTYPE_XML:
		return replace_xml(
			fd, header,
			"\ufeff<!DOCTYPE WIM [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
			"<WIM><TOTALBYTES>1</TOTALBYTES><IMAGE INDEX=\"1\">"
			"<NAME>&a;</NAME></IMAGE><IMAGE INDEX=\"2\"><NAME>b</NAME>"
			"</IMAGE><IMAGE INDEX=\"3\"><NAME>c</NAME></IMAGE></WIM>");
	case MEDIA_EVIL_NAMES:
		return rename_evil(fd, header);
	case MEDIA_SOUND:
	case MEDIA_NO_INSTALL:
	case MEDIA_ISO9660_ONLY:
	case MEDIA_TRUNCATED:
	case MEDIA_ZERO:
	case MEDIA_NO_BOOTFILES:
	case MEDIA_NO_WINLOAD:
	case MEDIA_NO_SYSTEM:
	case MEDIA_BAD_SYSTEM:
	case MEDIA_DIRTY_SYSTEM:
		return 0;
	}
	return 0;
}

int media_damage_wim(const char *path, enum media_fault fault, struct wtg_error *err)
{
	_cleanup_fd_ int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t header[HEADER_SIZE];

	if (fd < 0 || wtg_pread_all(fd, header, sizeof(header), 0) < 0 ||
	    damage(fd, header, fault) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "damage %s", path);
	return wtg_close(&fd, path, err);
}

int media_truncate(const char *path, unsigned percent, struct wtg_error *err)
{
	struct stat st;

	if (stat(path, &st) < 0 || truncate(path, st.st_size / 100 * (off_t)percent) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "truncate %s", path);
	return 0;
}
