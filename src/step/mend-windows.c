/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend-inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "volume/edit.h"
#include "windows/hive.h"
#include "windows/pe.h"
#include "wtg/text.h"

#define SOFTWARE_PATH "Windows/System32/config/SOFTWARE"
#define WINLOAD_PATH "Windows/System32/winload.efi"
#define MAX_HIVE_BYTES (256u << 20)
#define MAX_BOOT_BYTES (512u << 20)
#define MAX_PROGRAM_BYTES (64u << 20)

/* ------------------------------------------------------------------ may it be changed? */

static const char hint_shut_down[] =
	"Start that Windows once and shut it down with 'shutdown /s /t 0'.";

/* The volume, as who edits files on it sees it: hibernated, dirty, with a journal. */
static int open_volume(struct wtg_mending *m, struct wtg_error *err)
{
	struct wtg_window window = wtg_mend_window(m, &m->made.windows);
	const struct wtg_files nothing = { 0 };

	if (wtg_fs_check(&window, &nothing, err) < 0 ||
	    wtg_ntfs_open(&window, &m->volume, err) < 0) {
		if (err->kind == WTG_INPUT)
			err->kind = WTG_REFUSED;
		return wtg_while(err, "partition %u", m->made.windows.number);
	}
	return 0;
}

/* Where both numbers are the same, all that changed is in the hive, and Windows looks into no log
 * (msuhanov's "Windows registry file format specification", on dirty state). */
static int check_hive(const struct wtg_bytes *hive, struct wtg_error *err)
{
	struct wtg_hive_view view;

	if (wtg_hive_view_open(hive, &view, err) < 0)
		return -1;
	if (view.sequence1 == view.sequence2)
		return 0;
	wtg_fail(err, WTG_REFUSED, 0, "its SYSTEM hive was not closed: changes wait in its log");
	return wtg_hint(err, "%s", hint_shut_down);
}

/* ------------------------------------------------------------------ what it is */

static int read_arch(struct wtg_mending *m, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };

	if (wtg_ntfs_read(m->volume, WINLOAD_PATH, MAX_PROGRAM_BYTES, &file, err) < 0 ||
	    wtg_pe_read(&file, &pe, err) < 0)
		return wtg_while(err, WINLOAD_PATH);
	m->made.arch = wtg_pe_arch(&pe);
	if (m->made.arch == WTG_ARCH_UNKNOWN)
		return wtg_fail(err, WTG_UNSUITABLE, 0, WINLOAD_PATH " is for no processor that "
							"this program knows");
	return 0;
}

static char *text_of(const struct wtg_hive_view *view, wtg_hive_key key, const char *name)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	uint32_t type;

	if (wtg_hive_view_value(view, key, name, &type, &data) != 1 || type != 1 /* REG_SZ */)
		return NULL;
	return wtg_utf16_to_utf8(data.data, data.size);
}

/* What it calls itself is good for a name in the boot menu: without it, there is another. */
static void read_version(struct wtg_mending *m)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
	_cleanup_free_ char *build = NULL, *root = NULL;
	struct wtg_error ignored = WTG_ERROR_INIT;
	struct wtg_hive_view view;
	wtg_hive_key key;

	if (wtg_ntfs_read(m->volume, SOFTWARE_PATH, MAX_HIVE_BYTES, &hive, &ignored) == 0 &&
	    wtg_hive_view_open(&hive, &view, &ignored) == 0 &&
	    (key = wtg_hive_view_key(&view, 0, "Microsoft\\Windows NT\\CurrentVersion"))) {
		build = text_of(&view, key, "CurrentBuildNumber");
		m->made.installation_type = text_of(&view, key, "InstallationType");
		root = text_of(&view, key, "SystemRoot");
	}
	m->letter = root && isalpha((unsigned char)root[0]) && root[1] == ':'
			    ? (char)toupper((unsigned char)root[0])
			    : 'C';
	m->made.build = build ? (unsigned)strtoul(build, NULL, 10) : 0;
	wtg_error_done(&ignored);
}

/* ------------------------------------------------------------------ its registry */

static struct wtg_edit_options options_of(const struct wtg_mending *m)
{
	const struct wtg_request *request = m->request;

	return (struct wtg_edit_options){
		.internal_disks_online = request->internal_disks == WTG_INTERNAL_ONLINE,
		.hibernate = request->hibernate,
		.device_encryption = request->device_encryption,
		.build = m->made.build,
	};
}

/* Of a Windows that is in use, letters are the user's; which of them must go is asked by itself. */
static void leave_letters(struct wtg_edits *edits)
{
	for (size_t i = 0; i < edits->n_items; i++) {
		struct wtg_edit *edit = &edits->items[i];

		if (edit->action != WTG_EDIT_CLEAR || !wtg_text_equal(edit->key, "MountedDevices"))
			continue;
		wtg_edit_done(edit);
		*edit = edits->items[--edits->n_items];
		return;
	}
}

static int plan_edits(struct wtg_mending *m, const struct wtg_bytes *hive, struct wtg_error *err)
{
	const struct wtg_edit_options options = options_of(m);
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
	struct wtg_hive_view view;

	if (wtg_edits_plan(hive, &options, &m->made.edits, err) < 0 ||
	    wtg_hive_view_open(hive, &view, err) < 0)
		return -1;
	leave_letters(&m->made.edits);
	wtg_mend_look_at_letters(m, &view, &wishes);
	return wtg_edits_plan_wishes(hive, WTG_HIVE_SYSTEM, &wishes, 1, &m->made.edits, err);
}

static int look_at_registry(struct wtg_mending *m, struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };

	if (wtg_ntfs_read(m->volume, WTG_SYSTEM_PATH, MAX_HIVE_BYTES, &hive, err) < 0 ||
	    check_hive(&hive, err) < 0 || plan_edits(m, &hive, err) < 0)
		return -1;
	wtg_sha256(hive.data, hive.size, m->made.hive_is);
	if (wtg_edits_changes(&m->made.edits) == 0)
		return 0;
	return wtg_hive_edit(&hive, &m->made.edits, &m->made.hive, err);
}

static int read_boot_trees(struct wtg_mending *m, struct wtg_error *err)
{
	uint64_t left = MAX_BOOT_BYTES;

	for (size_t i = 0; wtg_boot_trees[i]; i++) {
		if (wtg_ntfs_read_tree(m->volume, wtg_boot_trees[i], left, &m->trees, err) < 0)
			return -1;
		left = MAX_BOOT_BYTES - wtg_files_size_bytes(&m->trees);
	}
	return 0;
}

/* Of an image that would be WTG_INPUT; here it is the drive. */
static int blame_drive(struct wtg_error *err, const char *doing)
{
	if (err->kind == WTG_INPUT)
		err->kind = WTG_UNSUITABLE;
	return wtg_while(err, "%s", doing);
}

int wtg_mend_look_at_windows(struct wtg_mending *m, struct wtg_error *err)
{
	if (open_volume(m, err) < 0)
		return -1;
	if (read_arch(m, err) < 0 || read_boot_trees(m, err) < 0)
		return blame_drive(err, "read what this Windows starts with");
	read_version(m);
	if (look_at_registry(m, err) < 0)
		return blame_drive(err, "plan the registry edits");
	return 0;
}
