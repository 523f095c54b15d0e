/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/PID/mountinfo and /proc/swaps, in which users choose names. */
#include "fuzz.h"

#include "target/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	struct wtg_machine machine = { 0 };

	wtg_mounts_parse(text, &machine.mounts);
	wtg_swaps_parse(text, &machine.swaps);
	for (size_t i = 0; i < machine.mounts.n_items; i++) {
		const struct wtg_mount *mount = &machine.mounts.items[i];

		FUZZ_ASSERT(mount->point && mount->type && mount->source &&
			    mount->options);
		FUZZ_ASSERT(wtg_mounts_find(&machine.mounts, mount->id));
	}
	for (size_t i = 0; i < machine.swaps.n_items; i++)
		FUZZ_ASSERT(machine.swaps.items[i].path);
	wtg_machine_done(&machine);
	return 0;
}
