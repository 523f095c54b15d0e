/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include "base/alloc.h"
#include "base/child.h"
#include "volume/fat.h"
#include "volume/ntfs.h"

/* As Ventoy's own installer has it: 128 KiB above 32 GiB, else 32 KiB (VentoyWorker.sh). */
#define VENTOY_LARGE_BYTES (UINT64_C(32) << 30)

struct params {
	struct wtg_layout layout;
	enum wtg_data_fs fs;
};

/* One row a filesystem, in the enum's order; AUTO has become exFAT. */
static const struct {
	const char *name, *program;
} filesystems[] = {
	[WTG_DATA_FS_AUTO] = { "exfat", "mkfs.exfat" },
	[WTG_DATA_FS_NTFS] = { "ntfs", "mkntfs" },
	[WTG_DATA_FS_EXFAT] = { "exfat", "mkfs.exfat" },
	[WTG_DATA_FS_FAT32] = { "fat32", "mkfs.fat" },
};

static bool is_ventoys(const struct params *p)
{
	return p->layout.vtoyefi.length > 0;
}

static const char *label(const struct params *p)
{
	return is_ventoys(p) ? "Ventoy" : "Data";
}

/* 0: as the program has it. */
static uint32_t cluster_bytes(const struct params *p)
{
	if (!is_ventoys(p))
		return 0;
	return p->layout.disk_bytes > VENTOY_LARGE_BYTES ? 128 << 10 : 32 << 10;
}

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_text(out, "filesystem", filesystems[p->fs].name);
	wtg_fact_text(out, "label", label(p));
	wtg_fact_bytes(out, "size_bytes", p->layout.data.length);
}

static struct wtg_ntfs_format ntfs_of(const struct params *p)
{
	return (struct wtg_ntfs_format){
		.label = label(p),
		.serial = (uint64_t)p->layout.identity.data_serial << 32 |
			  p->layout.identity.esp_serial,
		.start_bytes = p->layout.data.offset,
		.sector_bytes = p->layout.sector_bytes,
	};
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_ntfs_format ntfs = ntfs_of(p);
	_cleanup_free_ char *path = NULL;

	(void)target;
	(void)progress;
	if (p->fs == WTG_DATA_FS_NTFS)
		return wtg_ntfs_check(&ntfs, err);
	if (p->fs == WTG_DATA_FS_FAT32 &&
	    wtg_fat_check(p->layout.data.length, p->layout.sector_bytes, NULL, err) < 0)
		return wtg_hint(err, "Choose another --data-size, or --data-fs exfat.");
	return wtg_program_find(filesystems[p->fs].program, &path, err) ? 0 : -1;
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_extent *at = &p->layout.data;
	struct wtg_window window = wtg_writer_window(writer, at->offset, at->length);
	const struct wtg_ntfs_format ntfs = ntfs_of(p);
	const struct wtg_fat_format fat = {
		.label = label(p),
		.serial = p->layout.identity.data_serial,
		.start_bytes = at->offset,
		.sector_bytes = p->layout.sector_bytes,
		.cluster_bytes = p->fs == WTG_DATA_FS_FAT32 ? 0 : cluster_bytes(p),
	};

	switch (p->fs) {
	case WTG_DATA_FS_NTFS:
		return wtg_ntfs_format(&window, &ntfs, err);
	case WTG_DATA_FS_FAT32:
		return wtg_fat_make(&window, &fat, NULL, err);
	case WTG_DATA_FS_AUTO:
	case WTG_DATA_FS_EXFAT:
		return wtg_exfat_make(&window, &fat, err);
	}
	abort();
}

static const struct wtg_step_ops ops = {
	.name = "format-data",
	.describe = describe,
	.check = check,
	.apply = apply,
	.free = free,
};

void wtg_step_format_data(struct wtg_plan *plan, const struct wtg_layout *layout,
			  enum wtg_data_fs fs)
{
	struct params p = { *layout, fs };

	if (layout->data.length > 0 && !layout->beside)
		wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
