/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe/head.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"
#include "wtg/version.h"

struct head {
	struct wtg_subject subject;
	struct wtg_layout layout;
};

static void describe_gpt_partition(const struct wtg_layout_partition *partition,
				   struct wtg_facts *out)
{
	char text[WTG_GUID_TEXT_SIZE];

	wtg_fact_text(out, "type", wtg_guid_format(&partition->type, text));
	wtg_fact_text(out, "guid", wtg_guid_format(partition->id, text));
	wtg_fact_text(out, "name", partition->name);
}

static void describe_mbr_partition(const struct wtg_layout_partition *partition,
				   struct wtg_facts *out)
{
	_cleanup_free_ char *type = wtg_text("0x%02x", partition->mbr_type);

	wtg_fact_text(out, "type", type);
	wtg_fact_truth(out, "active", partition->active);
}

static void describe_partitions(const struct wtg_layout *layout, struct wtg_facts *out)
{
	struct wtg_layout_partition partitions[WTG_LAYOUT_MAX];
	size_t n = wtg_layout_partitions(layout, partitions);

	wtg_fact_open(out, "partitions", WTG_LIST);
	for (size_t i = 0; i < n; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_number(out, "number", layout->first_number + i);
		wtg_fact_text(out, "role", partitions[i].role);
		wtg_fact_bytes(out, "offset_bytes", partitions[i].extent->offset);
		wtg_fact_bytes(out, "size_bytes", partitions[i].extent->length);
		if (layout->style == WTG_TABLE_MBR)
			describe_mbr_partition(&partitions[i], out);
		else
			describe_gpt_partition(&partitions[i], out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static void describe_layout(const struct wtg_layout *layout, struct wtg_facts *out)
{
	_cleanup_free_ char *signature = wtg_text("%08x", layout->identity.signature);
	bool mbr = layout->style == WTG_TABLE_MBR, ventoy = layout->vtoyefi.length > 0;
	char text[WTG_GUID_TEXT_SIZE];

	wtg_fact_text(out, "table", mbr ? "mbr" : "gpt");
	wtg_fact_number(out, "sector_bytes", layout->sector_bytes);
	wtg_fact_text(out, mbr ? "disk_signature" : "disk_guid",
		      mbr ? signature : wtg_guid_format(&layout->identity.disk, text));
	wtg_fact_truth(out, "beside", layout->beside);
	wtg_fact_truth(out, "ventoy", ventoy);
	wtg_fact_truth(out, "legacy_bios", layout->bios);
	if (layout->windows.length > 0)
		wtg_fact_bytes(out, "windows_needs_bytes", layout->windows_least);
	describe_partitions(layout, out);
}

static void describe(const void *context, struct wtg_facts *out)
{
	const struct head *head = context;

	if (head->subject.image) {
		wtg_fact_open(out, "image", WTG_OBJECT);
		wtg_fact_text(out, "path", wtg_image_path(head->subject.image));
		wtg_edition_describe(head->subject.edition, out);
		wtg_fact_close(out);
	}
	wtg_fact_open(out, "target", WTG_OBJECT);
	wtg_disk_describe(head->subject.disk, out);
	wtg_fact_close(out);
	wtg_fact_open(out, "layout", WTG_OBJECT);
	describe_layout(&head->layout, out);
	wtg_fact_close(out);
}

void wtg_head_warn_of_unused(struct wtg_plan *plan, uint64_t bytes)
{
	_cleanup_free_ char *unused = wtg_size_text(bytes);
	_cleanup_free_ char *sentence =
		wtg_text("%s at the end of this drive stay unused: the smallest of the drives of "
			 "this run does not have them",
			 unused);

	wtg_plan_warn(plan, sentence);
}

void wtg_head_set_plain(struct wtg_plan *plan, const struct wtg_subject *subject,
			const struct wtg_layout *layout)
{
	struct head head = { .subject = *subject, .layout = *layout };

	wtg_plan_set_head(plan, describe, wtg_copy(&head, sizeof(head)), free);
}

static bool takes_internal_disks_offline(const struct wtg_subject *subject,
					 const struct wtg_survey *survey)
{
	const struct wtg_edits *edits = &survey->registry[WTG_HIVE_SYSTEM];

	for (size_t i = 0; i < edits->n_items; i++)
		if (edits->items[i].outcome == WTG_EDIT_UNDONE &&
		    wtg_text_equal(edits->items[i].value, "SanPolicy"))
			return false;
	return subject->request->internal_disks != WTG_INTERNAL_ONLINE;
}

void wtg_head_set(struct wtg_plan *plan, const struct wtg_subject *subject,
		  const struct wtg_layout *layout, const struct wtg_survey *survey)
{
	wtg_head_set_plain(plan, subject, layout);
	for (size_t i = 0; i < survey->warnings.n_items; i++)
		wtg_plan_warn(plan, survey->warnings.items[i]);
	if (layout->windows.length < UINT64_C(32) << 30)
		wtg_plan_warn(plan, "the Windows partition has less than 32 GiB: Windows starts, "
				    "but has little room for updates and a page file");
	if (takes_internal_disks_offline(subject, survey))
		wtg_plan_warn(plan, "the computer's own disks will be offline in this Windows; "
				    "Disk Management brings one online");
}

/* Where files of the user's own lay is nobody's business; what they were called may help. */
static void describe_names(const char *key, const struct wtg_texts *texts, struct wtg_facts *out)
{
	if (texts->n_items == 0)
		return;
	wtg_fact_open(out, key, WTG_LIST);
	for (size_t i = 0; i < texts->n_items; i++) {
		_cleanup_free_ char *path = wtg_text_copy(texts->items[i]);

		wtg_fact_text(out, NULL, basename(path));
	}
	wtg_fact_close(out);
}

/* Anybody can read this: no names of accounts, and nothing of passwords. */
static void describe_first_start(const struct wtg_request *request, struct wtg_facts *out)
{
	wtg_fact_truth(out, "answer_file", request->unattend);
	wtg_fact_number(out, "accounts", request->users.n_items);
	wtg_fact_truth(out, "auto_logon", request->auto_logon);
	wtg_fact_text(out, "locale", request->locale);
	wtg_fact_text(out, "keyboard", request->keyboard);
	wtg_fact_text(out, "time_zone", request->time_zone);
	wtg_fact_truth(out, "skip_oobe", request->skip_oobe);
	wtg_fact_truth(out, "private", request->private);
}

static void describe_options(const struct wtg_request *request,
			     const struct wtg_layout *layout, struct wtg_facts *out)
{
	wtg_fact_truth(out, "internal_disks_offline",
		       request->internal_disks != WTG_INTERNAL_ONLINE);
	wtg_fact_truth(out, "hibernate", request->hibernate);
	wtg_fact_truth(out, "winre", request->winre);
	wtg_fact_truth(out, "device_encryption", request->device_encryption);
	wtg_fact_truth(out, "portable_flag", request->portable_flag);
	wtg_fact_truth(out, "no_pagefile", request->no_pagefile);
	wtg_fact_truth(out, "no_crash_dump", request->no_crash_dump);
	wtg_fact_truth(out, "no_last_access", request->no_last_access);
	wtg_fact_truth(out, "compact", layout->compact);
	wtg_fact_truth(out, "no_reserved_storage", request->no_reserved_storage);
	describe_names("removed_apps", &request->remove_apps, out);
	describe_names("drivers", &request->drivers, out);
	describe_names("registry", &request->registry, out);
	describe_first_start(request, out);
}

struct wtg_bytes wtg_manifest(const struct wtg_subject *subject, const struct wtg_layout *layout)
{
	struct wtg_json *json = wtg_json_new();
	struct wtg_facts *out = wtg_json_facts(json);
	const char *path = wtg_image_path(subject->image), *slash = strrchr(path, '/');
	_cleanup_free_ char *run = wtg_text("%016llx",
					    (unsigned long long)layout->identity.run_id);
	struct wtg_bytes text;

	wtg_fact_number(out, "schema", 1);
	wtg_fact_text(out, "program", "wtgctl");
	wtg_fact_text(out, "version", wtg_version());
	wtg_fact_text(out, "run", run);
	wtg_fact_time(out, "time", layout->time);
	wtg_fact_open(out, "image", WTG_OBJECT);
	wtg_fact_text(out, "file", slash ? slash + 1 : path);
	wtg_fact_text(out, "sha256", subject->request->sha256);
	wtg_edition_describe(subject->edition, out);
	wtg_fact_close(out);
	wtg_fact_open(out, "options", WTG_OBJECT);
	describe_options(subject->request, layout, out);
	wtg_fact_close(out);
	wtg_fact_open(out, "layout", WTG_OBJECT);
	describe_layout(layout, out);
	wtg_fact_close(out);
	text.data = (uint8_t *)wtg_json_line(json);
	text.size = strlen((char *)text.data);
	wtg_json_free(json);
	return text;
}
