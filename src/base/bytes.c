/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include "base/alloc.h"
#include "wtg/text.h"

void wtg_bytes_done(struct wtg_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct wtg_bytes){ 0 };
}

struct wtg_bytes wtg_bytes_copy(const void *data, size_t size)
{
	return (struct wtg_bytes){ .data = wtg_copy(data, size), .size = size };
}

void wtg_files_done(struct wtg_files *files)
{
	for (size_t i = 0; i < files->n_items; i++) {
		free(files->items[i].path);
		wtg_bytes_done(&files->items[i].content);
	}
	free(files->items);
	*files = (struct wtg_files){ 0 };
}

void wtg_files_add(struct wtg_files *files, const char *path, struct wtg_bytes content)
{
	struct wtg_file file = { .path = wtg_text_copy(path), .content = content };

	WTG_APPEND(files, file);
}

const struct wtg_file *wtg_files_find(const struct wtg_files *files, const char *path)
{
	for (size_t i = 0; i < files->n_items; i++)
		if (wtg_text_equal_fold(files->items[i].path, path))
			return &files->items[i];
	return NULL;
}

uint64_t wtg_files_size_bytes(const struct wtg_files *files)
{
	uint64_t total = 0;

	for (size_t i = 0; i < files->n_items; i++)
		total += files->items[i].content.size;
	return total;
}
