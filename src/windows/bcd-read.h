/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a BCD store, ours or anybody's, with our own hive reader. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/guid.h"
#include "windows/regf-read.h"

enum wtg_bcd_device_kind {
	WTG_BCD_DEVICE_NONE,      /* the element is absent or no device */
	WTG_BCD_DEVICE_BOOT,      /* wherever the boot manager was started from */
	WTG_BCD_DEVICE_PARTITION_GPT,
	WTG_BCD_DEVICE_PARTITION_MBR,
	WTG_BCD_DEVICE_LOCATE,    /* searched for by file: ambiguous */
	WTG_BCD_DEVICE_RAMDISK,
	WTG_BCD_DEVICE_FILE,      /* a VHD */
	WTG_BCD_DEVICE_OTHER,
};

struct wtg_bcd_read_device {
	enum wtg_bcd_device_kind kind;
	struct wtg_guid disk, partition;  /* GPT */
	uint32_t mbr_signature;           /* MBR */
	uint64_t mbr_offset_bytes;
};

/* A store; the view's bytes must outlive it. */
struct wtg_bcd {
	struct wtg_hive_view view;
	wtg_hive_key objects;
};

/* Checks the whole hive.  Kind WTG_INPUT when it is damaged or not a BCD store. */
int wtg_bcd_open(const struct wtg_bytes *bytes, struct wtg_bcd *ret,
		 struct wtg_error *err);

/* Elements of one object; id such as 0x12000002.  False or NULL when absent, of another
 * format or damaged.  Integers have 1 to 8 bytes.  Strings: the caller frees. */
bool wtg_bcd_has_object(const struct wtg_bcd *bcd, const struct wtg_guid *object);
char *wtg_bcd_string(const struct wtg_bcd *bcd, const struct wtg_guid *object,
		     uint32_t id);
bool wtg_bcd_integer(const struct wtg_bcd *bcd, const struct wtg_guid *object,
		     uint32_t id, uint64_t *ret);
bool wtg_bcd_boolean(const struct wtg_bcd *bcd, const struct wtg_guid *object,
		     uint32_t id, bool *ret);
bool wtg_bcd_object(const struct wtg_bcd *bcd, const struct wtg_guid *object, uint32_t id,
		    struct wtg_guid *ret);
/* At most max GUIDs of an object list; gives how many there are. */
size_t wtg_bcd_objects(const struct wtg_bcd *bcd, const struct wtg_guid *object,
		       uint32_t id, struct wtg_guid *ret, size_t max);
struct wtg_bcd_read_device wtg_bcd_device(const struct wtg_bcd *bcd,
					  const struct wtg_guid *object, uint32_t id);

/* {bootmgr}. */
extern const struct wtg_guid wtg_bcd_bootmgr;
