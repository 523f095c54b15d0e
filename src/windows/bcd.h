/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot configuration store that bcdboot of Windows 10 and 11 would write for UEFI or for
 * Legacy BIOS: 11 objects from nothing, every element byte for byte.  bcdboot translates the
 * descriptions of the boot manager and the memory test; here they are English whatever the
 * locale.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/guid.h"
#include "wtg/request.h"

struct wtg_bcd_device { /* a partition */
	enum wtg_table_style style;
	struct wtg_guid disk, partition; /* GPT */
	uint32_t signature;  /* MBR */
	uint64_t first_byte; /* MBR */
};

struct wtg_bcd_spec {
	bool bios;  /* for Legacy BIOS: \Boot\BCD */
	bool vtefi; /* UEFI: its directory is \VTEFI, which firmware does not look into */
	struct wtg_bcd_device system;  /* the ESP, or the active partition */
	struct wtg_bcd_device windows;
	struct wtg_guid osloader, resume; /* identifiers of the two objects */
	const char *description;       /* "Windows 11" */
	const char *locale;            /* "en-US"; its files must be on the ESP */
	uint64_t timeout_seconds;      /* bcdboot: 30 */
	bool recovery_off;             /* write 16000009 = 00 into the osloader */
};

/* The hive's bytes, for \EFI\Microsoft\Boot\BCD, its like in \VTEFI, or \Boot\BCD; the same
 * for the same specification. */
struct wtg_bytes wtg_bcd_build(const struct wtg_bcd_spec *spec);

/* "Windows 10", "Windows 11" or "Windows Server", by what the image says.  (Not by its
 * ProductName, which says Windows 10 on 11.) */
const char *wtg_bcd_description(unsigned build, const char *installation_type);
