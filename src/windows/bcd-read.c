/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/bcd-read.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "windows/regf.h"
#include "wtg/text.h"

const struct wtg_guid wtg_bcd_bootmgr = {
	/* 9dea862c-5cdd-4e70-acc1-f32b344d4795 */
	{ 0x2c, 0x86, 0xea, 0x9d, 0xdd, 0x5c, 0x70, 0x4e, 0xac, 0xc1, 0xf3, 0x2b, 0x34,
	  0x4d, 0x47, 0x95 }
};

int wtg_bcd_open(const struct wtg_bytes *bytes, struct wtg_bcd *ret,
		 struct wtg_error *err)
{
	struct wtg_bcd bcd;

	if (wtg_hive_view_open(bytes, &bcd.view, err) < 0 ||
	    wtg_hive_view_check(&bcd.view, err) < 0)
		return -1;
	bcd.objects = wtg_hive_view_key(&bcd.view, 0, "Objects");
	if (!bcd.objects || !wtg_hive_view_key(&bcd.view, 0, "Description"))
		return wtg_fail(err, WTG_INPUT, 0,
				"a registry hive, but no boot configuration store");
	*ret = bcd;
	return 0;
}

static wtg_hive_key object_key(const struct wtg_bcd *bcd, const struct wtg_guid *object,
			       const char *below)
{
	char guid[WTG_GUID_TEXT_SIZE];
	_cleanup_free_ char *path =
		wtg_text("{%s}\\%s", wtg_guid_format(object, guid), below);

	return wtg_hive_view_key(&bcd->view, bcd->objects, path);
}

/* The data of an element, if they are of that registry type. */
static bool read_element(const struct wtg_bcd *bcd, const struct wtg_guid *object,
			 uint32_t id, uint32_t type, struct wtg_bytes *ret)
{
	_cleanup_free_ char *below = wtg_text("Elements\\%08x", id);
	wtg_hive_key key = object_key(bcd, object, below);
	struct wtg_bytes bytes;
	uint32_t found_type;

	if (!key ||
	    wtg_hive_view_value(&bcd->view, key, "Element", &found_type, &bytes) != 1)
		return false;
	if (found_type != type) {
		wtg_bytes_done(&bytes);
		return false;
	}
	*ret = bytes;
	return true;
}

bool wtg_bcd_has_object(const struct wtg_bcd *bcd, const struct wtg_guid *object)
{
	return object_key(bcd, object, "") != 0;
}

char *wtg_bcd_string(const struct wtg_bcd *bcd, const struct wtg_guid *object,
		     uint32_t id)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };

	if (!read_element(bcd, object, id, WTG_REG_SZ, &bytes))
		return NULL;
	return wtg_utf16_to_utf8(bytes.data, bytes.size);
}

bool wtg_bcd_integer(const struct wtg_bcd *bcd, const struct wtg_guid *object,
		     uint32_t id, uint64_t *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	uint8_t data[8] = { 0 };

	if (!read_element(bcd, object, id, WTG_REG_BINARY, &bytes) || bytes.size == 0 ||
	    bytes.size > sizeof(data))
		return false;
	memcpy(data, bytes.data, bytes.size);
	*ret = wtg_le64(data);
	return true;
}

bool wtg_bcd_boolean(const struct wtg_bcd *bcd, const struct wtg_guid *object,
		     uint32_t id, bool *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };

	if (!read_element(bcd, object, id, WTG_REG_BINARY, &bytes) || bytes.size != 1)
		return false;
	*ret = bytes.data[0] != 0;
	return true;
}

bool wtg_bcd_object(const struct wtg_bcd *bcd, const struct wtg_guid *object, uint32_t id,
		    struct wtg_guid *ret)
{
	_cleanup_free_ char *text = wtg_bcd_string(bcd, object, id);

	return text && wtg_guid_parse(text, ret);
}

size_t wtg_bcd_objects(const struct wtg_bcd *bcd, const struct wtg_guid *object,
		       uint32_t id, struct wtg_guid *ret, size_t max)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	size_t n = 0;

	if (!read_element(bcd, object, id, WTG_REG_MULTI_SZ, &bytes))
		return 0;
	for (size_t at = 0; at + 2 <= bytes.size && wtg_le16(bytes.data + at) != 0;) {
		_cleanup_free_ char *text =
			wtg_utf16_to_utf8(bytes.data + at, bytes.size - at);
		struct wtg_guid guid;

		if (!wtg_guid_parse(text,
				    &guid)) /* else it is ASCII, a unit a character */
			return 0;
		if (n < max)
			ret[n] = guid;
		n++;
		at += (strlen(text) + 1) * 2;
	}
	return n;
}

/*
 * A device, byte by byte: 16 bytes of options, then a descriptor: its type, flags, size
 * (with these) and what the type wants.  Nobody documents it; the real stores and
 * ReactOS' bl.h agree.
 */
enum {
	DESCRIPTOR = 0x10,
	DESCRIPTOR_HEADER_BYTES = 0x10,

	TYPE_LOCAL = 0,
	TYPE_BOOT = 5,
	TYPE_PARTITION = 6,
	TYPE_LOCATE = 8,

	LOCAL_RAMDISK = 3,
	LOCAL_FILE = 5,
	LOCAL_VIRTUAL_DISK = 6,

	STYLE_GPT = 0,
	STYLE_MBR = 1,
};

static enum wtg_bcd_device_kind local_kind(uint32_t local_type)
{
	if (local_type == LOCAL_RAMDISK)
		return WTG_BCD_DEVICE_RAMDISK;
	if (local_type == LOCAL_FILE || local_type == LOCAL_VIRTUAL_DISK)
		return WTG_BCD_DEVICE_FILE;
	return WTG_BCD_DEVICE_OTHER;
}

static struct wtg_bcd_read_device partition(const uint8_t *d, size_t size)
{
	struct wtg_bcd_read_device device = { .kind = WTG_BCD_DEVICE_OTHER };
	uint32_t parent, style;

	if (size < 0x38)
		return device;
	parent = wtg_le32(d + 0x20);
	style = wtg_le32(d + 0x24);
	if (parent != 0) {
		device.kind = local_kind(parent);
	} else if (style == STYLE_GPT) {
		device.kind = WTG_BCD_DEVICE_PARTITION_GPT;
		memcpy(device.partition.bytes, d + 0x10, 16);
		memcpy(device.disk.bytes, d + 0x28, 16);
	} else if (style == STYLE_MBR) {
		device.kind = WTG_BCD_DEVICE_PARTITION_MBR;
		device.mbr_offset_bytes = wtg_le64(d + 0x10);
		device.mbr_signature = wtg_le32(d + 0x28);
	}
	return device;
}

/* Searched for on any drive, unless it says in what: a virtual disk, mostly. */
static enum wtg_bcd_device_kind locate_kind(const uint8_t *d, size_t size)
{
	uint32_t parent;

	if (size < 0x1c)
		return WTG_BCD_DEVICE_OTHER;
	parent = wtg_le32(d + 0x18);
	if (parent == 0)
		return WTG_BCD_DEVICE_LOCATE;
	if (parent > size - 4 - DESCRIPTOR_HEADER_BYTES ||
	    wtg_le32(d + parent) != TYPE_LOCAL)
		return WTG_BCD_DEVICE_OTHER;
	return local_kind(wtg_le32(d + parent + DESCRIPTOR_HEADER_BYTES));
}

static struct wtg_bcd_read_device descriptor(const uint8_t *d, size_t size)
{
	struct wtg_bcd_read_device device = { .kind = WTG_BCD_DEVICE_OTHER };

	switch (wtg_le32(d)) {
	case TYPE_LOCAL:
		if (size >= DESCRIPTOR_HEADER_BYTES + 4)
			device.kind = local_kind(wtg_le32(d + DESCRIPTOR_HEADER_BYTES));
		break;
	case TYPE_BOOT:
		device.kind = WTG_BCD_DEVICE_BOOT;
		break;
	case TYPE_PARTITION:
		return partition(d, size);
	case TYPE_LOCATE:
		device.kind = locate_kind(d, size);
		break;
	}
	return device;
}

struct wtg_bcd_read_device wtg_bcd_device(const struct wtg_bcd *bcd,
					  const struct wtg_guid *object, uint32_t id)
{
	struct wtg_bcd_read_device none = { .kind = WTG_BCD_DEVICE_NONE };
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = { 0 };
	size_t size;

	if (!read_element(bcd, object, id, WTG_REG_BINARY, &bytes) ||
	    bytes.size < DESCRIPTOR + DESCRIPTOR_HEADER_BYTES)
		return none;
	size = wtg_le32(bytes.data + DESCRIPTOR + 8);
	if (size < DESCRIPTOR_HEADER_BYTES || size > bytes.size - DESCRIPTOR)
		return none;
	return descriptor(bytes.data + DESCRIPTOR, size);
}
