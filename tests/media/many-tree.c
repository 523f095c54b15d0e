/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include <stdio.h>

#include "base/alloc.h"
#include "wtg/text.h"

#define N_ELEMENTS(table) (sizeof(table) / sizeof(*(table)))
#define MANY MEDIA_ODD_DIR "/great numbers/"

/* In an order of no order, each number below n once; n and step have no common part. */
static unsigned shuffled(unsigned i, unsigned n, unsigned step)
{
	return (unsigned)((uint64_t)i * step % n);
}

/* A directory of many blocks, made in no order, cases and lengths mixed; and more descriptors
 * than half a block of $Secure holds ($SDS has blocks of 256 KiB). */
static int add_entries(struct media_volume *volume, struct wtg_error *err)
{
	static const char *const forms[] = { "", "Entry ", "ENTRY of ", "eNtry ", "ünd",
					     "漢字", "file.", "🪟 " };
	_cleanup_(wtg_bytes_done) struct wtg_bytes sd =
		media_security(MEDIA_SECURITY_AUDITED);

	for (unsigned i = 0; i < 5000; i++) {
		unsigned n = shuffled(i, 5000, 1237);
		_cleanup_free_ char *path =
			wtg_text(MANY "entries/%s%u", forms[n % N_ELEMENTS(forms)], n);

		if (media_plain_file(volume, path, path, n % 20, err) < 0)
			return -1;
		/* The last sub-authority of the group, at the end: 3,000 groups. */
		wtg_put_le32(sd.data + sd.size - 4, n % 3000);
		if (media_secure(volume, path, &sd, err) < 0)
			return -1;
	}
	return 0;
}

/* Every size around which content leaves its record, with names that leave less room. */
static int add_sizes(struct media_volume *volume, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = media_filler(21, 9000);
	static const char *const tails[] = { "", " with a name of some length",
					     " with a long name that has a short one.text" };

	for (unsigned i = 0; i < 150; i++) {
		unsigned size = i < 100 ? 560 + 2 * i : 11 * (i - 100);

		for (size_t k = 0; k < N_ELEMENTS(tails); k++) {
			_cleanup_free_ char *path =
				wtg_text(MANY "sizes/%u%s", size, tails[k]);
			char short_name[13];
			const struct media_node node = { path, MEDIA_ARCHIVE, 0,
							 k == 2 ? short_name : NULL };

			snprintf(short_name, sizeof(short_name), "S%u~1.TEX", size);
			if (media_file(volume, &node, data.data + i, size, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* The same content again and again: in files, under names, in streams; never twice in one file,
 * which wimlib 1.13 does not survive. */
static int add_shared(struct media_volume *volume, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = media_filler(22, 300000);
	static const size_t sizes[] = { 1, 600, 5000, 300000 };

	for (unsigned i = 0; i < 40; i++) {
		_cleanup_free_ char *path = wtg_text(MANY "shared/%u/copy %u", i % 7, i);
		_cleanup_free_ char *link = wtg_text(MANY "shared/%u/link %u", i % 5, i);
		size_t size = sizes[i % N_ELEMENTS(sizes)];

		if (media_plain_file(volume, path, data.data, size, err) < 0 ||
		    media_hard_link(volume, path, link, err) < 0 ||
		    media_stream(volume, path, "and here", data.data,
				 sizes[(i + 1) % N_ELEMENTS(sizes)], err) < 0)
			return -1;
	}
	return 0;
}

/* More streams than a record has room for, on a file and on a directory. */
static int add_streams(struct media_volume *volume, struct wtg_error *err)
{
	const char *const owners[] = { MANY "streams/file", MANY "streams/directory" };
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = media_filler(23, 30000);

	if (media_plain_file(volume, owners[0], "many", 4, err) < 0 ||
	    media_dir(volume, &(struct media_node){ .path = owners[1] }, err) < 0)
		return -1;
	for (unsigned i = 0; i < 60; i++) {
		_cleanup_free_ char *name = wtg_text("stream %0*u", 1 + i / 2, i);

		if (media_stream(volume, owners[i % 2], name, data.data + i, i * i * 7,
				 err) < 0)
			return -1;
	}
	return 0;
}

/* Enough for $Reparse and $ObjId to need blocks; tags that only their makers understand. */
static int add_points(struct media_volume *volume, struct wtg_error *err)
{
	static const uint32_t tags[] = { 0x9000001au /* cloud */, 0x80000021u /* OneDrive */,
					 0x80000018u /* container */, 0x80000013u };
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = media_filler(24, 16000);

	for (unsigned i = 0; i < 120; i++) {
		_cleanup_free_ char *path = wtg_text(MANY "points/%u", i);
		bool dir = i % 3 == 0;
		/* The largest lie outside of the record. */
		size_t size = i % 10 == 9 ? 4000 + 100 * i : 8 + i;

		if ((dir ? media_dir(volume, &(struct media_node){ .path = path }, err) :
			   media_plain_file(volume, path, "", 0, err)) < 0 ||
		    media_reparse(volume, path, tags[i % N_ELEMENTS(tags)], data.data, size,
				  err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < 120; i++) {
		_cleanup_free_ char *path = wtg_text(MANY "objects/%u", i);
		uint8_t guid[16] = { (uint8_t)shuffled(i, 120, 37), 1, 2, 3, 4, 5, 6, 7 };

		if (media_plain_file(volume, path, path, i % 50, err) < 0 ||
		    media_object_id(volume, path, guid, err) < 0)
			return -1;
	}
	return 0;
}

static int add_names(struct media_volume *volume, struct wtg_error *err)
{
	static const char *const names[] = { "half a " MEDIA_LONE_UTF8, MEDIA_LONE_UTF8,
					     MEDIA_LONE_UTF8 " half" };
	char cjk[3 * 255 + 1] = "", emoji[4 * 127 + 1] = "";
	_cleanup_free_ char *path = NULL, *other = NULL;

	for (unsigned i = 0; i < 255; i++)
		memcpy(cjk + 3 * i, i % 2 ? "漢" : "字", 4);
	for (unsigned i = 0; i < 127; i++)
		memcpy(emoji + 4 * i, i % 2 ? "🪟" : "👩", 5);
	path = wtg_text(MANY "names/%s", cjk);
	other = wtg_text(MANY "names/%s", emoji);
	if (media_plain_file(volume, path, "255", 3, err) < 0 ||
	    media_plain_file(volume, other, "254", 3, err) < 0)
		return -1;
	for (unsigned i = 0; i < 60; i++) {
		_cleanup_free_ char *link = wtg_text(MANY "names/%.*s %u", (int)(3 * i), cjk, i);

		if (media_hard_link(volume, path, link, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		_cleanup_free_ char *lone = wtg_text(MANY "names/%s", names[i]);

		if (media_plain_file(volume, lone, lone, 9, err) < 0)
			return -1;
	}
	return 0;
}

/* The first moment that there is, one before 1970, the last. */
static int add_times(struct media_volume *volume, struct wtg_error *err)
{
	static const uint64_t times[] = { 1, 10000001, 116444736000000000u - 1,
					  116444736000000000u, 0x7fffffffffffffffu };

	for (size_t i = 0; i < N_ELEMENTS(times); i++) {
		_cleanup_free_ char *path = wtg_text(MANY "times/%zu", i);

		if (media_plain_file(volume, path, "when", 4, err) < 0 ||
		    media_times(volume, path, times[i], err) < 0)
			return -1;
	}
	return 0;
}

int media_many_fill(struct media_volume *volume, struct wtg_error *err)
{
	if (add_entries(volume, err) < 0 || add_sizes(volume, err) < 0 ||
	    add_shared(volume, err) < 0 || add_streams(volume, err) < 0 ||
	    add_points(volume, err) < 0 || add_names(volume, err) < 0)
		return -1;
	return add_times(volume, err);
}

int media_huge_fill(struct media_volume *volume, struct wtg_error *err)
{
	const struct media_node node = { MEDIA_ODD_DIR "/huge", MEDIA_SPARSE, 0, NULL };
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = media_filler(25, 12345);

	return media_sparse_file(volume, &node, &data, 4ull << 30,
				 (4ull << 30) + data.size, err);
}

int media_twice_fill(struct media_volume *volume, struct wtg_error *err)
{
	static const size_t sizes[] = { 600, 5000, 300000 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = media_filler(26, 300000);

	for (size_t i = 0; i < N_ELEMENTS(sizes); i++) {
		_cleanup_free_ char *path = wtg_text(MEDIA_ODD_DIR "/twice/%zu", sizes[i]);

		if (media_plain_file(volume, path, data.data, sizes[i], err) < 0 ||
		    media_stream(volume, path, "again", data.data, sizes[i], err) < 0 ||
		    media_stream(volume, path, "and again", data.data, sizes[i], err) < 0)
			return -1;
	}
	return 0;
}
