/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "windows/bcd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf16.h"
#include "windows/regf.h"
#include "wtg/text.h"

/* The objects of a store, in the order in which their keys sort but for the two that get
 * a new identifier. */
enum object {
	EMS_SETTINGS,
	RESUME_SETTINGS,
	DEBUGGER_SETTINGS,
	BAD_MEMORY,
	LOADER_SETTINGS,
	GLOBAL_SETTINGS,
	HYPERVISOR_SETTINGS,
	BOOT_MANAGER,
	MEMORY_TEST,
	RESUME,
	LOADER,
};

static const struct {
	const char *guid; /* NULL: from the specification */
	uint32_t type;
} objects[] = {
	[EMS_SETTINGS] = { "0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9", 0x20100000 },
	[RESUME_SETTINGS] = { "1afa9c49-16ab-4a5c-901b-212802da9460", 0x20200004 },
	[DEBUGGER_SETTINGS] = { "4636856e-540f-4170-a130-a84776f4c654", 0x20100000 },
	[BAD_MEMORY] = { "5189b25c-5558-4bf2-bca4-289b11bd29e2", 0x20100000 },
	[LOADER_SETTINGS] = { "6efb52bf-1766-41db-a6b3-0ee5eff72bd7", 0x20200003 },
	[GLOBAL_SETTINGS] = { "7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e", 0x20100000 },
	[HYPERVISOR_SETTINGS] = { "7ff607e0-4395-11db-b0de-0800200c9a66", 0x20200003 },
	[BOOT_MANAGER] = { "9dea862c-5cdd-4e70-acc1-f32b344d4795", 0x10100002 },
	[MEMORY_TEST] = { "b2721d73-1db4-4c62-bf78-c548a880142d", 0x10200005 },
	[RESUME] = { NULL, 0x10200004 },
	[LOADER] = { NULL, 0x10200003 },
};
#define N_OBJECTS (sizeof(objects) / sizeof(objects[0]))

/* Which stores have an element. */
enum where {
	EVERYWHERE,
	UEFI,
	EFI,   /* of UEFI, those whose boot manager is where firmware looks, */
	VTEFI, /* and where it does not */
	BIOS,
};

/* An element; the id says in which form its data are (bits 24 to 27). */
struct element {
	enum object object;
	uint32_t id;
	const char *what;
	const char *text;
	uint64_t number;
	unsigned n_list;
	enum object list[3];
	bool from_spec; /* the text, number or device is a member of the specification, */
	size_t member;  /* at this offset */
	enum where where;
};

#define SPEC(name) .from_spec = true, .member = offsetof(struct wtg_bcd_spec, name)
#define OBJECTS(n, ...) .n_list = n, .list = { __VA_ARGS__ }

/*
 * What bcdboot of Windows 10 and 11 writes into a new store, element for element; the 69
 * real stores that were compared agree.  Not here is what Windows adds when it runs:
 * recovery, firmware entries, GuidCache.  Paths are as after "bcdboot W:\Windows": bcdboot
 * takes the case of that argument.  On Legacy BIOS nobody asks where the boot manager is.
 */
static const struct element elements[] = {
	{ EMS_SETTINGS, 0x16000020, "boot EMS off", .number = 0 },
	{ RESUME_SETTINGS, 0x14000006, "inherits", OBJECTS(1, GLOBAL_SETTINGS) },
	{ DEBUGGER_SETTINGS, 0x15000011, "debugger type: local", .number = 4 },
	{ LOADER_SETTINGS, 0x14000006, "inherits",
	  OBJECTS(2, GLOBAL_SETTINGS, HYPERVISOR_SETTINGS) },
	{ GLOBAL_SETTINGS, 0x14000006, "inherits",
	  OBJECTS(3, DEBUGGER_SETTINGS, EMS_SETTINGS, BAD_MEMORY) },
	{ HYPERVISOR_SETTINGS, 0x250000f3, "debugger type: serial", .number = 0 },
	{ HYPERVISOR_SETTINGS, 0x250000f4, "debugger port", .number = 1 },
	{ HYPERVISOR_SETTINGS, 0x250000f5, "debugger baud rate", .number = 115200 },

	{ BOOT_MANAGER, 0x11000001, "device", SPEC(system) },
	{ BOOT_MANAGER, 0x12000002, "path",
	  .text = "\\EFI\\Microsoft\\Boot\\bootmgfw.efi", .where = EFI },
	{ BOOT_MANAGER, 0x12000002, "path",
	  .text = "\\VTEFI\\Microsoft\\Boot\\bootmgfw.efi", .where = VTEFI },
	{ BOOT_MANAGER, 0x12000004, "description", .text = "Windows Boot Manager" },
	{ BOOT_MANAGER, 0x12000005, "locale", SPEC(locale) },
	{ BOOT_MANAGER, 0x14000006, "inherits", OBJECTS(1, GLOBAL_SETTINGS) },
	{ BOOT_MANAGER, 0x23000003, "default entry", OBJECTS(1, LOADER) },
	{ BOOT_MANAGER, 0x23000006, "what resumes", OBJECTS(1, RESUME) },
	{ BOOT_MANAGER, 0x24000001, "menu", OBJECTS(1, LOADER) },
	{ BOOT_MANAGER, 0x24000010, "menu of tools", OBJECTS(1, MEMORY_TEST) },
	{ BOOT_MANAGER, 0x25000004, "timeout in seconds", SPEC(timeout_seconds) },

	{ RESUME, 0x11000001, "device", SPEC(windows) },
	{ RESUME, 0x12000002, "path", .text = "\\Windows\\system32\\winresume.efi",
	  .where = UEFI },
	{ RESUME, 0x12000002, "path", .text = "\\Windows\\system32\\winresume.exe",
	  .where = BIOS },
	{ RESUME, 0x12000004, "description", .text = "Windows Resume Application" },
	{ RESUME, 0x12000005, "locale", SPEC(locale) },
	{ RESUME, 0x14000006, "inherits", OBJECTS(1, RESUME_SETTINGS) },
	{ RESUME, 0x16000060, "isolated context", .number = 1, .where = UEFI },
	{ RESUME, 0x17000077, "settings that may stay in memory", .number = 0x15000075 },
	{ RESUME, 0x22000002, "hibernation file", .text = "\\hiberfil.sys" },
	{ RESUME, 0x25000008, "boot menu: standard", .number = 1 },

	{ LOADER, 0x11000001, "device", SPEC(windows) },
	{ LOADER, 0x12000002, "path", .text = "\\Windows\\system32\\winload.efi",
	  .where = UEFI },
	{ LOADER, 0x12000002, "path", .text = "\\Windows\\system32\\winload.exe",
	  .where = BIOS },
	{ LOADER, 0x12000004, "description", SPEC(description) },
	{ LOADER, 0x12000005, "locale", SPEC(locale) },
	{ LOADER, 0x14000006, "inherits", OBJECTS(1, LOADER_SETTINGS) },
	{ LOADER, 0x16000060, "isolated context", .number = 1, .where = UEFI },
	{ LOADER, 0x17000077, "settings that may stay in memory", .number = 0x15000075 },
	{ LOADER, 0x21000001, "device of Windows", SPEC(windows) },
	{ LOADER, 0x22000002, "directory of Windows", .text = "\\Windows" },
	{ LOADER, 0x23000003, "what resumes", OBJECTS(1, RESUME) },
	{ LOADER, 0x25000020, "no-execute: opt in", .number = 0 },
	{ LOADER, 0x250000c2, "boot menu: standard", .number = 1 },

	{ MEMORY_TEST, 0x11000001, "device", SPEC(system) },
	{ MEMORY_TEST, 0x12000002, "path",
	  .text = "\\EFI\\Microsoft\\Boot\\memtest.efi", .where = EFI },
	{ MEMORY_TEST, 0x12000002, "path",
	  .text = "\\VTEFI\\Microsoft\\Boot\\memtest.efi", .where = VTEFI },
	{ MEMORY_TEST, 0x12000002, "path", .text = "\\boot\\memtest.exe", .where = BIOS },
	{ MEMORY_TEST, 0x12000004, "description", .text = "Windows Memory Diagnostic" },
	{ MEMORY_TEST, 0x12000005, "locale", SPEC(locale) },
	{ MEMORY_TEST, 0x14000006, "inherits", OBJECTS(1, GLOBAL_SETTINGS) },
	{ MEMORY_TEST, 0x1600000b, "may use bad memory", .number = 1 },
};

/* The recovery environment would repair the disks inside the PC: not from our drive. */
static const struct element recovery_off = { LOADER, 0x16000009, "recovery off",
					     .number = 0 };

/* Bits 24 to 27 of an element's id. */
enum format {
	FORMAT_DEVICE = 1,
	FORMAT_TEXT = 2,
	FORMAT_OBJECT = 3,
	FORMAT_OBJECTS = 4,
	FORMAT_INTEGER = 5,
	FORMAT_BOOLEAN = 6,
	FORMAT_INTEGERS = 7,
};

#define OBJECT_NAME_SIZE (WTG_GUID_TEXT_SIZE + 2)

/* "{9dea862c-…}": a key's name and what refers to it. */
static const char *object_name(const struct wtg_bcd_spec *spec, enum object object,
			       char name[static OBJECT_NAME_SIZE])
{
	char text[WTG_GUID_TEXT_SIZE];
	const char *guid = objects[object].guid;

	if (!guid)
		guid = wtg_guid_format(object == LOADER ? &spec->osloader : &spec->resume,
				       text);
	snprintf(name, OBJECT_NAME_SIZE, "{%s}", guid);
	return name;
}

/*
 * A partition, by what identifies it in its table.  Nobody documents the form; it is the same
 * in all real stores, and ReactOS' bl.h and wimboot's bootapp.h agree.
 */
static void add_device(struct wtg_regf_key *key, const struct wtg_bcd_device *device)
{
	uint8_t data[88] = { 0 };

	data[0x10] = 6;                   /* a partition */
	data[0x18] = sizeof(data) - 0x10; /* bytes from 0x10 on */
	data[0x30] = 0;                   /* on a hard disk */
	if (device->style == WTG_TABLE_MBR) {
		wtg_put_le64(data + 0x20, device->first_byte);
		data[0x34] = 1;
		wtg_put_le32(data + 0x38, device->signature);
	} else {
		memcpy(data + 0x20, device->partition.bytes, sizeof(device->partition.bytes));
		data[0x34] = 0;
		memcpy(data + 0x38, device->disk.bytes, sizeof(device->disk.bytes));
	}
	wtg_regf_value(key, "Element", WTG_REG_BINARY, data, sizeof(data));
}

/* A REG_MULTI_SZ: each with its NUL, and one more. */
static void add_objects(struct wtg_regf_key *key, const struct wtg_bcd_spec *spec,
			const struct element *e)
{
	struct wtg_bytes list = { .data = wtg_alloc(e->n_list * OBJECT_NAME_SIZE * 2 +
						    2) };

	for (unsigned i = 0; i < e->n_list; i++) {
		char name[OBJECT_NAME_SIZE];
		_cleanup_(wtg_bytes_done) struct wtg_bytes utf16 =
			wtg_utf16_from_utf8(object_name(spec, e->list[i], name));

		memcpy(list.data + list.size, utf16.data, utf16.size);
		list.size += utf16.size;
	}
	wtg_regf_value(key, "Element", WTG_REG_MULTI_SZ, list.data, list.size + 2);
	wtg_bytes_done(&list);
}

static void add_integer(struct wtg_regf_key *key, uint64_t number, size_t size)
{
	uint8_t data[8];

	wtg_put_le64(data, number);
	wtg_regf_value(key, "Element", WTG_REG_BINARY, data, size);
}

static void add_element(struct wtg_regf_key *store_objects,
			const struct wtg_bcd_spec *spec, const struct element *e)
{
	const void *member = (const char *)spec + e->member;
	char name[OBJECT_NAME_SIZE], id[9];
	struct wtg_regf_key *key;

	snprintf(id, sizeof(id), "%08x", e->id);
	key = wtg_regf_key(store_objects, object_name(spec, e->object, name));
	key = wtg_regf_key(wtg_regf_key(key, "Elements"), id);

	switch ((enum format)(e->id >> 24 & 0xf)) {
	case FORMAT_DEVICE:
		add_device(key, member);
		return;
	case FORMAT_TEXT:
		wtg_regf_text(key, "Element",
			      e->from_spec ? *(const char *const *)member : e->text);
		return;
	case FORMAT_OBJECT:
		wtg_regf_text(key, "Element", object_name(spec, e->list[0], name));
		return;
	case FORMAT_OBJECTS:
		add_objects(key, spec, e);
		return;
	case FORMAT_INTEGER:
	case FORMAT_INTEGERS:
		add_integer(key, e->from_spec ? *(const uint64_t *)member : e->number, 8);
		return;
	case FORMAT_BOOLEAN:
		add_integer(key, e->number, 1);
		return;
	}
	abort();
}

static void add_object(struct wtg_regf_key *store_objects,
		       const struct wtg_bcd_spec *spec, enum object object)
{
	char name[OBJECT_NAME_SIZE];
	struct wtg_regf_key *key =
		wtg_regf_key(store_objects, object_name(spec, object, name));

	wtg_regf_dword(wtg_regf_key(key, "Description"), "Type", objects[object].type);
	wtg_regf_key(key, "Elements"); /* also where it stays empty */
}

static bool has(const struct wtg_bcd_spec *spec, const struct element *e)
{
	switch (e->where) {
	case EVERYWHERE:
		return true;
	case UEFI:
		return !spec->bios;
	case EFI:
		return !spec->bios && !spec->vtefi;
	case VTEFI:
		return !spec->bios && spec->vtefi;
	case BIOS:
		return spec->bios;
	}
	abort();
}

/* Where it will lie, by which a hive calls itself. */
static const char *path_of(const struct wtg_bcd_spec *spec)
{
	if (spec->bios)
		return "\\Boot\\BCD";
	return spec->vtefi ? "\\VTEFI\\Microsoft\\Boot\\BCD" : "\\EFI\\Microsoft\\Boot\\BCD";
}

struct wtg_bytes wtg_bcd_build(const struct wtg_bcd_spec *spec)
{
	_cleanup_(wtg_regf_freep) struct wtg_regf_key *root =
		wtg_regf_root("NewStoreRoot");
	struct wtg_regf_key *description = wtg_regf_key(root, "Description");
	struct wtg_regf_key *store_objects = wtg_regf_key(root, "Objects");

	/* The name of the key that bcdboot had it mounted as. */
	wtg_regf_text(description, "KeyName", "BCD00000001");
	wtg_regf_dword(description, "System", 1);

	for (size_t i = 0; i < N_OBJECTS; i++)
		add_object(store_objects, spec, (enum object)i);
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (has(spec, &elements[i]))
			add_element(store_objects, spec, &elements[i]);
	if (spec->recovery_off)
		add_element(store_objects, spec, &recovery_off);

	/* No time: the same specification gives the same bytes. */
	return wtg_regf_write(root, path_of(spec), 0);
}

const char *wtg_bcd_description(unsigned build, const char *installation_type)
{
	if (installation_type && strstr(installation_type, "Server"))
		return "Windows Server";
	return build >= 22000 ? "Windows 11" : "Windows 10";
}
