/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/ntfs.h"
#include "volume/ntfs-internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ntfs-3g/cache.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/param.h>

#include "base/alloc.h"

/* No path can lead there, so a library that does not come to us finds nothing. */
#define LENT_NAME "/dev/null/the volume"

#define SERIAL_AT 0x48 /* in the boot sector */

static struct wtg_ntfs_device *lent;

/* Why libntfs-3g does not mount, as it tells it. */
static const char *reason(int errnum)
{
	switch (errnum) {
	case EINVAL:
		return "there is no NTFS file system";
	case EIO:
		return "its NTFS file system is damaged";
	case EPERM:
		return "Windows is hibernated on it";
	case EOPNOTSUPP:
		return "Windows did not shut it down cleanly";
	}
	return strerror(errnum);
}

/* libntfs-3g tells of a lack of memory here alone: what it then returns with is another errno,
 * or that a file is not there. */
static int hear(const char *function, const char *file, int line, u32 level, void *data,
		const char *format, va_list args)
{
	(void)function;
	(void)file;
	(void)line;
	(void)data;
	(void)format;
	(void)args;
	if (level == NTFS_LOG_LEVEL_PERROR && errno == ENOMEM)
		wtg_memory_note_short();
	return 0;
}

static int fail_mount(int errnum, struct wtg_error *err)
{
	if (wtg_memory_was_short())
		return wtg_fail(err, WTG_SYSTEM, ENOMEM, "open the volume");
	return wtg_fail(err, WTG_INPUT, 0, "open the volume: %s", reason(errnum));
}

int wtg_ntfs_open(const struct wtg_window *window, struct wtg_ntfs **ret,
		  struct wtg_error *err)
{
	struct wtg_ntfs_device *device = wtg_ntfs_device_new(window, WTG_NTFS_CACHE_BYTES);
	struct wtg_ntfs *ntfs;
	struct _ntfs_volume *volume;

	ntfs_log_set_handler(hear);
	volume = wtg_ntfs_device_mount(device, "the volume",
				       window->ledger ? 0 : NTFS_MNT_RDONLY);
	if (!volume) {
		int errnum = errno;

		if (wtg_ntfs_device_finish(device, err) == 0)
			fail_mount(errnum, err);
		wtg_ntfs_device_free(device);
		return -1;
	}
	ntfs_create_lru_caches(volume);
	if (ntfs_set_ignore_case(volume) < 0) {
		wtg_fail(err, WTG_SYSTEM, errno, "open the volume");
		ntfs_umount(volume, FALSE);
		wtg_ntfs_device_free(device);
		return -1;
	}
	ntfs = wtg_alloc(sizeof(*ntfs));
	*ntfs = (struct wtg_ntfs){ .device = device, .volume = volume };
	*ret = ntfs;
	return 0;
}

int wtg_ntfs_close(struct wtg_ntfs **volume, struct wtg_error *err)
{
	struct wtg_ntfs *ntfs = *volume;
	int unmounted = ntfs_umount(ntfs->volume, FALSE), errnum = errno;
	int result = wtg_ntfs_device_finish(ntfs->device, err);

	if (result == 0 && unmounted < 0)
		result = wtg_fail(err, WTG_SYSTEM, errnum, "unmount the volume");
	wtg_ntfs_device_free(ntfs->device);
	free(ntfs);
	*volume = NULL;
	return result;
}

void wtg_ntfs_abandon(struct wtg_ntfs *volume)
{
	if (!volume)
		return;
	/* From here on the device writes nothing. */
	if (!volume->device->error.message)
		wtg_fail(&volume->device->error, WTG_CANCELLED, 0, "abandoned");
	(void)ntfs_umount(volume->volume, FALSE);
	wtg_ntfs_device_free(volume->device);
	free(volume);
}

int wtg_ntfs_info(struct wtg_ntfs *volume, struct wtg_ntfs_info *ret,
		  struct wtg_error *err)
{
	struct _ntfs_volume *vol = volume->volume;
	struct wtg_ntfs_info info = { .cluster_bytes = vol->cluster_size };
	uint8_t serial[8];

	if (wtg_cache_pread(volume->device->cache, serial, sizeof(serial), SERIAL_AT,
			    err) < 0)
		return -1;
	if (ntfs_volume_get_free_space(vol) < 0)
		return wtg_fail(err, WTG_INPUT, errno, "read the volume's bitmap");
	info.serial = wtg_le64(serial);
	info.size_bytes = (uint64_t)vol->nr_clusters * vol->cluster_size;
	info.free_bytes = (uint64_t)vol->free_clusters * vol->cluster_size;
	info.dirty = (vol->flags & VOLUME_IS_DIRTY) != 0;
	info.hibernated = ntfs_volume_check_hiberfile(vol, 0) < 0 && errno == EPERM;
	snprintf(info.label, sizeof(info.label), "%s", vol->vol_name);
	*ret = info;
	return 0;
}

const char *wtg_ntfs_lend(const struct wtg_window *window)
{
	if (lent)
		abort();
	lent = wtg_ntfs_device_new(window, WTG_NTFS_CACHE_BYTES);
	lent->fresh = true;
	return LENT_NAME;
}

static struct wtg_ntfs_device *end_loan(void)
{
	struct wtg_ntfs_device *device = lent;

	/* Mounted still: what it holds in memory would be missing on the drive. */
	if (device->volume)
		abort();
	lent = NULL;
	return device;
}

int wtg_ntfs_take_back(struct wtg_error *err)
{
	struct wtg_ntfs_device *device = end_loan();
	int result = wtg_ntfs_device_finish(device, err);

	wtg_ntfs_device_free(device);
	return result;
}

int wtg_ntfs_take_back_unfinished(struct wtg_error *err)
{
	struct wtg_ntfs_device *device = end_loan();
	int result = 0;

	if (device->error.message)
		result = wtg_ntfs_device_finish(device, err);
	wtg_ntfs_device_free(device);
	return result;
}

/*
 * wimlib mounts the volume that it extracts to by calling this.  A symbol of the program
 * itself comes before those of libraries, so wimlib gets here, not into libntfs-3g; where
 * it does not (a library that binds its own symbols), the name leads nowhere.  For every
 * other name it does what libntfs-3g's own does.
 */
__attribute__((visibility("default"))) /* also when the rest is hidden */
struct _ntfs_volume *ntfs_mount(const char *name, ntfs_mount_flags flags)
{
	struct ntfs_device *dev;
	struct _ntfs_volume *volume;
	int errnum;

	if (lent && strcmp(name, LENT_NAME) == 0) {
		volume = wtg_ntfs_device_mount(lent, name, flags);
		if (volume)
			ntfs_create_lru_caches(volume);
		return volume;
	}
	dev = ntfs_device_alloc(name, 0, &ntfs_device_default_io_ops, NULL);
	if (!dev)
		return NULL;
	volume = ntfs_device_mount(dev, flags);
	if (volume) {
		ntfs_create_lru_caches(volume);
		return volume;
	}
	errnum = errno;
	ntfs_device_free(dev);
	errno = errnum;
	return NULL;
}
