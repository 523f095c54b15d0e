/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "step/clear.h"
#include "target/target.h"
#include "wtg/text.h"

/*
 * What lay in free space must not shine through what is made there: Ventoy's GRUB looks for an
 * ISO 9660 volume first (kern/fs.c), so that an old one's mark, 32 KiB behind the start, would
 * hide a new NTFS.
 */
struct params {
	struct wtg_layout layout;
	uint64_t written_bytes;
};

static size_t places_of(const struct wtg_layout *layout,
			struct wtg_extent ret[static WTG_LAYOUT_MAX])
{
	struct wtg_layout_partition partitions[WTG_LAYOUT_MAX];
	size_t n = wtg_layout_partitions(layout, partitions);

	for (size_t i = 0; i < n; i++)
		ret[i] = *partitions[i].extent;
	return n;
}

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;
	struct wtg_extent places[WTG_LAYOUT_MAX];
	size_t n = places_of(&p->layout, places);

	wtg_fact_open(out, "places", WTG_LIST);
	for (size_t i = 0; i < n; i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_bytes(out, "offset_bytes", places[i].offset);
		wtg_fact_bytes(out, "size_bytes", places[i].length);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

struct count {
	struct wtg_extent places[WTG_LAYOUT_MAX];
	size_t n_places;
	uint64_t bytes;
};

static int count_data(uint64_t offset, uint64_t length, void *context, struct wtg_error *err)
{
	struct count *count = context;

	(void)err;
	for (size_t i = 0; i < count->n_places; i++) {
		const struct wtg_extent *place = &count->places[i];
		uint64_t first = offset > place->offset ? offset : place->offset;
		uint64_t end = offset + length, place_end = place->offset + place->length;

		end = end < place_end ? end : place_end;
		count->bytes += end > first ? end - first : 0;
	}
	return 0;
}

static int check_room(const struct params *p, const struct wtg_target *target,
		      struct wtg_error *err)
{
	const struct wtg_disk *disk = wtg_target_disk(target);
	struct count count = { .n_places = places_of(&p->layout, count.places) };
	_cleanup_free_ char *have_text = NULL, *need_text = NULL;
	int fd = wtg_target_fd(target);
	struct statvfs fs;
	uint64_t have;

	if (fstatvfs(fd, &fs) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at the filesystem of %s",
				disk->path);
	if (wtg_data_extents(fd, disk->size_bytes, count_data, &count, err) < 0)
		return -1;
	have = (uint64_t)fs.f_bavail * fs.f_frsize + count.bytes;
	if (have >= p->written_bytes)
		return 0;
	have_text = wtg_size_text(have);
	need_text = wtg_size_text(p->written_bytes);
	return wtg_fail(err, WTG_UNSUITABLE, 0,
			"the filesystem of %s has room for %s, the run will take %s", disk->path,
			have_text, need_text);
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	if (wtg_clear_check(target, progress, err) < 0)
		return -1;
	return wtg_target_disk(target)->is_file ? check_room(params, target, err) : 0;
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct wtg_window disk = wtg_writer_window(writer, 0, wtg_writer_size(writer));
	struct wtg_extent places[WTG_LAYOUT_MAX];
	size_t n = places_of(&p->layout, places);

	for (size_t i = 0; i < n; i++)
		if (wtg_clear_place(&disk, p->layout.marker_offset, &places[i], err) < 0)
			return -1;
	return 0;
}

static const struct wtg_step_ops ops = {
	.name = "clear-space",
	.leaves = WTG_DRIVE_KEPT,
	.describe = describe,
	.check = check,
	.apply = apply,
	.free = free,
};

void wtg_step_clear_space(struct wtg_plan *plan, const struct wtg_target *target,
			  const struct wtg_layout *layout, uint64_t written_bytes)
{
	const struct params p = { .layout = *layout, .written_bytes = written_bytes };

	(void)target;
	wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
