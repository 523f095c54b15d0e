/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/set.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "base/fdio.h"
#include "wtg/text.h"

uint64_t wtg_set_fetch_bytes(const struct wtg_set *set)
{
	uint64_t total = 0;

	for (size_t i = 0; i < set->n_items; i++)
		if (!set->items[i].bare)
			total += set->items[i].source.size_bytes;
	return total;
}

static int check_room(const struct wtg_set *set, struct wtg_error *err)
{
	_cleanup_free_ char *need = NULL, *have = NULL;
	struct statvfs fs;
	uint64_t room;

	if (statvfs(wtg_scratch_dir(), &fs) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", wtg_scratch_dir());
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room >= wtg_set_fetch_bytes(set))
		return 0;
	need = wtg_size_text(wtg_set_fetch_bytes(set));
	have = wtg_size_text(room);
	wtg_fail(err, WTG_SYSTEM, 0,
		 "%s must be copied to %s, which takes %s, and %s are free",
		 set->items[0].source.name, wtg_scratch_dir(), need, have);
	return wtg_hint(err, "Set TMPDIR to a directory with room.");
}

bool wtg_set_is_fetched(const struct wtg_set *set)
{
	for (size_t i = 0; i < set->n_items; i++)
		if (!set->items[i].bare && set->items[i].copy < 0)
			return false;
	return true;
}

static int fetch_part(struct wtg_part *part, struct wtg_progress *progress,
		      struct wtg_error *err)
{
	_cleanup_fd_ int copy = -1;

	if (wtg_scratch_file(&copy, err) < 0)
		return -1;
	if (wtg_source_copy(&part->source, 0, part->source.size_bytes, copy, progress, err) < 0)
		return -1;
	part->copy = WTG_STEAL_FD(copy);
	return 0;
}

int wtg_set_fetch(struct wtg_set *set, struct wtg_progress *progress,
		  struct wtg_error *err)
{
	if (wtg_set_is_fetched(set))
		return 0;
	if (check_room(set, err) < 0)
		return -1;
	for (size_t i = 0; i < set->n_items; i++)
		if (fetch_part(&set->items[i], progress, err) < 0)
			return -1;
	return 0;
}
