/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/set.h"

#include "base/fdio.h"

static bool is_out_of_reach(const struct wtg_part *part)
{
	return !part->bare && part->copy < 0;
}

bool wtg_set_is_fetched(const struct wtg_set *set)
{
	for (size_t i = 0; i < set->n_items; i++)
		if (is_out_of_reach(&set->items[i]))
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
	for (size_t i = 0; i < set->n_items; i++)
		if (is_out_of_reach(&set->items[i]) &&
		    fetch_part(&set->items[i], progress, err) < 0)
			return -1;
	return 0;
}
