/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include "base/alloc.h"
#include "wtg/text.h"

#define N_ELEMENTS(table) (sizeof(table) / sizeof(*(table)))
#define ODD MEDIA_ODD_DIR "/"

/* CJK, emoji outside the BMP, a combining accent, a right-to-left override. */
static const struct media_node files[] = {
	{ ODD "漢字とかな.txt", MEDIA_ARCHIVE, 0, NULL },
	{ ODD "🪟 emoji 👩‍💻.txt", MEDIA_ARCHIVE, 0, NULL },
	{ ODD "Cafe\xcc\x81 und Café.txt", 0, 0, NULL },
	{ ODD "right \xe2\x80\xae to left.txt", 0, 0, NULL },
	{ ODD "ends with a dot.", 0, 0, NULL },
	{ ODD "ends with a space ", 0, 0, NULL },
	{ ODD " starts with a space", 0, 0, NULL },
	{ ODD "...", 0, 0, NULL },
	{ ODD "CON", 0, 0, NULL },
	{ ODD "nul.txt", 0, 0, NULL },
	{ ODD "semi;colon, comma & [brackets] 100% $HOME `x` 'q'.txt", 0, 0, NULL },
	{ ODD "hidden", MEDIA_HIDDEN, 0, NULL },
	{ ODD "system", MEDIA_SYSTEM, 0, NULL },
	{ ODD "readonly", MEDIA_READONLY, 0, NULL },
	{ ODD "all at once",
	  MEDIA_READONLY | MEDIA_HIDDEN | MEDIA_SYSTEM | MEDIA_ARCHIVE |
		  MEDIA_NOT_INDEXED,
	  0, NULL },
	{ ODD "A long name with a short one.text", MEDIA_ARCHIVE, 0, "ALONGN~1.TEX" },
	{ ODD "another long name.jpeg", MEDIA_ARCHIVE, 0, "ODD42.JPE" },
	{ ODD "audited", 0, MEDIA_SECURITY_AUDITED, NULL },
	{ ODD "nobody may", 0, MEDIA_SECURITY_EMPTY_DACL, NULL },
	{ ODD "everybody may", 0, MEDIA_SECURITY_NULL_DACL, NULL },
};

static int add_names(struct media_volume *volume, struct wtg_error *err)
{
	char longest[sizeof(ODD) + 255];

	for (size_t i = 0; i < N_ELEMENTS(files); i++)
		if (media_file(volume, &files[i], files[i].path, strlen(files[i].path),
			       err) < 0)
			return -1;
	memset(longest, 'n', sizeof(longest));
	memcpy(longest, ODD, sizeof(ODD) - 1);
	longest[sizeof(longest) - 1] = '\0';
	return media_plain_file(volume, longest, "255", 3, err);
}

/* Around the sizes at which a stream leaves its record, and a chunk or cluster ends. */
static int add_sizes(struct media_volume *volume, struct wtg_error *err)
{
	static const size_t sizes[] = { 0, 1, 500, 700, 1023, 1024, 4095, 4096, 4097,
					32767, 32768, 32769, 65536, 1000000 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = media_filler(7, 1000016);

	for (size_t i = 0; i < N_ELEMENTS(sizes); i++) {
		_cleanup_free_ char *path = wtg_text(ODD "sizes/%zu bytes", sizes[i]);

		if (media_plain_file(volume, path, data.data + i, sizes[i], err) < 0)
			return -1;
	}
	return 0;
}

static int add_streams(struct media_volume *volume, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes large = media_filler(8, 200000);
	static const char zone[] = "[ZoneTransfer]\r\nZoneId=3\r\n";
	const char *file = ODD "streams/file", *dir = ODD "streams/directory";

	if (media_plain_file(volume, file, "unnamed", 7, err) < 0 ||
	    media_stream(volume, file, "Zone.Identifier", zone, sizeof(zone) - 1, err) <
		    0 ||
	    media_stream(volume, file, "large", large.data, large.size, err) < 0 ||
	    media_stream(volume, file, "empty", "", 0, err) < 0 ||
	    media_stream(volume, file, "ünïcode 🪟", "x", 1, err) < 0 ||
	    media_plain_file(volume, ODD "streams/only named", "", 0, err) < 0 ||
	    media_stream(volume, ODD "streams/only named", "data", "y", 1, err) < 0 ||
	    media_dir(volume, &(struct media_node){ .path = dir }, err) < 0)
		return -1;
	return media_stream(volume, dir, "on a directory", large.data, 5000, err);
}

static int add_links(struct media_volume *volume, struct wtg_error *err)
{
	/* [MS-FSCC] 2.1.2.1: for execution aliases; opaque data to who copies it. */
	static const char alias[] = "\x03\0\0\0P\0k\0g\0\0\0A\0p\0p\0\0";
	const char *empty[] = { ODD "links/absolute symlink",
				ODD "links/relative symlink", ODD "links/alias.exe",
				ODD "links/dangling" };

	for (size_t i = 0; i < N_ELEMENTS(empty); i++)
		if (media_plain_file(volume, empty[i], "", 0, err) < 0)
			return -1;
	if (media_dir(volume, &(struct media_node){ .path = ODD "links/junction" }, err) <
		    0 ||
	    media_link_to(volume, ODD "links/junction", MEDIA_TAG_JUNCTION, "C:\\Windows",
			  err) < 0 ||
	    media_link_to(volume, empty[0], MEDIA_TAG_SYMLINK, "C:\\Windows\\win.ini",
			  err) < 0 ||
	    media_link_to(volume, empty[1], MEDIA_TAG_SYMLINK, "..\\sizes\\1 bytes",
			  err) < 0 ||
	    media_reparse(volume, empty[2], MEDIA_TAG_APPEXECLINK, alias, sizeof(alias),
			  err) < 0 ||
	    media_link_to(volume, empty[3], MEDIA_TAG_SYMLINK, "no such file", err) < 0 ||
	    media_plain_file(volume, ODD "links/of many names", "linked", 6, err) < 0)
		return -1;
	/* More names than fit one record of 1024 bytes. */
	for (unsigned i = 0; i < 59; i++) {
		_cleanup_free_ char *path =
			wtg_text(ODD "links/%u/name %u of it", i % 3, i);

		if (media_hard_link(volume, ODD "links/of many names", path, err) < 0)
			return -1;
	}
	return 0;
}

static int add_special(struct media_volume *volume, struct wtg_error *err)
{
	static const uint8_t guid[16] = {
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x18,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01
	};
	static const uint8_t dir_guid[16] = { 0xd1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	const struct media_node sparse = { ODD "sparse", MEDIA_SPARSE, 0, NULL };
	const struct media_node compressed = { ODD "compressed", MEDIA_COMPRESSED, 0,
					       NULL };
	const char *inside = ODD "compressed/file";
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = media_filler(9, 150000);

	if (media_sparse_file(volume, &sparse, &data, 1 << 20, 3 << 20, err) < 0 ||
	    media_dir(volume, &compressed, err) < 0 ||
	    media_plain_file(volume, inside, data.data, data.size, err) < 0 ||
	    media_plain_file(volume, ODD "object id", "identified", 10, err) < 0 ||
	    media_object_id(volume, ODD "object id", guid, err) < 0 ||
	    media_dir(volume, &(struct media_node){ .path = ODD "object id dir" }, err) <
		    0)
		return -1;
	return media_object_id(volume, ODD "object id dir", dir_guid, err);
}

static int add_shapes(struct media_volume *volume, struct wtg_error *err)
{
	_cleanup_free_ char *deep = wtg_text_copy(ODD "deep");

	if (media_dir(volume, &(struct media_node){ .path = ODD "empty directory" },
		      err) < 0)
		return -1;
	for (unsigned i = 0; i < 20; i++) {
		char *deeper = wtg_text("%s/level %u", deep, i + 1);

		free(deep);
		deep = deeper;
	}
	char *bottom = wtg_text("%s/bottom.txt", deep);
	_cleanup_free_ char *owned = bottom;

	if (media_plain_file(volume, bottom, "deep", 4, err) < 0)
		return -1;
	for (unsigned i = 0; i < 500; i++) {
		_cleanup_free_ char *path = wtg_text(ODD "many/entry %03u.dat", i);

		if (media_plain_file(volume, path, path, strlen(path) - i % 9, err) < 0)
			return -1;
	}
	return 0;
}

int media_twins_fill(struct media_volume *volume, struct wtg_error *err)
{
	if (media_plain_file(volume, ODD "Case twin", "one", 3, err) < 0)
		return -1;
	return media_plain_file(volume, ODD "CASE TWIN", "two", 3, err);
}

/* No volume takes such names; damage.c makes them of these, in the WIM. */
int media_evil_fill(struct media_volume *volume, struct wtg_error *err)
{
	static const char *const names[] = { "@@", "colon@name", "slash@name",
					     "back@name" };

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		_cleanup_free_ char *path = wtg_text(ODD "evil/%s", names[i]);

		if (media_plain_file(volume, path, "evil", 4, err) < 0)
			return -1;
	}
	return 0;
}

int media_odd_fill(struct media_volume *volume, struct wtg_error *err)
{
	if (add_names(volume, err) < 0 || add_sizes(volume, err) < 0 ||
	    add_streams(volume, err) < 0 || add_links(volume, err) < 0 ||
	    add_special(volume, err) < 0)
		return -1;
	return add_shapes(volume, err);
}
