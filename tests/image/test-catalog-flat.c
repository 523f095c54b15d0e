/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A catalog on its way from the process that planned to the one that applies. */
#include "media.h"

#include <stdlib.h>
#include <string.h>

#include "apply/measure.h"
#include "base/alloc.h"
#include "base/packet.h"
#include "corpus.h"
#include "image/blob.h"
#include "image/open.h"
#include "print-catalog.h"

struct seen {
	struct wtg_image *image;
	struct wtg_packet flat;
	char *text; /* of what was flattened */
};

static void seen_done(struct seen *seen)
{
	wtg_image_close(seen->image);
	wtg_packet_done(&seen->flat);
	free(seen->text);
}

static struct seen look(const char *path)
{
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct seen seen = { 0 };

	assert_good(wtg_image_open(path, &seen.image, &err));
	assert_good(wtg_catalog_read(seen.image, wtg_image_edition(seen.image, 0), &catalog, &err));
	wtg_catalog_flatten(catalog, &seen.flat);
	seen.text = print_catalog(catalog);
	return seen;
}

static int take_in(const struct wtg_bytes *flat, struct wtg_image *image,
		   struct wtg_catalog **ret, struct wtg_error *err)
{
	return wtg_catalog_unflatten(flat, image, wtg_image_edition(image, 0), ret, err);
}

static void read_all(struct wtg_image *image, const struct wtg_catalog *catalog)
{
	struct wtg_blob_reader *reader =
		wtg_blob_reader_new(image, wtg_image_edition(image, 0));
	struct wtg_error err = WTG_ERROR_INIT;

	for (uint32_t i = 0; i < catalog->n_blobs; i++) {
		uint8_t sha1[WTG_SHA1_SIZE];

		assert_good(wtg_blob_sha1(reader, &catalog->blobs[i], sha1, &err));
		assert_memory_equal(sha1, catalog->blobs[i].sha1, sizeof(sha1));
	}
	wtg_blob_reader_free(reader);
}

/* In a process that has not looked into the image, as the one that applies. */
static void what_was_read_once_need_not_be_read_again(void **state)
{
	static const char *const options[] = { "--compress=none", "--compress=XPRESS",
					       "--compress=LZX", "--solid",
					       "--compress=LZX --pipable" };

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		_cleanup_free_ char *wim = test_corpus_capture("a.wim", options[i]), *text = NULL;
		_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
		_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
		_cleanup_(seen_done) struct seen seen = look(wim);
		const struct wtg_bytes flat = { seen.flat.data, seen.flat.size };
		struct wtg_error err = WTG_ERROR_INIT;

		assert_good(wtg_image_open(wim, &image, &err));
		assert_good(take_in(&flat, image, &catalog, &err));
		text = print_catalog(catalog);
		assert_string_equal(text, seen.text);
		read_all(image, catalog);
	}
}

/* Whoever takes it in goes on with it. */
static void go_on(const struct wtg_catalog *catalog)
{
	_cleanup_(wtg_tree_done) struct wtg_tree tree = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	free(print_catalog(catalog));
	if (wtg_tree_weave(catalog, NULL, &tree, &err) == 0)
		(void)wtg_measure(&tree);
	wtg_error_done(&err);
}

/* The process that made it may have been taken over. */
static void whatever_it_says_does_no_harm(void **state)
{
	static const uint64_t values[] = { 0, 0x7f, 0xffffffff, UINT64_MAX };
	_cleanup_free_ char *wim = media_wim("a.wim", "--compress=LZX");
	_cleanup_(seen_done) struct seen seen = look(wim);
	struct wtg_bytes flat = { seen.flat.data, seen.flat.size };
	size_t n_taken = 0, n = 0;

	(void)state;
	for (size_t at = 0; at + 8 <= flat.size; at += 2)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++, n++) {
			_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
			struct wtg_error err = WTG_ERROR_INIT;
			uint8_t before[8];

			memcpy(before, flat.data + at, sizeof(before));
			wtg_put_le64(flat.data + at, values[i]);
			if (take_in(&flat, seen.image, &catalog, &err) == 0) {
				go_on(catalog);
				n_taken++;
			} else {
				assert_int_equal(err.kind, WTG_INPUT);
			}
			memcpy(flat.data + at, before, sizeof(before));
			wtg_error_done(&err);
		}
	/* A time may be any; an index or a size may not. */
	assert_in_range(n_taken, n / 10, n - n / 10);
}

static void a_part_of_it_makes_no_sense(void **state)
{
	_cleanup_free_ char *wim = media_wim("a.wim", "--compress=LZX");
	_cleanup_(seen_done) struct seen seen = look(wim);

	(void)state;
	for (size_t size = 0; size < seen.flat.size; size += 8) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes flat =
			wtg_bytes_copy(seen.flat.data, size);
		_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;
		struct wtg_error err = WTG_ERROR_INIT;

		assert_fails(take_in(&flat, seen.image, &catalog, &err), WTG_INPUT,
			     "makes no sense");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_once_need_not_be_read_again),
		cmocka_unit_test(whatever_it_says_does_no_harm),
		cmocka_unit_test(a_part_of_it_makes_no_sense),
	};

	return cmocka_run_group_tests_name("catalog-flat", tests, NULL, NULL);
}
