/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#define TOPIC "table"

static void look_at_copies(struct wtg_inspection *in)
{
	const struct wtg_gpt *gpt = &in->gpt;

	if (!gpt->primary_ok)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the primary GPT is damaged; only its backup could be read");
	else if (!gpt->backup_ok)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "the backup GPT at the end of the drive is damaged or misplaced");
	else if (!gpt->same)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the primary GPT and its backup describe different partitions");
	else
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
			 "GPT with %zu partitions, both copies sound", gpt->n_entries);
	if (!gpt->protective_mbr)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "there is no protective MBR: firmware, Windows and Linux ignore the GPT");
	else if (gpt->hybrid_mbr)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "the MBR has partitions of its own beside the GPT: which ones count "
			 "differs from program to program");
}

static size_t count(const struct wtg_gpt *gpt, const struct wtg_guid *type)
{
	size_t n = 0;

	for (size_t i = 0; i < gpt->n_entries; i++)
		n += wtg_guid_equal(&gpt->entries[i].type, type);
	return n;
}

bool wtg_inspect_table(struct wtg_inspection *in)
{
	const struct wtg_guid esp = wtg_guid_const("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	const struct wtg_guid msr = wtg_guid_const("e3c9e316-0b5c-4db8-817d-f92df00215ae");
	struct wtg_error err = WTG_ERROR_INIT;
	int r = wtg_gpt_read(in->disk, in->sector_bytes, &in->gpt, &err);

	if (r <= 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s",
			 r < 0 ? err.message : "there is no GPT partition table on the drive");
		wtg_error_done(&err);
		return false;
	}
	look_at_copies(in);
	in->esp = wtg_gpt_find(&in->gpt, &esp);
	if (!in->esp) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "there is no EFI system partition: firmware finds nothing to start");
		return false;
	}
	if (count(&in->gpt, &esp) > 1)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "there are several EFI system partitions; Windows expects one, and "
			 "partition %u is looked at", in->esp->number);
	if (count(&in->gpt, &msr) == 0)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "there is no Microsoft reserved partition, which every GPT drive of "
			 "Windows has");
	return true;
}
