/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat-read.h"

#include <string.h>

#include "base/alloc.h"
#include "volume/fat-inner.h"
#include "wtg/text.h"

/* Bounds for a volume that sends us in circles. */
#define MAX_ENTRIES 100000
#define MAX_DIRECTORIES_BYTES (256u << 20)
#define MAX_DEPTH 32

static void copy_label(char label[static 12], const uint8_t from[static 11])
{
	size_t n = 11;

	while (n > 0 && from[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++)
		label[i] = from[i] >= ' ' && from[i] < 0x7f ? (char)from[i] : '_';
	label[n] = '\0';
}

static int find_label(struct wtg_fat *fat, const uint8_t boot[static 512],
		      struct wtg_error *err)
{
	const uint8_t *in_boot = boot + (fat->info.bits == 32 ? 71 : 43);
	_cleanup_(wtg_bytes_done) struct wtg_bytes root = { 0 };

	if (wtg_fat_read_directory(fat, 0, &root, err) < 0)
		return wtg_while(err, "the root");
	if (memcmp(in_boot, "NO NAME    ", 11) != 0)
		copy_label(fat->info.label, in_boot);
	for (size_t at = 0; at + WTG_FAT_SLOT_BYTES <= root.size && root.data[at] != 0;
	     at += WTG_FAT_SLOT_BYTES) {
		const uint8_t *slot = root.data + at;

		if (slot[0] != 0xe5 && slot[11] != 0x0f && (slot[11] & 0x18) == 0x08) {
			copy_label(fat->info.label, slot);
			break;
		}
	}
	return 0;
}

int wtg_fat_open(const struct wtg_window *window, struct wtg_fat **ret,
		 struct wtg_error *err)
{
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = wtg_alloc(sizeof(*fat));
	uint8_t boot[512] = { 0 };
	const char *why;

	fat->window = *window;
	fat->window.ledger = NULL;
	if (window->length >= sizeof(boot) &&
	    wtg_window_pread(window, boot, sizeof(boot), 0, err) < 0)
		return -1;
	why = wtg_fat_judge_boot_sector(boot, fat);
	if (why)
		return wtg_fail(err, WTG_INPUT, 0, "not a FAT volume: %s", why);
	if (find_label(fat, boot, err) < 0)
		return wtg_while(err, "read a FAT volume");
	*ret = WTG_STEAL(fat);
	return 0;
}

void wtg_fat_close(struct wtg_fat *fat)
{
	free(fat);
}

void wtg_fat_info(const struct wtg_fat *fat, struct wtg_fat_info *ret)
{
	*ret = fat->info;
}

/* ---------------------------------------------------------------- walking */

/* The entry at path; 1 found, 0 not there.  The root is a directory at cluster 0. */
static int look_up(struct wtg_fat *fat, const char *path, struct wtg_fat_slot *ret,
		   struct wtg_error *err)
{
	struct wtg_fat_slot here = { .directory = true };
	const char *part = path;

	while (*part) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes dir = { 0 };
		size_t length = strcspn(part, "/");
		_cleanup_free_ char *name = wtg_text("%.*s", (int)length, part);

		if (!here.directory)
			return 0;
		if (wtg_fat_read_directory(fat, wtg_fat_slot_cluster(fat, &here), &dir,
					   err) < 0)
			return wtg_while(err, "the directory above \"%s\"", part);
		if (!wtg_fat_slot_find(&dir, name, &here))
			return 0;
		part += length;
		part += *part == '/';
	}
	*ret = here;
	return 1;
}

int wtg_fat_read(struct wtg_fat *fat, const char *path, size_t max, struct wtg_bytes *ret,
		 struct wtg_error *err)
{
	struct wtg_fat_slot slot;
	int found = look_up(fat, path, &slot, err);

	if (found < 0)
		return wtg_while(err, "read a FAT volume");
	if (found == 0 || slot.directory)
		return 0;
	if (wtg_fat_read_content(fat, &slot, max, ret, err) < 0)
		return wtg_while(err, "read %s of a FAT volume", path);
	return 1;
}

struct walk {
	struct wtg_fat *fat;
	uint64_t bytes_left;
	uint64_t directory_bytes_left;
	size_t entries_left;
	uint32_t above[MAX_DEPTH]; /* the directories that we are in */
	unsigned depth;
	struct wtg_files files;
};

static int enter(struct walk *walk, uint32_t first, struct wtg_bytes *ret,
		 struct wtg_error *err)
{
	for (unsigned i = 0; i < walk->depth; i++)
		if (walk->above[i] == first)
			return wtg_fail(err, WTG_INPUT, 0, "it contains itself");
	if (walk->depth == MAX_DEPTH)
		return wtg_fail(err, WTG_INPUT, 0, "more than %d levels", MAX_DEPTH);
	if (wtg_fat_read_directory(walk->fat, first, ret, err) < 0)
		return -1;
	if (ret->size > walk->directory_bytes_left)
		return wtg_fail(err, WTG_INPUT, 0, "too many directories");
	walk->directory_bytes_left -= ret->size;
	walk->above[walk->depth++] = first;
	return 0;
}

static int walk_directory(struct walk *walk, uint32_t first, const char *path,
			  struct wtg_error *err);

static int walk_entry(struct walk *walk, const struct wtg_fat_slot *slot,
		      const char *path, struct wtg_error *err)
{
	uint32_t first = wtg_fat_slot_cluster(walk->fat, slot);
	struct wtg_bytes content;

	if (slot->directory && first == 0)
		return wtg_fail(err, WTG_INPUT, 0, "the directory \"%s\" is nowhere",
				path);
	if (slot->directory)
		return walk_directory(walk, first, path, err);
	if (wtg_fat_read_content(walk->fat, slot, walk->bytes_left, &content, err) < 0)
		return wtg_while(err, "the file \"%s\"", path);
	walk->bytes_left -= content.size;
	wtg_files_add(&walk->files, path, content);
	return 0;
}

static int walk_directory(struct walk *walk, uint32_t first, const char *path,
			  struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes dir = { 0 };
	struct wtg_fat_slot slot;
	size_t at = 0;

	if (enter(walk, first, &dir, err) < 0)
		return wtg_while(err, "the directory \"%s\"", path);
	while (wtg_fat_slot_next(&dir, &at, &slot)) {
		_cleanup_free_ char *child =
			wtg_text("%s%s%s", path, *path ? "/" : "", slot.name);

		if (walk->entries_left-- == 0)
			return wtg_fail(err, WTG_INPUT, 0, "more than %d entries",
					MAX_ENTRIES);
		if (walk_entry(walk, &slot, child, err) < 0)
			return -1;
	}
	walk->depth--;
	return 0;
}

int wtg_fat_read_tree(struct wtg_fat *fat, const char *path, uint64_t max_bytes,
		      struct wtg_files *ret, struct wtg_error *err)
{
	struct walk walk = { .fat = fat,
			     .bytes_left = max_bytes,
			     .directory_bytes_left = MAX_DIRECTORIES_BYTES,
			     .entries_left = MAX_ENTRIES };
	struct wtg_fat_slot slot;
	int r = look_up(fat, path, &slot, err);

	if (r > 0 && slot.directory)
		r = walk_directory(&walk, wtg_fat_slot_cluster(fat, &slot), path, err);
	if (r < 0) {
		wtg_files_done(&walk.files);
		return wtg_while(err, "read a FAT volume");
	}
	*ret = walk.files;
	return 0;
}
