/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "entry-drive.h"

#include <string.h>

#include "wtg/text.h"

const struct wtg_ventoy_version current = { 1, 1, 0, "1.1.00" };

struct wtg_ventoy_entry usual_entry(void)
{
	return (struct wtg_ventoy_entry){
		.partition = 3,
		.volume_id = 0x57544701,
		.arch = WTG_ARCH_AMD64,
	};
}

void add_text(struct wtg_files *files, const char *path, const char *text)
{
	if (text)
		wtg_files_add(files, path, wtg_bytes_copy(text, strlen(text)));
}

struct wtg_files drive(const char *grub, const char *json)
{
	struct wtg_files files = { 0 };

	add_text(&files, GRUB, grub);
	add_text(&files, JSON, json);
	return files;
}

/* The drive after these edits. */
static struct wtg_files edited(const struct wtg_files *files,
			       const struct wtg_files *edits)
{
	struct wtg_files after = { 0 };

	for (size_t i = 0; i < files->n_items; i++)
		if (!wtg_files_find(edits, files->items[i].path))
			wtg_files_add(&after, files->items[i].path,
				      wtg_bytes_copy(files->items[i].content.data,
						     files->items[i].content.size));
	for (size_t i = 0; i < edits->n_items; i++)
		if (edits->items[i].content.data)
			wtg_files_add(&after, edits->items[i].path,
				      wtg_bytes_copy(edits->items[i].content.data,
						     edits->items[i].content.size));
	return after;
}

void assert_same(const struct wtg_files *a, const struct wtg_files *b)
{
	for (size_t i = 0; i < a->n_items; i++) {
		const struct wtg_file *file = &a->items[i];
		const struct wtg_file *other = wtg_files_find(b, file->path);

		if (!other)
			fail_msg("%s is on one only", file->path);
		if (file->content.size != other->content.size ||
		    memcmp(file->content.data, other->content.data, file->content.size) !=
			    0)
			fail_msg("%s is\n%.*s\nand\n%.*s", file->path,
				 (int)file->content.size, file->content.data,
				 (int)other->content.size, other->content.data);
	}
	assert_int_equal(a->n_items, b->n_items);
}

char *text_of(const struct wtg_files *files, const char *path)
{
	const struct wtg_file *file = wtg_files_find(files, path);

	if (!file)
		fail_msg("there is no %s", path);
	return wtg_text("%.*s", (int)file->content.size, file->content.data);
}

size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

struct wtg_files merged(const struct wtg_files *files,
			const struct wtg_ventoy_entry *entry)
{
	_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_ventoy_entry_plan(entry, &current, files, &changes, &err));
	return edited(files, &changes.edits);
}

struct wtg_files round_trip(const struct wtg_files *before,
			    const struct wtg_ventoy_entry *entry)
{
	_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes again = { 0 };
	_cleanup_(wtg_files_done) struct wtg_files removed = { 0 };
	struct wtg_files after = merged(before, entry);
	struct wtg_error err = WTG_ERROR_INIT;

	assert_good(wtg_ventoy_entry_plan(entry, &current, &after, &again, &err));
	if (again.edits.n_items)
		fail_msg("a second time changes %s to\n%.*s", again.edits.items[0].path,
			 (int)again.edits.items[0].content.size,
			 again.edits.items[0].content.data);
	removed = merged(&after, NULL);
	assert_same(before, &removed);
	return after;
}

bool warns_of(const struct wtg_ventoy_changes *changes, const char *part)
{
	for (size_t i = 0; i < changes->n_warnings; i++)
		if (strstr(changes->warnings[i], part))
			return true;
	return false;
}
