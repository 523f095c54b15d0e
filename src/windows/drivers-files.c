/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a package: CopyFiles says which, DestinationDirs where to, SourceDisksFiles and
 * SourceDisksNames where they lie (Microsoft: the INF sections and directives of those names).
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "windows/drivers-inner.h"
#include "wtg/text.h"

#define MAX_FILES 10000

/* Lines of [name.amd64] and [name] that can be found by their key; the former count more. */
struct ranked {
	const struct wtg_inf_line *line;
	unsigned rank;
};

struct lines {
	struct ranked *items;
	size_t n_items, capacity;
};

struct layout {
	struct lines files, disks, directories;
};

static int compare_lines(const void *a, const void *b)
{
	const struct ranked *first = a, *second = b;
	int order = strcasecmp(first->line->key, second->line->key);

	return order ? order : (first->rank > second->rank) - (first->rank < second->rank);
}

static void collect(struct lines *lines, const struct wtg_inf_section *section)
{
	for (size_t i = 0; section && i < section->n_items; i++) {
		struct ranked ranked = { &section->items[i], (unsigned)lines->n_items };

		if (ranked.line->key)
			WTG_APPEND(lines, ranked);
	}
}

static const struct wtg_inf_line *find(const struct lines *lines, const char *key)
{
	size_t first = 0, end = lines->n_items;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (strcasecmp(lines->items[middle].line->key, key) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	if (first == lines->n_items || strcasecmp(lines->items[first].line->key, key) != 0)
		return NULL;
	return lines->items[first].line;
}

static struct lines index_lines(const struct wtg_package *package, const char *name)
{
	_cleanup_free_ char *with_arch = wtg_text("%s.%s", name, wtg_arch_name(package->arch));
	struct lines lines = { 0 };

	collect(&lines, wtg_inf_section(&package->inf, with_arch));
	collect(&lines, wtg_inf_section(&package->inf, name));
	if (lines.n_items)
		qsort(lines.items, lines.n_items, sizeof(*lines.items), compare_lines);
	return lines;
}

static void layout_done(struct layout *layout)
{
	free(layout->files.items);
	free(layout->disks.items);
	free(layout->directories.items);
}

/* Where a file lies, among the files given.  The caller frees; NULL: nowhere. */
static char *source_path(const struct wtg_package *package, const struct layout *layout,
			 const char *name)
{
	const char *inf = package->driver.path, *slash = strrchr(inf, '/');
	const struct wtg_inf_line *file = find(&layout->files, name);
	const struct wtg_inf_line *disk = file ? find(&layout->disks, wtg_inf_field(file, 0))
					       : NULL;
	_cleanup_free_ char *below = wtg_text("%s/%s/%s", wtg_inf_field(disk, 3),
					      wtg_inf_field(file, 1), name);
	_cleanup_free_ char *clean = wtg_driver_path(below);

	if (!clean)
		return NULL;
	return wtg_text("%.*s%s", slash ? (int)(slash + 1 - inf) : 0, inf, clean);
}

static bool is_known(const struct wtg_driver *driver, size_t source, const char *target)
{
	for (size_t i = 0; i < driver->n_files; i++)
		if (driver->files[i].source == source &&
		    wtg_text_equal_fold(driver->files[i].target, target))
			return true;
	return false;
}

static int add_file(struct wtg_package *package, const char *name, size_t source,
		    const char *target)
{
	struct wtg_driver *driver = &package->driver;
	struct wtg_driver_file file = { .source = source };

	if (is_known(driver, source, target))
		return 0;
	if (driver->n_files == MAX_FILES)
		return wtg_fail(package->err, WTG_INPUT, 0,
				"more than %d files make no sense in a driver", MAX_FILES);
	file.name = wtg_text_copy(name);
	file.target = wtg_text_copy(target);
	WTG_PACKAGE_ADD(driver->files, driver->n_files, file);
	return 0;
}

/* Where a list of files goes to; the caller frees.  NULL: only Windows can tell. */
static char *target_of(const struct layout *layout, const char *list, const char *name)
{
	const struct wtg_inf_line *line = list ? find(&layout->directories, list) : NULL;
	const char *directory;
	_cleanup_free_ char *below = NULL;

	if (!line)
		line = find(&layout->directories, "DefaultDestDir");
	directory = line ? wtg_driver_directory(wtg_inf_field(line, 0)) : NULL;
	if (!directory)
		return NULL;
	below = wtg_text("%s/%s/%s", directory, wtg_inf_field(line, 1), name);
	return wtg_driver_path(below);
}

/* Files on discs of old were packed, as "stor.sy_". */
static bool is_packed(const struct wtg_package *package, const char *path)
{
	_cleanup_free_ char *packed = wtg_text_copy(path);

	packed[strlen(packed) - 1] = '_';
	return wtg_driver_files_find(package->among, packed) != SIZE_MAX;
}

static int copy_one(struct wtg_package *package, const struct layout *layout, const char *list,
		    const char *name, const char *source_name)
{
	_cleanup_free_ char *target = target_of(layout, list, name);
	_cleanup_free_ char *path = source_path(package, layout, source_name);
	size_t source = path ? wtg_driver_files_find(package->among, path) : SIZE_MAX;

	if (source != SIZE_MAX)
		return add_file(package, name, source, target);
	/* What another layout knows the place of is Windows' own. */
	if (!find(&layout->files, source_name) &&
	    wtg_inf_line(wtg_inf_section(&package->inf, "Version"), "LayoutFile")) {
		wtg_package_remark(package, "it takes %s from Windows", source_name);
		return 0;
	}
	if (path && is_packed(package, path))
		return wtg_fail(package->err, WTG_INPUT, 0,
				"its file %s is there only as it is packed: expand it", path);
	return wtg_fail(package->err, WTG_INPUT, 0, "it names a file that is not there: %s",
			path ? path : source_name);
}

/* NAME[,[SOURCE][,…]]: renamed on the way, or not. */
static int copy_list(struct wtg_package *package, const struct layout *layout, const char *name)
{
	const struct wtg_inf_section *list = wtg_inf_section(&package->inf, name);

	if (!list || package->copied[list - package->inf.items])
		return 0;
	package->copied[list - package->inf.items] = true;
	for (size_t i = 0; i < list->n_items; i++) {
		const char *to = wtg_inf_field(&list->items[i], 0);
		const char *from = wtg_inf_field(&list->items[i], 1);

		if (*to && copy_one(package, layout, list->name, to, *from ? from : to) < 0)
			return -1;
	}
	return 0;
}

static int copy_files(struct wtg_package *package, const struct layout *layout,
		      const struct wtg_inf_section *section)
{
	if (wtg_package_spend(package, section->n_items) < 0)
		return -1;
	for (size_t i = 0; i < section->n_items; i++) {
		const struct wtg_inf_line *line = &section->items[i];

		if (!wtg_text_equal_fold(line->key, "CopyFiles"))
			continue;
		for (size_t j = 0; j < line->n_fields; j++) {
			const char *name = line->fields[j];
			int result = name[0] == '@' ? copy_one(package, layout, NULL, name + 1,
							       name + 1)
						    : copy_list(package, layout, name);

			if (result < 0)
				return -1;
		}
	}
	return 0;
}

static int copy_section(struct wtg_package *package, const struct layout *layout,
			const char *name)
{
	_cleanup_free_ char *co_installers = wtg_text("%s.CoInstallers", name);
	const char *const names[] = { name, co_installers };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct wtg_needed needed;

		if (wtg_package_needed(package, wtg_inf_section(&package->inf, names[i]),
				       &needed) < 0)
			return -1;
		for (size_t j = 0; j < needed.n_items; j++)
			if (copy_files(package, layout, needed.items[j]) < 0)
				return -1;
	}
	return 0;
}

/* Files that no list has, or only those of other sections, go with the package if they are
 * there, and so do the INF and its catalog. */
static int add_rest(struct wtg_package *package, const struct layout *layout)
{
	struct wtg_driver *driver = &package->driver;
	_cleanup_free_ char *catalog = NULL;
	size_t source;

	for (size_t i = 0; i < layout->files.n_items; i++) {
		const char *name = layout->files.items[i].line->key;
		_cleanup_free_ char *path = source_path(package, layout, name);
		bool known = false;

		source = path ? wtg_driver_files_find(package->among, path) : SIZE_MAX;
		for (size_t j = 0; j < driver->n_files; j++)
			known |= driver->files[j].source == source;
		if (source != SIZE_MAX && !known && add_file(package, name, source, NULL) < 0)
			return -1;
	}
	if (driver->catalog)
		catalog = source_path(package, layout, driver->catalog);
	source = catalog ? wtg_driver_files_find(package->among, catalog) : SIZE_MAX;
	if (source != SIZE_MAX && add_file(package, driver->catalog, source, NULL) < 0)
		return -1;
	return add_file(package, driver->name, package->source, NULL);
}

int wtg_package_files(struct wtg_package *package)
{
	_cleanup_(layout_done) struct layout layout = {
		.files = index_lines(package, "SourceDisksFiles"),
		.disks = index_lines(package, "SourceDisksNames"),
		.directories = index_lines(package, "DestinationDirs"),
	};

	for (size_t i = 0; i < package->driver.n_sections; i++)
		if (copy_section(package, &layout, package->driver.sections[i].name) < 0)
			return -1;
	return add_rest(package, &layout);
}
