/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/alloc.h"
#include "wtg/text.h"

#define MAX_KERNEL_TEXT (16u << 20)

char *wtg_kernel_text(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 0, capacity = 4096;
	char *text;

	if (fd < 0)
		return NULL;
	text = wtg_alloc(capacity);
	for (;;) {
		ssize_t n = read(fd, text + size, capacity - size - 1);

		if (n < 0 || capacity > MAX_KERNEL_TEXT) {
			free(text);
			return NULL;
		}
		if (n == 0)
			break;
		size += (size_t)n;
		if (size + 1 == capacity)
			text = wtg_realloc(text, capacity *= 2, 1);
	}
	if (size > 0 && text[size - 1] == '\n')
		size--;
	text[size] = '\0';
	return text;
}

static char *block_text(const char *name, const char *attribute)
{
	_cleanup_free_ char *path = wtg_text("/sys/class/block/%s/%s", name, attribute);

	return wtg_kernel_text(path);
}

static bool block_device(const char *name, const char *attribute, dev_t *ret)
{
	_cleanup_free_ char *text = block_text(name, attribute);
	unsigned major_number, minor_number;

	if (!text || sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return false;
	*ret = makedev(major_number, minor_number);
	return true;
}

static bool has_edge(const struct wtg_machine *m, dev_t upper, dev_t lower)
{
	for (size_t i = 0; i < m->edges.n_items; i++)
		if (m->edges.items[i].upper == upper && m->edges.items[i].lower == lower)
			return true;
	return false;
}

static void add_edge(struct wtg_machine *m, dev_t upper, dev_t lower, bool partition)
{
	struct wtg_edge edge = { .upper = upper, .lower = lower, .partition = partition };

	if (upper != lower && lower != 0 && !has_edge(m, upper, lower))
		WTG_APPEND(&m->edges, edge);
}

bool wtg_machine_locate(const struct wtg_machine *m, const char *path, struct wtg_place *ret)
{
	const struct wtg_mount *mount;
	struct statx st;

	if (statx(AT_FDCWD, path, AT_STATX_SYNC_AS_STAT,
		  STATX_TYPE | STATX_INO | STATX_MNT_ID, &st) < 0)
		return false;
	ret->inode = st.stx_ino;
	ret->device = makedev(st.stx_dev_major, st.stx_dev_minor);
	if (S_ISBLK(st.stx_mode)) {
		*ret = (struct wtg_place){
			.device = makedev(st.stx_rdev_major, st.stx_rdev_minor),
		};
		return true;
	}
	/* stat() on btrfs gives the subvolume's number; the mount has the file system's. */
	mount = st.stx_mask & STATX_MNT_ID ? wtg_mounts_find(&m->mounts, st.stx_mnt_id) : NULL;
	if (mount)
		ret->device = mount->device;
	return true;
}

/* The places that file systems without a device of their own are made of. */
static void add_carrier(struct wtg_machine *m, dev_t upper, const char *path, bool any)
{
	struct wtg_place place;
	struct stat st;

	if (path[0] != '/' || stat(path, &st) < 0 || (!any && !S_ISBLK(st.st_mode)))
		return;
	if (wtg_machine_locate(m, path, &place))
		add_edge(m, upper, place.device, false);
}

static void add_overlay_layers(struct wtg_machine *m, const struct wtg_mount *mount)
{
	static const char *const keys[] = { "lowerdir=", "upperdir=", "workdir=" };
	_cleanup_free_ char *options = wtg_text_copy(mount->options);
	char *rest = NULL;

	for (char *o = strtok_r(options, ",", &rest); o; o = strtok_r(NULL, ",", &rest)) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			char *layers = NULL;

			if (!wtg_text_starts(o, keys[i]))
				continue;
			for (char *l = strtok_r(o + strlen(keys[i]), ":", &layers); l;
			     l = strtok_r(NULL, ":", &layers))
				add_carrier(m, mount->device, l, true);
			break;
		}
	}
}

/* Call fn with the name of every entry of a directory of sysfs. */
static void each_entry(const char *path, struct wtg_machine *m, dev_t upper,
		       void (*fn)(struct wtg_machine *m, const char *name, dev_t upper))
{
	DIR *dir = opendir(path);

	if (!dir)
		return;
	for (struct dirent *d = readdir(dir); d; d = readdir(dir))
		if (d->d_name[0] != '.')
			fn(m, d->d_name, upper);
	closedir(dir);
}

static void add_slave(struct wtg_machine *m, const char *name, dev_t upper)
{
	dev_t lower;

	if (block_device(name, "dev", &lower))
		add_edge(m, upper, lower, false);
}

/* A btrfs of several devices is mounted by the name of one; sysfs has them all. */
static void add_btrfs(struct wtg_machine *m, const char *uuid, dev_t upper)
{
	_cleanup_free_ char *devices = wtg_text("/sys/fs/btrfs/%s/devices", uuid);
	struct wtg_machine members = { 0 };
	bool ours = false;

	each_entry(devices, &members, upper, add_slave);
	for (size_t i = 0; i < members.edges.n_items; i++)
		ours |= has_edge(m, upper, members.edges.items[i].lower);
	for (size_t i = 0; ours && i < members.edges.n_items; i++)
		add_edge(m, upper, members.edges.items[i].lower, false);
	wtg_machine_done(&members);
}

static void add_mount_edges(struct wtg_machine *m, const struct wtg_mount *mount)
{
	_cleanup_free_ char *sources = wtg_text_copy(mount->source);
	char *rest = NULL;

	if (major(mount->device) != 0)
		return; /* it is the block device */
	/* bcachefs names all its devices, with colons between them. */
	add_carrier(m, mount->device, mount->source, false);
	if (strcmp(mount->type, "bcachefs") == 0)
		for (char *s = strtok_r(sources, ":", &rest); s; s = strtok_r(NULL, ":", &rest))
			add_carrier(m, mount->device, s, false);
	if (strcmp(mount->type, "overlay") == 0)
		add_overlay_layers(m, mount);
	if (strcmp(mount->type, "btrfs") == 0)
		each_entry("/sys/fs/btrfs", m, mount->device, add_btrfs);
}

/* What is behind a loop device.  Its path in sysfs may have gone, or mean another file in
 * another mount namespace, so the device itself is asked, too, where we may open it. */
static bool loop_file(const struct wtg_machine *m, const char *name, const char *backing,
		      struct wtg_place *ret)
{
	_cleanup_free_ char *node = wtg_text("/dev/%s", name);
	_cleanup_fd_ int fd = open(node, O_RDONLY | O_CLOEXEC);
	bool found = wtg_machine_locate(m, backing, ret);
	struct loop_info64 info;

	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return found;
	if (info.lo_rdevice)
		*ret = (struct wtg_place){ .device = (dev_t)info.lo_rdevice };
	else if (!found || ret->inode != info.lo_inode)
		*ret = (struct wtg_place){ (dev_t)info.lo_device, (ino_t)info.lo_inode };
	return true;
}

/* Compressed memory can write what is seldom used to a device; no link tells of it. */
static void add_writeback(struct wtg_machine *m, const char *name, dev_t upper)
{
	_cleanup_free_ char *path = block_text(name, "backing_dev");

	if (path)
		add_carrier(m, upper, path, false); /* "none" is none */
}

static void add_block(struct wtg_machine *m, const char *name, dev_t unused)
{
	_cleanup_free_ char *slaves = wtg_text("/sys/class/block/%s/slaves", name);
	_cleanup_free_ char *number = block_text(name, "partition");
	struct wtg_block block = { .partition = number };
	dev_t whole;

	(void)unused;
	if (!block_device(name, "dev", &block.device))
		return;
	/* The link leads into the drive's own directory. */
	if (block.partition && block_device(name, "../dev", &whole))
		add_edge(m, block.device, whole, true);
	each_entry(slaves, m, block.device, add_slave);
	add_writeback(m, name, block.device);
	block.alias = block_text(name, "dm/name");
	if (!block.alias)
		block.alias = block_text(name, "loop/backing_file");
	if (wtg_text_starts(name, "loop") && block.alias && !block.partition &&
	    loop_file(m, name, block.alias, &block.file))
		add_edge(m, block.device, block.file.device, false);
	block.name = wtg_text_copy(name);
	WTG_APPEND(&m->blocks, block);
}

void wtg_machine_look(struct wtg_machine *ret)
{
	static const char *const tables[] = { "/proc/self/mountinfo", "/proc/1/mountinfo" };
	struct wtg_machine m = { 0 };
	_cleanup_free_ char *swaps = wtg_kernel_text("/proc/swaps");

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		_cleanup_free_ char *text = wtg_kernel_text(tables[i]);

		if (text)
			wtg_mounts_parse(text, &m.mounts);
	}
	for (size_t i = 0; i < m.mounts.n_items; i++)
		add_mount_edges(&m, &m.mounts.items[i]);
	each_entry("/sys/class/block", &m, 0, add_block);
	if (swaps)
		wtg_swaps_parse(swaps, &m.swaps);
	for (size_t i = 0; i < m.swaps.n_items; i++)
		(void)wtg_machine_locate(&m, m.swaps.items[i].path, &m.swaps.items[i].place);
	*ret = m;
}

void wtg_machine_done(struct wtg_machine *m)
{
	for (size_t i = 0; i < m->blocks.n_items; i++) {
		free(m->blocks.items[i].name);
		free(m->blocks.items[i].alias);
	}
	for (size_t i = 0; i < m->mounts.n_items; i++) {
		free(m->mounts.items[i].point);
		free(m->mounts.items[i].type);
		free(m->mounts.items[i].source);
		free(m->mounts.items[i].options);
	}
	for (size_t i = 0; i < m->swaps.n_items; i++)
		free(m->swaps.items[i].path);
	free(m->blocks.items);
	free(m->mounts.items);
	free(m->swaps.items);
	free(m->edges.items);
	*m = (struct wtg_machine){ 0 };
}
