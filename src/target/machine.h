/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands on what in this machine: a snapshot of the kernel's block devices, mounts and
 * swaps as plain data, so that "who uses this drive" is a function of data.  Everything that
 * carries or is carried has a dev_t: a drive, a partition, a mapped device, and also a file
 * system without a device of its own (btrfs, overlay), which the kernel gives one of major 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wtg/cleanup.h"

/* Where a file lies: on which device, and which inode it is there. */
struct wtg_place {
	dev_t device;
	ino_t inode; /* 0: it is the block device itself */
};

struct wtg_block {
	char *name;  /* as the kernel names it: "sdb1", "dm-0" */
	char *alias; /* what people call it: "vg-root"; the path behind a loop; or NULL */
	dev_t device;
	bool partition;
	struct wtg_place file; /* behind a loop; zero otherwise */
};

struct wtg_blocks {
	struct wtg_block *items;
	size_t n_items, capacity;
};

struct wtg_mount {
	uint64_t id;
	dev_t device;
	char *point, *type, *source, *options; /* options of the file system, not of the mount */
};

struct wtg_mounts {
	struct wtg_mount *items;
	size_t n_items, capacity;
};

struct wtg_swap {
	char *path;
	bool is_file;
	struct wtg_place place; /* filled in by wtg_machine_look() */
};

struct wtg_swaps {
	struct wtg_swap *items;
	size_t n_items, capacity;
};

/* upper stands on lower. */
struct wtg_edge {
	dev_t upper, lower;
	bool partition; /* upper is a partition of lower */
};

struct wtg_edges {
	struct wtg_edge *items;
	size_t n_items, capacity;
};

struct wtg_machine {
	struct wtg_blocks blocks;
	struct wtg_mounts mounts;
	struct wtg_swaps swaps;
	struct wtg_edges edges;
};

/* Look at the machine as it is now: /sys/class/block, /proc/self/mountinfo, that of process 1
 * (we may be in a chroot), /proc/swaps.  What cannot be read is left out. */
void wtg_machine_look(struct wtg_machine *ret);
void wtg_machine_done(struct wtg_machine *machine);

/* Append what is in the text of /proc/PID/mountinfo or /proc/swaps (proc(5)). */
void wtg_mounts_parse(const char *text, struct wtg_mounts *mounts);
void wtg_swaps_parse(const char *text, struct wtg_swaps *swaps);

/* The device that carries the file at path (a block device carries itself); false if there is
 * no such file. */
bool wtg_machine_locate(const struct wtg_machine *machine, const char *path,
			struct wtg_place *ret);

/*
 * Which part of the drive `from` stands on, however indirectly: a partition of it, or the
 * drive itself; 0 if it does not stand on the drive at all.
 */
dev_t wtg_machine_part(const struct wtg_machine *machine, dev_t from, dev_t drive);

/* "/dev/sdb1"; "device 8:17" when the kernel has no such block device.  The caller frees. */
char *wtg_machine_name(const struct wtg_machine *machine, dev_t device);

/* The text of a small file of the kernel's, without a newline at its end, or NULL.  The
 * caller frees. */
char *wtg_kernel_text(const char *path);

/* The file system of that mount id or device; NULL if there is none. */
const struct wtg_mount *wtg_mounts_find(const struct wtg_mounts *mounts, uint64_t id);
