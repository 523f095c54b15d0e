/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/worker.h"
#include "plan/marker.h"
#include "step/status.h"
#include "step/ventoy.h"
#include "target/target.h"
#include "wtg/text.h"

#define MAX_MANIFEST_BYTES (1u << 20)
#define MBR_FAT32_LBA 0x0c /* as our system partitions have it (step/layout.c) */

/* What tells on a drive that it is ours. */
struct traces {
	struct wtg_marker alone;  /* of a run that wipes the drive first */
	struct wtg_marker beside; /* of one into free space of a drive that has a table, or that
				   * upgrades its Ventoy */
	bool half_table; /* what is left of a table, or the beginning of one */
	bool ventoy;
	bool beside_made; /* there is a manifest of that very run, and a sound table leads to it */
	struct wtg_json_doc *manifest; /* NULL: none that makes sense */
};

/*
 * Of a table that is being erased or written, the rest or the beginning can be there: what runs
 * that wipe a drive write last is what protects the table, and only while it is erased can that be
 * there alone.  The primary that a run into free space was writing may be torn as well, and all
 * that was there is listed by its backup: that drive is nobody's to overwrite.
 */
static bool is_half(const struct wtg_gpt *gpt, const struct wtg_marker *marker)
{
	return !gpt->protective_mbr ||
	       (!gpt->primary_ok && marker->state == WTG_MARKER_RUNNING &&
		wtg_text_equal(marker->step, "wipe-target"));
}

/* Of several, the last that was added. */
static void look_for_manifest(const struct wtg_window *disk, const struct wtg_gpt_entry *system,
			      struct traces *traces)
{
	struct wtg_window window = wtg_window_part(disk, system->first_byte, system->size_bytes);
	_cleanup_free_ char *run =
		wtg_text("%016llx", (unsigned long long)traces->beside.run_id);
	_cleanup_(wtg_bytes_done) struct wtg_bytes text = { 0 };
	_cleanup_(wtg_fat_closep) struct wtg_fat *fat = NULL;
	struct wtg_error ignored = WTG_ERROR_INIT;
	struct wtg_json_doc *doc = NULL;

	if (wtg_fat_open(&window, &fat, &ignored) == 0 &&
	    (wtg_fat_read(fat, WTG_MANIFEST_PATH, MAX_MANIFEST_BYTES, &text, &ignored) > 0 ||
	     wtg_fat_read(fat, WTG_MANIFEST_VTEFI_PATH, MAX_MANIFEST_BYTES, &text, &ignored) > 0))
		doc = wtg_json_parse((const char *)text.data, text.size);
	wtg_error_done(&ignored);
	if (!doc)
		return;
	wtg_json_doc_free(traces->manifest);
	traces->manifest = doc;
	traces->beside_made |= memmem(text.data, text.size, run, strlen(run)) != NULL;
}

static bool may_be_system(const struct wtg_partitions *table, const struct wtg_gpt_entry *entry)
{
	const struct wtg_guid esp = wtg_guid_const("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");

	return table->style == WTG_TABLE_GPT ? wtg_guid_equal(&entry->type, &esp)
					     : entry->mbr_type == MBR_FAT32_LBA;
}

/* The first that did not come to its end, or one that did. */
static void look_into_space(const struct wtg_window *disk, const struct wtg_partitions *table,
			    struct traces *traces)
{
	struct wtg_error ignored = WTG_ERROR_INIT;
	struct wtg_extent stretch;

	for (size_t n = 0; wtg_partitions_free(table, n, &stretch); n++) {
		struct wtg_marker marker;

		if (wtg_marker_read(disk, wtg_marker_offset_in(&stretch), &marker, &ignored) > 0 &&
		    (marker.keeps || marker.state == WTG_MARKER_COMPLETE))
			traces->beside = marker;
		wtg_error_done(&ignored);
		if (traces->beside.state == WTG_MARKER_RUNNING)
			return;
	}
}

/* Of a run that was to upgrade Ventoy, and did not come to its end. */
static void look_for_upgrade(const struct wtg_window *disk, struct traces *traces)
{
	struct wtg_error ignored = WTG_ERROR_INIT;
	struct wtg_marker marker;

	if (wtg_marker_read(disk, WTG_MARKER_OFFSET_UPGRADE, &marker, &ignored) > 0 &&
	    marker.state == WTG_MARKER_RUNNING && marker.keeps)
		traces->beside = marker;
	wtg_error_done(&ignored);
}

static void look_at_table(const struct wtg_window *disk, uint32_t sector_bytes,
			  struct traces *traces)
{
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	_cleanup_free_ struct wtg_gpt *gpt = wtg_alloc(sizeof(*gpt));
	struct wtg_ventoy_seen ventoy = { 0 };
	struct wtg_error ignored = WTG_ERROR_INIT;

	if (wtg_gpt_read(disk, sector_bytes, gpt, &ignored) > 0)
		traces->half_table = is_half(gpt, &traces->alone);
	wtg_error_done(&ignored);
	if (!traces->half_table &&
	    wtg_partitions_read(disk, sector_bytes, table, &ignored) > 0 &&
	    wtg_ventoy_look(disk, table, &ventoy, &ignored) == 0) {
		traces->ventoy = wtg_ventoy_is_there(&ventoy);
		look_into_space(disk, table, traces);
		if (traces->ventoy)
			look_for_upgrade(disk, traces);
		for (size_t i = 0; i < table->n_entries; i++)
			if (may_be_system(table, &table->entries[i]))
				look_for_manifest(disk, &table->entries[i], traces);
		traces->beside_made &= table->style == WTG_TABLE_MBR || table->primary_ok;
	}
	wtg_error_done(&ignored);
}

/* In one of two places: the second is of runs with Ventoy, but also where one beside what stays can
 * have its own, by which a drive must not be taken for one that is lost already. */
static int read_alone(const struct wtg_window *disk, struct wtg_marker *ret, struct wtg_error *err)
{
	struct wtg_marker marker;
	int r = wtg_marker_read(disk, WTG_MARKER_OFFSET, &marker, err);

	if (r == 0 || (r > 0 && marker.state != WTG_MARKER_RUNNING)) {
		if (disk->length < 2 * WTG_MARKER_ROOM_BYTES)
			return 0;
		r = wtg_marker_read(disk, wtg_marker_offset_at_end(disk->length), &marker, err);
	}
	if (r <= 0 || marker.keeps)
		return r < 0 ? -1 : 0;
	*ret = marker;
	return 1;
}

static void describe_marker(const struct wtg_marker *marker, struct wtg_facts *out)
{
	wtg_fact_text(out, "interrupted_in", marker->step);
	wtg_fact_time(out, "interrupted_time", marker->time);
	wtg_fact_text(out, "made_by", marker->version);
}

static const char *state_name(enum wtg_state state)
{
	switch (state) {
	case WTG_STATE_FOREIGN:
		return "foreign";
	case WTG_STATE_INTERRUPTED:
	case WTG_STATE_INTERRUPTED_BESIDE:
		return "interrupted";
	case WTG_STATE_COMPLETE:
		return "complete";
	}
	abort();
}

/* Something that libblkid knows: then the drive was used again since, by another tool.  A
 * protective MBR alone is what is left of a table whose erasing a power cut ended. */
static bool is_recognised(const struct wtg_disk *disk)
{
	for (size_t i = 0; i < disk->n_contents; i++)
		if (disk->contents[i].number > 0 ||
		    (disk->contents[i].type && !wtg_text_equal(disk->contents[i].type, "PMBR")))
			return true;
	return false;
}

/* The table is written last: with it and the manifest there, the drive is complete, even
 * where the run was cut before it could say so in its record. */
static enum wtg_state decide(const struct wtg_disk *disk, const struct traces *traces)
{
	if (traces->beside.state == WTG_MARKER_RUNNING && !traces->beside_made)
		return WTG_STATE_INTERRUPTED_BESIDE;
	if (traces->manifest ||
	    (traces->ventoy && (traces->beside.state == WTG_MARKER_COMPLETE ||
				traces->alone.state == WTG_MARKER_COMPLETE)))
		return WTG_STATE_COMPLETE;
	return traces->alone.state == WTG_MARKER_RUNNING &&
			       (traces->half_table || !is_recognised(disk))
		       ? WTG_STATE_INTERRUPTED
		       : WTG_STATE_FOREIGN;
}

static void describe(enum wtg_state state, const struct traces *traces, struct wtg_facts *out)
{
	bool beside = state == WTG_STATE_INTERRUPTED_BESIDE;

	wtg_fact_text(out, "state", state_name(state));
	if (beside || state == WTG_STATE_INTERRUPTED) {
		describe_marker(beside ? &traces->beside : &traces->alone, out);
		wtg_fact_truth(out, "beside", beside);
	}
	if (traces->manifest) {
		wtg_fact_open(out, "made", WTG_OBJECT);
		wtg_json_describe(traces->manifest, out);
		wtg_fact_close(out);
	}
}

struct look {
	const struct wtg_disk *known;
	struct wtg_window disk;
};

/* In the worker: what lies there may be anybody's. */
static int look(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		struct wtg_error *err)
{
	const struct look *look = context;
	struct wtg_recorder recorder;
	struct traces traces = { 0 };
	enum wtg_state state;

	(void)progress;
	if (read_alone(&look->disk, &traces.alone, err) < 0)
		return -1;
	look_at_table(&look->disk, look->known->sector_bytes, &traces);
	if (wtg_memory_was_short()) {
		wtg_json_doc_free(traces.manifest);
		return wtg_fail(err, WTG_SYSTEM, ENOMEM, "read it");
	}
	state = decide(look->known, &traces);
	wtg_packet_number(reply, state);
	describe(state, &traces, wtg_recorder_start(&recorder, reply));
	wtg_recorder_end(&recorder);
	wtg_json_doc_free(traces.manifest);
	return 0;
}

static int read_reply(const struct wtg_packet *reply, struct wtg_facts *out,
		      enum wtg_state *ret, struct wtg_error *err)
{
	struct wtg_reader reader = wtg_reader(reply);
	enum wtg_state state = (enum wtg_state)wtg_read_below(&reader, WTG_STATE_COMPLETE + 1);

	wtg_read_facts(&reader, out);
	if (!wtg_reader_done(&reader))
		return wtg_fail(err, WTG_FINDINGS, 0, "what was said of it makes no sense");
	*ret = state;
	return 0;
}

int wtg_status(const struct wtg_target *target, struct wtg_facts *out, enum wtg_state *ret,
	       struct wtg_error *err)
{
	const struct wtg_disk *known = wtg_target_disk(target);
	struct look at = { known, { .length = known->size_bytes } };
	const struct wtg_errand errand = {
		.who = "the process that looks at the drive",
		.blame = WTG_FINDINGS,
		.work = look,
		.context = &at,
		.window = &at.disk,
	};
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	_cleanup_fd_ int fd = -1;
	struct wtg_marker marker;
	enum wtg_state state;

	if (wtg_target_open_fresh(target, &fd, err) < 0)
		return -1;
	at.disk.fd = fd;
	if (wtg_worker_run(&errand, NULL, &reply, err) < 0 ||
	    read_reply(&reply, out, &state, err) < 0)
		return wtg_while(err, "look at %s", known->path);
	/* An interrupted drive may be overwritten without being asked about: for that the
	 * worker's word is not enough. */
	if (state == WTG_STATE_INTERRUPTED &&
	    (read_alone(&at.disk, &marker, err) <= 0 || marker.state != WTG_MARKER_RUNNING))
		return wtg_fail(err, WTG_FINDINGS, 0, "look at %s: its record makes no sense",
				known->path);
	*ret = state;
	return 0;
}
