/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe/layout-inner.h"

#include "base/alloc.h"
#include "base/fdio.h"
#include "step/status.h"
#include "wtg/text.h"

/* Rests between partitions, which nobody would call free space. */
#define LITTLE_BYTES (64 * MIB)

/* Also one that does not start any more: then its rules say why. */
static bool has_ventoy(const struct wtg_drive_view *view)
{
	return wtg_ventoy_is_meant(&view->ventoy);
}

static int check_table(const struct wtg_site *site, struct wtg_error *err)
{
	const struct wtg_partitions *table = &site->beside->table;
	const char *path = site->disk->path;

	if (!site->beside->has_table) {
		wtg_fail(err, WTG_UNSUITABLE, 0,
			 "%s has no partition table to which partitions could be added", path);
		return wtg_hint(err, "Without --beside it is made anew, and all that is on it is "
				     "lost.");
	}
	if (table->style == WTG_TABLE_MBR)
		return 0;
	/* While the primary is sound, it alone counts (UEFI 5.3.2).  A backup that is not at the
	 * drive's end, or damaged, or ahead of it since a run of ours was cut, is made anew. */
	if (!table->primary_ok || !table->protective_mbr) {
		wtg_fail(err, WTG_UNSUITABLE, 0, "the partition table of %s is damaged", path);
		return wtg_hint(err, "'wtgctl verify %s' says how; gdisk repairs such tables.",
				path);
	}
	if (table->hybrid_mbr)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the MBR of %s has partitions of its own beside the GPT: which of "
				"them count differs from system to system", path);
	return 0;
}

static int check_ventoy(const struct wtg_site *site, struct wtg_error *err)
{
	const struct wtg_partitions *table = &site->beside->table;

	if (wtg_ventoy_check(&site->beside->ventoy, site->disk->path, err) < 0)
		return -1;
	if (table->style == WTG_TABLE_MBR && table->signature == 0)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the MBR of %s has no signature, by which Windows would know it",
				site->disk->path);
	return 0;
}

/* It does not grow by itself: how to get room is all that helps. */
static int no_room(const struct wtg_site *site, uint64_t have, uint64_t need,
		   struct wtg_error *err)
{
	_cleanup_free_ char *has = wtg_size_text(have);
	_cleanup_free_ char *needs = wtg_size_text(need);
	_cleanup_free_ char *short_of = wtg_size_text(wtg_round_up(need - have, MIB));

	if (have < LITTLE_BYTES)
		wtg_fail(err, WTG_UNSUITABLE, 0, "%s has no free space%s, and this Windows needs %s",
			 site->disk->path, has_ventoy(site->beside) ? " behind Ventoy" : "", needs);
	else
		wtg_fail(err, WTG_UNSUITABLE, 0,
			 "the largest free space of %s has %s, and this Windows needs %s",
			 site->disk->path, has, needs);
	if (has_ventoy(site->beside))
		return wtg_hint(err,
				"Ventoy's first partition cannot be made smaller, for its second must "
				"follow at once: copy its files elsewhere, install Ventoy anew with room behind it ('wtgctl "
				"ventoy install --data-size SIZE', or 'Ventoy2Disk.sh -I -r %llu' "
				"for MiB), and copy them back.",
				(unsigned long long)(wtg_round_up(need, MIB) / MIB + 1));
	return wtg_hint(err, "Make a partition smaller by %s, or delete one, and run this again.",
			short_of);
}

/* The largest one, behind Ventoy's second partition where there is one. */
static struct wtg_extent choose_stretch(const struct wtg_drive_view *view)
{
	uint64_t least = has_ventoy(view) ? view->ventoy.second.offset : 0;
	struct wtg_extent best = { 0, 0 }, stretch;

	for (size_t n = 0; wtg_partitions_free(&view->table, n, &stretch); n++)
		if (stretch.offset >= least && stretch.length > best.length)
			best = stretch;
	return best;
}

static bool has_type(const struct wtg_partitions *table, const struct wtg_guid *type)
{
	for (size_t i = 0; i < table->n_entries; i++)
		if (wtg_guid_equal(&table->entries[i].type, type))
			return true;
	return false;
}

/* Ventoy's own search for a Windows (localboot.cfg) ends at the first number that is free. */
static int number(const struct wtg_site *site, unsigned n, struct wtg_layout *layout,
		  struct wtg_error *err)
{
	const struct wtg_partitions *table = &site->beside->table;
	unsigned first = wtg_partitions_room(table, n);

	if (first == 0 && table->style == WTG_TABLE_MBR)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"%s has %zu partitions, and this Windows needs two: an MBR has room "
				"for four, and none of them can be a logical one",
				site->disk->path, table->n_entries);
	if (first == 0)
		return wtg_fail(err, WTG_UNSUITABLE, 0, "the partition table of %s has no %u free "
							"numbers", site->disk->path, n);
	for (unsigned i = 3; has_ventoy(site->beside) && i < first; i++)
		if (!wtg_partitions_number(table, i))
			return wtg_fail(err, WTG_UNSUITABLE, 0,
					"%s has no partition %u but a later one: Ventoy would not "
					"look for a Windows behind that", site->disk->path, i);
	layout->first_number = first;
	return 0;
}

/* What there is of them, in this order. */
static void place(const struct wtg_extent *stretch, struct wtg_layout *layout)
{
	layout->esp.offset = stretch->offset;
	layout->msr.offset = layout->esp.offset + layout->esp.length;
	layout->windows.offset = layout->msr.offset + layout->msr.length;
	layout->marker_offset = wtg_marker_offset_in(stretch);
}

int wtg_layout_place_beside(const struct wtg_site *site, struct wtg_layout *layout,
			    struct wtg_error *err)
{
	const struct wtg_guid msr = wtg_guid_const("e3c9e316-0b5c-4db8-817d-f92df00215ae");
	const struct wtg_drive_view *view = site->beside;
	bool ventoy = view->has_table && has_ventoy(view);
	struct wtg_extent stretch;
	uint64_t fixed;

	if (check_table(site, err) < 0 || (ventoy && check_ventoy(site, err) < 0))
		return -1;
	if (!ventoy && view->table.style == WTG_TABLE_MBR)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"%s has an MBR and no Ventoy; --beside adds to Ventoy's drives and "
				"to those with a GPT", site->disk->path);
	layout->beside = true;
	layout->style = view->table.style;
	layout->bios = layout->style == WTG_TABLE_MBR;
	layout->esp.length = wtg_layout_esp_bytes(site->request);
	if (ventoy) {
		layout->data = view->ventoy.first;
		layout->vtoyefi = view->ventoy.second;
	} else if (!has_type(&view->table, &msr)) {
		layout->msr.length = MSR_BYTES;
	}
	if (number(site, layout->msr.length > 0 ? 3 : 2, layout, err) < 0)
		return -1;

	stretch = choose_stretch(view);
	fixed = layout->esp.length + layout->msr.length + WTG_MARKER_ROOM_BYTES;
	if (stretch.length < fixed + site->windows_least)
		return no_room(site, stretch.length, fixed + site->windows_least, err);
	layout->windows.length = wtg_round_up(site->request->windows_size_bytes, MIB);
	if (layout->windows.length == 0)
		layout->windows.length = stretch.length - fixed;
	place(&stretch, layout);
	return wtg_layout_check_sizes(layout->windows.length, 0, stretch.length - fixed,
				      site->windows_least, err);
}
