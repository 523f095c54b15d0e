/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/worker.h"
#include "plan/marker.h"
#include "step/clear.h"
#include "step/status.h"
#include "step/ventoy.h"
#include "target/target.h"
#include "ventoy/layout.h"
#include "volume/partitions.h"

#define SECTOR_BYTES 512u
#define PIECE_BYTES (1u << 20)

struct params {
	struct wtg_layout layout;
	struct wtg_ventoy_payload payload;
	struct wtg_bytes core; /* as this table wants it */
	uint64_t core_at;
	uint64_t core_end; /* on the drive: what is behind is not written */
	struct wtg_partitions *there; /* upgrading: the table that said where all this is */
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_text(out, "version", p->payload.version.text);
	wtg_fact_bytes(out, "core_bytes", p->core_end - p->core_at);
	wtg_fact_bytes(out, "volume_bytes", p->payload.volume.size);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;

	return phase == WTG_PHASE_CHECK ? 0 : p->core.size + p->payload.volume.size;
}

/* ------------------------------------------------------------------ the table that is there */

struct look {
	const struct params *params;
	struct wtg_window disk; /* read only */
};

static int compare_table(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
			 struct wtg_error *err)
{
	const struct look *look = context;
	const struct wtg_partitions *there = look->params->there;
	_cleanup_free_ struct wtg_partitions *now = wtg_alloc(sizeof(*now));
	int r = wtg_partitions_read(&look->disk, there->sector_bytes, now, err);

	(void)progress;
	(void)reply;
	if (r < 0)
		return -1;
	if (r == 0 || now->n_entries != there->n_entries || !wtg_partitions_kept(there, now))
		return wtg_fail(err, WTG_SYSTEM, 0,
				"the partition table is not what it was when it was looked at");
	return 0;
}

/* While the user read the plan, somebody else could have changed it. */
static int check_table(const struct params *p, const struct wtg_window *disk,
		       struct wtg_progress *progress, struct wtg_error *err)
{
	struct look at = { p, *disk };
	const struct wtg_errand errand = {
		.who = "the process that looks at the partition table",
		.blame = WTG_SYSTEM,
		.finds = WTG_UNSUITABLE,
		.work = compare_table,
		.context = &at,
		.window = &at.disk,
	};

	at.disk.ledger = NULL;
	return wtg_worker_run(&errand, progress, NULL, err);
}

/* ------------------------------------------------------------------ before anything is written */

/* What is written lies before partition 1 and fills 2. */
static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_layout *layout = &((const struct params *)params)->layout;
	const struct wtg_ventoy_seen planned = {
		.style = layout->style,
		.sector_bytes = layout->sector_bytes,
		.head = { [510] = 0x55, 0xaa },
		.first = layout->data,
		.second = layout->vtoyefi,
	};

	/* A new drive was asked before it is wiped. */
	if (layout->beside && wtg_clear_check(target, progress, err) < 0)
		return -1;
	return wtg_ventoy_check_place(&planned, wtg_target_disk(target)->path, err);
}

static int check_upgrade(const void *params, const struct wtg_target *target,
			 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_window disk = { .fd = wtg_target_fd(target),
					 .length = p->layout.disk_bytes };

	return check(params, target, progress, err) < 0 ? -1
							: check_table(p, &disk, progress, err);
}

/* ------------------------------------------------------------------ writing */

/* Bytes from `from` to end of what becomes the window's. */
static int write_from(const struct wtg_window *window, const struct wtg_bytes *what, uint64_t from,
		      struct wtg_progress *progress, struct wtg_error *err)
{
	for (uint64_t at = from; at < window->length;) {
		uint64_t left = window->length - at;
		size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

		if (wtg_window_pwrite(window, what->data + at, n, at, err) < 0 ||
		    wtg_progress_advance(progress, n, err) < 0)
			return -1;
		at += n;
	}
	return 0;
}

static int write_core(const struct params *p, struct wtg_writer *writer, struct wtg_error *err)
{
	struct wtg_window gap = wtg_writer_window(writer, p->core_at, p->core_end - p->core_at);

	return write_from(&gap, &p->core, 0, wtg_writer_progress(writer), err);
}

static struct wtg_window volume_of(const struct params *p, struct wtg_writer *writer)
{
	return wtg_writer_window(writer, p->layout.vtoyefi.offset, p->layout.vtoyefi.length);
}

/* The boot code comes with the table, which is last. */
static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window volume = volume_of(p, writer);

	if (write_core(p, writer, err) < 0)
		return -1;
	return write_from(&volume, &p->payload.volume, 0, wtg_writer_progress(writer), err);
}

/* The drive keeps what is its own: uuid, signature, table. */
static int upgrade_boot_code(const struct params *p, struct wtg_writer *writer,
			     struct wtg_error *err)
{
	struct wtg_window first = wtg_writer_window(writer, 0, SECTOR_BYTES);
	uint8_t sector[SECTOR_BYTES], code[WTG_BOOT_CODE_BYTES];

	if (wtg_window_pread(&first, sector, sizeof(sector), 0, err) < 0)
		return -1;
	wtg_ventoy_boot_code(&p->payload, p->layout.style, sector + WTG_VENTOY_UUID_AT, code);
	memcpy(sector, code, sizeof(code));
	return wtg_window_pwrite(&first, sector, sizeof(sector), 0, err);
}

/*
 * There is no room for old and new at once.  From the first write on until the last, the volume
 * has no boot sector, so that no UEFI starts what is half of each.  Legacy BIOS starts core.img
 * without looking at that: the old one, the new or a mixture, which finds no volume or falls over
 * itself.  Table, partition 1 and what lies behind are not touched, and doing it again makes it
 * whole.
 */
static int apply_upgrade(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window volume = volume_of(p, writer);
	struct wtg_window disk = wtg_writer_window(writer, 0, wtg_writer_size(writer));

	if (check_table(p, &disk, wtg_writer_progress(writer), err) < 0 ||
	    wtg_window_zero(&volume, 0, SECTOR_BYTES, err) < 0 ||
	    wtg_window_flush(&volume, err) < 0 ||
	    write_from(&volume, &p->payload.volume, SECTOR_BYTES, wtg_writer_progress(writer),
		       err) < 0 ||
	    write_core(p, writer, err) < 0 ||
	    upgrade_boot_code(p, writer, err) < 0 ||
	    wtg_window_flush(&volume, err) < 0)
		return -1;
	return wtg_window_pwrite(&volume, p->payload.volume.data, SECTOR_BYTES, 0, err);
}

/* ------------------------------------------------------------------ looking again */

static int compare(const struct wtg_window *window, const struct wtg_bytes *what,
		   const char *name, struct wtg_progress *progress, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *piece = wtg_alloc(PIECE_BYTES);

	for (uint64_t at = 0; at < window->length;) {
		uint64_t left = window->length - at;
		size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

		if (wtg_window_pread(window, piece, n, at, err) < 0)
			return -1;
		if (memcmp(piece, what->data + at, n) != 0)
			return wtg_fail(err, WTG_MISMATCH, 0, "%s reads back different", name);
		if (wtg_progress_advance(progress, n, err) < 0)
			return -1;
		at += n;
	}
	return 0;
}

static int compare_boot_code(const struct params *p, const struct wtg_window *disk,
			     struct wtg_error *err)
{
	uint8_t is[SECTOR_BYTES], should[WTG_BOOT_CODE_BYTES];

	if (wtg_window_pread(disk, is, sizeof(is), 0, err) < 0)
		return -1;
	wtg_ventoy_boot_code(&p->payload, p->layout.style, is + WTG_VENTOY_UUID_AT, should);
	if (memcmp(is, should, sizeof(should)) != 0)
		return wtg_fail(err, WTG_MISMATCH, 0, "Ventoy's boot code reads back different");
	return 0;
}

/* By the rules of its loader. */
static int judge(const struct params *p, const struct wtg_window *disk, struct wtg_error *err)
{
	_cleanup_free_ struct wtg_partitions *table = wtg_alloc(sizeof(*table));
	struct wtg_ventoy_seen seen = { 0 };
	int r = wtg_partitions_read(disk, p->layout.sector_bytes, table, err);

	if (r < 0)
		return -1;
	if (r > 0 && wtg_ventoy_look(disk, table, &seen, err) < 0)
		return -1;
	if (wtg_ventoy_check(&seen, "this drive", err) < 0) {
		err->kind = WTG_MISMATCH;
		return -1;
	}
	return 0;
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window gap = wtg_window_part(disk, p->core_at, p->core_end - p->core_at);
	struct wtg_window volume =
		wtg_window_part(disk, p->layout.vtoyefi.offset, p->layout.vtoyefi.length);

	(void)how;
	if (compare_boot_code(p, disk, err) < 0 ||
	    compare(&gap, &p->core, "Ventoy's core.img", progress, err) < 0 ||
	    compare(&volume, &p->payload.volume, "the volume VTOYEFI", progress, err) < 0)
		return -1;
	return judge(p, disk, err);
}

/* ------------------------------------------------------------------ the two steps */

static void release(void *params)
{
	struct params *p = params;

	wtg_ventoy_payload_done(&p->payload);
	wtg_bytes_done(&p->core);
	free(p->there);
	free(p);
}

static const struct wtg_step_ops ops = {
	.name = "write-ventoy",
	.describe = describe,
	.cost = cost,
	.check = check,
	.apply = apply,
	.verify = verify,
	.free = release,
};

static const struct wtg_step_ops upgrade_ops = {
	.name = "upgrade-ventoy",
	.leaves = WTG_DRIVE_COMPLETE,
	.describe = describe,
	.cost = cost,
	.check = check_upgrade,
	.apply = apply_upgrade,
	.verify = verify,
	.free = release,
};

static struct params *make_params(const struct wtg_layout *layout,
				  struct wtg_ventoy_payload *payload)
{
	struct params *p = wtg_alloc(sizeof(*p));

	p->layout = *layout;
	p->payload = *payload;
	*payload = (struct wtg_ventoy_payload){ 0 };
	p->core = wtg_ventoy_core(&p->payload, layout->style);
	p->core_at = wtg_ventoy_core_at(layout->style);
	p->core_end = p->core_at + p->core.size;
	return p;
}

void wtg_step_write_ventoy(struct wtg_plan *plan, const struct wtg_layout *layout,
			   struct wtg_ventoy_payload *payload)
{
	wtg_plan_append(plan, &ops, make_params(layout, payload));
}

/* Does core.img leave the place of the record alone, as all do that are no larger than they were? */
static bool leaves_room(const struct params *p)
{
	const uint8_t *at = p->core.data + (WTG_MARKER_OFFSET_UPGRADE - p->core_at);

	for (size_t i = 0; i < WTG_MARKER_BYTES; i++)
		if (at[i] != 0)
			return false;
	return true;
}

void wtg_step_upgrade_ventoy(struct wtg_plan *plan, const struct wtg_layout *layout,
			     const struct wtg_partitions *there,
			     struct wtg_ventoy_payload *payload)
{
	struct params *p = make_params(layout, payload);
	uint64_t run_id;

	p->there = wtg_copy(there, sizeof(*there));
	p->core_end = wtg_ventoy_kept_settings.offset;
	if (leaves_room(p)) {
		p->core_end = WTG_MARKER_OFFSET_UPGRADE;
		wtg_random(&run_id, sizeof(run_id));
		wtg_plan_set_marker(plan, WTG_MARKER_OFFSET_UPGRADE, run_id);
	}
	wtg_plan_append(plan, &upgrade_ops, p);
}
