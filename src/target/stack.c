/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/machine.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "wtg/text.h"

/* Real stacks (a live system's overlay on squashfs on a loop on a file on LVM on LUKS on RAID
 * on a partition) are not half as deep; a circle, which the kernel does not make, would be. */
#define MAX_DEPTH 32

static dev_t part(const struct wtg_edges *edges, dev_t from, dev_t drive, unsigned depth)
{
	if (from == drive)
		return drive;
	if (depth == 0)
		return 0;
	for (size_t i = 0; i < edges->n_items; i++) {
		const struct wtg_edge *e = &edges->items[i];
		dev_t found;

		if (e->upper != from)
			continue;
		if (e->partition && e->lower == drive)
			return from;
		found = part(edges, e->lower, drive, depth - 1);
		if (found)
			return found;
	}
	return 0;
}

dev_t wtg_machine_part(const struct wtg_machine *machine, dev_t from, dev_t drive)
{
	return part(&machine->edges, from, drive, MAX_DEPTH);
}

char *wtg_machine_name(const struct wtg_machine *machine, dev_t device)
{
	char *name;

	for (size_t i = 0; i < machine->blocks.n_items; i++) {
		if (machine->blocks.items[i].device != device)
			continue;
		name = wtg_text("/dev/%s", machine->blocks.items[i].name);
		/* sysfs cannot have a slash in a name: "cciss!c0d0" is /dev/cciss/c0d0. */
		for (char *c = strchr(name, '!'); c; c = strchr(c, '!'))
			*c = '/';
		return name;
	}
	return wtg_text("device %u:%u", major(device), minor(device));
}
