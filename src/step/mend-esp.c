/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "step/ventoy.h"
#include "volume/edit.h"
#include "volume/mbr.h"
#include "windows/bootcode.h"
#include "windows/pe.h"
#include "wtg/text.h"

#define USUAL "EFI/Microsoft/Boot/bootmgfw.efi"
#define MAX_VENTOY_TEXT (1u << 20)

/* What firmware starts by itself; one of them may be somebody else's. */
static const char *const fallbacks[] = { "EFI/Boot/bootx64.efi", "EFI/Boot/bootaa64.efi",
					 "EFI/Boot/bootia32.efi" };

/* ------------------------------------------------------------------ what is there */

/* 1, or 0: not there; what cannot be read is there, and without content. */
static int read_file(const struct wtg_mending *m, const char *path, struct wtg_bytes *ret)
{
	struct wtg_error ignored = WTG_ERROR_INIT;
	int r = m->fat ? wtg_fat_read(m->fat, path, WTG_MEND_LOADER_BYTES, ret, &ignored) : 0;

	wtg_error_done(&ignored);
	return r != 0;
}

static bool is_there(const struct wtg_mending *m, const char *path)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes file = { 0 };

	return read_file(m, path, &file) > 0;
}

/* ------------------------------------------------------------------ how it starts */

/* With its system partition emptied, Ventoy's menu says where the loader is looked for. */
static bool ventoy_looks_into_vtefi(const struct wtg_mending *m)
{
	const struct wtg_gpt_entry *first = wtg_partitions_number(&m->made.table, 1);
	_cleanup_(wtg_bytes_done) struct wtg_bytes text = { 0 };
	struct wtg_error ignored = WTG_ERROR_INIT;
	struct wtg_window window;
	bool found = false;

	if (!m->made.ventoy || !first)
		return false;
	window = wtg_mend_window(m, first);
	if (wtg_fs_read(&window, WTG_VENTOY_GRUB_PATH, MAX_VENTOY_TEXT, &text, &ignored) > 0)
		found = memmem(text.data, text.size, "/VTEFI/", 7) != NULL;
	wtg_error_done(&ignored);
	return found;
}

static bool has_fallback(const struct wtg_mending *m)
{
	for (size_t i = 0; i < 3; i++)
		if (is_there(m, fallbacks[i]))
			return true;
	return false;
}

/* As it is; of what is not there any more, as `create` makes it. */
static void find_manner(struct wtg_mending *m)
{
	bool usual = is_there(m, USUAL), vtefi = is_there(m, "VT" USUAL);
	bool mbr = m->made.table.style == WTG_TABLE_MBR;
	bool bios = is_there(m, WTG_BIOS_LOADER) || is_there(m, "Boot/BCD") ||
		    is_there(m, "Boot/memtest.exe");

	m->made.manner = (struct wtg_boot_manner){
		.vtefi = !usual && (vtefi || ventoy_looks_into_vtefi(m)),
		.bios = mbr && (bios || !(usual || vtefi)),
		.no_fallback = m->made.ventoy && !has_fallback(m),
	};
}

/* ------------------------------------------------------------------ boot files */

/*
 * \EFI\Boot may be another system's, which a Linux beside Windows puts there: a sound program that
 * Microsoft did not sign as Windows' boot manager.
 */
static bool is_foreign(const struct wtg_mending *m, const struct wtg_file *wanted)
{
	_cleanup_(wtg_pe_done) struct wtg_pe pe = { 0 };

	if (!wtg_text_starts(wanted->path, "EFI/Boot/") ||
	    !wtg_mend_read_program(m, wanted->path, &pe))
		return false;
	return !pe.signed_2011 && !pe.signed_2023 && m->wanted.loader.n_signatures > 0;
}

static void compare_file(struct wtg_mending *m, struct wtg_file *wanted)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes now = { 0 };
	int r = read_file(m, wanted->path, &now);

	if (r > 0 && now.data && now.size == wanted->content.size &&
	    (now.size == 0 || memcmp(now.data, wanted->content.data, now.size) == 0)) {
		m->made.n_right++;
		return;
	}
	if (r > 0 && is_foreign(m, wanted)) {
		wtg_mend_warn(m, "%s is no boot manager of Windows' and stays: firmware that is told "
				 "nothing else starts that", wanted->path);
		return;
	}
	wtg_mend_put(&m->made.boot, wanted->path, wanted->content, r > 0 ? "another" : "missing");
	wanted->content = (struct wtg_bytes){ 0 };
}

static int choose_files(struct wtg_mending *m, struct wtg_error *err)
{
	if (wtg_mend_choose_chain(m, err) < 0) {
		if (err->kind == WTG_INPUT)
			err->kind = WTG_UNSUITABLE;
		return wtg_while(err, "choose boot files of the Windows on the drive");
	}
	find_manner(m);
	m->made.manner.bios = m->made.manner.bios && m->wanted.bios;
	wtg_bootfiles_arrange(&m->wanted, &m->made.manner);
	m->made.chain = m->wanted.chain;
	m->made.signers = wtg_text_copy(m->wanted.loader.signers);
	return 0;
}

/* ------------------------------------------------------------------ the MBR */

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* The code of the boot sector that sector 0 starts: made by mkfs.fat, it only says that it is none.
 * Somebody's is left alone, for what it starts is not known. */
static int look_at_boot_record(struct wtg_mending *m, struct wtg_error *err)
{
	struct wtg_window window = wtg_mend_window(m, &m->made.system);
	uint8_t reserved[WTG_BOOT_RESERVED_BYTES];
	struct wtg_error why = WTG_ERROR_INIT;

	/* What cannot be read is made anew, with code. */
	if (!m->fat || window.length < sizeof(reserved))
		return 0;
	if (wtg_window_pread(&window, reserved, sizeof(reserved), 0, err) < 0)
		return -1;
	if (!wtg_boot_starts_nothing(reserved))
		return 0;
	m->made.boot_record = wtg_boot_fat32(reserved, sizeof(reserved), &why) == 0;
	if (!m->made.boot_record)
		wtg_mend_warn(m, "the boot sector of partition %u starts nothing and stays, so neither "
				 "does Legacy BIOS: %s", m->made.system.number, why.message);
	wtg_error_done(&why);
	return 0;
}

/* Somebody's boot code and somebody's active partition are left alone. */
static int look_at_mbr(struct wtg_mending *m, struct wtg_error *err)
{
	uint8_t code[WTG_BOOT_MBR_BYTES];
	bool active = false;

	/* What lies in an extended partition, sector 0 does not start. */
	if (!m->made.manner.bios || m->made.ventoy || m->made.system.number > WTG_MBR_SLOTS)
		return 0;
	if (wtg_window_pread(&m->disk, code, sizeof(code), 0, err) < 0)
		return -1;
	m->made.boot_code = is_zero(code, sizeof(code));
	for (size_t i = 0; i < m->made.table.n_entries; i++)
		active = active || m->made.table.entries[i].active;
	m->made.active = !active;
	if (active && !m->made.system.active)
		wtg_mend_warn(m, "another partition than %u is active: Legacy BIOS starts that",
			      m->made.system.number);
	return m->made.system.active || m->made.active ? look_at_boot_record(m, err) : 0;
}

/* ------------------------------------------------------------------ all of it */

static int check_volume(struct wtg_mending *m, struct wtg_error *err)
{
	m->made.format_system = !m->fat;
	if (m->fat && m->request->format_esp)
		wtg_mend_warn(m, "partition %u can be read and is not formatted: only what is wrong "
				 "on it is mended", m->made.system.number);
	if (m->fat || m->request->format_esp)
		return 0;
	wtg_fail(err, WTG_REFUSED, 0, "partition %u, the system partition, holds no FAT volume that "
				      "can be read", m->made.system.number);
	return wtg_hint(err, "--format-esp makes it anew: all that is on it is lost.");
}

int wtg_mend_look_at_system(struct wtg_mending *m, struct wtg_error *err)
{
	if (check_volume(m, err) < 0 || choose_files(m, err) < 0)
		return -1;
	for (size_t i = 0; i < m->wanted.files.n_items; i++)
		compare_file(m, &m->wanted.files.items[i]);
	return look_at_mbr(m, err);
}
