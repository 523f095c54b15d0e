/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <string.h>

#include "base/alloc.h"
#include "base/worker.h"
#include "target/target.h"
#include "volume/partitions.h"
#include "volume/table.h"

struct params {
	struct wtg_layout layout;
	bool has_boot_code;
	uint8_t boot_code[WTG_BOOT_CODE_BYTES];
	struct wtg_partitions *there; /* beside what stays */
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;
	struct wtg_layout_partition partitions[WTG_LAYOUT_MAX];
	size_t n = wtg_layout_partitions(&p->layout, partitions);

	wtg_fact_text(out, "table", p->layout.style == WTG_TABLE_MBR ? "mbr" : "gpt");
	if (p->has_boot_code)
		wtg_fact_truth(out, "boot_code", true);
	if (!p->there)
		return;
	wtg_fact_open(out, "added", WTG_LIST);
	for (size_t i = 0; i < n; i++)
		wtg_fact_number(out, NULL, p->layout.first_number + i);
	wtg_fact_close(out);
}

static size_t partitions_of(const struct wtg_layout *layout,
			    struct wtg_partition ret[static WTG_MAX_PARTITIONS])
{
	struct wtg_layout_partition from[WTG_LAYOUT_MAX];
	size_t n = wtg_layout_partitions(layout, from);

	for (size_t i = 0; i < n; i++)
		ret[i] = (struct wtg_partition){
			.type = from[i].type,
			.id = *from[i].id,
			.name = from[i].name,
			.attributes = from[i].attributes,
			.first_byte = from[i].extent->offset,
			.size_bytes = from[i].extent->length,
			.mbr_type = from[i].mbr_type,
			.active = from[i].active,
		};
	return n;
}

/* Windows knows an MBR drive by its signature, and so does Ventoy, of a GPT drive as well; UEFI
 * has none before a GPT (5.2.3). */
static uint32_t signature_of(const struct wtg_layout *layout)
{
	bool has_one = layout->style == WTG_TABLE_MBR || layout->vtoyefi.length > 0;

	return has_one ? layout->identity.signature : 0;
}

/* ------------------------------------------------------------------ beside what stays */

static struct wtg_addition addition_of(const struct wtg_layout *layout)
{
	struct wtg_addition what = {
		.style = layout->style,
		.sector_bytes = layout->sector_bytes,
		.first_number = layout->first_number,
	};

	what.n_partitions = partitions_of(layout, what.partitions);
	return what;
}

struct look {
	const struct params *params;
	struct wtg_window disk; /* read only */
};

/* In a worker: the table that is there is a stranger's. */
static int compose(void *context, struct wtg_progress *progress, struct wtg_packet *reply,
		   struct wtg_error *err)
{
	const struct look *look = context;
	const struct params *p = look->params;
	_cleanup_free_ struct wtg_partitions *now = wtg_alloc(sizeof(*now));
	_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };
	struct wtg_addition what = addition_of(&p->layout);
	int r = wtg_partitions_read(&look->disk, p->layout.sector_bytes, now, err);

	(void)progress;
	if (r < 0)
		return -1;
	if (r == 0 || now->n_entries != p->there->n_entries ||
	    !wtg_partitions_kept(p->there, now))
		return wtg_fail(err, WTG_SYSTEM, 0,
				"the partition table is not what it was when it was looked at");
	if (wtg_table_compose(&look->disk, &what, &change, err) < 0)
		return -1;
	wtg_packet_number(reply, change.backup.at);
	wtg_packet_bytes(reply, change.backup.bytes.data, change.backup.bytes.size);
	wtg_packet_number(reply, change.primary.at);
	wtg_packet_bytes(reply, change.primary.bytes.data, change.primary.bytes.size);
	return 0;
}

static int have_composed(const struct params *p, const struct wtg_window *disk,
			 struct wtg_progress *progress, struct wtg_table_change *ret,
			 struct wtg_error *err)
{
	struct look at = { p, *disk };
	const struct wtg_errand errand = {
		.who = "the process that adds to the partition table",
		.blame = WTG_SYSTEM,
		.finds = WTG_UNSUITABLE,
		.work = compose,
		.context = &at,
		.window = &at.disk,
	};
	_cleanup_(wtg_packet_done) struct wtg_packet reply = { 0 };
	_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };
	struct wtg_reader reader;

	at.disk.ledger = NULL;
	if (wtg_worker_run(&errand, progress, &reply, err) < 0)
		return -1;
	reader = wtg_reader(&reply);
	change.backup.at = wtg_read_number(&reader);
	change.backup.bytes = wtg_read_bytes(&reader);
	change.primary.at = wtg_read_number(&reader);
	change.primary.bytes = wtg_read_bytes(&reader);
	if (!wtg_reader_done(&reader))
		return wtg_fail(err, WTG_SYSTEM, 0, "%s gave back what makes no sense",
				errand.who);
	*ret = change;
	change = (struct wtg_table_change){ 0 };
	return 0;
}

/* All that can be said against it is said while the drive is as it was. */
static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_window disk = { .fd = wtg_target_fd(target),
					 .length = p->layout.disk_bytes };
	_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };

	return p->there ? have_composed(p, &disk, progress, &change, err) : 0;
}

static int add(const struct params *p, struct wtg_writer *writer, struct wtg_error *err)
{
	struct wtg_window disk = wtg_writer_window(writer, 0, wtg_writer_size(writer));
	_cleanup_(wtg_table_change_done) struct wtg_table_change change = { 0 };
	struct wtg_addition what = addition_of(&p->layout);

	if (have_composed(p, &disk, wtg_writer_progress(writer), &change, err) < 0)
		return -1;
	return wtg_table_send(&disk, &what, &change, err);
}

/* ------------------------------------------------------------------ a new one */

static int write_new(const struct params *p, struct wtg_writer *writer, struct wtg_error *err)
{
	struct wtg_window disk = wtg_writer_window(writer, 0, wtg_writer_size(writer));
	struct wtg_table table = {
		.style = p->layout.style,
		.disk = p->layout.identity.disk,
		.signature = signature_of(&p->layout),
		.sector_bytes = p->layout.sector_bytes,
		.boot_code = p->has_boot_code ? p->boot_code : NULL,
	};

	table.n_partitions = partitions_of(&p->layout, table.partitions);
	return wtg_table_write(&disk, &table, err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;

	return p->there ? add(p, writer, err) : write_new(p, writer, err);
}

/* ------------------------------------------------------------------ as it is now */

static bool is_right(const struct wtg_gpt_entry *found, const struct wtg_partition *wanted,
		     enum wtg_table_style style)
{
	if (!found || found->first_byte != wanted->first_byte ||
	    found->size_bytes != wanted->size_bytes)
		return false;
	if (style == WTG_TABLE_MBR)
		return found->mbr_type == wanted->mbr_type && found->active == wanted->active;
	return wtg_guid_equal(&found->type, &wanted->type) &&
	       wtg_guid_equal(&found->id, &wanted->id) && found->attributes == wanted->attributes;
}

/* Of the table, all but its partitions. */
static bool head_is_right(const struct params *p, const struct wtg_partitions *now)
{
	const struct wtg_layout *layout = &p->layout;

	if (now->style != layout->style)
		return false;
	if (layout->style == WTG_TABLE_GPT &&
	    (!now->primary_ok || !now->backup_ok || !now->same || !now->protective_mbr ||
	     now->hybrid_mbr))
		return false;
	if (p->there)
		return wtg_partitions_kept(p->there, now);
	return now->signature == signature_of(layout) &&
	       (layout->style == WTG_TABLE_MBR ||
		wtg_guid_equal(&now->disk, &layout->identity.disk));
}

static int check_boot_code(const struct params *p, const struct wtg_window *disk,
			   struct wtg_error *err)
{
	uint8_t code[WTG_BOOT_CODE_BYTES];

	if (!p->has_boot_code)
		return 0;
	if (wtg_window_pread(disk, code, sizeof(code), 0, err) < 0)
		return -1;
	if (memcmp(code, p->boot_code, sizeof(code)) != 0)
		return wtg_fail(err, WTG_MISMATCH, 0, "the boot code reads back different");
	return 0;
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	_cleanup_free_ struct wtg_partitions *now = wtg_alloc(sizeof(*now));
	struct wtg_partition wanted[WTG_MAX_PARTITIONS];
	size_t n = partitions_of(&p->layout, wanted), n_there = p->there ? p->there->n_entries : 0;
	int r = wtg_partitions_read(disk, p->layout.sector_bytes, now, err);

	(void)how;
	(void)progress;
	if (r < 0)
		return -1;
	if (r == 0 || !head_is_right(p, now) || now->n_entries != n_there + n)
		return wtg_fail(err, WTG_MISMATCH, 0,
				"the partition table reads back different");
	for (size_t i = 0; i < n; i++) {
		unsigned number = p->layout.first_number + (unsigned)i;

		if (!is_right(wtg_partitions_number(now, number), &wanted[i], p->layout.style))
			return wtg_fail(err, WTG_MISMATCH, 0, "partition %u reads back different",
					number);
	}
	return check_boot_code(p, disk, err);
}

static void release(void *params)
{
	struct params *p = params;

	free(p->there);
	free(p);
}

static const struct wtg_step_ops ops = {
	.name = "write-table",
	.leaves = WTG_DRIVE_COMPLETE,
	.describe = describe,
	.check = check,
	.apply = apply,
	.verify = verify,
	.free = release,
};

void wtg_step_write_table(struct wtg_plan *plan, const struct wtg_layout *layout,
			  const uint8_t boot_code[WTG_BOOT_CODE_BYTES],
			  const struct wtg_partitions *there)
{
	struct params *p = wtg_alloc(sizeof(*p));

	p->layout = *layout;
	p->has_boot_code = boot_code != NULL;
	if (boot_code)
		memcpy(p->boot_code, boot_code, sizeof(p->boot_code));
	if (there)
		p->there = wtg_copy(there, sizeof(*there));
	wtg_plan_append(plan, &ops, p);
}
