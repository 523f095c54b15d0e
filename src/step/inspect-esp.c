/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"

#define TOPIC "esp"
#define MAX_LOADER_BYTES (64u << 20)

static const struct {
	uint16_t machine;
	const char *path, *name;
} fallbacks[] = {
	{ 0x8664, "EFI/Boot/bootx64.efi", "x64" },
	{ 0xaa64, "EFI/Boot/bootaa64.efi", "arm64" },
	{ 0x014c, "EFI/Boot/bootia32.efi", "ia32" },
};

const char *wtg_inspect_machine(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++)
		if (fallbacks[i].machine == machine)
			return fallbacks[i].name;
	return "a machine that this program does not know";
}

static void look_at_volume(struct wtg_inspection *in)
{
	struct wtg_fat_info info;
	uint64_t start = in->esp->first_byte / in->sector_bytes;

	wtg_fat_info(in->fat, &info);
	if (info.bits == 32 && info.sector_bytes == in->sector_bytes &&
	    info.hidden_sectors == start)
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC, "FAT32, on partition %u",
			 in->esp->number);
	if (info.bits != 32)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "the EFI system partition is FAT%u; FAT32 is what all firmware reads",
			 info.bits);
	if (info.sector_bytes != in->sector_bytes)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the volume has sectors of %" PRIu32 " bytes, the drive of %" PRIu32,
			 info.sector_bytes, in->sector_bytes);
	if (info.hidden_sectors != start)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "the volume says that it starts at sector %" PRIu32
			 ", the table says %" PRIu64, info.hidden_sectors, start);
}

/* What Windows keeps where it looks for it, and firmware, unless it has a boot entry, does not. */
static const struct {
	const char *dir, *path;
} usual_places[] = {
	{ "EFI", "EFI/Microsoft/Boot/bootmgfw.efi" },
	{ "VTEFI", "VTEFI/Microsoft/Boot/bootmgfw.efi" },
};

bool wtg_inspect_has_windows(const struct wtg_inspection *in, const struct wtg_gpt_entry *entry)
{
	struct wtg_window window = wtg_inspect_window(in, entry);
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	struct wtg_error ignored = WTG_ERROR_INIT;
	bool found = false;

	if (wtg_fat_open(&window, &fat, &ignored) == 0)
		for (size_t i = 0; i < 2 && !found; i++) {
			_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };

			found = wtg_fat_read(fat, usual_places[i].path, MAX_LOADER_BYTES, &file,
					     &ignored) > 0;
			wtg_error_done(&ignored);
		}
	wtg_error_done(&ignored);
	return found;
}

static bool is_loader(struct wtg_inspection *in, const char *path, const struct wtg_bytes *file)
{
	struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_pe_read(file, &in->loader, &err) == 0)
		return true;
	wtg_find(in->findings, WTG_GRADE_WRONG, "loader", "%s: %s", path, err.message);
	wtg_error_done(&err);
	return false;
}

static void compare_with_usual(struct wtg_inspection *in, const char *path,
			       const struct wtg_bytes *file)
{
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_bytes_done) struct wtg_bytes usual = { 0 };

	if (wtg_fat_read(in->fat, usual_places[0].path, MAX_LOADER_BYTES, &usual, &err) <= 0)
		wtg_find(in->findings, WTG_GRADE_WARNING, "loader",
			 "EFI/Microsoft/Boot/bootmgfw.efi is missing: Windows expects it there");
	else if (usual.size != file->size || memcmp(usual.data, file->data, file->size) != 0)
		wtg_inspect_other_loader(in, path, &usual);
	wtg_error_done(&err);
}

static bool look_at_loader(struct wtg_inspection *in, size_t i, const struct wtg_bytes *file)
{
	in->dir = "EFI";
	if (!is_loader(in, fallbacks[i].path, file))
		return false;
	if (in->loader.machine != fallbacks[i].machine) {
		wtg_find(in->findings, WTG_GRADE_WRONG, "loader",
			 "%s is a program for %s, not for %s", fallbacks[i].path,
			 wtg_inspect_machine(in->loader.machine), fallbacks[i].name);
		return false;
	}
	wtg_find(in->findings, WTG_GRADE_OK, "loader", "firmware of %s computers starts %s",
		 fallbacks[i].name, fallbacks[i].path);
	wtg_inspect_signature(in, fallbacks[i].path, file);
	compare_with_usual(in, fallbacks[i].path, file);
	return true;
}

/* With Ventoy, firmware is to start that, and its menu starts Windows. */
static bool look_behind_ventoy(struct wtg_inspection *in)
{
	struct wtg_error err = WTG_ERROR_INIT;

	for (size_t i = 0; in->ventoy && i < 2; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
		int r = wtg_fat_read(in->fat, usual_places[i].path, MAX_LOADER_BYTES, &file, &err);

		wtg_error_done(&err);
		if (r <= 0)
			continue;
		in->dir = usual_places[i].dir;
		if (!is_loader(in, usual_places[i].path, &file))
			return false;
		wtg_find(in->findings, WTG_GRADE_NOTE, "loader",
			 "Ventoy starts %s, for %s; firmware does not by itself",
			 usual_places[i].path, wtg_inspect_machine(in->loader.machine));
		wtg_inspect_signature(in, usual_places[i].path, &file);
		return true;
	}
	wtg_find(in->findings, WTG_GRADE_WRONG, "loader",
		 "there is no EFI/Boot/boot*.efi: firmware finds nothing to start on a "
		 "removable drive");
	return false;
}

bool wtg_inspect_esp(struct wtg_inspection *in)
{
	struct wtg_window window = wtg_inspect_window(in, in->esp);
	struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_fat_open(&window, &in->fat, &err) < 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the EFI system partition cannot be read: %s", err.message);
		wtg_error_done(&err);
		return false;
	}
	look_at_volume(in);
	for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };
		int r = wtg_fat_read(in->fat, fallbacks[i].path, MAX_LOADER_BYTES, &file, &err);

		if (r > 0)
			return look_at_loader(in, i, &file);
		if (r < 0) {
			wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s", err.message);
			wtg_error_done(&err);
			return false;
		}
	}
	return look_behind_ventoy(in);
}
