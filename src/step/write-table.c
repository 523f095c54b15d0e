/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "volume/gpt.h"
#include "volume/table.h"

struct params {
	struct wtg_layout layout;
	bool has_boot_code;
	uint8_t boot_code[WTG_BOOT_CODE_BYTES];
};

static void describe(const void *params, struct wtg_facts *out)
{
	(void)params;
	wtg_fact_text(out, "table", "gpt");
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_layout *layout = &p->layout;
	struct wtg_window disk = wtg_writer_window(writer, 0, wtg_writer_size(writer));
	struct wtg_table table = {
		.style = layout->style,
		.disk = layout->identity.disk,
		.sector_bytes = layout->sector_bytes,
		.boot_code = p->has_boot_code ? p->boot_code : NULL,
	};
	struct wtg_layout_partition partitions[WTG_LAYOUT_MAX];

	table.n_partitions = wtg_layout_partitions(layout, partitions);
	for (size_t i = 0; i < table.n_partitions; i++)
		table.partitions[i] = (struct wtg_partition){
			.type = partitions[i].type,
			.id = *partitions[i].id,
			.name = partitions[i].name,
			.attributes = partitions[i].attributes,
			.first_byte = partitions[i].extent->offset,
			.size_bytes = partitions[i].extent->length,
			.mbr_type = partitions[i].mbr_type,
			.active = partitions[i].active,
		};
	return wtg_table_write(&disk, &table, err);
}

static bool same(const struct wtg_gpt_entry *found, const struct wtg_layout_partition *wanted)
{
	return wtg_guid_equal(&found->type, &wanted->type) &&
	       wtg_guid_equal(&found->id, wanted->id) &&
	       found->attributes == wanted->attributes &&
	       found->first_byte == wanted->extent->offset &&
	       found->size_bytes == wanted->extent->length;
}

static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct wtg_layout *layout = &((const struct params *)params)->layout;
	_cleanup_free_ struct wtg_gpt *gpt = wtg_alloc(sizeof(*gpt));
	struct wtg_layout_partition partitions[WTG_LAYOUT_MAX];
	size_t n = wtg_layout_partitions(layout, partitions);
	int r = wtg_gpt_read(disk, layout->sector_bytes, gpt, err);

	(void)how;
	(void)progress;
	if (r < 0)
		return -1;
	if (r == 0 || !gpt->primary_ok || !gpt->backup_ok || !gpt->same ||
	    !gpt->protective_mbr || gpt->hybrid_mbr || gpt->n_entries != n || !wtg_guid_equal(&gpt->disk, &layout->identity.disk))
		return wtg_fail(err, WTG_MISMATCH, 0,
				"the partition table reads back different");
	for (size_t i = 0; i < n; i++)
		if (!same(&gpt->entries[i], &partitions[i]))
			return wtg_fail(err, WTG_MISMATCH, 0, "partition %zu reads back different",
					i + 1);
	return 0;
}

static const struct wtg_step_ops ops = {
	.name = "write-table",
	.leaves = WTG_DRIVE_COMPLETE,
	.describe = describe,
	.apply = apply,
	.verify = verify,
	.free = free,
};

void wtg_step_write_table(struct wtg_plan *plan, const struct wtg_layout *layout,
			  const uint8_t boot_code[WTG_BOOT_CODE_BYTES])
{
	struct params p = { .layout = *layout, .has_boot_code = boot_code != NULL };

	if (boot_code)
		memcpy(p.boot_code, boot_code, sizeof(p.boot_code));
	wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
