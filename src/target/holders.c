/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/holders.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wtg/text.h"

/* More loop devices do not stand on each other. */
#define MAX_LOOPS 32

/* What the running system does not survive the loss of. */
static const struct {
	const char *point, *reason;
} system_points[] = {
	{ "/", "the root" },
	{ "/boot", "kernels and boot loader" },
	{ "/boot/efi", "the ESP, as most distributions mount it" },
	{ "/efi", "the ESP, as systemd mounts it" },
	{ "/usr", "programs" },
	{ "/var", "state" },
	{ "/home", "somebody's everything" },
	{ "/sysroot", "the root of OSTree systems, below an overlay" },
	{ "/nix", "programs of NixOS" },
	{ "/gnu", "programs of Guix" },
	{ "/cdrom", "live medium: casper (Ubuntu)" },
	{ "/run/live/medium", "live medium: live-boot (Debian)" },
	{ "/lib/live/mount/medium", "live medium: older live-boot" },
	{ "/run/initramfs/live", "live medium: dracut (Fedora)" },
	{ "/run/archiso/bootmnt", "live medium: archiso" },
	{ "/run/miso/bootmnt", "live medium: Manjaro" },
	{ "/run/install/repo", "installation medium: Anaconda" },
	{ "/run/install/source", "installation medium: Anaconda" },
};

static bool is_system_point(const char *point)
{
	for (size_t i = 0; i < sizeof(system_points) / sizeof(system_points[0]); i++)
		if (wtg_text_equal(point, system_points[i].point))
			return true;
	return false;
}

/* What kind of holder a block device is, by the kernel's name of it. */
static const struct {
	const char *prefix;
	enum wtg_holder_kind kind;
} block_kinds[] = {
	{ "dm-", WTG_HOLDER_DM },
	{ "md", WTG_HOLDER_MD },
	{ "loop", WTG_HOLDER_LOOP },
};

static enum wtg_holder_kind kind_of_block(const char *name)
{
	for (size_t i = 0; i < sizeof(block_kinds) / sizeof(block_kinds[0]); i++)
		if (wtg_text_starts(name, block_kinds[i].prefix))
			return block_kinds[i].kind;
	return WTG_HOLDER_OTHER;
}

const char *wtg_holder_kind_name(enum wtg_holder_kind kind)
{
	switch (kind) {
	case WTG_HOLDER_MOUNT:
		return "mount";
	case WTG_HOLDER_SWAP:
		return "swap";
	case WTG_HOLDER_DM:
		return "dm";
	case WTG_HOLDER_MD:
		return "md";
	case WTG_HOLDER_LOOP:
		return "loop";
	case WTG_HOLDER_OTHER:
		return "other";
	}
	abort();
}

/* Takes part and name; the same holder is said once. */
static void add_holder(struct wtg_disk *disk, enum wtg_holder_kind kind, char *part,
		       char *name)
{
	struct wtg_holder holder = { .kind = kind, .part = part, .holder = name };

	holder.system = kind == WTG_HOLDER_MOUNT && is_system_point(name);
	for (size_t i = 0; i < disk->n_holders; i++) {
		const struct wtg_holder *h = &disk->holders[i];

		if (h->kind == kind && wtg_text_equal(h->part, part) &&
		    wtg_text_equal(h->holder, name)) {
			free(part);
			free(name);
			return;
		}
	}
	wtg_grow(&disk->holders, &disk->holders_capacity, disk->n_holders,
		 sizeof(*disk->holders));
	disk->holders[disk->n_holders++] = holder;
}

static char *block_name(const struct wtg_machine *m, const struct wtg_block *b)
{
	char *node = wtg_machine_name(m, b->device), *name;

	if (!b->alias)
		return node;
	name = wtg_text("%s (%s)", node, b->alias);
	free(node);
	return name;
}

/* Which part of the device `from` stands on; 0 if it does not, or stands on the disk itself
 * and so was found already. */
static dev_t part_below(const struct wtg_machine *m, const struct wtg_disk *disk, dev_t from,
			dev_t device)
{
	if (device != disk->device && wtg_machine_part(m, from, disk->device))
		return 0;
	return wtg_machine_part(m, from, device);
}

/* One of the loop devices that lead from the disk down is no user of what lies below. */
static bool leads_down(const struct wtg_machine *m, const struct wtg_disk *disk,
		       const struct wtg_block *block)
{
	return !disk->is_file && wtg_machine_part(m, disk->device, block->device) != 0;
}

/* The users of a device: the disk, or one that lies below it. */
static void find_on_device(const struct wtg_machine *m, struct wtg_disk *disk, dev_t device)
{
	dev_t part;

	for (size_t i = 0; i < m->mounts.n_items; i++) {
		const struct wtg_mount *mount = &m->mounts.items[i];

		part = part_below(m, disk, mount->device, device);
		if (part)
			add_holder(disk, WTG_HOLDER_MOUNT, wtg_machine_name(m, part),
				   wtg_text_copy(mount->point));
	}
	for (size_t i = 0; i < m->swaps.n_items; i++) {
		const struct wtg_swap *swap = &m->swaps.items[i];

		part = part_below(m, disk, swap->place.device, device);
		if (part)
			add_holder(disk, WTG_HOLDER_SWAP, wtg_machine_name(m, part),
				   wtg_text_copy(swap->path));
	}
	for (size_t i = 0; i < m->blocks.n_items; i++) {
		const struct wtg_block *block = &m->blocks.items[i];

		part = part_below(m, disk, block->device, device);
		if (part && !block->partition && !leads_down(m, disk, block))
			add_holder(disk, kind_of_block(block->name), wtg_machine_name(m, part),
				   block_name(m, block));
	}
}

static bool same_place(const struct wtg_place *a, const struct wtg_place *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/* The users of a plain file: the disk, or the one behind it. */
static void find_on_file(const struct wtg_machine *m, struct wtg_disk *disk,
			 const struct wtg_place *file, const char *path)
{
	for (size_t i = 0; i < m->blocks.n_items; i++) {
		const struct wtg_block *block = &m->blocks.items[i];

		if (block->file.inode && same_place(&block->file, file) &&
		    !leads_down(m, disk, block))
			add_holder(disk, WTG_HOLDER_LOOP, wtg_text_copy(path),
				   wtg_machine_name(m, block->device));
	}
	for (size_t i = 0; i < m->swaps.n_items; i++)
		if (m->swaps.items[i].is_file && same_place(&m->swaps.items[i].place, file))
			add_holder(disk, WTG_HOLDER_SWAP, wtg_text_copy(path),
				   wtg_text_copy(path));
}

/* The loop device of that number, if something is behind it. */
static const struct wtg_block *find_loop(const struct wtg_machine *m, dev_t device)
{
	for (size_t i = 0; i < m->blocks.n_items; i++)
		if (m->blocks.items[i].device == device && m->blocks.items[i].file.device)
			return &m->blocks.items[i];
	return NULL;
}

/* Who writes to a loop device writes to what is behind it, which has users of its own. */
static void find_behind_loop(const struct wtg_machine *m, struct wtg_disk *disk)
{
	const struct wtg_block *loop = find_loop(m, disk->device);

	for (unsigned depth = 0; loop && depth < MAX_LOOPS; depth++) {
		if (loop->file.inode) {
			find_on_file(m, disk, &loop->file, loop->alias);
			return;
		}
		find_on_device(m, disk, loop->file.device);
		loop = find_loop(m, loop->file.device);
	}
}

void wtg_holders_find(const struct wtg_machine *machine, struct wtg_disk *disk)
{
	struct wtg_place file;

	if (!disk->is_file) {
		find_on_device(machine, disk, disk->device);
		find_behind_loop(machine, disk);
	} else if (wtg_machine_locate(machine, disk->path, &file)) {
		find_on_file(machine, disk, &file, disk->path);
	}
}

bool wtg_disk_carries(const struct wtg_machine *machine, const struct wtg_disk *disk,
		      const char *path)
{
	const struct wtg_block *loop;
	struct wtg_place place, file;

	if (!wtg_machine_locate(machine, path, &place))
		return false;
	if (disk->is_file)
		return wtg_machine_locate(machine, disk->path, &file) &&
		       same_place(&place, &file);
	loop = find_loop(machine, disk->device);
	for (unsigned depth = 0; loop && depth < MAX_LOOPS; depth++) {
		if (same_place(&loop->file, &place))
			return true;
		loop = find_loop(machine, loop->file.device);
	}
	return wtg_machine_part(machine, place.device, disk->device) != 0;
}
