/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "base/alloc.h"
#include "recipe/ground.h"
#include "wtg/text.h"
#include "wtg/ventoy.h"

static void find(struct wtg_findings *findings, enum wtg_grade grade, const char *topic,
		 const char *sentence)
{
	struct wtg_finding finding = { grade, wtg_text_copy(topic), wtg_text_copy(sentence) };

	WTG_APPEND(findings, finding);
}

/* A finding for each rule. */
static void judge(const struct wtg_ventoy_seen *seen, struct wtg_findings *ret)
{
	struct wtg_ventoy_verdicts verdicts = { 0 };

	wtg_ventoy_judge(seen, &verdicts);
	for (size_t i = 0; i < verdicts.n_items; i++) {
		const struct wtg_ventoy_verdict *verdict = &verdicts.items[i];
		enum wtg_grade broken = verdict->fatal ? WTG_GRADE_WRONG : WTG_GRADE_NOTE;

		find(ret, verdict->ok ? WTG_GRADE_OK : broken, verdict->rule, verdict->sentence);
	}
	wtg_ventoy_verdicts_done(&verdicts);
}

static void describe_partition(const struct wtg_gpt_entry *entry, enum wtg_table_style style,
			       struct wtg_facts *out)
{
	_cleanup_free_ char *mbr_type = wtg_text("0x%02x", entry->mbr_type);
	char text[WTG_GUID_TEXT_SIZE];

	wtg_fact_open(out, NULL, WTG_OBJECT);
	wtg_fact_number(out, "number", entry->number);
	wtg_fact_bytes(out, "offset_bytes", entry->first_byte);
	wtg_fact_bytes(out, "size_bytes", entry->size_bytes);
	if (style == WTG_TABLE_MBR) {
		wtg_fact_text(out, "type", mbr_type);
		wtg_fact_truth(out, "active", entry->active);
	} else {
		wtg_fact_text(out, "type", wtg_guid_format(&entry->type, text));
		wtg_fact_text(out, "name", entry->name);
	}
	wtg_fact_close(out);
}

/* The largest that can be used. */
static uint64_t free_bytes(const struct wtg_drive_view *view)
{
	uint64_t most = 0;
	struct wtg_extent stretch;

	for (size_t n = 0; wtg_partitions_free(&view->table, n, &stretch); n++)
		if (stretch.length > most)
			most = stretch.length;
	return most;
}

static void describe_table(const struct wtg_drive_view *view, struct wtg_facts *out)
{
	const struct wtg_partitions *table = &view->table;
	_cleanup_free_ char *signature = wtg_text("%08x", table->signature);

	wtg_fact_text(out, "table", table->style == WTG_TABLE_MBR ? "mbr" : "gpt");
	wtg_fact_text(out, "disk_signature", signature);
	wtg_fact_open(out, "partitions", WTG_LIST);
	for (size_t i = 0; i < table->n_entries; i++)
		describe_partition(&table->entries[i], table->style, out);
	wtg_fact_close(out);
	wtg_fact_bytes(out, "free_bytes", free_bytes(view));
}

static void describe_windows(const struct wtg_drive_view *view, struct wtg_facts *out)
{
	_cleanup_free_ char *image = wtg_ventoy_entry_image_named(&view->existing);

	if (view->system_number > 0) {
		wtg_fact_open(out, "windows", WTG_OBJECT);
		wtg_fact_number(out, "system_partition", view->system_number);
		wtg_fact_text(out, "architecture", wtg_arch_name(view->arch));
		wtg_fact_truth(out, "legacy_bios", view->bios);
		wtg_fact_truth(out, "vtefi", view->vtefi);
		wtg_fact_close(out);
	}
	wtg_fact_truth(out, "entry", image != NULL);
	wtg_fact_text(out, "entry_image", image);
	wtg_fact_text(out, "unreadable", view->unreadable);
}

static void describe(const struct wtg_drive_view *view, struct wtg_facts *out)
{
	const struct wtg_ventoy_seen *seen = &view->ventoy;
	char uuid[2 * WTG_VENTOY_UUID_BYTES + 1];

	for (size_t i = 0; i < WTG_VENTOY_UUID_BYTES; i++)
		snprintf(uuid + 2 * i, 3, "%02x", seen->head[WTG_VENTOY_UUID_AT + i]);
	wtg_fact_text(out, "version", *seen->version.text ? seen->version.text : NULL);
	wtg_fact_text(out, "uuid", uuid);
	wtg_fact_truth(out, "secure_boot", seen->has_shim);
	wtg_fact_text(out, "filesystem", wtg_fs_name(view->first_fs));
	describe_table(view, out);
	describe_windows(view, out);
}

int wtg_ventoy_status(const struct wtg_target *target, struct wtg_facts *out,
		      struct wtg_findings *ret, struct wtg_error *err)
{
	_cleanup_(wtg_ground_done) struct wtg_ground ground = { 0 };
	const struct wtg_request nothing = { 0 };

	if (wtg_ground_look(&nothing, target, &ground, err) < 0)
		return -1;
	if (!ground.view->has_table || !wtg_ventoy_is_meant(&ground.view->ventoy)) {
		wtg_fact_truth(out, "ventoy", false);
		find(ret, WTG_GRADE_WRONG, "ventoy", "there is no Ventoy here");
		return 0;
	}
	wtg_fact_truth(out, "ventoy", true);
	describe(ground.view, out);
	judge(&ground.view->ventoy, ret);
	return 0;
}
