/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the boot manager's object to its default's, and what that names. */
#include "standin.h"

#define BOOT_MANAGER "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define TYPE_BOOT_MANAGER 0x10100002
#define TYPE_OS_LOADER 0x10200003

/* Elements: [MS] BcdLibraryElementTypes, BcdBootMgrElementTypes, BcdOSLoaderElementTypes. */
#define DEVICE "11000001"
#define PATH "12000002"
#define DEFAULT "23000003"
#define OS_DEVICE "21000001"
#define SYSTEM_ROOT "22000002"

static UINT32 object(const struct hive *hive, const char *guid, UINT32 type)
{
	UINT32 key = hive_subkey(hive, hive_subkey(hive, hive->root, "Objects"), guid);
	struct bytes is = hive_value(hive, hive_subkey(hive, key, "Description"), "Type");

	if (le32(is, 0) != type)
		fail("object %s is of type %x", guid, (UINT64)le32(is, 0));
	return key;
}

static struct bytes element(const struct hive *hive, UINT32 object, const char *id)
{
	UINT32 elements = hive_subkey(hive, object, "Elements");

	return hive_value(hive, hive_subkey(hive, elements, id), "Element");
}

/* UTF-16 that ends in a zero, without it. */
static struct bytes text(const struct hive *hive, UINT32 object, const char *id)
{
	struct bytes value = element(hive, object, id);

	for (UINT64 i = 0; i + 1 < value.size; i += 2)
		if (le16(value, i) == 0)
			return slice(value, 0, i);
	fail("element %s does not end", id);
}

/* A partition (6) of a hard disk (0): 16 bytes of options, then this. */
static struct bcd_device device(const struct hive *hive, UINT32 object, const char *id)
{
	struct bytes value = element(hive, object, id);
	struct bcd_device found;

	if (value.size != 88 || le32(value, 24) != 72)
		fail("device %s has %u bytes", id, value.size);
	if (le32(value, 16) != 6 || le32(value, 48) != 0 || le32(value, 52) > STYLE_MBR)
		fail("device %s is of type %x", id, (UINT64)le32(value, 16));
	found.style = le32(value, 52);
	boot->CopyMem(found.partition, slice(value, 32, 16).data, 16);
	boot->CopyMem(found.disk, slice(value, 56, 16).data, 16);
	return found;
}

static void default_object(const struct hive *hive, UINT32 manager, char ret_guid[39])
{
	struct bytes guid = text(hive, manager, DEFAULT);

	if (guid.size != 2 * 38)
		fail("the default has %u characters", guid.size / 2);
	for (unsigned i = 0; i < 38; i++)
		ret_guid[i] = (char)le16(guid, 2 * i);
	ret_guid[38] = 0;
}

struct bcd bcd_read(struct bytes file)
{
	struct hive hive = hive_open(file);
	UINT32 manager = object(&hive, BOOT_MANAGER, TYPE_BOOT_MANAGER), loader;
	struct bcd bcd;

	bcd.own = device(&hive, manager, DEVICE);
	bcd.own_path = text(&hive, manager, PATH);
	default_object(&hive, manager, bcd.object);
	loader = object(&hive, bcd.object, TYPE_OS_LOADER);
	bcd.device = device(&hive, loader, DEVICE);
	bcd.path = text(&hive, loader, PATH);
	bcd.osdevice = device(&hive, loader, OS_DEVICE);
	bcd.systemroot = text(&hive, loader, SYSTEM_ROOT);
	return bcd;
}
