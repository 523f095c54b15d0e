/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wimlib.h>

#include "base/alloc.h"
#include "wtg/cleanup.h"
#include "wtg/text.h"

struct link {
	uint64_t group;
	char *first_path;
};

struct tree {
	FILE *out;
	struct {
		struct link *items;
		size_t n_items, capacity;
	} links;
};

/* Inode numbers differ from volume to volume: the first name stands for all of them. */
static const char *first_link(struct tree *tree, const struct wimlib_dir_entry *entry)
{
	if (entry->num_links < 2)
		return "";
	for (size_t i = 0; i < tree->links.n_items; i++)
		if (tree->links.items[i].group == entry->hard_link_group_id)
			return tree->links.items[i].first_path;
	WTG_APPEND(&tree->links, ((struct link){ entry->hard_link_group_id,
						 wtg_text_copy(entry->full_path) }));
	return entry->full_path;
}

static void print_hex(FILE *out, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", bytes[i]);
}

static void print_time(FILE *out, const char *label, const struct wimlib_timespec *time)
{
	fprintf(out, " %s=%lld.%09ld", label, (long long)time->tv_sec,
		(long)time->tv_nsec);
}

static int print_entry(const struct wimlib_dir_entry *entry, void *context)
{
	struct tree *tree = context;
	FILE *out = tree->out;

	fprintf(out, "%s short=%s attributes=%08x links=%u first=%s tag=%08x",
		entry->full_path, entry->dos_name ? entry->dos_name : "",
		entry->attributes, entry->num_links, first_link(tree, entry),
		entry->reparse_tag);
	print_time(out, "created", &entry->creation_time);
	print_time(out, "written", &entry->last_write_time);
	print_time(out, "accessed", &entry->last_access_time);
	fprintf(out, " object=");
	print_hex(out, &entry->object_id, sizeof(entry->object_id));
	fprintf(out, " security=");
	print_hex(out, entry->security_descriptor, entry->security_descriptor_size);
	for (uint32_t i = 0; i <= entry->num_named_streams; i++) {
		const struct wimlib_stream_entry *stream = &entry->streams[i];

		fprintf(out, " stream=%s:%" PRIu64 ":",
			stream->stream_name ? stream->stream_name : "",
			stream->resource.uncompressed_size);
		print_hex(out, stream->resource.sha1_hash, 20);
	}
	fputc('\n', out);
	return 0;
}

char *test_tree(const char *wim_path, int image)
{
	struct tree tree = { 0 };
	WIMStruct *wim = NULL;
	char *text = NULL;
	size_t size;
	int code;

	tree.out = open_memstream(&text, &size);
	code = wimlib_open_wim(wim_path, 0, &wim);
	if (code == 0)
		code = wimlib_iterate_dir_tree(
			wim, image, WIMLIB_WIM_ROOT_PATH,
			WIMLIB_ITERATE_DIR_TREE_FLAG_RECURSIVE |
				WIMLIB_ITERATE_DIR_TREE_FLAG_RESOURCES_NEEDED,
			print_entry, &tree);
	if (code != 0)
		fail_msg("read %s: %s", wim_path, wimlib_get_error_string(code));
	wimlib_free(wim);
	fclose(tree.out);
	for (size_t i = 0; i < tree.links.n_items; i++)
		free(tree.links.items[i].first_path);
	free(tree.links.items);
	return text;
}

char *test_tree_of_volume(const char *volume_path)
{
	_cleanup_free_ char *wim = wtg_text("%s.wim", volume_path);
	char *tree;

	free(test_run(NULL, "wimlib-imagex capture '%s' '%s' --compress=none",
		      volume_path, wim));
	tree = test_tree(wim, 1);
	remove(wim);
	return tree;
}

void test_trees_equal(const char *one, const char *other)
{
	const char *line = one, *with = other;

	while (*line && *line == *with)
		line++, with++;
	if (*line == *with)
		return;
	while (line > one && line[-1] != '\n')
		line--, with--;
	fail_msg("\n%.*s\nis not\n%.*s", (int)strcspn(line, "\n"), line,
		 (int)strcspn(with, "\n"), with);
}
