/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <string.h>

#include "base/alloc.h"
#include "windows/bcd-read.h"
#include "windows/bootcode.h"
#include "wtg/text.h"

#define TOPIC "bcd"
#define BCD_PATH "Microsoft/Boot/BCD"
#define BIOS_BCD_PATH "Boot/BCD"
#define BIOS_MANAGER "bootmgr"
#define MAX_MANAGER_BYTES (4u << 20)
#define MAX_BCD_BYTES (16u << 20)

/* Element ids: Microsoft's BcdLibraryElementTypes, BcdBootMgrElementTypes and
 * BcdOSLoaderElementTypes. */
#define DEVICE 0x11000001
#define PATH 0x12000002
#define DEFAULT_OBJECT 0x23000003
#define DISPLAY_ORDER 0x24000001
#define OS_DEVICE 0x21000001
#define SYSTEM_ROOT 0x22000002
#define RECOVERY_ENABLED 0x16000009

static const char *kind_name(enum wtg_bcd_device_kind kind)
{
	switch (kind) {
	case WTG_BCD_DEVICE_NONE:
		return "no device";
	case WTG_BCD_DEVICE_BOOT:
		return "wherever the boot manager lies";
	case WTG_BCD_DEVICE_PARTITION_GPT:
		return "a partition of a GPT drive";
	case WTG_BCD_DEVICE_PARTITION_MBR:
		return "a partition of an MBR drive";
	case WTG_BCD_DEVICE_LOCATE:
		return "whatever volume has the file";
	case WTG_BCD_DEVICE_RAMDISK:
		return "a RAM disk";
	case WTG_BCD_DEVICE_FILE:
		return "a virtual disk file";
	case WTG_BCD_DEVICE_OTHER:
		return "a kind of device that this program does not know";
	}
	abort();
}

/* The partition of this drive that an element points to; NULL, with a finding, if none. */
static const struct wtg_gpt_entry *follow(struct wtg_inspection *in, const struct wtg_bcd *bcd,
					  const struct wtg_guid *object, uint32_t element,
					  const char *what)
{
	struct wtg_bcd_read_device device = wtg_bcd_device(bcd, object, element);
	bool mbr = in->table.style == WTG_TABLE_MBR;

	if (device.kind != (mbr ? WTG_BCD_DEVICE_PARTITION_MBR : WTG_BCD_DEVICE_PARTITION_GPT)) {
		wtg_find(in->findings,
			 device.kind == WTG_BCD_DEVICE_NONE ? WTG_GRADE_WRONG : WTG_GRADE_WARNING,
			 TOPIC, "the device of %s is %s", what, kind_name(device.kind));
		return NULL;
	}
	if (mbr ? device.mbr_signature != in->table.signature
		: !wtg_guid_equal(&device.disk, &in->table.disk)) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "%s points to another drive than this one", what);
		return NULL;
	}
	for (size_t i = 0; i < in->table.n_entries; i++) {
		const struct wtg_gpt_entry *entry = &in->table.entries[i];

		if (mbr ? device.mbr_offset_bytes == entry->first_byte
			: wtg_guid_equal(&device.partition, &entry->id))
			return entry;
	}
	wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
		 "%s points to a partition that is not on this drive", what);
	return NULL;
}

/* "\Windows\system32\winload.efi" as our readers take paths. */
static char *with_slashes(const char *path)
{
	char *copy = wtg_text_copy(path + (path[0] == '\\'));

	for (char *c = copy; *c; c++)
		if (*c == '\\')
			*c = '/';
	return copy;
}

static bool look_at_osloader(struct wtg_inspection *in, const struct wtg_bcd *bcd,
			     const struct wtg_guid *osloader, char **ret_winload)
{
	_cleanup_free_ char *path = wtg_bcd_string(bcd, osloader, PATH);
	_cleanup_free_ char *root = wtg_bcd_string(bcd, osloader, SYSTEM_ROOT);
	const struct wtg_gpt_entry *device, *os_device;
	bool recovery;

	if (!path || !root) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC,
			 "the default entry names no %s", path ? "system root" : "program");
		return false;
	}
	device = follow(in, bcd, osloader, DEVICE, "the default entry's program");
	os_device = follow(in, bcd, osloader, OS_DEVICE, "the default entry's Windows");
	if (!device || !os_device)
		return false;
	if (device != os_device)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "winload lies on partition %u, Windows on %u", device->number,
			 os_device->number);
	in->windows = os_device;
	*ret_winload = with_slashes(path);
	if (!wtg_bcd_boolean(bcd, osloader, RECOVERY_ENABLED, &recovery) || recovery)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "recovery is not turned off: after failed starts it offers to repair "
			 "the computer that the drive is plugged into");
	wtg_find(in->findings, WTG_GRADE_OK, TOPIC,
		 "the default entry starts %s of partition %u", *ret_winload, device->number);
	return true;
}

static bool look_at_bootmgr(struct wtg_inspection *in, const struct wtg_bcd *bcd,
			    struct wtg_guid *ret_osloader)
{
	const struct wtg_gpt_entry *device;
	struct wtg_guid order[32];
	size_t n = wtg_bcd_objects(bcd, &wtg_bcd_bootmgr, DISPLAY_ORDER, order, 32);

	if (!wtg_bcd_has_object(bcd, &wtg_bcd_bootmgr)) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "there is no {bootmgr} object");
		return false;
	}
	device = follow(in, bcd, &wtg_bcd_bootmgr, DEVICE, "{bootmgr}");
	if (device && device != in->esp)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "{bootmgr} points to partition %u, the EFI system partition is %u",
			 device->number, in->esp->number);
	if (wtg_bcd_object(bcd, &wtg_bcd_bootmgr, DEFAULT_OBJECT, ret_osloader) &&
	    wtg_bcd_has_object(bcd, ret_osloader))
		return true;
	if (n > 0 && wtg_bcd_has_object(bcd, &order[0])) {
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "{bootmgr} has no default entry; the first of its list is looked at");
		*ret_osloader = order[0];
		return true;
	}
	wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "{bootmgr} has no entry to start");
	return false;
}

static bool look_at_store(struct wtg_inspection *in, const char *path, char **ret_winload)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes store = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_guid osloader;
	struct wtg_bcd bcd;
	int r = wtg_fat_read(in->fat, path, MAX_BCD_BYTES, &store, &err);

	if (r > 0 && wtg_bcd_open(&store, &bcd, &err) < 0)
		r = -1;
	if (r == 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s is not there", path);
		return false;
	}
	if (r < 0) {
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s: %s", path, err.message);
		wtg_error_done(&err);
		return false;
	}
	return look_at_bootmgr(in, &bcd, &osloader) &&
	       look_at_osloader(in, &bcd, &osloader, ret_winload);
}

/* What sector 0 starts, and what would start the manager. */
static bool starts_nothing(const struct wtg_inspection *in)
{
	struct wtg_window window = wtg_inspect_window(in, in->esp);
	struct wtg_error ignored = WTG_ERROR_INIT;
	uint8_t sector[512];
	bool nothing = wtg_window_pread(&window, sector, sizeof(sector), 0, &ignored) < 0 ||
		       wtg_boot_starts_nothing(sector);

	wtg_error_done(&ignored);
	return nothing;
}

/* Where it can start, a boot manager for it has a store of its own. */
static bool look_at_bios(struct wtg_inspection *in)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes manager = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	int r;

	if (in->table.style != WTG_TABLE_MBR)
		return true;
	r = wtg_fat_read(in->fat, BIOS_MANAGER, MAX_MANAGER_BYTES, &manager, &err);
	if (r < 0)
		wtg_find(in->findings, WTG_GRADE_WRONG, TOPIC, "%s: %s", BIOS_MANAGER, err.message);
	else if (r == 0)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "there is no %s: this Windows does not start on Legacy BIOS", BIOS_MANAGER);
	else if (!look_at_store(in, BIOS_BCD_PATH, &in->winload_bios))
		r = -1;
	else if (starts_nothing(in))
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "the boot sector of partition %u starts nothing: the drive does not start on "
			 "Legacy BIOS", in->esp->number);
	else
		wtg_find(in->findings, WTG_GRADE_OK, TOPIC, "%s starts it on Legacy BIOS",
			 BIOS_MANAGER);
	wtg_error_done(&err);
	return r >= 0;
}

bool wtg_inspect_bcd(struct wtg_inspection *in)
{
	_cleanup_free_ char *path = wtg_text("%s/" BCD_PATH, in->dir);

	return look_at_store(in, path, &in->winload) && look_at_bios(in);
}
