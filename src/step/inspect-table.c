/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "step/ventoy.h"

#define TOPIC "table"
#define BOOT_CODE_BYTES 440

static void look_at_gpt(struct wtg_inspection *in)
{
	const struct wtg_partitions *table = &in->table;

	if (!table->primary_ok)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the primary GPT is damaged; only its backup could be read");
	else if (!table->backup_ok)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "the backup GPT at the end of the drive is damaged or misplaced");
	else if (!table->same)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the primary GPT and its backup describe different partitions");
	else
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
			 "GPT with %zu partitions, both copies sound", table->n_entries);
	if (!table->protective_mbr)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "there is no protective MBR: firmware, Windows and Linux ignore the GPT");
	else if (table->hybrid_mbr)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "the MBR has partitions of its own beside the GPT: which ones count "
			 "differs from program to program");
}

/* What Legacy BIOS goes by. */
static void look_at_start(struct wtg_inspection *in, const uint8_t head[static 512])
{
	const struct wtg_gpt_entry *active = NULL;
	size_t n_active = 0;

	for (size_t i = 0; i < in->table.n_entries; i++)
		if (in->table.entries[i].active) {
			active = &in->table.entries[i];
			n_active++;
		}
	for (size_t i = 0; i < BOOT_CODE_BYTES && !in->has_boot_code; i++)
		in->has_boot_code = head[i] != 0;
	if (n_active > 1)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "%zu partitions are active; a BIOS may start none of them", n_active);
	else if (n_active == 0)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "no partition is active: the drive does not start on Legacy BIOS");
	else if (!in->has_boot_code)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "the MBR has no boot code: the drive does not start on Legacy BIOS");
	else
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
			 "the MBR has boot code, and partition %u is active", active->number);
}

static void look_at_mbr(struct wtg_inspection *in, const uint8_t head[static 512])
{
	wtg_find(in->findings, WTG_GRADE_OK, TOPIC, "MBR with %zu partitions",
		 in->table.n_entries);
	if (in->table.signature == 0)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the MBR has no signature, by which Windows would know its drive");
	look_at_start(in, head);
}

/* Its loader refuses to start where one of its rules is broken. */
static void look_at_ventoy(struct wtg_inspection *in, const struct wtg_ventoy_seen *seen)
{
	struct wtg_ventoy_verdicts verdicts = { 0 };
	size_t n_broken = 0;

	wtg_ventoy_judge(seen, &verdicts);
	for (size_t i = 0; i < verdicts.n_items; i++) {
		const struct wtg_ventoy_verdict *verdict = &verdicts.items[i];

		if (verdict->ok)
			continue;
		n_broken++;
		wtg_find(in->findings, verdict->fatal ? WTG_GRADE_WRONG : WTG_GRADE_NOTE, "ventoy",
			 "%s", verdict->sentence);
	}
	if (n_broken == 0)
		wtg_find(in->findings, WTG_GRADE_OK, "ventoy",
			 "Ventoy %s is there, and all %zu rules of its layout are kept",
			 *seen->version.text ? seen->version.text : "of an unknown version",
			 verdicts.n_items);
	wtg_ventoy_verdicts_done(&verdicts);
}

bool wtg_inspect_table(struct wtg_inspection *in)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_ventoy_seen ventoy = { 0 };
	int r = wtg_partitions_read(in->disk, in->sector_bytes, &in->table, &err);

	if (r > 0)
		r = wtg_ventoy_look(in->disk, &in->table, &ventoy, &err) < 0 ? -1 : 1;
	if (r <= 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s",
			 r < 0 ? err.message : "there is no partition table on the drive");
		wtg_error_done(&err);
		return false;
	}
	in->ventoy = wtg_ventoy_is_meant(&ventoy);
	if (in->table.style == WTG_TABLE_GPT)
		look_at_gpt(in);
	else
		look_at_mbr(in, ventoy.head);
	if (in->ventoy)
		look_at_ventoy(in, &ventoy);
	return true;
}

/* ------------------------------------------------------------------ where to go on */

static bool may_be_system(const struct wtg_inspection *in, const struct wtg_gpt_entry *entry)
{
	static const uint8_t fat_types[] = { 0x06, 0x0b, 0x0c, 0x0e, 0xef };
	const struct wtg_guid esp = wtg_guid_const("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");

	if (in->ventoy && entry->number <= 2)
		return false;
	return in->table.style == WTG_TABLE_GPT
		       ? wtg_guid_equal(&entry->type, &esp)
		       : memchr(fat_types, entry->mbr_type, sizeof(fat_types)) != NULL;
}

static void miss_system(struct wtg_inspection *in)
{
	if (in->ventoy)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC, "there is no Windows behind Ventoy");
	else if (in->table.style == WTG_TABLE_GPT)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "there is no EFI system partition: firmware finds nothing to start");
	else
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "there is no FAT partition: firmware finds nothing to start");
}

static void miss_reserved(struct wtg_inspection *in)
{
	const struct wtg_guid msr = wtg_guid_const("e3c9e316-0b5c-4db8-817d-f92df00215ae");

	if (in->table.style != WTG_TABLE_GPT || in->ventoy)
		return;
	for (size_t i = 0; i < in->table.n_entries; i++)
		if (wtg_guid_equal(&in->table.entries[i].type, &msr))
			return;
	wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
		 "there is no Microsoft reserved partition, which every GPT drive of Windows has");
}

size_t wtg_inspect_systems(struct wtg_inspection *in,
			   const struct wtg_gpt_entry *ret[static WTG_INSPECT_MAX_SYSTEMS])
{
	size_t n = 0, n_windows = 0;

	for (size_t i = 0; i < in->table.n_entries && n < WTG_INSPECT_MAX_SYSTEMS; i++)
		if (may_be_system(in, &in->table.entries[i]))
			ret[n++] = &in->table.entries[i];
	if (n == 0)
		miss_system(in);
	else
		miss_reserved(in);
	if (n < 2)
		return n;
	/* Those of a Windows; the others are somebody else's. */
	for (size_t i = 0; i < n; i++)
		if (wtg_inspect_has_windows(in, ret[i]))
			ret[n_windows++] = ret[i];
	if (in->table.style == WTG_TABLE_GPT)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "there are %zu EFI system partitions, %zu of them with a boot manager of "
			 "Windows'", n, n_windows);
	return n_windows > 0 ? n_windows : 1;
}
