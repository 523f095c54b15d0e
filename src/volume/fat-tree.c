/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/fat-tree.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "volume/fat-alias.h"
#include "wtg/text.h"

/* An EFI system partition has some hundred files; the bound keeps hostility cheap. */
#define MAX_NODES 10000

/* FAT specification, "Directory size": 65,536 entries. */
#define MAX_DIRECTORY_ENTRIES 65536

/* ---------------------------------------------------------------- names */

static int reject(const char *path, const char *why, struct wtg_error *err)
{
	_cleanup_free_ char *shown = wtg_text_printable(path);

	return wtg_fail(err, WTG_INPUT, 0,
			"the file \"%s\" cannot be on a FAT volume: %s", shown, why);
}

static const char *name_of(const struct wtg_fat_node *node)
{
	const char *slash = strrchr(node->path, '/');

	return slash ? slash + 1 : node->path;
}

/* Names that differ only in case are one name for Windows, which folds all of Unicode. */
static wchar_t *make_key(const char *path, size_t length, locale_t locale)
{
	wchar_t *key = wtg_alloc((length + 1) * sizeof(*key));
	size_t at = 0, n_key = 0;

	while (at < length) {
		uint32_t c;

		at += wtg_utf8_next(path + at, length - at, &c);
		/* Below every character of a name, so that a tree stays together. */
		key[n_key++] = c == '/' ? L'\1' : (wchar_t)towupper_l((wint_t)c, locale);
	}
	return key;
}

static void add_node(struct wtg_fat_tree *tree, const struct wtg_file *file,
		     const char *path, size_t length, locale_t locale)
{
	struct wtg_fat_node node = { .file = file };

	node.path = wtg_text("%.*s", (int)length, path);
	node.key = make_key(path, length, locale);
	node.name = wtg_utf16_from_utf8(name_of(&node));
	node.name.size -= 2;
	WTG_APPEND(tree, node);
}

static void node_done(struct wtg_fat_node *node)
{
	free(node->path);
	free(node->key);
	wtg_bytes_done(&node->name);
}

/* Add a file and every directory above it. */
static int add_file(struct wtg_fat_tree *tree, const struct wtg_file *file,
		    locale_t locale, struct wtg_error *err)
{
	const char *path = file->path, *part = path;

	if (file->content.size > UINT32_MAX)
		return reject(path, "it is larger than 4 GiB", err);
	for (;;) {
		size_t length = strcspn(part, "/");
		const char *why = wtg_fat_judge_name(part, length);

		if (why)
			return reject(path, why, err);
		/* Directories are added once a file and made one later. */
		if (tree->n_items == 8 * MAX_NODES)
			return wtg_fail(err, WTG_INPUT, 0,
					"too many files for a FAT volume");
		if (part[length] == '\0')
			break;
		add_node(tree, NULL, path, (size_t)(part + length - path), locale);
		part += length + 1;
	}
	add_node(tree, file, path, strlen(path), locale);
	return 0;
}

/* ---------------------------------------------------------------- the tree */

static int compare_nodes(const void *a, const void *b)
{
	const struct wtg_fat_node *x = a, *y = b;
	int order = wcscmp(x->key, y->key);

	return order != 0 ? order : strcmp(x->path, y->path);
}

/* Sort, keep one of each directory, and find files that would be one.  A directory in two
 * spellings is one by ASCII case alone: who reads it back need not know more letters. */
static int unite(struct wtg_fat_tree *tree, struct wtg_error *err)
{
	size_t n = 0;

	qsort(tree->items, tree->n_items, sizeof(*tree->items), compare_nodes);
	for (size_t i = 1; i < tree->n_items; i++) {
		struct wtg_fat_node *kept = &tree->items[n], *node = &tree->items[i];

		if (wcscmp(kept->key, node->key) != 0) {
			struct wtg_fat_node swap = tree->items[++n];

			tree->items[n] = *node;
			*node = swap;
			continue;
		}
		if (kept->file || node->file ||
		    !wtg_text_equal_fold(kept->path, node->path)) {
			_cleanup_free_ char *other = wtg_text_printable(kept->path);
			_cleanup_free_ char *why =
				wtg_text("it is the same name as \"%s\"", other);

			return reject(node->path, why, err);
		}
	}
	while (tree->n_items > n + 1)
		node_done(&tree->items[--tree->n_items]);
	if (tree->n_items > MAX_NODES)
		return wtg_fail(err, WTG_INPUT, 0, "too many files for a FAT volume");
	return 0;
}

static int find_key(const void *key, const void *node)
{
	return wcscmp(key, ((const struct wtg_fat_node *)node)->key);
}

static void find_parents(struct wtg_fat_tree *tree)
{
	for (size_t i = 1; i < tree->n_items; i++) {
		wchar_t *key = tree->items[i].key, *last = wcsrchr(key, L'\1');
		const struct wtg_fat_node *parent = tree->items;

		if (last) {
			*last = L'\0';
			parent = bsearch(key, tree->items, i, sizeof(*tree->items),
					 find_key);
			*last = L'\1';
		}
		tree->items[i].parent = (size_t)(parent - tree->items);
	}
}

/* ---------------------------------------------------------------- 8.3 names */

static bool short_name_is_taken(const struct wtg_fat_tree *tree, const bool *done,
				size_t node)
{
	for (size_t i = 1; i < tree->n_items; i++)
		if (done[i] && tree->items[i].parent == tree->items[node].parent &&
		    memcmp(tree->items[i].short_name, tree->items[node].short_name, 11) ==
			    0)
			return true;
	return false;
}

static void choose_short_names(struct wtg_fat_tree *tree)
{
	_cleanup_free_ bool *done = wtg_alloc(tree->n_items * sizeof(*done));
	_cleanup_free_ uint32_t *n_tails = wtg_alloc(tree->n_items * sizeof(*n_tails));

	for (size_t i = 1; i < tree->n_items; i++)
		done[i] = wtg_fat_alias_propose(name_of(&tree->items[i]),
						tree->items[i].short_name,
						&tree->items[i].needs_long_name);
	for (size_t i = 1; i < tree->n_items; i++) {
		struct wtg_fat_node *node = &tree->items[i];
		uint8_t plain[11];

		if (done[i])
			continue;
		memcpy(plain, node->short_name, sizeof(plain));
		do {
			memcpy(node->short_name, plain, sizeof(plain));
			wtg_fat_alias_number(node->short_name, ++n_tails[node->parent]);
		} while (short_name_is_taken(tree, done, i));
		done[i] = true;
	}
}

/* ---------------------------------------------------------------- all of it */

uint32_t wtg_fat_node_entries(const struct wtg_fat_node *node)
{
	return node->needs_long_name ? 1 + wtg_fat_long_entries(node->name.size / 2) : 1;
}

static int count_entries(struct wtg_fat_tree *tree, struct wtg_error *err)
{
	/* The root has the label; the others "." and "..". */
	for (size_t i = 0; i < tree->n_items; i++)
		tree->items[i].n_entries = i == 0 ? 1 : 2;
	for (size_t i = 1; i < tree->n_items; i++)
		tree->items[tree->items[i].parent].n_entries +=
			wtg_fat_node_entries(&tree->items[i]);
	for (size_t i = 0; i < tree->n_items; i++)
		if (tree->items[i].n_entries > MAX_DIRECTORY_ENTRIES)
			return reject(tree->items[i].path,
				      "the directory has too many files", err);
	return 0;
}

int wtg_fat_tree_make(const struct wtg_files *files, struct wtg_fat_tree *ret,
		      struct wtg_error *err)
{
	_cleanup_(wtg_fat_tree_done) struct wtg_fat_tree tree = { 0 };
	locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	int r = 0;

	if (!locale)
		return wtg_fail(err, WTG_SYSTEM, 0, "the C library has no C.UTF-8");
	add_node(&tree, NULL, "", 0, locale);
	for (size_t i = 0; files && i < files->n_items && r == 0; i++)
		r = add_file(&tree, &files->items[i], locale, err);
	freelocale(locale);
	if (r < 0 || unite(&tree, err) < 0)
		return -1;
	find_parents(&tree);
	choose_short_names(&tree);
	if (count_entries(&tree, err) < 0)
		return -1;
	*ret = tree;
	tree = (struct wtg_fat_tree){ 0 };
	return 0;
}

void wtg_fat_tree_done(struct wtg_fat_tree *tree)
{
	for (size_t i = 0; i < tree->n_items; i++)
		node_done(&tree->items[i]);
	free(tree->items);
	*tree = (struct wtg_fat_tree){ 0 };
}

/* Directories first: a reader finds them together, at the volume's start. */
uint64_t wtg_fat_tree_place(struct wtg_fat_tree *tree, uint32_t cluster_bytes)
{
	uint64_t next = 2;

	for (int files = 0; files < 2; files++) {
		for (size_t i = 0; i < tree->n_items; i++) {
			struct wtg_fat_node *node = &tree->items[i];
			uint64_t size = node->file ? node->file->content.size
						   : (uint64_t)node->n_entries *
							     WTG_FAT_ENTRY_BYTES;

			if (files != (node->file != NULL))
				continue;
			node->n_clusters =
				(uint32_t)((size + cluster_bytes - 1) / cluster_bytes);
			node->first_cluster = node->n_clusters ? (uint32_t)next : 0;
			next += node->n_clusters;
		}
	}
	return next;
}
