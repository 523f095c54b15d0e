/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <errno.h>
#include <libgen.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/alloc.h"
#include "step/clear.h"
#include "wtg/text.h"

/* Of the drive, where its tables are. */
#define HEAD_BYTES (1u << 20)
#define TAIL_BYTES (1u << 20)

struct extents {
	struct wtg_extent *items;
	size_t n_items, capacity;
};

struct params {
	struct wtg_layout layout;
	struct extents places; /* where a volume starts or will start, and the whole drive */
	uint64_t written_bytes;
	const char *const *targets; /* of the run, this one among them */
	unsigned n_targets;
	size_t n_old;
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_number(out, "old_partitions", p->n_old);
}

/* Where a target is, or will be made. */
struct place {
	bool is_file;
	dev_t filesystem;
	uint64_t free_bytes; /* of that */
	uint64_t file_bytes; /* that the file has of it already */
};

static int find_place(const char *path, struct place *ret, struct wtg_error *err)
{
	_cleanup_free_ char *copy = wtg_text_copy(path);
	struct stat st;
	bool is_there = stat(path, &st) == 0;
	const char *where = is_there ? path : dirname(copy);
	struct statvfs fs;

	if ((!is_there && stat(where, &st) < 0) || statvfs(where, &fs) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", where);
	*ret = (struct place){
		.is_file = !is_there || S_ISREG(st.st_mode),
		.filesystem = st.st_dev,
		.free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize,
		.file_bytes = is_there ? (uint64_t)st.st_blocks * 512 : 0,
	};
	return 0;
}

/* Room for a plain file and for the run's others beside it, less what they have already. */
static int check_room(const struct params *p, const struct wtg_disk *disk, struct wtg_error *err)
{
	_cleanup_free_ char *have_text = NULL, *need_text = NULL;
	uint64_t have, need;
	struct place own;
	unsigned n = 0;

	if (find_place(disk->path, &own, err) < 0)
		return -1;
	have = own.free_bytes;
	for (unsigned i = 0; i < p->n_targets; i++) {
		struct place place;

		if (find_place(p->targets[i], &place, err) < 0)
			return -1;
		if (!place.is_file || place.filesystem != own.filesystem)
			continue;
		have += place.file_bytes < p->written_bytes ? place.file_bytes : p->written_bytes;
		n++;
	}
	need = n * p->written_bytes;
	if (have >= need)
		return 0;
	have_text = wtg_size_text(have);
	need_text = wtg_size_text(need);
	if (n == 1)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the filesystem of %s has room for %s, the run will take %s",
				disk->path, have_text, need_text);
	return wtg_fail(err, WTG_UNSUITABLE, 0,
			"the filesystem of %s has room for %s, the run's %u files there will take %s",
			disk->path, have_text, n, need_text);
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_disk *disk = wtg_target_disk(target);

	if (wtg_clear_check(target, progress, err) < 0)
		return -1;
	return disk->is_file ? check_room(p, disk, err) : 0;
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	uint64_t size = wtg_writer_size(writer), marker = p->layout.marker_offset;
	struct wtg_window disk = wtg_writer_window(writer, 0, size);

	/* The table first: from here on nothing on the drive is found any more.  What follows
	 * is a few MiB and no place to stop: an interruption leaves the drive blank. */
	if (wtg_clear_zero(&disk, marker, 0, HEAD_BYTES, err) < 0 ||
	    wtg_clear_zero(&disk, marker, size - TAIL_BYTES, TAIL_BYTES, err) < 0 ||
	    wtg_window_flush(&disk, err) < 0)
		return -1;
	for (size_t i = 0; i < p->places.n_items; i++)
		if (wtg_clear_place(&disk, marker, &p->places.items[i], err) < 0)
			return -1;
	return 0;
}

static void release(void *params)
{
	struct params *p = params;

	free(p->places.items);
	free(p);
}

static const struct wtg_step_ops ops = {
	.name = "wipe-target",
	.leaves = WTG_DRIVE_BLANK,
	.describe = describe,
	.check = check,
	.apply = apply,
	.free = release,
};

void wtg_step_wipe_target(struct wtg_plan *plan, const struct wtg_target *target,
			  const struct wtg_layout *layout, uint64_t written_bytes,
			  const struct wtg_company *company)
{
	const struct wtg_disk *disk = wtg_target_disk(target);
	struct params *p = wtg_alloc(sizeof(*p));
	struct wtg_layout_partition partitions[WTG_LAYOUT_MAX];
	size_t n = wtg_layout_partitions(layout, partitions);

	p->layout = *layout;
	p->written_bytes = written_bytes;
	p->targets = company->n > 1 ? company->targets : (const char *const *)&disk->path;
	p->n_targets = company->n > 1 ? company->n : 1;
	for (size_t i = 0; i < disk->n_contents; i++) {
		const struct wtg_content *content = &disk->contents[i];
		struct wtg_extent old = { content->offset_bytes, content->size_bytes };

		if (content->number == 0 || old.offset >= disk->size_bytes)
			continue;
		/* One that looks like two things has two rows, one after the other. */
		if (i > 0 && content[-1].number == content->number)
			continue;
		if (old.length > disk->size_bytes - old.offset)
			old.length = disk->size_bytes - old.offset;
		WTG_APPEND(&p->places, old);
		p->n_old++;
	}
	for (size_t i = 0; i < n; i++)
		WTG_APPEND(&p->places, *partitions[i].extent);
	WTG_APPEND(&p->places, ((struct wtg_extent){ 0, disk->size_bytes }));
	wtg_plan_append(plan, &ops, p);
}
