/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey-inner.h"

#include "base/alloc.h"
#include "windows/removals.h"
#include "wtg/text.h"

/* Windows 10 1903, the first that reserves room for updates. */
#define LEAST_RESERVING_BUILD 18362

#define WINRE_PATH "Windows/System32/Recovery/Winre.wim"

void wtg_survey_begin_removals(struct wtg_surveyor *s)
{
	if (s->request->remove_apps.n_items > 0)
		s->wanted[WTG_HIVE_SOFTWARE] = true;
	if (!s->request->no_reserved_storage)
		return;
	if (s->edition->build >= LEAST_RESERVING_BUILD)
		wtg_remove_reserved_storage(&s->wishes[WTG_WISHER_REMOVALS]);
	else
		WTG_APPEND(&s->made.warnings,
			   wtg_text("--no-reserved-storage: a Windows of build %u reserves none",
				    s->edition->build));
}

static int remove_apps(struct wtg_surveyor *s, struct wtg_apps *removed, struct wtg_error *err)
{
	const struct wtg_bytes *software = wtg_survey_hive(s, WTG_HIVE_SOFTWARE);
	const struct wtg_texts *names = &s->request->remove_apps;
	_cleanup_(wtg_apps_done) struct wtg_apps apps = { 0 };
	struct wtg_hive_view view;

	if (!software)
		return wtg_fail(err, WTG_INPUT, 0, "--remove-app: the image has no %s",
				wtg_hive_paths[WTG_HIVE_SOFTWARE]);
	if (wtg_hive_view_open(software, &view, err) < 0 ||
	    wtg_hive_view_check(&view, err) < 0 || wtg_apps_list(&view, &apps, err) < 0)
		return wtg_while(err, "look for apps in %s", wtg_hive_paths[WTG_HIVE_SOFTWARE]);
	for (size_t i = 0; i < names->n_items; i++)
		if (wtg_remove_app(&apps, names->items[i], &s->wishes[WTG_WISHER_REMOVALS],
				   removed, err) < 0)
			return -1;
	return 0;
}

static void note(struct wtg_surveyor *s, enum wtg_removal_kind kind, const char *name)
{
	const struct wtg_removal removal = { .kind = kind, .name = wtg_text_copy(name) };

	WTG_APPEND(&s->made.removals, removal);
}

int wtg_survey_plan_removals(struct wtg_surveyor *s, struct wtg_error *err)
{
	_cleanup_(wtg_apps_done) struct wtg_apps removed = { 0 };

	if (s->request->remove_apps.n_items > 0 && remove_apps(s, &removed, err) < 0)
		return -1;
	if (!s->request->hibernate)
		note(s, WTG_REMOVAL_HIBERNATION, NULL);
	if (s->request->no_pagefile)
		note(s, WTG_REMOVAL_PAGE_FILE, NULL);
	if (s->request->no_reserved_storage && s->edition->build >= LEAST_RESERVING_BUILD)
		note(s, WTG_REMOVAL_RESERVED, NULL);
	for (size_t i = 0; i < removed.n_items; i++)
		note(s, WTG_REMOVAL_APP, removed.items[i].family);
	return 0;
}

/* ------------------------------------------------------------------ how large they are */

static char *name_of(const struct wtg_catalog *catalog, uint32_t inode)
{
	const struct wtg_name16 *name =
		&catalog->names[catalog->inodes[inode].first_name].name;

	return wtg_utf16_to_utf8(name->data, (size_t)name->n_units * 2);
}

/* Which of the removals has this directory of WindowsApps?  Counted from 1; 0: none. */
static uint32_t owner_of(const struct wtg_surveyor *s, const struct wtg_catalog *catalog,
			 uint32_t inode)
{
	_cleanup_free_ char *name = name_of(catalog, inode);

	for (size_t i = 0; i < s->made.removals.n_items; i++) {
		const struct wtg_removal *removal = &s->made.removals.items[i];
		const struct wtg_app app = { .family = removal->name };

		if (removal->kind == WTG_REMOVAL_APP && wtg_app_owns(&app, name))
			return (uint32_t)i + 1;
	}
	return 0;
}

static uint64_t size_of(const struct wtg_catalog *catalog, const struct wtg_catalog_inode *inode)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < inode->n_streams; i++) {
		uint32_t blob = catalog->streams[inode->first_stream + i].blob;

		bytes += blob == WTG_NONE ? 0 : catalog->blobs[blob].size_bytes;
	}
	return bytes;
}

static bool is_called(const struct wtg_catalog *catalog, uint32_t inode, uint32_t parent,
		      const char *wanted)
{
	const struct wtg_catalog_inode *i = &catalog->inodes[inode];
	_cleanup_free_ char *name = NULL;

	if (i->n_names == 0 || catalog->names[i->first_name].parent != parent)
		return false;
	name = name_of(catalog, inode);
	return wtg_text_equal_fold(name, wanted);
}

/* Parents come before their children, so one pass finds all that is below a directory. */
static void add_app_files(struct wtg_surveyor *s, const struct wtg_catalog *catalog,
			  uint32_t *owners)
{
	uint32_t programs = WTG_NONE, apps = WTG_NONE;

	for (uint32_t i = 1; i < catalog->n_inodes; i++) {
		const struct wtg_catalog_inode *inode = &catalog->inodes[i];
		uint32_t parent = inode->n_names ? catalog->names[inode->first_name].parent : 0;

		if (programs == WTG_NONE && is_called(catalog, i, 0, "Program Files"))
			programs = i;
		else if (apps == WTG_NONE && programs != WTG_NONE && parent == programs &&
			 is_called(catalog, i, programs, "WindowsApps"))
			apps = i;
		owners[i] = apps != WTG_NONE && parent == apps ? owner_of(s, catalog, i)
							      : owners[parent];
		if (owners[i])
			s->made.removals.items[owners[i] - 1].bytes += size_of(catalog, inode);
	}
}

static void add_recovery(struct wtg_surveyor *s)
{
	for (size_t i = 0; i < s->made.overlay.n_items; i++) {
		const struct wtg_overlay_file *file = &s->made.overlay.items[i];

		if (!file->drop || !wtg_text_equal_fold(file->path, WINRE_PATH))
			continue;
		note(s, WTG_REMOVAL_RECOVERY, NULL);
		s->made.removals.items[s->made.removals.n_items - 1].bytes = file->image_bytes;
	}
}

int wtg_survey_size_removals(struct wtg_surveyor *s, const struct wtg_catalog *catalog,
			     struct wtg_error *err)
{
	_cleanup_free_ uint32_t *owners = NULL;

	if (s->request->remove_apps.n_items > 0) {
		owners = wtg_try_alloc(catalog->n_inodes * sizeof(*owners), "the files of apps",
				       err);
		if (!owners)
			return -1;
		add_app_files(s, catalog, owners);
	}
	add_recovery(s);
	return 0;
}
