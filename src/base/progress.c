/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/progress.h"

#include <stddef.h>

int wtg_progress_advance(struct wtg_progress *p, uint64_t bytes, struct wtg_error *err)
{
	if (!p)
		return 0;
	if (p->advance)
		p->advance(p, bytes);
	if (p->cancelled && p->cancelled(p))
		return wtg_fail(err, WTG_CANCELLED, 0, "interrupted");
	return 0;
}
