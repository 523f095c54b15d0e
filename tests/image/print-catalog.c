/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "print-catalog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "wtg/text.h"

static char *utf8(const struct wtg_name16 *name)
{
	return wtg_utf16_to_utf8(name->data, 2 * (size_t)name->n_units);
}

/* A directory's path, and any other file's by its first name; the root's is "". */
static char *path_of(const struct wtg_catalog *catalog, const struct wtg_catalog_name *name)
{
	const struct wtg_catalog_inode *parent = &catalog->inodes[name->parent];
	_cleanup_free_ char *above =
		parent->n_names ? path_of(catalog, &catalog->names[parent->first_name]) :
				  wtg_text_copy("");
	_cleanup_free_ char *last = utf8(&name->name);

	return wtg_text("%s/%s", above, last);
}

static void print_hex(FILE *out, const void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", ((const uint8_t *)data)[i]);
}

static void print_time(FILE *out, const char *label, uint64_t time)
{
	fprintf(out, " %s=%lld.%09llu", label, (long long)(time / 10000000) - 11644473600ll,
		(unsigned long long)(time % 10000000 * 100));
}

static void print_stream(const struct wtg_catalog *catalog, FILE *out, const char *name,
			 uint32_t blob)
{
	static const struct wtg_blob empty;
	const struct wtg_blob *b = blob == WTG_NONE ? &empty : &catalog->blobs[blob];

	fprintf(out, " stream=%s:%" PRIu64 ":", name, b->size_bytes);
	print_hex(out, b->sha1, sizeof(b->sha1));
}

static void print_streams(const struct wtg_catalog *catalog,
			  const struct wtg_catalog_inode *inode, FILE *out)
{
	const struct wtg_catalog_stream *streams = catalog->streams + inode->first_stream;
	uint32_t n = inode->n_streams, first = 0;

	/* wimlib puts the reparse data, and nothing, where the unnamed stream would be. */
	if (n > 0 && streams[0].name.n_units == 0)
		first = 1;
	print_stream(catalog, out, "", inode->reparse_tag ? inode->reparse_blob :
				       first ? streams[0].blob : WTG_NONE);
	for (uint32_t i = first; i < n; i++) {
		_cleanup_free_ char *name = utf8(&streams[i].name);

		print_stream(catalog, out, name, streams[i].blob);
	}
}

static void print_inode(const struct wtg_catalog *catalog,
			const struct wtg_catalog_inode *inode, FILE *out)
{
	static const uint8_t no_id[64];
	_cleanup_free_ char *first =
		inode->n_names > 1 ? path_of(catalog, &catalog->names[inode->first_name]) :
				     wtg_text_copy("");

	fprintf(out, " attributes=%08x links=%u first=%s tag=%08x", inode->attributes,
		inode->n_names ? inode->n_names : 1, first, inode->reparse_tag);
	print_time(out, "created", inode->created);
	print_time(out, "written", inode->written);
	print_time(out, "accessed", inode->accessed);
	fprintf(out, " object=");
	print_hex(out, inode->object_id ? inode->object_id : no_id, 64);
	fprintf(out, " security=");
	if (inode->security != WTG_NONE)
		print_hex(out, catalog->descriptors[inode->security].data,
			  catalog->descriptors[inode->security].size);
	print_streams(catalog, inode, out);
	fputc('\n', out);
}

char *print_catalog(const struct wtg_catalog *catalog)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "/ short=");
	print_inode(catalog, &catalog->inodes[0], out);
	for (uint32_t i = 0; i < catalog->n_names; i++) {
		const struct wtg_catalog_name *name = &catalog->names[i];
		_cleanup_free_ char *path = path_of(catalog, name);
		_cleanup_free_ char *short_name = utf8(&name->short_name);

		fprintf(out, "%s short=%s", path, short_name);
		print_inode(catalog, &catalog->inodes[name->inode], out);
	}
	fclose(out);
	return text;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *sort_lines(const char *text)
{
	_cleanup_free_ char *copy = wtg_text_copy(text), **lines = NULL;
	char *sorted = NULL, *at;
	size_t n = 0, size;
	FILE *out = open_memstream(&sorted, &size);

	for (at = copy; *at; at++)
		n += *at == '\n';
	lines = malloc((n + 1) * sizeof(*lines));
	n = 0;
	for (at = strtok(copy, "\n"); at; at = strtok(NULL, "\n"))
		lines[n++] = at;
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s\n", lines[i]);
	fclose(out);
	return sorted;
}
