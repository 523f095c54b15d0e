/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "wtg/text.h"

struct params {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	uint64_t bytes;
};

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_bytes(out, "copy_bytes", p->bytes);
	wtg_fact_text(out, "scratch_directory", wtg_scratch_dir());
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;

	return phase == WTG_PHASE_PREPARE ? p->bytes : 0;
}

static int check(const void *params, const struct wtg_target *target,
		 struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	struct statvfs fs;
	uint64_t free_bytes;

	(void)target;
	(void)progress;
	if (statvfs(wtg_scratch_dir(), &fs) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at %s", wtg_scratch_dir());
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (free_bytes < p->bytes) {
		_cleanup_free_ char *have = wtg_size_text(free_bytes);
		_cleanup_free_ char *need = wtg_size_text(p->bytes);

		wtg_fail(err, WTG_SYSTEM, 0, "%s has %s free, the copy of the image takes %s",
			 wtg_scratch_dir(), have, need);
		return wtg_hint(err, "Set TMPDIR to a directory with room, or give the "
				     "install.wim itself.");
	}
	return 0;
}

static int prepare(const void *params, struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;

	return wtg_image_fetch(p->image, p->edition, progress, err);
}

static const struct wtg_step_ops ops = {
	.name = "fetch-image",
	.describe = describe,
	.cost = cost,
	.check = check,
	.prepare = prepare,
	.free = free,
};

void wtg_step_fetch_image(struct wtg_plan *plan, struct wtg_image *image,
			  const struct wtg_edition *edition)
{
	struct params p = { image, edition, wtg_image_fetch_bytes(image, edition) };

	if (p.bytes > 0)
		wtg_plan_append(plan, &ops, wtg_copy(&p, sizeof(p)));
}
