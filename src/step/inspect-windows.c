/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "volume/ntfs.h"
#include "windows/edits.h"

#define TOPIC "windows"
#define SYSTEM_PATH "Windows/System32/config/SYSTEM"
#define MAX_HIVE_BYTES (256u << 20)
#define MAX_LOADER_BYTES (64u << 20)

/* The boot sector in our own eyes: firmware-side code finds the volume by its hidden sectors,
 * and Windows repairs a volume whose last sector is no copy of the first. */
static bool look_at_boot_sector(struct wtg_inspection *in, const struct wtg_window *window)
{
	uint64_t start = in->windows->first_byte / in->sector_bytes;
	struct wtg_error err = WTG_ERROR_INIT;
	uint8_t first[512], last[512];

	if (wtg_window_pread(window, first, sizeof(first), 0, &err) < 0 ||
	    wtg_window_pread(window, last, sizeof(last), window->length - in->sector_bytes,
			     &err) < 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s", err.message);
		wtg_error_done(&err);
		return false;
	}
	if (memcmp(first + 3, "-FVE-FS-", 8) == 0) {
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "partition %u is encrypted with BitLocker: nothing more can be seen",
			 in->windows->number);
		return false;
	}
	if (memcmp(first + 3, "NTFS    ", 8) != 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "partition %u holds no NTFS volume",
			 in->windows->number);
		return false;
	}
	if (wtg_le32(first + 0x1c) != (uint32_t)start)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "the volume says that it starts at sector %" PRIu32
			 ", the table says %" PRIu64, wtg_le32(first + 0x1c), start);
	if (wtg_le16(first + 0x0b) != in->sector_bytes)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the volume has sectors of %u bytes, the drive of %" PRIu32,
			 wtg_le16(first + 0x0b), in->sector_bytes);
	if (memcmp(first, last, sizeof(first)) != 0)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "the last sector of partition %u is no copy of its boot sector",
			 in->windows->number);
	return true;
}

static void look_at_winload(struct wtg_inspection *in, struct wtg_ntfs *volume,
			    const char *path)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	if (!wtg_ntfs_exists(volume, path))
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s is not there", path);
	else if (wtg_ntfs_read(volume, path, MAX_LOADER_BYTES, &file, &err) < 0 ||
		 wtg_pe_read(&file, &pe, &err) < 0)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s: %s", path, err.message);
	else if (pe.machine != in->loader.machine && in->loader.machine != 0)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "%s is for %s, the loader on the ESP for %s", path,
			 wtg_inspect_machine(pe.machine),
			 wtg_inspect_machine(in->loader.machine));
	else if (pe.n_signatures == 0 && in->loader.n_signatures > 0)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "%s is not signed: the loader starts it only where Secure Boot is off",
			 path);
	else
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
			 "%s is there, for the same machine, signed by %s", path,
			 pe.signers ? pe.signers : "nobody");
	wtg_error_done(&err);
}

/* Such a Windows starts only where its loader and its filter Wof read what it is made of. */
static void look_at_compression(struct wtg_inspection *in, struct wtg_ntfs *volume)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs_compact compact;

	if (wtg_ntfs_count_compact(volume, &compact, &err) < 0)
		wtg_find(in->findings, WTG_GRADE_WRONG, "compact", "%s", err.message);
	else if (compact.n_files > 0)
		wtg_find(in->findings, WTG_GRADE_OK, "compact",
			 "%s, %" PRIu64 " files are compressed as Windows does it (CompactOS)",
			 compact.algorithm ? compact.algorithm : "in ways unknown",
			 compact.n_files);
	wtg_error_done(&err);
}

/* What a portable Windows should have: the same table of edits that makes it, asked what it
 * would still change. */
static void look_at_settings(struct wtg_inspection *in, const struct wtg_bytes *hive)
{
	const struct wtg_edit_options options = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	size_t changes = 0;

	if (wtg_edits_plan(hive, &options, &edits, &err) < 0) {
		wtg_find(in->findings, WTG_GRADE_WARNING, "registry", "%s", err.message);
		wtg_error_done(&err);
		return;
	}
	for (size_t i = 0; i < edits.n_items; i++) {
		const struct wtg_edit *edit = &edits.items[i];

		if (edit->outcome != WTG_EDIT_CHANGE || edit->class == WTG_EDIT_CAPTURED)
			continue;
		changes++;
		wtg_find(in->findings, WTG_GRADE_NOTE, "registry",
			 "%s\\%s is %s, a portable Windows has %s (%s)", edit->key,
			 edit->value ? edit->value : "*", edit->old_text, edit->new_text,
			 edit->reason);
	}
	if (changes == 0)
		wtg_find(in->findings, WTG_GRADE_OK, "registry",
			 "set up for a portable Windows: %zu settings looked at", edits.n_items);
}

static void look_at_registry(struct wtg_inspection *in, struct wtg_ntfs *volume)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;

	if (wtg_ntfs_read(volume, SYSTEM_PATH, MAX_HIVE_BYTES, &hive, &err) < 0 ||
	    wtg_hive_view_open(&hive, &view, &err) < 0 || wtg_hive_view_check(&view, &err) < 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, "registry", "%s: %s", SYSTEM_PATH,
			 err.message);
		wtg_error_done(&err);
		return;
	}
	if (view.sequence1 != view.sequence2)
		wtg_find(in->findings, WTG_GRADE_NOTE, "registry",
			 "the SYSTEM hive was not written out when Windows last stopped; what is "
			 "said of it may be old");
	else
		look_at_settings(in, &hive);
}

bool wtg_inspect_windows(struct wtg_inspection *in)
{
	struct wtg_window window = wtg_inspect_window(in, in->windows);
	_cleanup_(wtg_ntfs_abandonp) struct wtg_ntfs *volume = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ntfs_info info;

	if (!look_at_boot_sector(in, &window))
		return false;
	if (wtg_ntfs_open(&window, &volume, &err) < 0 ||
	    wtg_ntfs_info(volume, &info, &err) < 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the NTFS volume cannot be read: %s", err.message);
		wtg_error_done(&err);
		return false;
	}
	if (info.dirty)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "the volume is marked as not cleanly unmounted");
	if (info.hibernated)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "Windows is hibernated on it: starting it on another computer loses data");
	look_at_compression(in, volume);
	look_at_winload(in, volume, in->winload);
	if (in->winload_bios)
		look_at_winload(in, volume, in->winload_bios);
	look_at_registry(in, volume);
	wtg_inspect_removals(in, volume);
	wtg_inspect_drivers(in, volume);
	wtg_inspect_answer(in, volume);
	if (in->loader.machine != 0)
		wtg_inspect_chain(in, volume);
	return true;
}
