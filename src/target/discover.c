/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/discover.h"

#include <ctype.h>
#include <fnmatch.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "wtg/cleanup.h"
#include "wtg/text.h"

static void unref_udev(struct udev **u)
{
	udev_unref(*u);
}

static void unref_device(struct udev_device **d)
{
	udev_device_unref(*d);
}

static const struct {
	const char *pattern, *what;
} not_drives[] = {
	{ "ram*", "a RAM disk" },
	{ "zram*", "compressed memory" },
	{ "pmem*", "memory" },
	{ "sr*", "an optical drive" },
	{ "fd*", "a floppy drive" },
	/* What lies on drives is not one: it could not be plugged into another PC. */
	{ "dm-*", "a mapped device" },
	{ "md*", "a RAID array" },
	{ "bcache*", "a bcache device" },
	{ "zd*", "a ZFS volume" },
	{ "mtdblock*", "raw flash memory" },
	/* Firmware lies in these hardware partitions of eMMC. */
	{ "mmcblk*boot*", "a boot area of an eMMC" },
	{ "mmcblk*rpmb", "a protected area of an eMMC" },
	{ "mmcblk*gp[0-9]*", "a hardware partition of an eMMC" },
};

const char *wtg_not_a_drive(const char *name)
{
	for (size_t i = 0; i < sizeof(not_drives) / sizeof(not_drives[0]); i++)
		if (fnmatch(not_drives[i].pattern, name, 0) == 0)
			return not_drives[i].what;
	return NULL;
}

/*
 * How the drive is attached, by the first subsystem of this list that any of its ancestors
 * belongs to.  udev's ID_BUS comes second: it says "ata" of a SATA drive in a USB enclosure.
 */
static const struct {
	const char *subsystem, *bus;
} buses[] = {
	{ "usb", "usb" },
	{ "firewire", "ieee1394" },
	{ "mmc", "mmc" },
	{ "memstick", "memstick" },
	{ "nvme", "nvme" },
	{ "nvme-subsystem", "nvme" },
	{ "virtio", "virtio" },
	{ "xen", "xen" },
	{ "vmbus", "vmbus" },
};

/* Cards are SD; what speaks MMC nowadays is soldered in, and often all that a PC has. */
static const char *kind_of_mmc(struct udev_device *card)
{
	return wtg_text_equal(udev_device_get_sysattr_value(card, "type"), "MMC") ? "emmc"
										  : "mmc";
}

static const char *find_bus(struct udev_device *dev)
{
	const char *path = udev_device_get_syspath(dev);

	if (wtg_text_starts(udev_device_get_sysname(dev), "loop"))
		return "loop";
	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		for (struct udev_device *d = udev_device_get_parent(dev); d;
		     d = udev_device_get_parent(d))
			if (wtg_text_equal(udev_device_get_subsystem(d), buses[i].subsystem))
				return wtg_text_equal(buses[i].bus, "mmc") ? kind_of_mmc(d)
									   : buses[i].bus;
	if (strstr(path, "/ata"))
		return "ata";
	return udev_device_get_property_value(dev, "ID_BUS");
}

/* Without blanks around it; NULL if nothing is left.  The caller frees. */
static char *trimmed(const char *text)
{
	char *copy;
	size_t n;

	if (!text)
		return NULL;
	while (isspace((unsigned char)*text))
		text++;
	n = strlen(text);
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	if (n == 0)
		return NULL;
	copy = wtg_text("%.*s", (int)n, text);
	return copy;
}

/* udev writes what could hurt a shell as \xNN. */
static void decode(char *text)
{
	char *o = text;

	for (const char *c = text; *c; o++) {
		if (c[0] == '\\' && c[1] == 'x' && isxdigit((unsigned char)c[2]) &&
		    isxdigit((unsigned char)c[3])) {
			const char digits[] = { c[2], c[3], '\0' };

			*o = (char)strtoul(digits, NULL, 16);
			if (*o == '\0')
				*o = '?';
			c += 4;
		} else {
			*o = *c++;
		}
	}
	*o = '\0';
}

/* The first of udev's properties, then of sysfs's attributes, that says something. */
static char *find_text(struct udev_device *dev, const char *const properties[],
		       const char *const attributes[])
{
	char *found = NULL;

	for (; *properties && !found; properties++) {
		_cleanup_free_ char *copy =
			wtg_text_copy(udev_device_get_property_value(dev, *properties));

		if (copy && strstr(*properties, "_ENC"))
			decode(copy);
		found = trimmed(copy);
	}
	for (; *attributes && !found; attributes++)
		found = trimmed(udev_device_get_sysattr_value(dev, *attributes));
	return found;
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void find_names(struct udev_device *dev, struct wtg_disk *disk)
{
	struct udev_device *usb =
		udev_device_get_parent_with_subsystem_devtype(dev, "usb", "usb_device");

	disk->model = find_text(dev, LIST("ID_MODEL_ENC"), LIST("device/model", "device/name"));
	disk->vendor = find_text(dev, LIST("ID_VENDOR_ENC"), LIST("device/vendor"));
	/* The order of lsblk, so that people find the serial that it shows them. */
	disk->serial = find_text(dev, LIST("SCSI_IDENT_SERIAL", "ID_SCSI_SERIAL",
					   "ID_SERIAL_SHORT", "ID_SERIAL"),
				 LIST("device/serial", "serial"));
	if (!disk->serial && usb)
		disk->serial = trimmed(udev_device_get_sysattr_value(usb, "serial"));
	disk->wwn = find_text(dev, LIST("ID_WWN_WITH_EXTENSION", "ID_WWN"),
			      LIST("wwid", "device/wwid"));
}

static uint64_t number(struct udev_device *dev, const char *attribute)
{
	const char *text = udev_device_get_sysattr_value(dev, attribute);

	return text ? strtoull(text, NULL, 10) : 0;
}

static unsigned find_usb_speed(struct udev_device *dev)
{
	struct udev_device *usb =
		udev_device_get_parent_with_subsystem_devtype(dev, "usb", "usb_device");

	return usb ? (unsigned)number(usb, "speed") : 0;
}

/* By which somebody keeps a drive from users; NULL if nobody does. */
static const char *find_claim(struct udev_device *dev)
{
	static const char *const properties[] = {
		"UDISKS_IGNORE",
		"UDISKS_SYSTEM",
		/* multipathd's, put together or not: the drive has other paths, too. */
		"DM_MULTIPATH_DEVICE_PATH",
	};

	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (wtg_text_equal(udev_device_get_property_value(dev, properties[i]), "1"))
			return properties[i];
	return NULL;
}

static void describe(struct udev_device *dev, struct wtg_disk *disk)
{
	disk->path = wtg_text_copy(udev_device_get_devnode(dev));
	if (!disk->path)
		disk->path = wtg_text("/dev/%s", udev_device_get_sysname(dev));
	find_names(dev, disk);
	disk->bus = wtg_text_copy(find_bus(dev));
	disk->usb_mbits = find_usb_speed(dev);
	disk->exists = true;
	disk->removable = number(dev, "removable") == 1;
	disk->read_only = number(dev, "ro") == 1;
	disk->ignored = find_claim(dev);
	disk->device = udev_device_get_devnum(dev);
	disk->diskseq = number(dev, "diskseq");
	/* The kernel counts in 512 bytes whatever the sectors are. */
	disk->size_bytes = number(dev, "size") * 512;
	disk->sector_bytes = (uint32_t)number(dev, "queue/logical_block_size");
	disk->physical_sector_bytes = (uint32_t)number(dev, "queue/physical_block_size");
}

static int refuse_partition(struct udev_device *dev, struct wtg_error *err)
{
	struct udev_device *whole =
		udev_device_get_parent_with_subsystem_devtype(dev, "block", "disk");
	const char *node = whole ? udev_device_get_devnode(whole) : NULL;

	wtg_fail(err, WTG_REFUSED, 0, "/dev/%s is a partition of %s, not a whole drive",
		 udev_device_get_sysname(dev), node ? node : "a drive");
	return node ? wtg_hint(err, "Give the whole drive: %s.", node) : -1;
}

int wtg_discover_drive(dev_t device, struct wtg_disk *ret, struct wtg_error *err)
{
	_cleanup_(unref_udev) struct udev *udev = udev_new();
	_cleanup_(unref_device) struct udev_device *dev = NULL;
	const char *what;

	if (udev)
		dev = udev_device_new_from_devnum(udev, 'b', device);
	if (!dev)
		return wtg_fail(err, WTG_SYSTEM, 0,
				"the kernel does not describe block device %u:%u in /sys",
				major(device), minor(device));
	if (wtg_text_equal(udev_device_get_devtype(dev), "partition"))
		return refuse_partition(dev, err);
	what = wtg_not_a_drive(udev_device_get_sysname(dev));
	if (what)
		return wtg_fail(err, WTG_REFUSED, 0, "/dev/%s is %s, not a whole drive",
				udev_device_get_sysname(dev), what);
	*ret = (struct wtg_disk){ 0 };
	describe(dev, ret);
	return 0;
}
