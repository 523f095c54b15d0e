/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flat tables of an edition, against what wimlib says of the same. */
#include "media.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ntfs-3g/layout.h> /* which the other is not without */
#include <ntfs-3g/acls.h>

#include "../apply/tree.h"
#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"
#include "corpus.h"
#include "image/catalog-walk.h"
#include "image/descriptor.h"
#include "image/open.h"
#include "print-catalog.h"
#include "wtg/text.h"

#define MIB (1ull << 20)

static void read_catalog(const char *path, struct wtg_image **ret_image,
			 struct wtg_catalog **ret)
{
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_image_open_files(path, ret_image, &err));
	assert_good(wtg_image_parse(*ret_image, &err));
	assert_good(wtg_catalog_read(*ret_image, wtg_image_edition(*ret_image, 0), ret, &err));
}

static void expect_same(const char *path, const char *wim)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	_cleanup_free_ char *theirs = test_tree(wim, 1), *theirs_sorted = sort_lines(theirs);
	_cleanup_free_ char *ours = NULL, *ours_sorted = NULL;

	read_catalog(path, &image, &catalog);
	ours = print_catalog(catalog);
	ours_sorted = sort_lines(ours);
	test_trees_equal(ours_sorted, theirs_sorted);
}

static void it_says_all_that_wimlib_says(void **state)
{
	static const char *const options[] = { "--compress=none", "--compress=XPRESS",
					       "--compress=LZX", "--solid",
					       "--compress=LZX --pipable" };

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		_cleanup_free_ char *wim = test_corpus_capture("a.wim", options[i]);
		_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);
		_cleanup_free_ char *iso = media_iso("a.iso", grafts);

		expect_same(wim, wim);
		expect_same(iso, wim);
	}
}

static void the_parts_of_a_split_set_are_one(void **state)
{
	_cleanup_free_ char *wim = test_corpus_capture("a.wim", "--compress=LZX");
	_cleanup_free_ char *first = wtg_text("%s/a.swm", test_dir());
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;

	(void)state;
	free(test_run(NULL, "wimlib-imagex split %s %s 1", wim, first));
	expect_same(first, wim);
	read_catalog(first, &image, &catalog);
	assert_true(catalog->blobs[catalog->n_blobs - 1].part > 1);
}

static bool ascends(const struct wtg_blob *a, const struct wtg_blob *b)
{
	if (a->part != b->part)
		return a->part < b->part;
	return a->offset != b->offset ? a->offset < b->offset : a->at < b->at;
}

static void blobs_ascend_and_are_there_once(void **state)
{
	static const char *const options[] = { "--compress=LZX", "--solid" };

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		_cleanup_free_ char *wim = test_corpus_capture("a.wim", options[i]);
		_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
		_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;

		read_catalog(wim, &image, &catalog);
		assert_true(catalog->n_blobs > 10);
		for (uint32_t k = 1; k < catalog->n_blobs; k++)
			assert_true(ascends(&catalog->blobs[k - 1], &catalog->blobs[k]));
		for (uint32_t k = 0; k < catalog->n_blobs; k++) {
			const struct wtg_blob *blob = &catalog->blobs[k];

			assert_true(blob->size_bytes > 0);
			assert_int_equal(blob->codec, blob->solid ? WTG_CODEC_LZMS :
						      blob->compressed ? WTG_CODEC_LZX :
									 WTG_CODEC_NONE);
			assert_int_equal(blob->chunk_bytes, blob->solid ? 64 * MIB :
							    blob->compressed ? 32768 : 1);
		}
	}
}

static void directories_come_before_what_lies_in_them(void **state)
{
	_cleanup_free_ char *wim = test_corpus_capture("a.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	uint32_t next = 0;

	(void)state;
	read_catalog(wim, &image, &catalog);
	assert_int_equal(catalog->inodes[0].n_names, 0);
	for (uint32_t i = 0; i < catalog->n_inodes; i++) {
		const struct wtg_catalog_inode *inode = &catalog->inodes[i];

		assert_int_equal(inode->first_name, next);
		next += inode->n_names;
		for (uint32_t k = 0; k < inode->n_names; k++) {
			assert_int_equal(catalog->names[inode->first_name + k].inode, i);
			assert_true(catalog->names[inode->first_name + k].parent < i);
		}
	}
	assert_int_equal(next, catalog->n_names);
}

static void equal_descriptors_are_there_once(void **state)
{
	_cleanup_free_ char *wim = test_corpus_capture("a.wim", "--compress=LZX");
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;

	(void)state;
	read_catalog(wim, &image, &catalog);
	assert_true(catalog->n_descriptors > 1);
	for (uint32_t i = 0; i < catalog->n_descriptors; i++)
		for (uint32_t k = 0; k < i; k++) {
			const struct wtg_bytes *a = &catalog->descriptors[i];
			const struct wtg_bytes *b = &catalog->descriptors[k];

			assert_false(a->size == b->size &&
				     memcmp(a->data, b->data, a->size) == 0);
		}
}

/* 32 bits of seconds reach from 1901 to 2038, or from 1970 to 2106. */
static void times_of_other_centuries_are_kept(void **state)
{
	_cleanup_free_ char *wim = wtg_text("%s/times.wim", test_dir());
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;

	(void)state;
	free(test_run(NULL, "mkdir %s/times && touch -d 2200-01-01T00:00:00Z %s/times/file && "
			    "wimlib-imagex capture %s/times %s one",
		      test_dir(), test_dir(), test_dir(), wim));
	read_catalog(wim, &image, &catalog);
	assert_int_equal(catalog->n_inodes, 2);
	assert_int_equal(catalog->inodes[1].written,
			 (UINT64_C(7258118400) + 11644473600) * 10000000);
}

/* ------------------------------------------------------------------ names */

/* Windows lets half a character be in a name. */
static void lone_surrogates_are_kept(void **state)
{
	static const uint8_t before[] = { 'w', 0, 'i', 0, 'n', 0, 'l', 0, 'o', 0, 'a', 0 };
	static const uint8_t lone[] = { 0x01, 0xd8 };
	_cleanup_free_ char *wim = media_wim("lone.wim", "--compress=none");
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	_cleanup_free_ uint8_t *bytes = NULL;
	_cleanup_fd_ int fd = open(wim, O_RDONLY | O_CLOEXEC);
	const uint8_t *found;
	struct stat st;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	bytes = wtg_alloc((size_t)st.st_size);
	assert_int_equal(wtg_pread_all(fd, bytes, (size_t)st.st_size, 0), 0);
	for (size_t from = 0;; from = (size_t)(found - bytes) + 1) {
		found = memmem(bytes + from, (size_t)st.st_size - from, before, sizeof(before));
		if (!found)
			break;
		media_patch(wim, (uint64_t)(found - bytes), lone, sizeof(lone));
	}
	media_attributes(wim, "empty", 0x20, 0); /* and the tree its new hash */
	read_catalog(wim, &image, &catalog);
	for (uint32_t i = 0; i < catalog->n_names; i++)
		n += memcmp(catalog->names[i].name.data, lone, sizeof(lone)) == 0 &&
		     catalog->names[i].name.n_units == strlen("winload.efi");
	assert_int_equal(n, 1);
}

static struct wtg_name16 name16(const char *text)
{
	struct wtg_bytes utf16 = wtg_utf16_from_utf8(text);

	return (struct wtg_name16){ utf16.data, (uint16_t)(utf16.size / 2 - 1) };
}

/* Of two files in one directory, or in two. */
static void a_name_that_a_directory_has_twice_is_refused(void **state)
{
	static const struct {
		const char *names[2], *short_names[2];
		uint32_t other_parent;
		bool refused;
	} rows[] = {
		{ { "one", "other" }, { "", "" }, 0, false },
		{ { "twin", "twin" }, { "", "" }, 0, true },
		{ { "twin", "twin" }, { "", "" }, 1, false },
		{ { "twin", "Twin" }, { "", "" }, 0, false },
		{ { "SHORT", "other" }, { "SHORT", "" }, 0, false },
		{ { "one", "other" }, { "FILE~1", "FILE~1" }, 0, true },
		{ { "FILE~1", "other" }, { "", "FILE~1" }, 0, true },
		{ { "one", "other" }, { "FILE~1", "FILE~2" }, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_catalog_name names[2];
		struct wtg_catalog_inode inodes[2] = { { .n_names = 0 }, { .n_names = 0 } };
		const struct wtg_catalog catalog = {
			.inodes = inodes, .n_inodes = 2, .names = names, .n_names = 2
		};
		struct wtg_error err = WTG_ERROR_INIT;

		for (uint32_t k = 0; k < 2; k++)
			names[k] = (struct wtg_catalog_name){
				.inode = 2 + k,
				.parent = k ? rows[i].other_parent : 0,
				.name = name16(rows[i].names[k]),
				.short_name = name16(rows[i].short_names[k]),
			};
		if (rows[i].refused)
			assert_fails(wtg_catalog_check_names(&catalog, &err), WTG_INPUT,
				     "the root in the image has \"");
		else
			assert_good(wtg_catalog_check_names(&catalog, &err));
		for (size_t k = 0; k < 2; k++) {
			free((void *)names[k].name.data);
			free((void *)names[k].short_name.data);
		}
	}
}

static void a_stream_that_a_file_has_twice_is_refused(void **state)
{
	struct wtg_catalog_stream streams[] = { { .name = name16("") },
						{ .name = name16("one") },
						{ .name = name16("one") } };
	struct wtg_catalog_inode inodes[] = { { .n_streams = 2 },
					      { .first_stream = 2, .n_streams = 1 } };
	const struct wtg_catalog catalog = {
		.inodes = inodes, .n_inodes = 2, .streams = streams, .n_streams = 3
	};
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_catalog_check_names(&catalog, &err));
	inodes[0].n_streams = 3;
	inodes[1].n_streams = 0;
	assert_fails(wtg_catalog_check_names(&catalog, &err), WTG_INPUT,
		     "in the image has \"one\" twice");
	for (size_t i = 0; i < 3; i++)
		free((void *)streams[i].name.data);
}

static void names_of_ntfs_own_are_refused_in_the_root(void **state)
{
	static const struct {
		const char *name, *short_name;
		uint32_t parent;
		bool refused;
	} rows[] = {
		{ "$MFT", "", 0, true },     { "$mft", "", 0, true },
		{ "$MFT", "", 1, false },    { "$Extend", "", 0, true },
		{ "$Secure", "", 0, true },  { ".", "", 0, true },
		{ "other", "$MFT", 0, true }, { "$Recycle.Bin", "", 0, false },
		{ "$MFTMirror", "", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_catalog_name name = { .inode = 2,
						 .parent = rows[i].parent,
						 .name = name16(rows[i].name),
						 .short_name = name16(rows[i].short_name) };
		const struct wtg_catalog catalog = { .names = &name, .n_names = 1 };
		struct wtg_error err = WTG_ERROR_INIT;

		if (rows[i].refused)
			assert_fails(wtg_catalog_check_names(&catalog, &err), WTG_INPUT,
				     "which is a name of NTFS' own");
		else
			assert_good(wtg_catalog_check_names(&catalog, &err));
		free((void *)name.name.data);
		free((void *)name.short_name.data);
	}
}

/* A file "x" of an image with that many names, and each with a short one; and named streams. */
static void expect_list(uint32_t n_names, bool short_names, uint32_t n_streams, bool refused)
{
	uint8_t *units = wtg_alloc(4 * ((size_t)n_names + n_streams + 1));
	struct wtg_catalog_name *names = wtg_alloc((n_names + 1) * sizeof(*names));
	struct wtg_catalog_stream *streams = wtg_alloc((n_streams + 1) * sizeof(*streams));
	struct wtg_catalog_inode inodes[2] = {
		{ .attributes = 0x10 }, { .n_names = n_names, .n_streams = n_streams }
	};
	const struct wtg_catalog catalog = { .inodes = inodes, .n_inodes = 2,
					     .names = names, .n_names = n_names,
					     .streams = streams, .n_streams = n_streams };
	struct wtg_error err = WTG_ERROR_INIT;

	for (uint32_t i = 0; i < n_names + n_streams; i++)
		wtg_put_le32(units + 4 * i, 0x10001u + i); /* units that are no text */
	for (uint32_t i = 0; i < n_names; i++) {
		names[i] = (struct wtg_catalog_name){ .inode = 1, .name = { units + 4 * i, 2 } };
		if (short_names)
			names[i].short_name = names[i].name;
	}
	for (uint32_t i = 0; i < n_streams; i++)
		streams[i] = (struct wtg_catalog_stream){ { units + 4 * (n_names + i), 2 }, WTG_NONE };
	if (refused)
		assert_fails(wtg_catalog_check_sizes(&catalog, &err), WTG_INPUT,
			     "streams: NTFS cannot hold that");
	else
		assert_good(wtg_catalog_check_sizes(&catalog, &err));
	free(units);
	free(names);
	free(streams);
}

static void what_a_file_cannot_list_is_refused(void **state)
{
	(void)state;
	expect_list(1024, false, 0, false); /* as many as Windows makes */
	expect_list(8000, false, 0, false);
	expect_list(8193, false, 0, true);
	expect_list(65537, false, 0, true);
	expect_list(4000, true, 0, false);
	expect_list(4097, true, 0, true);
	expect_list(1, false, 8000, false);
	expect_list(1, false, 8193, true);
	expect_list(4000, true, 200, true);
}

/* Administrators' own; a label, everyone, a condition, an object. */
static const uint8_t descriptor[] = {
	1, 0, 0x14, 0x80, 148, 0, 0, 0, 164, 0, 0, 0, 20, 0, 0, 0, 48, 0, 0, 0,
	2, 0, 28, 0, 1, 0, 0, 0,
	0x11, 0, 20, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 16, 0, 48, 0, 0,
	4, 0, 100, 0, 3, 0, 0, 0,
	0, 3, 20, 0, 0xff, 1, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
	9, 0, 36, 0, 0xff, 1, 0x1f, 0, 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0,
	'a', 'r', 't', 'x', 0, 0, 0, 0, 0, 0, 0, 0,
	5, 0, 36, 0, 0xff, 1, 0x1f, 0, 0, 0, 0, 0,
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0,
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0,
};

/* As the builder asks it, and wimlib's extraction. */
static bool is_theirs(const struct wtg_bytes *d)
{
	return d->size >= 20 && ntfs_valid_descr((const char *)d->data, (unsigned)d->size) &&
	       ntfs_attr_size((const char *)d->data) == d->size;
}

static void expect_as_libntfs_has_it(const struct wtg_bytes *d, const char *what, size_t at)
{
	if (wtg_descriptor_is_sound(d) != is_theirs(d))
		fail_msg("%s %zu: libntfs-3g %s it", what, at, is_theirs(d) ? "takes" : "refuses");
}

static void descriptors_are_sound_that_libntfs_takes(void **state)
{
	uint8_t bytes[sizeof(descriptor) + 64] = { 0 };
	struct wtg_bytes d = { bytes, sizeof(descriptor) };
	unsigned n_sound = 0;

	(void)state;
	memcpy(bytes, descriptor, sizeof(descriptor));
	assert_true(is_theirs(&d));
	for (size_t i = 0; i < sizeof(descriptor); i++)
		for (unsigned value = 0; value < 256; value++) {
			bytes[i] = (uint8_t)value;
			expect_as_libntfs_has_it(&d, "byte", i);
			n_sound += wtg_descriptor_is_sound(&d);
			bytes[i] = descriptor[i];
		}
	/* Some bytes may have any value, some only one. */
	assert_in_range(n_sound, 256 * 20, 256 * (sizeof(descriptor) - 20));
	for (d.size = 0; d.size < sizeof(bytes); d.size++)
		expect_as_libntfs_has_it(&d, "size", d.size);
}

/* libntfs-3g adds to these offsets before it compares. */
static void descriptors_that_point_outside_are_not_sound(void **state)
{
	static const uint32_t offsets[] = { 184, 0x7ffffffc, 0xfffffff0, 0xfffffff8, 0xfffffffc };

	(void)state;
	for (size_t field = 4; field < 20; field += 4)
		for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
			_cleanup_(wtg_bytes_done) struct wtg_bytes d =
				wtg_bytes_copy(descriptor, sizeof(descriptor));

			wtg_put_le32(d.data + field, offsets[i]);
			assert_false(wtg_descriptor_is_sound(&d));
		}
}

static void a_descriptor_of_more_than_there_can_be_is_not_sound(void **state)
{
	const size_t most = 192 << 10;
	_cleanup_(wtg_bytes_done) struct wtg_bytes d = { wtg_alloc(most + 4), most };

	(void)state;
	for (; d.size <= most + 4; d.size += 4) {
		memcpy(d.data, descriptor, sizeof(descriptor));
		memcpy(d.data + d.size - 16, descriptor + 164, 16);
		wtg_put_le32(d.data + 8, (uint32_t)d.size - 16);
		assert_int_equal(wtg_descriptor_is_sound(&d), d.size == most);
	}
}

/* ------------------------------------------------------------------ sizes */

static int order(struct wtg_found *found, const struct wtg_set *set, struct wtg_catalog *ret,
		 struct wtg_error *err)
{
	if (wtg_found_order(found, set, ret, err) < 0)
		return -1;
	return wtg_catalog_check_sizes(ret, err);
}

static void expect_order(const struct wtg_blob *blob, size_t n_streams, const char *part)
{
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = wtg_alloc(sizeof(*catalog));
	_cleanup_(wtg_found_done) struct wtg_found found = { 0 };
	struct wtg_part items = { .source.name = (char *)"a.wim" };
	const struct wtg_set set = {
		.items = &items, .n_items = 1, .codec = WTG_CODEC_LZX, .chunk_bytes = 32768
	};
	struct wtg_error err = WTG_ERROR_INIT;

	WTG_APPEND(&found.blobs, *blob);
	WTG_APPEND(&found.inodes, (struct wtg_catalog_inode){ .reparse_blob = WTG_NONE });
	for (size_t i = 0; i < n_streams; i++)
		WTG_APPEND(&found.streams, (struct wtg_catalog_stream){ .blob = 0 });
	if (part)
		assert_fails(order(&found, &set, catalog, &err), WTG_INPUT, part);
	else
		assert_good(order(&found, &set, catalog, &err));
}

/* Whatever adds sizes, says how long it takes or makes room would go wrong by them. */
static void a_size_that_nothing_can_have_is_refused(void **state)
{
	const uint64_t pib = UINT64_C(1) << 50, most = UINT64_C(1) << 48;
	static const char absurd[] = "a.wim is damaged: the data at byte 208 has a size that makes "
				     "no sense";
	static const char larger[] = "a.wim is damaged: the data at byte 208 says it is larger";
	const struct {
		uint64_t size, stored;
		bool compressed;
		size_t n_streams;
		const char *part;
	} rows[] = {
		{ 100, 100, false, 1, NULL },
		{ most - 1, most - 1, false, 1, NULL },
		{ most, most, false, 1, absurd },
		{ UINT64_MAX, UINT64_MAX, false, 1, absurd },
		{ most, 1000, true, 1, absurd },
		{ 32768, 2, true, 1, NULL },
		{ 32768 * 251, 1001, true, 1, NULL },
		{ 32768 * 251, 1000, true, 1, larger },
		{ 32768 * 251 + 1, 1001, true, 1, larger },
		/* A file as often as it likes, but not more than there can be. */
		{ pib / 8, pib / 8, false, 64, NULL },
		{ pib / 8, pib / 8, false, 65, "the image's files hold more than any volume" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct wtg_blob blob = {
			.part = 1,
			.offset = 208,
			.size_bytes = rows[i].size,
			.resource_bytes = rows[i].size,
			.stored_bytes = rows[i].stored,
			.compressed = rows[i].compressed,
		};

		print_message("# row %zu\n", i);
		expect_order(&blob, rows[i].n_streams, rows[i].part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_all_that_wimlib_says),
		cmocka_unit_test(the_parts_of_a_split_set_are_one),
		cmocka_unit_test(blobs_ascend_and_are_there_once),
		cmocka_unit_test(directories_come_before_what_lies_in_them),
		cmocka_unit_test(equal_descriptors_are_there_once),
		cmocka_unit_test(lone_surrogates_are_kept),
		cmocka_unit_test(a_name_that_a_directory_has_twice_is_refused),
		cmocka_unit_test(a_stream_that_a_file_has_twice_is_refused),
		cmocka_unit_test(names_of_ntfs_own_are_refused_in_the_root),
		cmocka_unit_test(what_a_file_cannot_list_is_refused),
		cmocka_unit_test(descriptors_are_sound_that_libntfs_takes),
		cmocka_unit_test(descriptors_that_point_outside_are_not_sound),
		cmocka_unit_test(a_descriptor_of_more_than_there_can_be_is_not_sound),
		cmocka_unit_test(times_of_other_centuries_are_kept),
		cmocka_unit_test(a_size_that_nothing_can_have_is_refused),
	};
	return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
