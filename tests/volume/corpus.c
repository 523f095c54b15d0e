/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "corpus.h"
#include "volume/ntfs-internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/object_id.h>
#include <ntfs-3g/reparse.h>
#include <ntfs-3g/security.h>
#include <wimlib.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "wtg/text.h"

#define MUST(condition)                                                                  \
	do {                                                                             \
		if (!(condition))                                                        \
			fail_msg("%s: %s", #condition, strerror(errno));                 \
	} while (0)

/* Owner and group Administrators; all may read, SYSTEM everything, and so below. */
const uint8_t test_corpus_security[] = {
	0x01, 0x00, 0x04, 0x84, 0x14, 0x00, 0x00, 0x00, 0x24, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x34, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00, 0x01, 0x02, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
	0x02, 0x00, 0x30, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x03, 0x14, 0x00, 0xa9,
	0x00, 0x12, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x03, 0x14, 0x00, 0xff, 0x01, 0x1f, 0x00, 0x01, 0x01, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
};
const unsigned test_corpus_security_size = sizeof(test_corpus_security);

static struct wtg_bytes pattern(size_t size, unsigned seed)
{
	struct wtg_bytes bytes = { wtg_alloc(size), size };
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		bytes.data[i] = (uint8_t)(x >> 24);
	}
	return bytes;
}

/* Open or make the last part of a path, its directories too; "x/" makes a directory. */
static ntfs_inode *make(ntfs_volume *vol, const char *path)
{
	_cleanup_free_ char *copy = wtg_text_copy(path);
	bool wants_dir = path[strlen(path) - 1] == '/';
	ntfs_inode *dir = ntfs_inode_open(vol, FILE_root), *child = dir;
	char *rest = NULL;

	for (char *part = strtok_r(copy, "/", &rest), *next; part;
	     part = next, dir = child) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes name =
			wtg_utf16_from_utf8(part);
		int units = (int)name.size / 2 - 1;
		u64 found;

		next = strtok_r(NULL, "/", &rest);
		found = ntfs_inode_lookup_by_name(dir, (ntfschar *)name.data, units);
		child = found == (u64)-1 ?
				ntfs_create(dir, const_cpu_to_le32(0),
					    (ntfschar *)name.data, (u8)units,
					    next || wants_dir ? S_IFDIR : S_IFREG) :
				ntfs_inode_open(vol, MREF(found));
		MUST(child);
		MUST(ntfs_inode_close(dir) == 0);
	}
	return child;
}

static void add_stream(ntfs_inode *ni, const char *name, const struct wtg_bytes *content)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes units = wtg_utf16_from_utf8(name);
	u32 n = (u32)units.size / 2 - 1;
	ntfs_attr *na;

	if (n > 0)
		MUST(ntfs_attr_add(ni, AT_DATA, (ntfschar *)units.data, (u8)n, NULL, 0) ==
		     0);
	na = ntfs_attr_open(ni, AT_DATA, n ? (ntfschar *)units.data : AT_UNNAMED, n);
	MUST(na);
	if (content->size > 0) {
		MUST(ntfs_attr_pwrite(na, 0, (s64)content->size, content->data) ==
		     (s64)content->size);
		MUST(ntfs_attr_pclose(na) == 0);
	}
	ntfs_attr_close(na);
}

static void add_file(ntfs_volume *vol, const char *path, size_t size)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes content =
		pattern(size, (unsigned)(size + strlen(path)));
	ntfs_inode *ni = make(vol, path);
	const uint64_t times[3] = { 132537600000000007 + size, 132537600001234567 + size,
				    132537612345678901 + size };

	add_stream(ni, "", &content);
	MUST(ntfs_inode_set_times(ni, (const char *)times, sizeof(times), 0) == 0);
	MUST(ntfs_inode_close(ni) == 0);
}

static void add_streams(ntfs_volume *vol)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes small = pattern(27, 1),
						   large = pattern(70000, 2);
	struct wtg_bytes none = { 0 };
	ntfs_inode *ni;

	add_file(vol, "Users/download.exe", 5000);
	ni = make(vol, "Users/download.exe");
	add_stream(ni, "Zone.Identifier", &small);
	add_stream(ni, "large stream", &large);
	add_stream(ni, "empty", &none);
	MUST(ntfs_inode_close(ni) == 0);
	ni = make(vol, "Users/with a stream/");
	add_stream(ni, "on a directory", &large);
	MUST(ntfs_inode_close(ni) == 0);
}

static void set_short_name(ntfs_volume *vol, const char *dir, const char *path,
			   const char *name)
{
	ntfs_inode *ni = make(vol, path);
	ntfs_inode *dir_ni = *dir ? make(vol, dir) : ntfs_inode_open(vol, FILE_root);

	/* Closes both. */
	MUST(ntfs_set_ntfs_dos_name(ni, dir_ni, name, strlen(name), 0) == 0);
}

static void add_link(ntfs_volume *vol, const char *path, const char *dir,
		     const char *name)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes units = wtg_utf16_from_utf8(name);
	ntfs_inode *ni = make(vol, path), *dir_ni = make(vol, dir);

	MUST(ntfs_link(ni, dir_ni, (ntfschar *)units.data, (u8)(units.size / 2 - 1)) ==
	     0);
	MUST(ntfs_inode_close_in_dir(ni, dir_ni) == 0);
	MUST(ntfs_inode_close(dir_ni) == 0);
}

static void add_names(ntfs_volume *vol)
{
	char longest[256];

	memset(longest, 'n', sizeof(longest) - 1);
	longest[255] = '\0';
	add_file(vol, longest, 10);
	add_file(vol, "Case twin", 11);
	add_file(vol, "case TWIN", 12);
	add_file(vol, "Ünïcode/日本語 😀.txt", 13);
	add_file(vol, "Program Files/Long File Name.text", 14);
	set_short_name(vol, "", "Program Files/", "PROGRA~1");
	set_short_name(vol, "Program Files/", "Program Files/Long File Name.text",
		       "LONGFI~1.TEX");

	add_file(vol, "Windows/WinSxS/a component/kernel32.dll", 123456);
	add_link(vol, "Windows/WinSxS/a component/kernel32.dll", "Windows/System32/",
		 "kernel32.dll");
	add_link(vol, "Windows/WinSxS/a component/kernel32.dll", "Windows/System32/",
		 "another name.dll");
}

static void set_reparse(ntfs_volume *vol, const char *path, uint32_t tag,
			const char *data, uint16_t size)
{
	uint8_t buffer[256];
	ntfs_inode *ni = make(vol, path);

	wtg_put_le32(buffer, tag);
	wtg_put_le16(buffer + 4, size);
	wtg_put_le16(buffer + 6, 0);
	memcpy(buffer + 8, data, size);
	MUST(ntfs_set_ntfs_reparse_data(ni, (char *)buffer, 8u + size, 0) == 0);
	MUST(ntfs_inode_close(ni) == 0);
}

static void add_reparse_points(ntfs_volume *vol)
{
	/* Two names, each offset and length, then \??\C:\Users and C:\Users. */
	static const char junction[] =
		"\0\0\x18\0\x1a\0\x10\0"
		"\\\0?\0?\0\\\0C\0:\0\\\0U\0s\0e\0r\0s\0\0\0C\0:\0\\\0U\0s\0e\0r\0s\0\0";
	static const char symlink[] = "\0\0\x0a\0\x0a\0\x0a\0\x01\0\0\0"
				      "U\0s\0e\0r\0s\0U\0s\0e\0r\0s\0";

	set_reparse(vol, "Documents and Settings/", 0xa0000003, junction,
		    sizeof(junction) - 1);
	set_reparse(vol, "link to Users", 0xa000000c, symlink, 12 + 20);
}

static void add_special_data(ntfs_volume *vol)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes noise = pattern(100000, 3);
	struct wtg_bytes text = { wtg_alloc(300001), 300001 };
	ntfs_inode *ni = make(vol, "sparse.bin");
	ntfs_attr *na = ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0);

	MUST(na);
	MUST(ntfs_attr_pwrite(na, 8 << 20, (s64)noise.size, noise.data) ==
	     (s64)noise.size);
	ntfs_attr_close(na);
	MUST(ntfs_inode_close(ni) == 0);

	for (size_t i = 0; i < text.size; i++)
		text.data[i] = (uint8_t)"compressible "[i % 13];
	ni = make(vol, "compressed/");
	ni->flags |= FILE_ATTR_COMPRESSED;
	MUST(ntfs_inode_close(ni) == 0);
	ni = make(vol, "compressed/text.txt"); /* inherits */
	add_stream(ni, "", &text);
	MUST(ntfs_inode_close(ni) == 0);
	wtg_bytes_done(&text);
}

static void set_metadata(ntfs_volume *vol)
{
	static const char *const secured[] = { "Users/", "Users/download.exe",
					       "Windows/System32/" };
	static const uint8_t object_id[16] = { 1, 2,  3,  4,  5,  6,  7, 8,
					       9, 10, 11, 12, 13, 14, 15 };
	struct SECURITY_CONTEXT context = { .vol = vol };
	uint32_t attributes = 0x2007; /* not indexed, system, hidden, read only */
	ntfs_inode *ni;

	for (size_t i = 0; i < sizeof(secured) / sizeof(secured[0]); i++) {
		ni = make(vol, secured[i]);
		MUST(ntfs_set_ntfs_acl(&context, ni, (const char *)test_corpus_security,
				       test_corpus_security_size, 0) == 0);
		MUST(ntfs_inode_close(ni) == 0);
	}
	ni = make(vol, "Windows/System32/config/SYSTEM");
	MUST(ntfs_set_ntfs_attrib(ni, (char *)&attributes, sizeof(attributes), 0) == 0);
	MUST(ntfs_set_ntfs_object_id(ni, (const char *)object_id, 16, 0) == 0);
	MUST(ntfs_inode_close(ni) == 0);
}

static ntfs_volume *mount(const char *path)
{
	ntfs_volume *vol = ntfs_mount(path, 0);

	MUST(vol);
	return vol;
}

void test_corpus_volume(const char *path, uint64_t size_bytes)
{
	static const size_t sizes[] = { 0,    1,    700,   701,	   4095,
					4096, 4097, 65536, 100000, 3145745 };
	ntfs_volume *vol;

	free(test_run(NULL, "truncate -s %llu '%s' && mkntfs -Q -F -q '%s'",
		      (unsigned long long)size_bytes, path, path));
	vol = mount(path);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		_cleanup_free_ char *name = wtg_text("Windows/sizes/%zu bytes", sizes[i]);

		add_file(vol, name, sizes[i]);
	}
	for (unsigned i = 0; i < 400; i++) {
		_cleanup_free_ char *name =
			wtg_text("Windows/WinSxS/many/file number %u.dat", i);

		add_file(vol, name, i * 37);
	}
	add_file(vol, "Windows/System32/config/SYSTEM", 20000);
	add_names(vol);
	add_streams(vol);
	add_special_data(vol);
	add_reparse_points(vol);
	set_metadata(vol);
	MUST(ntfs_umount(vol, FALSE) == 0);
}

char *test_corpus_capture(const char *name, const char *options)
{
	_cleanup_free_ char *volume = wtg_text("%s/corpus", test_dir());
	char *wim = wtg_text("%s/%s", test_dir(), name);

	if (access(volume, F_OK) < 0)
		test_corpus_volume(volume, 64 << 20);
	free(test_run(NULL, "rm -f '%s'; wimlib-imagex capture '%s' '%s' Corpus %s", wim, volume,
		      wim, options));
	return wim;
}

void test_corpus_mark_compact(const char *path, const char *file)
{
	ntfs_volume *vol = mount(path);

	set_reparse(vol, file, 0x80000017, "\1\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0", 16);
	MUST(ntfs_umount(vol, FALSE) == 0);
}

/* The chunk table, and the chunks. */
static struct wtg_bytes packed(const struct wtg_bytes *content, unsigned algorithm)
{
	static const struct {
		enum wimlib_compression_type type;
		size_t chunk;
	} forms[] = {
		[TEST_XPRESS4K] = { WIMLIB_COMPRESSION_TYPE_XPRESS, 4096 },
		[TEST_LZX] = { WIMLIB_COMPRESSION_TYPE_LZX, 32768 },
		[TEST_XPRESS8K] = { WIMLIB_COMPRESSION_TYPE_XPRESS, 8192 },
		[TEST_XPRESS16K] = { WIMLIB_COMPRESSION_TYPE_XPRESS, 16384 },
	};
	size_t chunk = forms[algorithm].chunk, n = (content->size + chunk - 1) / chunk;
	size_t table = n ? 4 * (n - 1) : 0;
	struct wtg_bytes stream = { wtg_alloc(content->size + table + 1), table };
	struct wimlib_compressor *compressor;

	MUST(wimlib_create_compressor(forms[algorithm].type, chunk, 50, &compressor) ==
	     0);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *from = content->data + i * chunk;
		size_t left = content->size - i * chunk, size = left < chunk ? left : chunk;
		size_t done = wimlib_compress(from, size, stream.data + stream.size,
					      size - 1, compressor);

		if (i > 0)
			wtg_put_le32(stream.data + 4 * (i - 1),
				     (uint32_t)(stream.size - table));
		if (done == 0)
			memcpy(stream.data + stream.size, from, size);
		stream.size += done ? done : size;
	}
	wimlib_free_compressor(compressor);
	return stream;
}

void test_corpus_compact(const char *path, const char *file, unsigned algorithm,
			 const struct wtg_bytes *content, const size_t *damage)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes stream = packed(content, algorithm);
	char point[16] = { 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, (char)algorithm };
	ntfs_volume *vol = mount(path);
	ntfs_inode *ni = make(vol, file);
	ntfs_attr *na = ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0);

	MUST(na && ntfs_attr_truncate(na, (s64)content->size) == 0);
	ntfs_attr_close(na);
	if (damage)
		memset(stream.data + *damage, 0xa5, stream.size - *damage);
	add_stream(ni, "WofCompressedData", &stream);
	MUST(ntfs_inode_close(ni) == 0);
	set_reparse(vol, file, 0x80000017, point, sizeof(point));
	MUST(ntfs_umount(vol, FALSE) == 0);
}
