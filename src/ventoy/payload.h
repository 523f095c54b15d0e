/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A release of Ventoy, as its user has downloaded it: the tarball for Linux or its extracted
 * folder.  Nothing of it comes with this program.  Of all that is in it we take
 *
 *	boot/boot.img              512 bytes: boot code; from 440 on a foreign table, never written
 *	boot/core.img.xz           1,048,064 bytes: GRUB for Legacy BIOS
 *	ventoy/ventoy.disk.img.xz  33,554,432 bytes: the volume VTOYEFI, FAT16
 *	ventoy/version             "1.1.00"
 *
 * († libarchive reads the tarball, liblzma the two.)  Sizes are those that Ventoy's own
 * installer and loader insist on (VentoyWorker.sh, ventoy_cmd.c).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wtg/cleanup.h"
#include "wtg/error.h"

#define WTG_VENTOY_BOOT_BYTES 512
#define WTG_VENTOY_CORE_BYTES (2047 * 512)
#define WTG_VENTOY_VOLUME_BYTES (32u << 20)

struct wtg_ventoy_version {
	unsigned major, minor, patch;
	char text[24]; /* printable; "" where it is not known */
};

/* "1.0.97" and what follows after a character that is no digit; false: it is none. */
bool wtg_ventoy_version_parse(const char *text, struct wtg_ventoy_version *ret);
bool wtg_ventoy_version_before(const struct wtg_ventoy_version *v, unsigned major,
			       unsigned minor, unsigned patch);

struct wtg_ventoy_payload {
	struct wtg_ventoy_version version;
	uint8_t boot[WTG_VENTOY_BOOT_BYTES];
	struct wtg_bytes core, volume;
};
void wtg_ventoy_payload_done(struct wtg_ventoy_payload *payload);

/* What is open of it: one descriptor (a tarball) or four (a folder). */
struct wtg_ventoy_source;

/* Open path, without looking into anything.  Neither a file nor a folder with those four: kind
 * WTG_INPUT; with sha256 a folder is WTG_USAGE, and a file with another hash WTG_INPUT. */
int wtg_ventoy_source_open(const char *path, const char *sha256,
			   struct wtg_ventoy_source **ret, struct wtg_error *err);
void wtg_ventoy_source_close(struct wtg_ventoy_source *source);
WTG_DEFINE_FREEP(struct wtg_ventoy_source, wtg_ventoy_source_close)

/* What a worker that reads it must keep (base/worker.h). */
const int *wtg_ventoy_source_descriptors(const struct wtg_ventoy_source *source, size_t *ret_n);

/*
 * Read it: in a worker, it is a stranger's.  Everything is bounded before it is unpacked, and
 * checked: sizes, the boot code's marks, core.img's first blocklist, the volume (FAT16, label
 * VTOYEFI by its boot sector), the version.  Kind WTG_INPUT with what is wrong.
 */
int wtg_ventoy_payload_read(const struct wtg_ventoy_source *source,
			    struct wtg_ventoy_payload *ret, struct wtg_error *err);
