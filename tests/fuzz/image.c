/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/fdio.h"
#include "fuzz.h"
#include "image/blob.h"
#include "image/catalog.h"
#include "image/open.h"
#include "image/wim-header.h"
#include "step/examine.h"
#include "wtg/text.h"

#define MAX_READ_BYTES (16u << 20)

/* Of the WIM format: the table in the header; an entry of the table, the hash in it. */
#define TABLE_AT 48
#define ENTRY_BYTES 50
#define ENTRY_HASH 30

static char *dir;

static void remove_dir(void)
{
	wtg_scratch_remove(WTG_STEAL(dir));
}

static void make_dir(void)
{
	struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_scratch_make(&dir, &err) < 0)
		abort();
	atexit(remove_dir);
}

/* A stored metadata resource gets the hash that it has: that much can anybody who makes one.
 * What is compressed keeps its own. */
static void mend_hashes(uint8_t *wim, size_t size)
{
	struct wtg_extent table;

	if (size < WTG_WIM_HEADER_BYTES)
		return;
	table = wtg_extent_parse(wim + TABLE_AT);
	if (table.offset > size || table.stored_bytes > size - table.offset)
		return;
	for (uint64_t at = 0; at + ENTRY_BYTES <= table.stored_bytes; at += ENTRY_BYTES) {
		uint8_t *entry = wim + table.offset + at;
		struct wtg_extent e = wtg_extent_parse(entry);

		if (e.metadata && !e.compressed && !e.solid && e.offset <= size &&
		    e.stored_bytes <= size - e.offset)
			wtg_sha1(wim + e.offset, e.stored_bytes, entry + ENTRY_HASH);
	}
}

char *fuzz_image_file(const char *name, const uint8_t *data, size_t size)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes wim = wtg_bytes_copy(data, size);
	_cleanup_fd_ int fd = -1;
	char *path;

	if (!dir)
		make_dir();
	mend_hashes(wim.data, wim.size);
	path = wtg_text("%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || wtg_pwrite_all(fd, wim.data, wim.size, 0) < 0)
		abort();
	return path;
}

static void describe(const void *image, struct wtg_facts *out)
{
	wtg_image_describe(image, out);
}

/* From the end, so that what was unpacked or read ahead is of no use to the next. */
static void read_blobs(struct wtg_image *image, const struct wtg_edition *edition,
		       const struct wtg_catalog *catalog)
{
	static uint8_t buffer[100000];
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_blob_reader *reader = wtg_blob_reader_new(image, edition);

	for (uint32_t i = catalog->n_blobs; i-- > 0;) {
		const struct wtg_blob *blob = &catalog->blobs[i];
		size_t n = blob->size_bytes < sizeof(buffer) ? (size_t)blob->size_bytes :
							       sizeof(buffer);

		FUZZ_ASSERT(blob->size_bytes > 0 && blob->chunk_bytes > 0);
		(void)wtg_blob_read(reader, blob, buffer, n, blob->size_bytes - n, &err);
		wtg_error_done(&err);
		(void)wtg_blob_read(reader, blob, buffer, n, 0, &err);
		wtg_error_done(&err);
		n = blob->stored_bytes < n ? (size_t)blob->stored_bytes : n;
		(void)wtg_blob_read_stored(reader, blob, buffer, n, 0, &err);
		wtg_error_done(&err);
	}
	wtg_blob_reader_free(reader);
}

/* What the header promises of numbers, whoever made the image. */
static void check_numbers(const struct wtg_catalog *c)
{
	FUZZ_ASSERT(c->n_inodes > 0 && c->inodes[0].n_names == 0);
	for (uint32_t i = 0; i < c->n_inodes; i++) {
		const struct wtg_catalog_inode *inode = &c->inodes[i];

		FUZZ_ASSERT(inode->n_streams <= c->n_streams &&
			    inode->first_stream <= c->n_streams - inode->n_streams);
		FUZZ_ASSERT(inode->reparse_blob == WTG_NONE ||
			    inode->reparse_blob < c->n_blobs);
		FUZZ_ASSERT(inode->security == WTG_NONE || inode->security < c->n_descriptors);
		FUZZ_ASSERT(i == 0 || inode->n_names > 0);
		for (uint32_t k = 0; k < inode->n_names; k++)
			FUZZ_ASSERT(c->names[inode->first_name + k].inode == i &&
				    c->names[inode->first_name + k].parent < i);
	}
	for (uint32_t i = 0; i < c->n_streams; i++)
		FUZZ_ASSERT(c->streams[i].blob == WTG_NONE || c->streams[i].blob < c->n_blobs);
}

static void read_catalog(struct wtg_image *image, const struct wtg_edition *edition)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_catalog_freep) struct wtg_catalog *catalog = NULL;

	if (wtg_catalog_read(image, edition, &catalog, &err) < 0)
		return;
	check_numbers(catalog);
	read_blobs(image, edition, catalog);
}

static void read_edition(struct wtg_image *image, const struct wtg_edition *edition)
{
	static const char *const paths[] = { "a", "Windows/System32/config/SYSTEM" };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_image_stat stat;
	struct wtg_files files = { 0 };

	read_catalog(image, edition);
	(void)wtg_image_stat(image, edition, paths[0], &stat, &err);
	wtg_error_done(&err);
	(void)wtg_image_read(image, edition, paths, 2, MAX_READ_BYTES, &files, &err);
	wtg_error_done(&err);
	FUZZ_ASSERT(wtg_files_size_bytes(&files) <= MAX_READ_BYTES);
	wtg_files_done(&files);
	if (wtg_image_integrity_bytes(image, edition) > 0)
		(void)wtg_image_check_integrity(image, edition, NULL, &err);
}

struct wtg_image *fuzz_image_open(const char *path)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;

	if (wtg_image_open_files(path, &image, &err) < 0 || wtg_image_parse(image, &err) < 0)
		return NULL;
	return WTG_STEAL(image);
}

void fuzz_image(const char *path)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_image_closep) struct wtg_image *image = fuzz_image_open(path);
	struct wtg_json *json;

	if (!image)
		return;
	fuzz_describe(describe, image);
	for (size_t i = 0; i < wtg_image_n_editions(image); i++)
		read_edition(image, wtg_image_edition(image, i));
	json = wtg_json_new();
	(void)wtg_examine_editions(image, &(struct wtg_dbx){ 0 }, wtg_json_facts(json), &err);
	wtg_json_free(json);
}
