/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading contents in place, against the SHA-1 that wimlib gave each. */
#include "media.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "corpus.h"
#include "image/blob.h"
#include "image/catalog.h"
#include "image/open.h"
#include "wtg/text.h"

#define MIB (1ull << 20)

/* One row for each way in which a WIM packs. */
static const char *const packings[] = {
	"--compress=none",
	"--compress=XPRESS",
	"--compress=LZX",
	"--compress=LZX --chunk-size=2M",
	"--compress=LZMS --chunk-size=128K",
	"--compress=LZX --pipable",
	"--solid",
	"--solid --solid-chunk-size=128K",
	"--solid --solid-compress=XPRESS --solid-chunk-size=64K",
};
#define N_PACKINGS (sizeof(packings) / sizeof(packings[0]))

enum { LZX = 2, SOLID = 6 };

/* Each is made once; a test gets a copy that it may damage. */
static char *packed(size_t i)
{
	_cleanup_free_ char *name = wtg_text("%zu.wim", i);
	_cleanup_free_ char *made = wtg_text("%s/%s", test_dir(), name);
	char *path = wtg_text("%s/a.wim", test_dir());

	if (access(made, F_OK) < 0)
		free(test_corpus_capture(name, packings[i]));
	free(test_run(NULL, "cp %s %s", made, path));
	return path;
}

struct opened {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	struct wtg_catalog *catalog;
};

static int try_open(const char *path, struct opened *o, struct wtg_error *err)
{
	if (wtg_image_open_files(path, &o->image, err) < 0 ||
	    wtg_image_parse(o->image, err) < 0)
		return -1;
	o->edition = wtg_image_edition(o->image, 0);
	return wtg_catalog_read(o->image, o->edition, &o->catalog, err);
}

static struct opened open_good(const char *path)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct opened o = { 0 };

	assert_good(try_open(path, &o, &err));
	return o;
}

static void opened_done(struct opened *o)
{
	wtg_catalog_free(o->catalog);
	wtg_image_close(o->image);
}

/* Pieces of this many bytes, from the first on or from the last. */
static void read_in_pieces(struct wtg_blob_reader *reader, const struct wtg_blob *blob,
			   size_t piece, bool backwards, uint8_t *content)
{
	size_t size = (size_t)blob->size_bytes, n = (size + piece - 1) / piece;
	struct wtg_error err = WTG_ERROR_INIT;

	for (size_t i = 0; i < n; i++) {
		size_t at = (backwards ? n - 1 - i : i) * piece;
		size_t length = size - at < piece ? size - at : piece;

		assert_good(wtg_blob_read(reader, blob, content + at, length, at, &err));
	}
}

static void expect_sha1(const struct wtg_blob *blob, const uint8_t *content)
{
	uint8_t sha1[WTG_SHA1_SIZE];

	wtg_sha1(content, (size_t)blob->size_bytes, sha1);
	assert_memory_equal(sha1, blob->sha1, sizeof(sha1));
}

static void read_all(const struct opened *o, size_t piece, bool backwards)
{
	_cleanup_(wtg_blob_reader_freep) struct wtg_blob_reader *reader =
		wtg_blob_reader_new(o->image, o->edition);

	for (uint32_t i = 0; i < o->catalog->n_blobs; i++) {
		const struct wtg_blob *blob =
			&o->catalog->blobs[backwards ? o->catalog->n_blobs - 1 - i : i];
		_cleanup_free_ uint8_t *content = wtg_alloc((size_t)blob->size_bytes);

		read_in_pieces(reader, blob, piece, backwards, content);
		expect_sha1(blob, content);
	}
}

static void every_blob_is_what_was_captured(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PACKINGS; i++) {
		_cleanup_free_ char *wim = packed(i);
		_cleanup_(opened_done) struct opened o = open_good(wim);

		assert_true(o.catalog->n_blobs > 10);
		read_all(&o, SIZE_MAX / 2, false);
	}
}

/* As threads do that share out a large one: at borders of chunks, and anywhere. */
static void any_part_of_a_blob_can_be_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PACKINGS; i++) {
		_cleanup_free_ char *wim = packed(i);
		_cleanup_(opened_done) struct opened o = open_good(wim);

		read_all(&o, 65536, false);
		read_all(&o, 100001, false);
		read_all(&o, 300007, true);
	}
}

static void blobs_are_read_from_an_iso_and_from_parts(void **state)
{
	_cleanup_free_ char *wim = packed(LZX);
	_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);
	_cleanup_free_ char *iso = media_iso("a.iso", grafts);
	_cleanup_free_ char *swm = wtg_text("%s/a.swm", test_dir());
	_cleanup_(opened_done) struct opened in_iso = open_good(iso), in_parts = { 0 };

	(void)state;
	read_all(&in_iso, SIZE_MAX / 2, false);
	free(test_run(NULL, "wimlib-imagex split %s %s 1", wim, swm));
	in_parts = open_good(swm);
	assert_true(in_parts.catalog->blobs[in_parts.catalog->n_blobs - 1].part > 1);
	read_all(&in_parts, SIZE_MAX / 2, false);
}

/* Writers of discs do not do that, but a disc may be like that. */
static void a_wim_that_lies_in_pieces_is_read_where_they_are(void **state)
{
	static const size_t kinds[] = { LZX, SOLID };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *wim = packed(kinds[i]);
		_cleanup_free_ char *grafts = wtg_text("sources/install.wim=%s", wim);
		_cleanup_free_ char *iso = media_iso("a.iso", grafts);
		_cleanup_(opened_done) struct opened o = { 0 };
		struct stat st;

		assert_int_equal(stat(wim, &st), 0);
		media_scatter(iso, (uint64_t)st.st_size, 23);
		o = open_good(iso);
		assert_int_equal(o.image->items[0].items[0].source.n_items, 23);
		read_all(&o, SIZE_MAX / 2, false);
		read_all(&o, 100001, true);
	}
}

/* ------------------------------------------------------------------ threads */

#define N_THREADS 4

struct job {
	const struct opened *o;
	unsigned first;
	unsigned n_wrong;
};

/* Cmocka's assertions are for one thread. */
static void *read_every_fourth(void *context)
{
	struct job *job = context;
	const struct wtg_catalog *catalog = job->o->catalog;
	struct wtg_blob_reader *reader = wtg_blob_reader_new(job->o->image, job->o->edition);
	struct wtg_error err = WTG_ERROR_INIT;

	for (uint32_t i = job->first; i < catalog->n_blobs; i += N_THREADS) {
		const struct wtg_blob *blob = &catalog->blobs[i];
		uint8_t *content = malloc((size_t)blob->size_bytes), sha1[WTG_SHA1_SIZE];

		if (wtg_blob_read(reader, blob, content, (size_t)blob->size_bytes, 0, &err) < 0)
			job->n_wrong++;
		wtg_sha1(content, (size_t)blob->size_bytes, sha1);
		job->n_wrong += memcmp(sha1, blob->sha1, sizeof(sha1)) != 0;
		wtg_error_done(&err);
		free(content);
	}
	wtg_blob_reader_free(reader);
	return NULL;
}

static void several_threads_read_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PACKINGS; i++) {
		_cleanup_free_ char *wim = packed(i);
		_cleanup_(opened_done) struct opened o = open_good(wim);
		struct job jobs[N_THREADS];
		pthread_t threads[N_THREADS];

		for (unsigned t = 0; t < N_THREADS; t++) {
			jobs[t] = (struct job){ .o = &o, .first = t };
			assert_int_equal(pthread_create(&threads[t], NULL, read_every_fourth,
							&jobs[t]), 0);
		}
		for (unsigned t = 0; t < N_THREADS; t++) {
			assert_int_equal(pthread_join(threads[t], NULL), 0);
			assert_int_equal(jobs[t].n_wrong, 0);
		}
	}
}

/* ------------------------------------------------------------------ as it is stored */

static const struct wtg_blob *largest_compressed(const struct wtg_catalog *catalog)
{
	const struct wtg_blob *found = NULL;

	for (uint32_t i = 0; i < catalog->n_blobs; i++)
		if (catalog->blobs[i].compressed &&
		    (!found || catalog->blobs[i].size_bytes > found->size_bytes))
			found = &catalog->blobs[i];
	assert_non_null(found);
	return found;
}

static void what_is_stored_can_be_had_as_it_is(void **state)
{
	_cleanup_free_ char *wim = packed(LZX);
	_cleanup_(opened_done) struct opened o = open_good(wim);
	_cleanup_(wtg_blob_reader_freep) struct wtg_blob_reader *reader =
		wtg_blob_reader_new(o.image, o.edition);
	const struct wtg_blob *blob = largest_compressed(o.catalog);
	size_t size = (size_t)blob->stored_bytes;
	_cleanup_free_ uint8_t *ours = wtg_alloc(size);
	_cleanup_free_ char *copy = wtg_text("%s/stored", test_dir());
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_good(wtg_blob_read_stored(reader, blob, ours, 1000, 0, &err));
	assert_good(wtg_blob_read_stored(reader, blob, ours + 1000, size - 1000, 1000, &err));
	test_write_file(copy, ours, size);
	free(test_run(NULL, "tail -c +%ju %s | head -c %zu | cmp - %s",
		      (uintmax_t)blob->offset + 1, wim, size, copy));
	assert_fails(wtg_blob_read_stored(reader, blob, ours, 1, size, &err), WTG_INPUT,
		     "outside");
}

/* ------------------------------------------------------------------ damage */

/* The table says first where the second chunk starts. */
static void a_bad_chunk_table_is_told_so(void **state)
{
	static const uint32_t entries[] = { 0, 1u << 31, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *wim = packed(LZX);
		_cleanup_(opened_done) struct opened o = open_good(wim);
		_cleanup_(wtg_blob_reader_freep) struct wtg_blob_reader *reader =
			wtg_blob_reader_new(o.image, o.edition);
		const struct wtg_blob *blob = largest_compressed(o.catalog);
		struct wtg_error err = WTG_ERROR_INIT;
		uint8_t entry[4], byte;

		wtg_put_le32(entry, entries[i]);
		media_patch(wim, blob->offset, entry, sizeof(entry));
		assert_fails(wtg_blob_read(reader, blob, &byte, 1, 0, &err), WTG_INPUT,
			     "cannot be decompressed");
	}
}

static void a_bad_chunk_is_told_so_and_the_others_can_be_read(void **state)
{
	static const uint8_t bad[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	_cleanup_free_ char *wim = packed(LZX);
	_cleanup_(opened_done) struct opened o = open_good(wim);
	_cleanup_(wtg_blob_reader_freep) struct wtg_blob_reader *reader =
		wtg_blob_reader_new(o.image, o.edition);
	const struct wtg_blob *blob = largest_compressed(o.catalog);
	uint64_t table_bytes = (blob->size_bytes - 1) / blob->chunk_bytes * 4;
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t content[32768];

	(void)state;
	media_patch(wim, blob->offset + table_bytes, bad, sizeof(bad));
	assert_fails(wtg_blob_read(reader, blob, content, sizeof(content), 0, &err), WTG_INPUT,
		     "cannot be decompressed");
	assert_good(wtg_blob_read(reader, blob, content, sizeof(content), 32768, &err));
}

/* Offsets are from the start of a solid resource: its size, chunks and codec. */
static void a_solid_resource_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		unsigned at;
		uint32_t value;
		const char *part;
	} damages[] = {
		{ 0, 5, "cannot be decompressed" },
		{ 8, 0, "makes no sense" },
		{ 8, 1u << 30, "makes no sense" },
		{ 8, 65537, "makes no sense" },
		{ 12, 4, "cannot be decompressed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		_cleanup_free_ char *wim = packed(SOLID);
		_cleanup_(opened_done) struct opened good = open_good(wim), bad = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;
		uint8_t value[4];

		wtg_put_le32(value, damages[i].value);
		media_patch(wim, good.catalog->blobs[good.catalog->n_blobs - 1].offset +
				 damages[i].at, value, sizeof(value));
		/* wimlib finds some of them, in its own words. */
		assert_true(try_open(wim, &bad, &err) < 0);
		assert_int_equal(err.kind, WTG_INPUT);
		wtg_error_done(&err);
	}
}

static void sizes_that_lie_are_refused(void **state)
{
	_cleanup_free_ char *wim = packed(LZX);
	_cleanup_(opened_done) struct opened o = open_good(wim);
	_cleanup_(wtg_blob_reader_freep) struct wtg_blob_reader *reader =
		wtg_blob_reader_new(o.image, o.edition);
	const struct wtg_blob *good = largest_compressed(o.catalog);
	struct wtg_blob bad[] = { *good, *good, *good, *good, *good, *good, *good };
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t byte;

	(void)state;
	bad[0].part = 0;
	bad[1].part = 2;
	bad[2].offset = UINT64_MAX;
	bad[3].stored_bytes = UINT64_MAX - bad[3].offset;
	bad[4].resource_bytes = UINT64_MAX;
	bad[5].at = bad[5].resource_bytes;
	bad[6].size_bytes = bad[6].resource_bytes + 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int r = wtg_blob_read(reader, &bad[i], &byte, 1, 0, &err);

		assert_true(r < 0);
		assert_int_equal(err.kind, WTG_INPUT);
		wtg_error_done(&err);
	}
	assert_fails(wtg_blob_read(reader, good, &byte, 1, good->size_bytes, &err), WTG_INPUT,
		     "outside");
	assert_good(wtg_blob_read(reader, good, &byte, 1, good->size_bytes - 1, &err));
}

/* Between the planning and the writing somebody may cut the file off. */
static void a_file_that_became_shorter_is_an_error(void **state)
{
	_cleanup_free_ char *wim = packed(LZX);
	_cleanup_(opened_done) struct opened o = open_good(wim);
	_cleanup_(wtg_blob_reader_freep) struct wtg_blob_reader *reader =
		wtg_blob_reader_new(o.image, o.edition);
	const struct wtg_blob *blob = largest_compressed(o.catalog);
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t byte;

	(void)state;
	free(test_run(NULL, "truncate -s %ju %s", (uintmax_t)blob->offset + 10, wim));
	assert_true(wtg_blob_read(reader, blob, &byte, 1, 0, &err) < 0);
	wtg_error_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_blob_is_what_was_captured),
		cmocka_unit_test(any_part_of_a_blob_can_be_read),
		cmocka_unit_test(blobs_are_read_from_an_iso_and_from_parts),
		cmocka_unit_test(a_wim_that_lies_in_pieces_is_read_where_they_are),
		cmocka_unit_test(several_threads_read_at_once),
		cmocka_unit_test(what_is_stored_can_be_had_as_it_is),
		cmocka_unit_test(a_bad_chunk_table_is_told_so),
		cmocka_unit_test(a_bad_chunk_is_told_so_and_the_others_can_be_read),
		cmocka_unit_test(a_solid_resource_that_makes_no_sense_is_refused),
		cmocka_unit_test(sizes_that_lie_are_refused),
		cmocka_unit_test(a_file_that_became_shorter_is_an_error),
	};
	return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
