/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/fdio.h"
#include "base/utf16.h"
#include "wtg/text.h"

const char *media_tree(void)
{
	static char *tree;

	if (tree)
		return tree;
	test_require("wimlib-imagex");
	tree = wtg_text("%s/tree", test_dir());
	free(test_run(
		NULL,
		"set -e; mkdir -p %s; cd %s; "
		"mkdir -p Windows/System32/config Windows/Boot/EFI/en-US; "
		"mkdir Windows/Boot/EFI_EX; "
		"seq 1 60000 >Windows/System32/config/SYSTEM; "
		"seq 1 90000 | tac >Windows/System32/config/SOFTWARE; "
		"head -c 200000 /dev/urandom >Windows/Boot/EFI/bootmgfw.efi; "
		"head -c 100 /dev/zero >Windows/Boot/EFI_EX/bootmgfw_EX.efi; "
		": >Windows/Boot/EFI/empty; "
		"echo mui >Windows/Boot/EFI/en-US/bootmgfw.efi.mui; "
		"head -c 3000000 /dev/zero | tr '\\0' w >Windows/System32/winload.efi; "
		"ln -s /etc/passwd Windows/Boot/EFI/out; "
		"ln -s /etc Windows/Boot/EFI/outdir; "
		"ln Windows/System32/config/SYSTEM Windows/System32/config/linked",
		tree, tree));
	return tree;
}

char *media_wim(const char *name, const char *options)
{
	char *path = wtg_text("%s/%s", test_dir(), name);
	static const char properties[] =
		"--image-property WINDOWS/INSTALLATIONTYPE=Client "
		"--image-property WINDOWS/VERSION/MAJOR=10 "
		"--image-property WINDOWS/VERSION/MINOR=0 "
		"--image-property WINDOWS/VERSION/SPBUILD=1742 "
		"--image-property 'WINDOWS/LANGUAGES/LANGUAGE[1]=en-US' "
		"--image-property 'WINDOWS/LANGUAGES/LANGUAGE[2]=de-DE' "
		"--image-property WINDOWS/LANGUAGES/DEFAULT=en-US ";

	free(test_run(
		NULL,
		"set -e; rm -f %s; "
		"wimlib-imagex capture %s %s 'Win Home' 'The home one' %s %s "
		"--image-property 'DISPLAYNAME=Windows 11 Home' "
		"--image-property WINDOWS/EDITIONID=Core --image-property WINDOWS/ARCH=9 "
		"--image-property WINDOWS/VERSION/BUILD=26100; "
		"wimlib-imagex append %s/Windows %s 'Win Pro' %s "
		"--image-property WINDOWS/EDITIONID=Professional "
		"--image-property WINDOWS/ARCH=12 "
		"--image-property WINDOWS/VERSION/BUILD=17763",
		path, media_tree(), path, options, properties, media_tree(), path,
		properties));
	return path;
}

char *media_iso(const char *name, const char *grafts)
{
	char *path = wtg_text("%s/%s", test_dir(), name);

	test_require("genisoimage");
	free(test_run(
		NULL,
		"genisoimage -quiet -udf -allow-limited-size -iso-level 3 -graft-points "
		"-o %s %s",
		path, grafts));
	return path;
}

void media_patch(const char *path, uint64_t offset, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || wtg_pwrite_all(fd, data, size, offset) < 0 || close(fd) < 0)
		fail_msg("cannot patch %s", path);
}

void media_xml(const char *path, const char *utf8, uint64_t offset)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes xml = wtg_utf16_from_utf8(utf8);
	uint64_t size = xml.size - 2; /* without the NUL */
	uint8_t header[24];
	struct stat st;

	if (stat(path, &st) < 0)
		fail_msg("cannot look at %s", path);
	if (offset == 0)
		offset = (uint64_t)st.st_size;
	wtg_put_le64(header, size | 2ull << 56);
	wtg_put_le64(header + 8, offset);
	wtg_put_le64(header + 16, size);
	media_patch(path, offset, xml.data, (size_t)size);
	media_patch(path, 72, header, sizeof(header));
}

static void read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	if (wtg_pread_all(fd, buffer, size, offset) < 0)
		fail_msg("cannot read byte %ju", (uintmax_t)offset);
}

/* A name in a tree: its attributes are at 8, its reparse tag at 88, its length at 100,
 * itself at 102. */
static size_t find_name(const uint8_t *tree, size_t size, const char *name)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes wide = wtg_utf16_from_utf8(name);
	const uint8_t *found = memmem(tree, size, wide.data, wide.size);

	if (!found || found - tree < 102 || wtg_le16(found - 2) != wide.size - 2)
		fail_msg("no %s in the tree", name);
	return (size_t)(found - tree) - 102;
}

void media_attributes(const char *path, const char *name, uint32_t attributes,
		      uint32_t tag)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ uint8_t *tree = NULL;
	uint8_t table[8], entry[50], sha1[WTG_SHA1_SIZE];
	size_t size, at;

	/* The trees come first in the file table. */
	read_at(fd, table, sizeof(table), 56);
	read_at(fd, entry, sizeof(entry), wtg_le64(table));
	size = (size_t)(wtg_le64(entry) & 0x00ffffffffffffffull);
	tree = wtg_alloc(size);
	read_at(fd, tree, size, wtg_le64(entry + 8));
	at = find_name(tree, size, name);
	wtg_put_le32(tree + at + 8, attributes);
	if (tag)
		wtg_put_le32(tree + at + 88, tag);
	wtg_sha1(tree, size, sha1);
	media_patch(path, wtg_le64(entry + 8), tree, size);
	media_patch(path, wtg_le64(table) + 30, sha1, sizeof(sha1));
}

uint64_t media_resource(const char *path, unsigned flags, unsigned n)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t table[24], entry[50];
	uint64_t at, size;

	read_at(fd, table, sizeof(table), 48);
	size = wtg_le64(table) & 0x00ffffffffffffffull;
	for (at = wtg_le64(table + 8); size >= sizeof(entry); size -= sizeof(entry)) {
		read_at(fd, entry, sizeof(entry), at);
		at += sizeof(entry);
		if ((entry[7] & flags) != 0 && n-- == 0)
			return wtg_le64(entry + 8);
	}
	fail_msg("%s has no such resource", path);
	return 0;
}

/* UDF (ECMA-167 4/14.9, 4/14.14.1): a File Entry says where a file lies in short descriptors of
 * length and block, counted from where the partition starts. */
#define BLOCK 2048
enum { FE_TAG = 261, FE_SIZE = 56, FE_EA_BYTES = 168, FE_AD_BYTES = 172, FE_END = 176 };

static uint64_t find_entry(int fd, uint64_t size, uint8_t entry[static BLOCK])
{
	for (uint64_t at = 256 * BLOCK;; at += BLOCK) {
		read_at(fd, entry, BLOCK, at);
		if (wtg_le16(entry) == FE_TAG && wtg_le64(entry + FE_SIZE) == size)
			return at;
	}
}

static uint64_t find_wim(int fd, uint64_t after)
{
	for (uint64_t at = after;; at += BLOCK) {
		uint8_t start[8];

		read_at(fd, start, sizeof(start), at);
		if (memcmp(start, "MSWIM\0\0", 8) == 0)
			return at;
	}
}

void media_scatter(const char *iso, uint64_t size, unsigned n)
{
	_cleanup_fd_ int fd = open(iso, O_RDONLY | O_CLOEXEC);
	uint64_t piece = (size / n / BLOCK + 1) * BLOCK, at, from, partition, end;
	_cleanup_free_ uint8_t *content = wtg_alloc(size);
	uint8_t entry[BLOCK], *extent;
	struct stat st;

	at = find_entry(fd, size, entry);
	from = find_wim(fd, at);
	extent = entry + FE_END + wtg_le32(entry + FE_EA_BYTES);
	partition = from - (uint64_t)wtg_le32(extent + 4) * BLOCK;
	if (fd < 0 || fstat(fd, &st) < 0 || partition % BLOCK != 0 || partition > from)
		fail_msg("%s is not a disc as it was expected", iso);
	read_at(fd, content, size, from);
	/* Nobody shall find it where it was. */
	free(test_run(NULL, "head -c %ju /dev/zero | dd of=%s bs=%d seek=%ju conv=notrunc "
		      "status=none", (uintmax_t)size, iso, BLOCK, (uintmax_t)(from / BLOCK)));
	end = ((uint64_t)st.st_size / BLOCK + 1) * BLOCK;
	for (unsigned i = 0; i < n; i++, extent += 8) {
		uint64_t start = i * piece, to = end + (n - 1 - i) * (piece + BLOCK);
		uint64_t length = size - start < piece ? size - start : piece;

		media_patch(iso, to, content + start, (size_t)length);
		wtg_put_le32(extent, (uint32_t)length);
		wtg_put_le32(extent + 4, (uint32_t)((to - partition) / BLOCK));
	}
	wtg_put_le32(entry + FE_AD_BYTES, 8 * n);
	media_patch(iso, at, entry, sizeof(entry));
}
