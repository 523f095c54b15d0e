/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/unistr.h>

#include "base/alloc.h"

/* How far libntfs-3g's allocator moves on after each run of clusters that it gives out:
 * NTFS_LCNALLOC_SKIP in its lcnalloc.c, 16 MiB with clusters of 4 KiB. */
#define ALLOCATOR_SKIP 4096

static int fail(struct wtg_ntfs_device *device, struct wtg_error *err)
{
	if (device->error.message)
		wtg_error_done(err);
	else
		device->error = *err;
	errno = EIO;
	return -1;
}

/*
 * The skip leaves files room to grow.  Here nothing grows: each file is given its final
 * size at once, in the order of the image, and the skips would scatter over the whole
 * drive what can be one ascending stream (30,000 files on 60 GB: 25,419 writes of 2.4 GB
 * instead of 329 of 1.3 GB).  The allocator moves its position just before it writes the
 * bitmap, so this is the moment to put it back to where the run ended.
 */
static void pack(struct wtg_ntfs_device *device)
{
	struct _ntfs_volume *volume = device->volume;

	if (!volume || !device->fresh || volume->data1_zone_pos == device->allocated_to)
		return;
	if (volume->data1_zone_pos - ALLOCATOR_SKIP >= volume->mft_zone_end)
		volume->data1_zone_pos -= ALLOCATOR_SKIP;
	device->allocated_to = volume->data1_zone_pos;
}

static int device_open(struct ntfs_device *dev, int flags)
{
	struct wtg_ntfs_device *device = dev->d_private;

	if (NDevOpen(dev)) {
		errno = EBUSY;
		return -1;
	}
	if ((flags & O_ACCMODE) != O_RDONLY && !device->window.ledger) {
		errno = EROFS;
		return -1;
	}
	if ((flags & O_ACCMODE) == O_RDONLY)
		NDevSetReadOnly(dev);
	NDevSetOpen(dev);
	return 0;
}

static int device_close(struct ntfs_device *dev)
{
	struct wtg_ntfs_device *device = dev->d_private;

	device->volume = NULL;
	NDevClearOpen(dev);
	return 0;
}

static s64 device_seek(struct ntfs_device *dev, s64 offset, int whence)
{
	struct wtg_ntfs_device *device = dev->d_private;
	s64 from = 0;

	if (whence == SEEK_CUR)
		from = device->position;
	else if (whence == SEEK_END)
		from = (s64)device->window.length;
	if (offset < -from) {
		errno = EINVAL;
		return -1;
	}
	device->position = from + offset;
	return device->position;
}

/* As with any device, reading stops at the end. */
static s64 device_pread(struct ntfs_device *dev, void *buffer, s64 count, s64 at)
{
	struct wtg_ntfs_device *device = dev->d_private;
	struct wtg_error err = WTG_ERROR_INIT;
	s64 left = (s64)device->window.length - at;

	if (count < 0 || at < 0) {
		errno = EINVAL;
		return -1;
	}
	if (left <= 0)
		return 0;
	if (count > left)
		count = left;
	if (wtg_cache_pread(device->cache, buffer, (size_t)count, (uint64_t)at, &err) < 0)
		return fail(device, &err);
	return count;
}

static s64 device_pwrite(struct ntfs_device *dev, const void *buffer, s64 count, s64 at)
{
	struct wtg_ntfs_device *device = dev->d_private;
	struct wtg_error err = WTG_ERROR_INIT;

	if (device->error.message) {
		errno = EIO;
		return -1;
	}
	if (count < 0 || at < 0) {
		errno = EINVAL;
		return -1;
	}
	if (wtg_cache_pwrite(device->cache, buffer, (size_t)count, (u64)at, &err) < 0)
		return fail(device, &err);
	pack(device);
	return count;
}

static s64 device_read(struct ntfs_device *dev, void *buffer, s64 count)
{
	struct wtg_ntfs_device *device = dev->d_private;
	s64 n = device_pread(dev, buffer, count, device->position);

	if (n > 0)
		device->position += n;
	return n;
}

static s64 device_write(struct ntfs_device *dev, const void *buffer, s64 count)
{
	struct wtg_ntfs_device *device = dev->d_private;
	s64 n = device_pwrite(dev, buffer, count, device->position);

	if (n > 0)
		device->position += n;
	return n;
}

/* Flushing is ours: it happens after the unmount, where its result is looked at. */
static int device_sync(struct ntfs_device *dev)
{
	(void)dev;
	return 0;
}

static int device_stat(struct ntfs_device *dev, struct stat *ret)
{
	struct wtg_ntfs_device *device = dev->d_private;

	memset(ret, 0, sizeof(*ret));
	ret->st_mode = S_IFREG | 0600;
	ret->st_size = (off_t)device->window.length;
	return 0;
}

static int device_ioctl(struct ntfs_device *dev, unsigned long request, void *argument)
{
	struct wtg_ntfs_device *device = dev->d_private;

	if (request == BLKGETSIZE64) {
		*(uint64_t *)argument = device->window.length;
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

static struct ntfs_device_operations operations = {
	.open = device_open,
	.close = device_close,
	.seek = device_seek,
	.read = device_read,
	.write = device_write,
	.pread = device_pread,
	.pwrite = device_pwrite,
	.sync = device_sync,
	.stat = device_stat,
	.ioctl = device_ioctl,
};

struct wtg_ntfs_device *wtg_ntfs_device_new(const struct wtg_window *window,
					    size_t cache_bytes)
{
	struct wtg_ntfs_device *device = wtg_alloc(sizeof(*device));

	device->window = *window;
	device->cache = wtg_cache_new(window, cache_bytes);
	wtg_cache_trust_window(device->cache);
	return device;
}

void wtg_ntfs_device_free(struct wtg_ntfs_device *device)
{
	if (!device)
		return;
	wtg_cache_free(device->cache);
	wtg_error_done(&device->error);
	free(device);
}

/*
 * What the bitmap calls free holds what the drive held before: it must not be read, nor
 * stay behind between the things that we write.  Eight clusters at a time are fine
 * enough.  Past the last cluster lies the copy of the boot sector.
 */
static int forget_free_clusters(struct wtg_ntfs_device *device,
				struct _ntfs_volume *volume)
{
	const uint64_t step = 8 * (uint64_t)volume->cluster_size;
	const uint64_t end = (uint64_t)volume->nr_clusters * volume->cluster_size;
	uint64_t free_from = 0, at = 0;
	uint8_t bits[4096];

	while (at < end) {
		s64 n = ntfs_attr_pread(volume->lcnbmp_na, (s64)(at / step), sizeof(bits),
					bits);

		if (n <= 0)
			return -1;
		for (s64 i = 0; i < n && at < end; i++, at += step) {
			if (bits[i] == 0)
				continue;
			wtg_cache_forget(device->cache, free_from, at - free_from);
			free_from = at + step;
		}
	}
	if (free_from < end)
		wtg_cache_forget(device->cache, free_from, end - free_from);
	return 0;
}

struct _ntfs_volume *wtg_ntfs_device_mount(struct wtg_ntfs_device *device,
					   const char *name, ntfs_mount_flags flags)
{
	struct ntfs_device *dev = ntfs_device_alloc(name, 0, &operations, device);
	struct _ntfs_volume *volume;

	if (!dev)
		return NULL;
	/* Names are UTF-8, whatever the locale. */
	ntfs_set_char_encoding("utf8");
	volume = ntfs_device_mount(dev, flags);
	if (!volume) {
		int errnum = errno;

		ntfs_device_free(dev);
		errno = errnum;
		return NULL;
	}
	if (device->fresh && forget_free_clusters(device, volume) < 0) {
		ntfs_umount(volume, FALSE);
		errno = EIO;
		return NULL;
	}
	device->allocated_to = volume->data1_zone_pos;
	device->volume = volume;
	return volume;
}

int wtg_ntfs_device_finish(struct wtg_ntfs_device *device, struct wtg_error *err)
{
	if (device->error.message) {
		*err = device->error;
		device->error = (struct wtg_error)WTG_ERROR_INIT;
		return -1;
	}
	return device->window.ledger ? wtg_cache_flush(device->cache, err) : 0;
}
